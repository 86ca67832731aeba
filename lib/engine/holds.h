// What is needed of a contact to move it on, and what a hold is while it is
// being begun.
//
// Thread safety: values of one call.

#ifndef RELAIS_LIB_ENGINE_HOLDS_H_
#define RELAIS_LIB_ENGINE_HOLDS_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "lib/domain/compiled.h"
#include "lib/engine/class_hold.h"
#include "lib/engine/contact_rings.h"
#include "lib/engine/records.h"
#include "lib/match/matcher.h"
#include "relais/event.h"
#include "relais/types.h"

namespace relais {

// Whether or not the contact lives when this is used.
struct ToMove {
  std::shared_ptr<const QueueTerms> terms;
  std::shared_ptr<const ContactRings> rings;
  std::shared_ptr<const PreferredAgents> preferred;
  std::uint32_t requirement_class = 0;  // of its first ring
  std::uint32_t lane = 0;               // without rings
  DurationMs boost_ms = 0;
  Event event;
  // If it prefers anybody: of its first ring.
  std::shared_ptr<const CompiledRequirement> asks;
  ClassHold hold;
};

// The agent for whom a contact is to wait alone, in whose record it is entered
// already.
struct Hold {
  static constexpr std::uint32_t kNobody = match::Matcher::kNobody;

  std::uint32_t agent = kNobody;
  std::uint64_t tag = 0;  // of the word by which it will wait
  InlineId id;
  InstantMs until_ms = 0;
  bool chosen = false;      // and counted so, from a panel
  bool over_share = false;  // kNobody because of that

  bool held() const { return agent != kNobody; }
};

// Its entry in the agent's record, all but when it comes and for how long.
WaitingHeld HeldBy(const ToMove& move, ContactHandle contact,
                   std::uint64_t tag);

// Of what waits for the agent alone, that which a profile may not serve.
std::uint32_t CountLost(const AgentRecord& agent,
                        const CompiledProfile& profile)
    RELAIS_REQUIRES(agent.mutex);

// Whether a reservation came out of a hold (otherwise there is nothing to move
// on), and then what comes next.
struct AfterHold {
  std::optional<ToMove> move;
  Hold hold;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_HOLDS_H_
