// The known name nearest to a mistyped one, for error messages.

#ifndef RELAIS_SERVER_NEAREST_H_
#define RELAIS_SERVER_NEAREST_H_

#include <string>
#include <string_view>
#include <vector>

namespace relais::server {

// Empty if none is near: at most a third of the letters (and at least one, two
// from four letters on) may be wrong, missing, too many or swapped.
std::string NearestName(std::string_view name,
                        const std::vector<std::string>& known);

// "; did you mean 'channels'?" or empty.
std::string DidYouMean(std::string_view name,
                       const std::vector<std::string>& known);

}  // namespace relais::server

#endif  // RELAIS_SERVER_NEAREST_H_
