// The names that a contact's terms may refer to.
//
// Thread safety: const members from any thread.

#ifndef RELAIS_LIB_ENGINE_CONFIGURED_NAMES_H_
#define RELAIS_LIB_ENGINE_CONFIGURED_NAMES_H_

#include <array>
#include <cstddef>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "lib/domain/requirement_term.h"
#include "relais/configuration.h"

namespace relais {

class ConfiguredNames {
 public:
  // INVALID_ARGUMENT if two names about the same have one number (NameIdOf).
  absl::Status Add(const Configuration& configuration);

  // NOT_FOUND naming the first term whose name is not configured.
  absl::Status Check(const RoutingRequirement& requirement) const;

 private:
  template <typename List, typename NameOfEntry>
  absl::Status AddList(Subject subject, std::string_view path, const List& list,
                       const NameOfEntry& name_of);

  static constexpr std::size_t kSubjects = 5;  // those with names
  std::array<absl::flat_hash_set<std::string>, kSubjects> names_;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_CONFIGURED_NAMES_H_
