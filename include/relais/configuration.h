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
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relais/bullseye_plan.h"
#include "relais/limits.h"
#include "relais/requirement.h"
#include "relais/types.h"

namespace relais {

// Whoever has the skill that implies it at level L has this one at
// min(L, level_max) or above.
struct ImpliedSkill {
  std::string skill;
  ProficiencyLevel level_max = kProficiencyLevelMax;
  friend bool operator==(const ImpliedSkill&, const ImpliedSkill&) = default;
};

struct Skill {
  std::string name;  // unique; what requirements and agents refer to
  std::string description;
  // Directly. What those imply is implied, too; no skill implies itself.
  std::vector<ImpliedSkill> implies = {};
  friend bool operator==(const Skill&, const Skill&) = default;
};

struct Site {
  std::string name;       // unique
  bool provider = false;  // an outside company's
  friend bool operator==(const Site&, const Site&) = default;
};

struct Team {
  std::string name;       // unique
  std::string site = {};  // where it sits; empty: not told
  friend bool operator==(const Team&, const Team&) = default;
};

// Queues that come at once; which of their contacts comes first, keys say.
struct QueueRank {
  std::vector<std::string> queues;  // names
  friend bool operator==(const QueueRank&, const QueueRank&) = default;
};

// Whom of several agents with room a contact goes to first: those with the
// fewest units taken, or those with the most.
enum class LoadOrder : std::uint8_t { kSpread, kPack };
inline constexpr int kLoadOrderCount = 2;
std::string_view LoadOrderName(LoadOrder order);

// Units that a contact of each channel takes of its agent unless a profile says
// otherwise: voice, e-mail, chat, call-back, video, social, mail, internal.
inline constexpr std::array<int, kChannelCount> kCostUnitsDefault = {
    100, 50, 34, 100, 100, 50, 50, 100};

// What the agents who refer to it may serve, and how much of it at once: a
// contact fits if the units of all that the agent holds, those being wrapped up
// included, and its own are at most `capacity_units`, and the agent holds fewer
// than `contacts_max` of its channel. What it handles and the contact may
// interrupt takes no room from it.
struct RoutingProfile {
  std::string name;
  ChannelSet channels = 0;
  // kCostUnitsMin..kCapacityUnitsMax.
  int capacity_units = kCapacityUnitsMax;
  // By channel; kCostUnitsMin..kCapacityUnitsMax.
  std::array<int, kChannelCount> cost_units = kCostUnitsDefault;
  // By channel; 0 = as many as fit.
  std::array<int, kChannelCount> contacts_max = {};
  // By channel: those of which the agent's contacts in handling give way to a
  // contact of it. Not itself, in no circle.
  std::array<ChannelSet, kChannelCount> may_interrupt = {};
  LoadOrder load_order = LoadOrder::kSpread;
  // If not empty: its agents are given contacts of these queues in this order,
  // whatever their keys; those of queues that are not named come last.
  std::vector<QueueRank> queue_order = {};
  friend bool operator==(const RoutingProfile&,
                         const RoutingProfile&) = default;
};

// What an agent of this grade is taken to know of a skill whose level is not
// given.
struct GradePolicy {
  AgentGrade grade = AgentGrade::kSenior;
  ProficiencyLevel default_level = kProficiencyLevelMin;
  friend bool operator==(const GradePolicy&, const GradePolicy&) = default;
};

// The default level of grades that no policy names: junior 3, senior 5, expert
// and specialised 8.
ProficiencyLevel DefaultLevel(AgentGrade grade);

// What agents do and by which means: who may do it, on which channels.
struct Activity {
  std::string name;         // unique
  ChannelSet channels = 0;  // empty: any
  RoutingRequirement requirement = {};
  friend bool operator==(const Activity&, const Activity&) = default;
};

struct AgentSkill {
  std::string skill;
  ProficiencyLevel level = 0;  // 1..10; 0: the default of the agent's grade
  // Learning it: it counts only for contacts to which a tutor may listen, and
  // reservations made by it name the tutor, another agent.
  bool in_training = false;
  std::string tutor = {};  // id; with in_training only
  friend bool operator==(const AgentSkill&, const AgentSkill&) = default;
};

struct AgentConfiguration {
  std::string id;
  AgentGrade grade = AgentGrade::kSenior;
  std::string routing_profile;
  std::vector<AgentSkill> skills;
  std::vector<std::string> certifications = {};
  std::vector<std::string> languages = {};
  std::string team = {};  // empty: in none
  std::string site = {};  // empty: its team's
  friend bool operator==(const AgentConfiguration&,
                         const AgentConfiguration&) = default;
};

// What a team lead changes about one agent; what is not given stays as it is.
struct AgentChange {
  std::optional<AgentGrade> grade;
  std::optional<std::vector<AgentSkill>> skills;  // all of them
  std::optional<std::vector<std::string>> certifications;
  std::optional<std::vector<std::string>> languages;
  friend bool operator==(const AgentChange&, const AgentChange&) = default;
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

// Agents who stay free for one channel of one queue: contacts of the channels
// that it holds back are given to an agent of the reserve only while enough
// others are free (docs/routing-model.md, "Reserves"). In it is whoever may
// take the queue's contacts of the channel, as the queue asks before any ring
// loosens it.
struct Reserve {
  std::string name;   // unique
  std::string queue;  // for which its agents stay free
  Channel channel = Channel::kVoice;
  // So many stay free, 1..kReserveKeepMax.
  int keep = 1;
  // Once only `keep` are free nothing held back is given before so many are;
  // above `keep`, up to kReserveKeepMax + 1; 0: keep + 1.
  int resume = 0;
  ChannelSet holds_back = 0;  // of all queues; not `channel`

