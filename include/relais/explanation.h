// Why a contact waits and why an agent is given nothing: the state at the
// moment of asking, in words. What was decided, and why, is another matter:
// between a decision and the question the state changes.
//
// Thread safety: plain values. Ownership: values own their strings. Exact
// definition: docs/routing-model.md, "Explanations".

#ifndef RELAIS_EXPLANATION_H_
#define RELAIS_EXPLANATION_H_

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

// Why an agent is passed over for a contact: the first that applies, in this
// order.
enum class PassedOver : std::uint8_t {
  kHolds,            // it is reserved for this agent, or in handling with it
  kChannel,          // the agent's routing profile has not its channel
  kRequirement,      // the agent lacks something that is asked for
  kHeld,             // it waits for another agent alone
  kDeclined,         // the agent declined it, and that time is not over
  kLoggedOut,        //
  kNotReady,         //
  kPresencePending,  // the agent leaves after what it is at
  kNoAnswer,         // its channel is closed: an offer was not answered
  kContactsMax,      // the agent holds as many of its channel as it may
  kCapacity,         // the agent has not the units for one more
  kDrained,          // contacts that the agent may serve drain its channel
  kPullOnly,         // it is to be pulled; this agent may do so
  kReserve,          // the agent is kept free for another channel
  kNot,              // the agent is free for it
};
inline constexpr int kPassedOverCount = 15;
// Lower-case name: "requirement", "contacts_max".
std::string_view PassedOverName(PassedOver reason);

// One agent and one contact.
struct AgentVerdict {
  AgentView agent;  // what it is doing
  PassedOver reason = PassedOver::kNot;
  // kRequirement: everything that is missing, in words. kReserve: what the
  // reserves keep and when they give again.
  std::string missing;
  // kRequirement, of a contact that waits: the first later ring of its plan in
  // which nothing is missing, and when that comes; 0: there is none.
  int ring = 0;
  InstantMs ring_ms = 0;
  // kDeclined: when the exclusion ends.
  InstantMs until_ms = 0;
  // Of agents who have the channel and all that is asked for, 0 to 7.
  int fit_step = 0;
  // Of those, by the agent's own order of queues: 0 to 15, smaller comes first.
  int queue_rank = 0;
  // Of those for whom it may wait and who did not decline it, if it waits: how
  // many of the contacts that wait the agent would be given before it.
  std::uint64_t ahead = 0;
};

struct ContactExplanation {
  ContactView contact;
  InstantMs at_ms = 0;
  std::uint64_t configuration_version = 0;
  // How many agents by reason; each configured agent counts once.
  std::array<std::uint64_t, kPassedOverCount> agents_by_reason{};
  // The nearest to taking it first: by reason from the last of the list to the
  // first (whoever holds it before all), then the larger fit step, then by id.
  // At most as many as were asked for. None of a contact that has ended.
  std::vector<AgentVerdict> agents;
  // False: some of what is shown is being changed at this moment and its event
  // has not been handed over yet, as in ContactView.
  bool settled = true;
};

// Waiting contacts for which an agent is passed over for one reason.
struct WaitingVerdict {
  std::string queue;
  Channel channel = Channel::kVoice;
  PassedOver reason = PassedOver::kNot;
  std::string missing;  // kRequirement, kReserve
  // By the agent's own order of queues; of what the agent could take but for
  // what it is doing.
  int queue_rank = 0;
  std::uint64_t contacts = 0;
  InstantMs oldest_arrival_ms = 0;
};

struct AgentExplanation {
  AgentView agent;
  InstantMs at_ms = 0;
  std::uint64_t configuration_version = 0;
  std::uint64_t waiting = 0;  // contacts that wait, whatever for
  // By queue, channel, reason, what is missing and rank, in this order; at most
  // as many as were asked for, those with the most contacts.
  std::vector<WaitingVerdict> verdicts;
  bool settled = true;  // as in ContactExplanation
};

}  // namespace relais

#endif  // RELAIS_EXPLANATION_H_
