// What agents have and whether that is what contacts ask for, by
// docs/routing-model.md ("Requirements"), in the plainest way: names and maps,
// every term evaluated as it is written. Shares no code with the router.
//
// Thread safety: plain values, pure functions.

#ifndef RELAIS_TESTS_REFERENCE_REFERENCE_REQUIREMENT_H_
#define RELAIS_TESTS_REFERENCE_REFERENCE_REQUIREMENT_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relais/configuration.h"
#include "relais/requirement.h"

namespace relais::reference {

using Levels = std::map<std::string, ProficiencyLevel>;

// What an agent has under a configuration.
struct Holdings {
  ChannelSet channels = 0;
  Levels levels;  // implied skills included
  std::set<std::string> certifications;
  std::set<std::string> languages;
  std::string team;
  std::string site;
  bool provider = false;
  AgentGrade grade = AgentGrade::kSenior;
  friend bool operator==(const Holdings&, const Holdings&) = default;
};

Holdings HoldingsOf(const AgentConfiguration& agent,
                    const Configuration& configuration);

bool Meets(const RoutingRequirement& requirement, const Holdings& holdings);

// Of a queue's requirement and a contact's own, both met.
int FitStep(const RoutingRequirement& queue, const RoutingRequirement& own,
            const Holdings& holdings);

// The path of the first name that the configuration does not have, below
// `path`; empty if it has all.
std::string FirstUnknownName(const RoutingRequirement& requirement,
                             const std::string& path,
                             const Configuration& configuration);

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_REFERENCE_REQUIREMENT_H_
