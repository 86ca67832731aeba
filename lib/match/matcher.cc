#include "lib/match/matcher.h"

namespace relais::match {

template class MatcherT<std::atomic>;

}  // namespace relais::match
