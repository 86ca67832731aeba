// Histories that a router could have had, from a seed: a small model of
// contacts and agents that emits numbered events. It knows nothing of the
// journal's fold, so the two check each other.

#ifndef RELAIS_TESTS_JOURNAL_HISTORY_H_
#define RELAIS_TESTS_JOURNAL_HISTORY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/random.h"
#include "lib/journal/codec.h"
#include "relais/event.h"
#include "relais/live_state.h"

namespace relais::journal {

// A configuration of `queues` queues named "q0", "q1" ..., one profile for all
// agents: of every channel, with the capacity that is the default.
Configuration SmallConfiguration(int queues, int agents);

class History {
 public:
  explicit History(std::uint64_t seed, std::size_t attributes_bytes = 20);
  // The next event. Some steps have two; both are given one after another.
  NumberedEvent Next();
  std::vector<NumberedEvent> Take(std::size_t count);

 private:
  struct Contact {
    Event last;  // its fields as of its last event
    std::string holder;
  };
  struct Agent {
    Event last;
    std::vector<HeldContact> held;
  };

  void Step();
  void Apply();
  void Submit();
  void Reserve();
  void EndReservation();
  void CancelWaiting();
  void CancelReserved();
  void Complete();
  void ChangePresence();
  void ChangeAgent();
  void WrapUp();
  void Remove();
  void Widen();
  void EndHold();
  void Interrupt();
  static void Hold(std::string_view agent, Event* event);
  static void NextHold(Event* contact);
  // Into the next ring, if there is one.
  static void GoOn(Event* contact);
  void Rescind(const std::string& contact_id);

  Event Base(EventType type);
  void Emit(Event event, EventDetail detail = {});
  // A random key for which `wanted` holds; empty if there is none.
  template <typename Map, typename Wanted>
  std::string Pick(const Map& map, Wanted wanted);
  void NameContact(const std::string& id, ContactState state, Event* event);
  // With what the agent holds now.
  void NameAgent(const std::string& id, Event* event);
  // Of a contact and its holder, after what the holder has of it was changed.
  Event Joint(EventType type, const std::string& contact_id,
              ContactState contact_state);
  HeldContact& HeldOf(const std::string& contact_id);
  void LetGo(const std::string& contact_id);
  // Whether the agent may be given a contact of this channel.
  bool HasRoom(const Agent& agent, Channel channel) const;
  void TakePendingIfOver(Agent& agent);
  Presence AnyPresence();

  Random random_;
  const std::size_t attributes_bytes_;
  std::uint64_t sequence_ = 0;
  InstantMs now_ms_ = 1'000'000;
  std::uint64_t configuration_version_ = 0;
  RoutingProfile profile_;  // of all agents, in force
  std::uint64_t arrivals_ = 0;
  std::uint64_t submits_ = 0;
  std::map<std::string, Contact> contacts_;
  std::map<std::string, Agent> agents_;
  std::vector<NumberedEvent> pending_;
};

}  // namespace relais::journal

#endif  // RELAIS_TESTS_JOURNAL_HISTORY_H_
