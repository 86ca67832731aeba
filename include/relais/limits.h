// Every limit of the router in one place, each with the sum that justifies
// it. A table that is full answers RESOURCE_EXHAUSTED, and room comes back.
//
// Thread safety: constants and plain values.
//
// `Limits` sizes the tables of one Router, which are allocated when it is
// created: about 300 bytes a contact and 384 for the record of its decision,
// 9 KiB an agent (mostly its deadlines and declines), and the matrix of one
// byte for each pair of classes. An order of agents other than longest idle
// takes 400 bytes more an agent from the moment at which a queue first names
// it.

#ifndef RELAIS_LIMITS_H_
#define RELAIS_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace relais {

// Text and payload. A UUID with a tenant prefix needs about 50 bytes; 128
// leaves room for a SIP Call-ID. Attributes of 16 KiB hold a screen pop.
inline constexpr std::size_t kIdBytesMax = 128;
inline constexpr std::size_t kAttributesBytesMax = 16 * 1024;
inline constexpr std::size_t kAttributesPerContactMax = 64;

// Configuration. Large vendors publish 5,000 queues and 15,000 workers; one
// centre of a bank has tens of skills.
inline constexpr std::size_t kSkillsMax = 4'096;
inline constexpr std::size_t kSkillsPerAgentMax = 256;
inline constexpr std::size_t kCertificationsMax = 1'024;
inline constexpr std::size_t kLanguagesMax = 256;  // all of ISO 639-1: 184
inline constexpr std::size_t kTeamsMax = 4'096;    // of ten agents, and more
inline constexpr std::size_t kSitesMax = 1'024;
inline constexpr std::size_t kActivitiesMax = 1'024;
inline constexpr std::size_t kCertificationsPerAgentMax = 64;
inline constexpr std::size_t kLanguagesPerAgentMax = 32;
// Skills that one skill implies directly, and pairs (skill, implied skill) of
// the whole centre, what is implied over others included: 4 bytes and a level
// each, computed at each Apply. A tree of 4,096 skills, eight deep, has 29,000.
inline constexpr std::size_t kImpliedPerSkillMax = 64;
inline constexpr std::size_t kImpliedPairsMax = 65'536;
// Terms of one requirement, those of all lists and of nested requirements
// counted, and how deep these may be nested. Cisco has 10 terms, unnested; an
// expression is evaluated once for each pair of classes and not for each
// contact, so the bound is for the checks of a submit.
inline constexpr std::size_t kTermsPerRequirementMax = 64;
inline constexpr int kRequirementDepthMax = 4;
// A level is worth 1; ten skills at their best are worth 90.
inline constexpr int kPreferenceWeightMax = 100;
inline constexpr std::size_t kRoutingProfilesMax = 4'096;
// Ranks of a profile's queue order; with the queues not named sixteen, which is
// what a cell of the matrix has room for.
inline constexpr std::size_t kQueueRanksMax = 15;
// Customer segments: centres tell three to ten kinds of customers apart. Each
// segment in use with each priority in use is a lane of each class (below).
inline constexpr std::size_t kSegmentsMax = 64;

// Reserves of a centre. What an agent counts in is a word of 64 bits, and those
// of one configuration stand beside those of the next until all agents have
// been told. When one gives again its free agents are looked for, at most
// `resume` of them at half a microsecond each: half a millisecond.
inline constexpr std::size_t kReservesMax = 32;
inline constexpr int kReserveKeepMax = 1'000;

// Bullseye plans. Of other routers the longest have 6 and 10 rings; each is a
// requirement class, and lanes, for each queue with the plan and channel of it.
inline constexpr std::size_t kBullseyePlansMax = 4'096;
inline constexpr std::size_t kRingsPerPlanMax = 32;  // after the first
inline constexpr std::size_t kNamesPerRingMax = 64;  // of each list
// A reduction of 0 and each of the nine levels.
inline constexpr std::size_t kCurvePointsMax = 10;
inline constexpr int kLevelReductionMax = 9;

// An agent's capacity, in units of which a voice call usually takes all.
inline constexpr int kCapacityUnitsMax = 100;
// What an agent may hold at once, interrupted work included: a full load, and a
// full load that it interrupts. Eight bits of the agent's word count it.
inline constexpr int kHeldUnitsMax = 2 * kCapacityUnitsMax;
// Contacts that one agent may hold at once, those being wrapped up and those
// that are interrupted included; the largest that a vendor publishes is 25 of
// one medium. Each has room in the agent's record and a deadline of its own.
inline constexpr std::size_t kContactsPerAgentMax = 25;
// A contact that took less would let an agent hold more.
inline constexpr int kCostUnitsMin =
    kCapacityUnitsMax / static_cast<int>(kContactsPerAgentMax);

