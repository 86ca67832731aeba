// What an agent lacks for a contact, in words: of explanations, not of
// decisions.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_DOMAIN_SHORTFALL_H_
#define RELAIS_LIB_DOMAIN_SHORTFALL_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "lib/domain/compiled.h"

namespace relais {

// The name behind a number (NameIdOf); whatever stands for it if it is not
// known any more.
using NameBehind =
    absl::FunctionRef<std::string(Subject subject, std::uint64_t id)>;

// Everything that is asked for and not met, sorted, with "; " between; channels
// aside. Empty exactly if Meets(requirement, profile).
//   skill "cards" at level 5 or above, held at 3; language "de"; not team "a";
//   (certification "amf" or grade expert)
std::string DescribeShortfall(const CompiledRequirement& requirement,
                              const CompiledProfile& profile, NameBehind name);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_SHORTFALL_H_
