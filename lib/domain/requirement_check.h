// Checks of a requirement, of a contact or in a configuration.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_DOMAIN_REQUIREMENT_CHECK_H_
#define RELAIS_LIB_DOMAIN_REQUIREMENT_CHECK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "lib/domain/field_path.h"
#include "lib/domain/requirement_term.h"
#include "relais/requirement.h"

namespace relais {

// Hears of one problem; of several in the order of the fields.
using TellProblem =
    absl::FunctionRef<void(const FieldPath& path, std::string message)>;

// What is wrong in itself, whatever is configured: too many terms (then nothing
// else is told), nested too deep, a term that asks for nothing or for several
// things, levels, weights, names.
void CheckRequirement(const RoutingRequirement& requirement,
                      const FieldPath& path, TellProblem tell);

// Calls `visit` for each name, in the order of the fields.
using VisitName = absl::FunctionRef<void(
    Subject subject, const std::string& name, const FieldPath& path)>;
void ForEachName(const RoutingRequirement& requirement, const FieldPath& path,
                 VisitName visit);

struct Contradiction {
  std::string path;
  std::string message;
};

// The first term of `requirement` that leaves nobody, as far as that can be
// seen from the terms that must hold: of all_of, none_of, those of requirements
// nested in all_of, and an any_of whose terms are all excluded. `with`, unless
// null, must be met as well. Both have passed CheckRequirement.
std::optional<Contradiction> FindContradiction(
    const RoutingRequirement& requirement, const FieldPath& path,
    const RoutingRequirement* with = nullptr);

// All of them: each term that leaves nobody beside those before it that do not.
std::vector<Contradiction> FindContradictions(
    const RoutingRequirement& requirement, const FieldPath& path,
    const RoutingRequirement* with = nullptr);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_REQUIREMENT_CHECK_H_