// Agents that declined one contact and are not offered it again; the oldest
// is forgotten beyond it (design: "up to 8 such agents per contact").
inline constexpr std::size_t kDeclinesPerContactMax = 8;
// Contacts that one agent has declined and is not offered; the oldest is
// forgotten beyond it. Bounds how many heads a look passes over: an agent
// declining a contact every second for decline_retry (60 s) stays below it.
inline constexpr std::size_t kDeclinesPerAgentMax = 64;

// Agents whom one contact prefers, in order. A stand-in, and stand-ins of
// theirs; each is judged once, when its turn comes.
inline constexpr std::size_t kPreferredAgentsMax = 8;

// An agent's share of panel choices in percent of the mean: below 100 the
// agents could not be given all of them.
inline constexpr int kPanelSharePercentMin = 100;
inline constexpr int kPanelSharePercentMax = 10'000;

// Durations above a week are refused as mistakes (seconds given for
// milliseconds are not caught by this; milliseconds given twice are).
inline constexpr std::int64_t kDurationMsMax = 7LL * 24 * 3600 * 1000;

// Ceilings of the tables. Nodes of the lanes are numbered with 24 bits and
// there are two for each contact, so 4 million contacts; agents have 16 bits
// of an exclusion. A matrix cell is one byte: 4,096 x 16,384 are 64 MiB.
inline constexpr std::uint32_t kContactsCeiling = 1U << 22;
inline constexpr std::uint32_t kAgentsCeiling = 1U << 16;
inline constexpr std::uint32_t kQueuesCeiling = 1U << 16;
inline constexpr std::uint32_t kRequirementClassesCeiling = 1U << 12;
inline constexpr std::uint32_t kProfileClassesCeiling = 1U << 14;
inline constexpr std::uint32_t kLanesCeiling = 1U << 17;
inline constexpr std::uint32_t kEndedIdsCeiling = 1U << 26;
inline constexpr std::uint32_t kPendingEventsCeiling = 1U << 23;
// 384 bytes each: 384 MiB.
inline constexpr std::uint32_t kDecisionRecordsCeiling = 1U << 20;

// Threads that may be inside calls of one Router at once; each needs nodes and
// terms of its own. More is a mistake of the caller that ends the process.
inline constexpr std::uint32_t kThreadsMax = 4'096;

struct Limits {
  // Contacts alive at once (waiting, reserved, in handling). A centre of
  // 10,000 agents at 200 % load for an hour holds about 100,000.
  std::uint32_t contacts = 100'000;
  // Agents known at once; all agents of the banks of one country are 7,000.
  std::uint32_t agents = 10'000;
  std::uint32_t queues = 5'000;
  // Compiled requirements (channel and choice of agent included) in use at
  // once: each queue and channel is one, each ring of its plan one more, and
  // contacts may add skills of their own. Queues that ask for the same share
  // them, unless a profile orders queues.
  std::uint32_t requirement_classes = 1'024;
  // Classes of agents' profiles at once; profiles that agree in eligibility and
  // fit step on every requirement class in use share one.
  std::uint32_t profile_classes = 4'096;
  // Lanes: a requirement class times the boosts and rings seen with it: at most
  // the ten priorities, each without a segment and with each; nearly always one
  // ring.
  std::uint32_t lanes = 10'240;
  // Ended ids remembered for id_retention; beyond it the oldest is forgotten
  // and counted. 24 h of a 10,000-agent centre: about 1,000,000.
  std::uint32_t ended_ids = 1'000'000;
  // Events handed over and not yet numbered. The reader takes all that is
  // pending at each turn; 65,536 events are six minutes of a 10,000-agent
  // centre (170 a second).
  std::uint32_t pending_events = 65'536;
  // Records of decisions whose reservation has ended, the last ones; those of
  // what stands are kept beside it. 10,000 are the last five minutes of a
  // 10,000-agent centre with calls of five minutes.
  std::uint32_t decision_records = 10'000;
};

}  // namespace relais

#endif  // RELAIS_LIMITS_H_
