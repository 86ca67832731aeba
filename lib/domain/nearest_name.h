// The known name that somebody may have meant.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_DOMAIN_NEAREST_NAME_H_
#define RELAIS_LIB_DOMAIN_NEAREST_NAME_H_

#include <string>
#include <string_view>
#include <vector>

namespace relais {

// The name with the smallest edit distance (insertions, deletions,
// replacements of bytes), the first in alphabetical order of several; empty if
// none is within a third of `name`'s length (at least one edit).
std::string NearestName(std::string_view name,
                        const std::vector<std::string_view>& known);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_NEAREST_NAME_H_