  int ResumeAt() const { return resume == 0 ? keep + 1 : resume; }
  friend bool operator==(const Reserve&, const Reserve&) = default;
};

// How long a contact waits for the agent whom it prefers and for nobody else,
// by what that agent is doing when the hold begins; 0: not at all. Exact
// definition: docs/routing-model.md, "Preferred agents".
struct HoldTimes {
  // Idle or with an offer. Also how long after its announced return an absent
  // agent may come.
  DurationMs idle_ms = 0;
  DurationMs handling_ms = 0;
  DurationMs wrapping_up_ms = 0;
  // An absent agent who announced its return: held if that is at most so long
  // after the hold's begin.
  DurationMs absent_until_ms = 0;
  friend bool operator==(const HoldTimes&, const HoldTimes&) = default;
};

// A named service where contacts wait.
struct ContactQueue {
  std::string name;
  ChannelSet channels = 0;  // channels it accepts; at least one
  RoutingRequirement requirement;
  // Its contacts are of this activity, which must allow its channels and whose
  // requirement must be met as well; empty: of none in particular.
  std::string activity = {};
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
  // How its requirement loosens; empty: not at all.
  std::string plan = {};
  // Its contacts are offered to nobody; agents pull them (Router::Pull).
  bool pull_only = false;
  // For contacts that prefer an agent.
  HoldTimes hold = {};
  // An agent whom its customers chose from a panel more often than this share
  // of the mean of the agents present is held for no more of them. In percent,
  // 100..10'000, such as 150; 0: no guard.
  int panel_max_share_percent = 0;
  friend bool operator==(const ContactQueue&, const ContactQueue&) = default;
};

struct Configuration {
  std::string name;  // of the centre
  std::vector<Skill> skills;
  std::vector<RoutingProfile> routing_profiles;
  std::vector<AgentConfiguration> agents;
  std::vector<ContactQueue> queues;
  // What agents may have besides skills; unique names.
  std::vector<std::string> certifications = {};
  std::vector<std::string> languages = {};
  std::vector<Site> sites = {};
  std::vector<Team> teams = {};
  std::vector<GradePolicy> grades = {};  // at most one of each grade
  std::vector<Activity> activities = {};
  // One for the centre, since places in all lanes are compared.
  ContactChoice contact_choice = ContactChoice::kAged;
  std::vector<CustomerSegment> segments;
  std::vector<BullseyePlan> bullseye_plans = {};
  std::vector<Reserve> reserves = {};
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
