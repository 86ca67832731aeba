#include "lib/engine/event_queue.h"

#include <atomic>

namespace relais {

template class BasicEventQueue<std::atomic>;

}  // namespace relais
