// The record of a decision: why this agent was given this contact. Written by
// every decision as it is made, from what it compared, and never changed; what
// an agent lacked is told from the state of now (explanation.h).
//
// A record is kept while its reservation stands or its contact is in handling,
// then among the last Limits::decision_records that ended. It is not kept over
// a restart: what stands then has a record that says so (kRestored).
//
// Thread safety: plain values. Exact definition: docs/routing-model.md, "The
// record of a decision".

#ifndef RELAIS_DECISION_RECORD_H_
#define RELAIS_DECISION_RECORD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relais/agent.h"
#include "relais/contact.h"
#include "relais/types.h"

namespace relais {

// What told the chosen one from the next.
enum class DecidingRule : std::uint8_t {
  kNone,         // of the agent: it chose, and was not chosen
  kRestored,     // the decision was made before a restart
  kOnly,         // nothing else waited, or was idle, that could be compared
  kHeld,         // the contact was held for this agent
  kQueueOrder,   // an earlier rank in the agent's order of queues
  kRankKey,      // the smaller rank key
  kArrival,      // equal keys: it came first
  kFit,          // fits better
  kAgentOrder,   // comes first by the queue's order of agents
  kAgentNumber,  // alike in all: the smaller number
  kPulled,       // the agent took it itself: nothing was compared
};
inline constexpr int kDecidingRuleCount = 11;
// Lower-case name: "rank_key", "agent_order".
std::string_view DecidingRuleName(DecidingRule rule);

// Lanes and profile classes together.
inline constexpr std::size_t kComparedPerDecisionMax = 8;

// The first contact of a lane, or the first idle agent of a profile class.
struct ComparedEntry {
  static constexpr std::uint32_t kNotFound = 0xFFFF'FFFF;
  static constexpr std::uint16_t kHeldClass = 0xFFFF;

  // The contact's rank key, or the agent's key in its order (for longest idle:
  // the idle instant, plus the load that comes before it).
  std::int64_t key = 0;
  // The lane, or the agent's slot. kNotFound: it was not looked at, since it
  // could not come first; whoever stands there has `key` or a larger one, and
  // perhaps nobody does.
  std::uint32_t found = kNotFound;
  // The requirement class (kHeldClass: contacts held for the agent), or the
  // profile class.
  std::uint16_t of = 0;
  // The rank in the agent's order of queues; or the fit step, 0 to 7.
  std::uint8_t rank = 0;
  std::uint8_t unused = 0;
};

// Who got whom, when and why.
struct DecisionHead {
  std::uint64_t contact_base_tag = 0;
  std::uint64_t agent_generation = 0;
  InstantMs at_ms = 0;
  std::uint64_t configuration_version = 0;
  std::uint32_t contact_slot = 0;
  std::uint32_t agent_slot = 0;
  std::uint32_t attempt = 0;
  std::uint32_t queue = 0;  // its number; DecisionView has the name
  // Lanes and classes that came later than all that are told.
  std::uint32_t others = 0;
  DecidingRule contact_rule = DecidingRule::kNone;  // why this contact
  DecidingRule agent_rule = DecidingRule::kNone;    // why this agent
  std::uint8_t ring = 0;
  std::uint8_t fit_step = 0;
  AgentOrder order = AgentOrder::kLongestIdle;
  std::uint8_t lanes = 0;   // how many were compared, the chosen one first
  std::uint8_t agents = 0;  // how many follow them, likewise; 0: it was not
                            // chosen, see agent_rule
  std::uint8_t unused = 0;

  ContactHandle contact() const { return {contact_slot, contact_base_tag}; }
  AgentHandle agent() const { return {agent_slot, agent_generation}; }
};

struct DecisionRecord : DecisionHead {
  std::array<ComparedEntry, kComparedPerDecisionMax> compared = {};
};
static_assert(sizeof(ComparedEntry) == 16 && sizeof(DecisionRecord) <= 192,
              "a decision's record is small (docs/adr/0018)");

// With the names that are known now.
struct DecisionView {
  DecisionRecord record;
  std::string contact_id;
  std::string agent_id;  // empty: no longer configured
  std::string queue;
  // Of each entry: of a lane, the queues that ask for what its class does
  // (none: a contact that asked for something itself, or a configuration that
  // is no longer in force); of an agent who was found, its id.
  std::vector<std::vector<std::string>> names;
  // The reservation stands, or its contact is in handling.
  bool stands = false;
  // False: its event has not been handed over yet, as in ContactView.
  bool settled = true;
};

}  // namespace relais

#endif  // RELAIS_DECISION_RECORD_H_
