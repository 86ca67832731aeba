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
  // With skills in training, and who listens to those.
  Levels levels_with_training;
  std::map<std::string, std::string> tutors;
  std::set<std::string> certifications;
  std::set<std::string> languages;
  std::string team;
  std::string site;
  bool provider = false;
  AgentGrade grade = AgentGrade::kSenior;
};

Holdings HoldingsOf(const AgentConfiguration& agent,
                    const Configuration& configuration);

// Nothing changes but who listens: the same skills, the same place.
bool SameHoldings(const Holdings& a, const Holdings& b);

bool Meets(const RoutingRequirement& requirement, const Holdings& holdings,
           bool with_training);

// By the rule, of a queue's requirement and a contact's own, both met.
int FitStep(FitRule rule, const RoutingRequirement& queue,
            const RoutingRequirement& own, const Holdings& holdings,
            bool with_training);

// Of two requirements that are met with skills in training: who listens; empty
// if they are met without.
std::string TutorOf(const RoutingRequirement& queue,
                    const RoutingRequirement& own, const Holdings& holdings);

// The queue with what its activity asks for.
ContactQueue WithActivity(const ContactQueue& queue,
                          const Configuration& configuration);

// The path of the first name that the configuration does not have, below
// `path`; empty if it has all.
std::string FirstUnknownName(const RoutingRequirement& requirement,
                             const std::string& path,
                             const Configuration& configuration);

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_REFERENCE_REQUIREMENT_H_
