// The configuration of a whole centre, applied whole or refused whole.
//
// Thread safety: plain values. Ownership: values own their strings.
// Validation: `ValidateConfiguration` lists all findings at once, each with
// the path of the field ("queues[3].requirement.all_of[0].level_min"), the
// value and what would be right; Router::Apply refuses a configuration with
// any error and reports warnings.

#ifndef RELAIS_CONFIGURATION_H_
#define RELAIS_CONFIGURATION_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "relais/limits.h"
#include "relais/types.h"

namespace relais {

struct Skill {
  std::string name;  // unique; what requirements and agents refer to
  std::string description;
};

struct SkillRequirement {
  std::string skill;
  ProficiencyLevel level_min = kProficiencyLevelMin;
  friend bool operator==(const SkillRequirement&,
                         const SkillRequirement&) = default;
};

// What a contact asks for. Every term of `all_of` must hold.
struct RoutingRequirement {
  std::vector<SkillRequirement> all_of;
  friend bool operator==(const RoutingRequirement&,
                         const RoutingRequirement&) = default;
};

// Queues that come at once; which of their contacts comes first, keys say.
struct QueueRank {
  std::vector<std::string> queues;  // names
  friend bool operator==(const QueueRank&, const QueueRank&) = default;
};

// What the agents who refer to it may serve.
struct RoutingProfile {
  std::string name;
  ChannelSet channels = 0;
  // If not empty: its agents are given contacts of these queues in this order,
  // whatever their keys; those of queues that are not named come last.
  std::vector<QueueRank> queue_order = {};
};

struct AgentSkill {
  std::string skill;
  ProficiencyLevel level = kProficiencyLevelMin;
};

struct AgentConfiguration {
  std::string id;
  AgentGrade grade = AgentGrade::kSenior;
  std::string routing_profile;
  std::vector<AgentSkill> skills;
};

// Answered within `threshold_ms` for `answered_fraction` of the offered
// contacts (definition `served_over_accepted` unless a report says otherwise).
struct ServiceLevelTarget {
  double answered_fraction = 0.8;  // 0 < f <= 1
  DurationMs threshold_ms = 20'000;
  friend bool operator==(const ServiceLevelTarget&,
                         const ServiceLevelTarget&) = default;
};

// How an agent is chosen for a contact among those who may serve it.
struct AgentChoice {
  FitRule fit = FitRule::kBestFit;
  AgentOrder order = AgentOrder::kLongestIdle;  // among those who fit alike
  friend bool operator==(const AgentChoice&, const AgentChoice&) = default;
};

// What kind of customer a contact is of, and the head start that it gets: a
// gold customer's contact stands where one stands that came so much earlier.
struct CustomerSegment {
  std::string name;  // unique; what contacts refer to
  DurationMs credit_ms = 0;
  friend bool operator==(const CustomerSegment&,
                         const CustomerSegment&) = default;
};

// A named service where contacts wait.
struct ContactQueue {
  std::string name;
  ChannelSet channels = 0;  // channels it accepts; at least one
  RoutingRequirement requirement;
  ServiceLevelTarget service_level;
  // How long an offer may stand; 0 = assigned at once (automatic answer).
  DurationMs offer_timeout_ms = 20'000;
  // After-contact work; 0 = none. The agent may end it earlier.
  DurationMs wrap_up_ms = 0;
  // A declined contact is not offered to that agent again for this long.
  DurationMs decline_retry_ms = 60'000;
  // A contact waiting longer is ended with kWaitLimit; 0 = no limit.
  DurationMs wait_limit_ms = 0;
  // Handling longer than this is taken for a lost hang-up and ended with
  // kLeaseExpired, which frees agent and contact. Must be positive.
  DurationMs handling_lease_ms = 4LL * 3600 * 1000;
  // Short abandons are counted apart in reports.
  DurationMs short_abandon_threshold_ms = 5'000;
  // Credit of each priority in milliseconds, in modes aged and deadline.
  std::array<DurationMs, kPriorityCount> priority_credit_ms = {
      0,       60'000,  120'000, 180'000, 240'000,
      300'000, 360'000, 420'000, 480'000, 540'000};
  AgentChoice agent_choice;
  friend bool operator==(const ContactQueue&, const ContactQueue&) = default;
};

struct Configuration {
  std::string name;  // of the centre
  std::vector<Skill> skills;
  std::vector<RoutingProfile> routing_profiles;
  std::vector<AgentConfiguration> agents;
  std::vector<ContactQueue> queues;
  // One for the centre, since places in all lanes are compared.
  ContactChoice contact_choice = ContactChoice::kAged;
  std::vector<CustomerSegment> segments;
};

struct Finding {
  enum class Severity : std::uint8_t { kWarning, kError };
  Severity severity = Severity::kError;
  std::string path;     // field path inside the configuration
  std::string message;  // the value, and what would be right
  friend bool operator==(const Finding&, const Finding&) = default;
};

// All findings, in the order of the configuration. Pure; no side effects.
std::vector<Finding> ValidateConfiguration(const Configuration& configuration,
                                           const Limits& limits);

// Whether any finding is an error.
bool HasErrors(const std::vector<Finding>& findings);

}  // namespace relais

#endif  // RELAIS_CONFIGURATION_H_
