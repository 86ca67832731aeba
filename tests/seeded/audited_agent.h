// What the auditor believes of one agent, and what it makes of that by its own
// rules: docs/routing-model.md, not the engine.
//
// Thread safety: plain values; one thread. Units: milliseconds.

#ifndef RELAIS_TESTS_SEEDED_AUDITED_AGENT_H_
#define RELAIS_TESTS_SEEDED_AUDITED_AGENT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "relais/agent.h"
#include "relais/configuration.h"
#include "relais/types.h"
#include "tests/reference/reference_requirement.h"
#include "tests/seeded/audited_order.h"

namespace relais::seeded {

struct AuditedAgent {
  bool listed = true;
  bool was_listed = true;  // before the configuration that is being applied
  reference::Holdings has;
  RoutingProfile profile;
  // Those before the configuration that is being applied; equal otherwise.
  reference::Holdings had;
  RoutingProfile profile_before;
  std::uint64_t version = 0;
  Presence presence;
  bool presence_pending = false;
  Presence pending;
  ChannelSet closed = 0;
  InstantMs idle_since_ms = 0;
  DurationMs idle_before_pause_ms = 0;
  std::vector<HeldContact> held;  // in the order of their reservations
  AuditedWork work;
  std::vector<InstantMs> panel_choices;  // when customers chose it
  // The idle instant with which it was chosen, by contact, the last time.
  std::map<std::string, InstantMs> chosen_idle_since_ms;

  // Of the contact in this state, or null; without an id, of any, the first to
  // end where that matters.
  HeldContact* Held(const std::string& contact_id, WorkState state);
  const HeldContact* Held(const std::string& contact_id, WorkState state) const;
  WorkState work_state() const;
  // In handling or wrap-up.
  bool busy() const;
  int units() const;

  // Available, nothing pending, channel open.
  bool IsOpen(Channel channel) const;
  // Empty if one contact of the channel more fits by this profile, or why not.
  std::string NoRoom(const RoutingProfile& by, Channel channel) const;
  // What gives way now to something that it handles: of those that may, the one
  // reserved last, what was just accepted only if there is no other. Null while
  // what it handles and wraps up is within its units.
  const HeldContact* ToInterrupt(const RoutingProfile& by,
                                 const std::string& accepted) const;
  // Of the interrupted, the first reserved that has room and to which no other
  // interrupted one comes first, or null.
  const HeldContact* ToResume(const RoutingProfile& by) const;
  // Surely has room for it, whichever of its profiles counts.
  bool HasRoom(Channel channel) const;
  std::uint64_t ChoicesOf4Hours(InstantMs now_ms) const;
  // Its place among those of equal fit; the smaller goes first.
  AgentPlace Place(AgentOrder order) const;

  void TakePresence(Presence next, InstantMs now_ms);
  void LetGo(const HeldContact* one, InstantMs now_ms);
  // The contact's handling or wrap-up is over.
  void FinishWork(const HeldContact* one, InstantMs now_ms);
};

}  // namespace relais::seeded

#endif  // RELAIS_TESTS_SEEDED_AUDITED_AGENT_H_
