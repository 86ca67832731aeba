// The small values that every other public header uses.
//
// Thread safety: plain values, safe to copy and to read from any thread.
// Units: every instant is in milliseconds since the Unix epoch of the clock
// that the caller reads, every duration in milliseconds. The library never
// reads a clock: `now_ms` is an argument of each call. It must not go back
// within one thread; between threads it may differ.

#ifndef RELAIS_TYPES_H_
#define RELAIS_TYPES_H_

#include <cstdint>
#include <string_view>

namespace relais {

using InstantMs = std::int64_t;
using DurationMs = std::int64_t;

// How a contact reaches the centre. An attribute of a contact, and part of
// what an agent's routing profile allows.
enum class Channel : std::uint8_t {
  kVoice,
  kEmail,
  kChat,
  kCallback,
  kVideo,
  kSocial,
  kMail,
  kInternal,
};
inline constexpr int kChannelCount = 8;

// A set of channels, one bit per channel: bit i stands for Channel{i}.
using ChannelSet = std::uint8_t;

constexpr ChannelSet SetOf(Channel channel) {
  return static_cast<ChannelSet>(1U << static_cast<unsigned>(channel));
}
constexpr bool Contains(ChannelSet set, Channel channel) {
  return (set & SetOf(channel)) != 0;
}

// Lower-case name as written in configuration files ("voice"), and back;
// false if no channel has that name.
std::string_view ChannelName(Channel channel);
bool ParseChannel(std::string_view name, Channel* channel);

enum class AgentGrade : std::uint8_t {
  kJunior,
  kSenior,
  kExpert,
  kSpecialised
};
inline constexpr int kAgentGradeCount = 4;

// A set of grades, one bit per grade: bit i stands for AgentGrade{i}.
using GradeSet = std::uint8_t;

constexpr GradeSet SetOf(AgentGrade grade) {
  return static_cast<GradeSet>(1U << static_cast<unsigned>(grade));
}
constexpr bool Contains(GradeSet set, AgentGrade grade) {
  return (set & SetOf(grade)) != 0;
}

std::string_view AgentGradeName(AgentGrade grade);
bool ParseAgentGrade(std::string_view name, AgentGrade* grade);

// A skill's level, 1 (beginner) to 10.
using ProficiencyLevel = int;
inline constexpr ProficiencyLevel kProficiencyLevelMin = 1;
inline constexpr ProficiencyLevel kProficiencyLevelMax = 10;

// A contact's priority, 0 (default) to 9 (most urgent).
inline constexpr int kPriorityCount = 10;

// How waiting contacts are ordered, in all lanes of the centre alike
// (docs/routing-model.md, "Choice of contact").
enum class ContactChoice : std::uint8_t {
  kAged,      // arrival less credits
  kDeadline,  // arrival and the queue's threshold, less credits
  kStrict,    // priority first, then arrival
};
inline constexpr int kContactChoiceCount = 3;

// Which of the agents who may serve a contact fits best.
enum class FitRule : std::uint8_t {
  kBestFit,             // the most level above what was asked
  kLeastOverQualified,  // the least surplus of levels and skills
};
inline constexpr int kFitRuleCount = 2;

// Who comes first of agents who fit alike (docs/routing-model.md, "Order of
// agents"). A centre uses as many of them as its queues name.
enum class AgentOrder : std::uint8_t {
  kLongestIdle,
  kLeastOccupied,   // over the last hour
  kFewestContacts,  // since sign-in
  kRoundRobin,      // whose last offer is longest ago
};
inline constexpr int kAgentOrderCount = 4;

// The agent's own choice.
enum class PresenceState : std::uint8_t { kLoggedOut, kAvailable, kNotReady };
std::string_view PresenceStateName(PresenceState state);

// Why an agent is not ready. kNoAnswer is set by the router, per channel.
enum class NotReadyReason : std::uint8_t {
  kNone,
  kBreak,
  kMeal,
  kTraining,
  kMeeting,
  kOther,
  kNoAnswer,
};
inline constexpr int kNotReadyReasonCount = 7;
std::string_view NotReadyReasonName(NotReadyReason reason);

// What the agent is doing, derived by the router from the contacts that it
// holds: kHandling if one is in handling, otherwise kWrapUp if one is being
// wrapped up, otherwise kReserved if one is reserved.
enum class WorkState : std::uint8_t { kIdle, kReserved, kHandling, kWrapUp };
std::string_view WorkStateName(WorkState state);

enum class ContactState : std::uint8_t {
  kWaiting,
  kReserved,  // offered to one agent, not yet accepted
  kAssigned,  // accepted, in handling
  kEnded,
};
std::string_view ContactStateName(ContactState state);

enum class EndReason : std::uint8_t {
  kNone,          // has not ended
  kCompleted,     // handled and hung up or closed
  kAbandoned,     // the customer left before acceptance
  kCancelled,     // withdrawn by the platform before acceptance
  kWaitLimit,     // waited longer than the queue's wait_limit_ms
  kLeaseExpired,  // in handling longer than the queue's handling_lease_ms
};
std::string_view EndReasonName(EndReason reason);

// The end of a reservation; kStanding while it has none.
enum class ReservationState : std::uint8_t {
  kStanding,
  kAccepted,
  kDeclined,
  kNoAnswer,
  kRescinded,
};
std::string_view ReservationStateName(ReservationState state);

// Identifies one stay of a contact, or one agent, inside a Router. Ids are
// resolved to handles once; a handle that outlives what it names is answered
// with an error, never with another contact.
struct ContactHandle {
  std::uint32_t slot = 0;
  std::uint64_t base_tag = 0;  // the slot's tag when the contact was created
  friend bool operator==(const ContactHandle&, const ContactHandle&) = default;
};
struct AgentHandle {
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  friend bool operator==(const AgentHandle&, const AgentHandle&) = default;
};

// Position of a call's last event in the order in which events were handed
// over. What the call did is committed once Router::Committed() has reached
// it. Tickets are comparable within one Router only.
struct CommitTicket {
  std::uint64_t value = 0;
  friend auto operator<=>(const CommitTicket&, const CommitTicket&) = default;
};

}  // namespace relais

#endif  // RELAIS_TYPES_H_
