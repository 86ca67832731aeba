// What holds of every journal's state and events, checked without applying
// anything: so it tells of a mistake in the fold itself, and of journals whose
// beginning has been dropped.
//
// Thread safety: none; one thread.

#ifndef RELAIS_LIB_JOURNAL_INVARIANTS_H_
#define RELAIS_LIB_JOURNAL_INVARIANTS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "relais/event.h"
#include "relais/live_state.h"

namespace relais::journal {

// Hears of one problem.
using Tell = absl::FunctionRef<void(absl::string_view problem)>;

// Of a state between two events: no contact is held twice and no agent holds
// more than it has units for; who holds and what is held agree on each other,
// the attempt and the state; nothing that lives has ended; totals are possible;
// declines have their bounds. An end of which only one of its two events is
// there is allowed.
void CheckInvariants(const LiveState& state, Tell tell);

// Follows each contact and each agent through the events.
class EntityHistories {
 public:
  // `live`: what the events lead to; null if it is not known.
  explicit EntityHistories(const LiveState* live) : live_(live) {}

  // The next event: its entities' versions follow those before, no contact is
  // taken that is held, no agent is given more than it has units for and each
  // step of a contact with its agent follows the one before. Of entities
  // that it has not seen before it takes what comes, unless `from_beginning`:
  // the events are given from the first one on.
  void Add(const Event& event, bool from_beginning, Tell tell);
  // A record could not be read: what comes next need not follow.
  void Forget();
  // After the last event: the live records are those of the last events.
  void CompareWithLive(Tell tell) const;

  // How many entities CompareWithLive has something to compare of.
  std::uint64_t contacts_known() const { return contacts_.size(); }
  std::uint64_t agents_known() const { return agents_.size(); }

 private:
  struct Contact {
    std::uint64_t version = 0;
    ContactState state = ContactState::kWaiting;
    std::string agent_id;  // reserved or assigned
  };
  struct Agent {
    struct Held {
      WorkState state = WorkState::kIdle;
      int units = 0;  // 0 = not known
      Channel channel = Channel::kVoice;
    };
    std::uint64_t version = 0;
    WorkState work_state = WorkState::kIdle;
    // By contact, those known.
    std::map<std::string, Held> held;          // reserved or in handling
    std::multimap<std::string, int> wrap_ups;  // with the units
    bool all_held_known = false;
    // kIdle: not held. What is not known may be as expected.
    WorkState WorkOn(const std::string& contact_id, WorkState expected) const;
    int units() const;
    // Units of what a contact of this channel may have interrupted, or was to
    // interrupt when that ended.
    int MayGiveWay(Channel to) const;
    void EndWrapUp(const std::string& contact_id);
  };

  void AddContact(const Event& event, bool from_beginning, Tell tell);
  void AddAgent(const Event& event, bool from_beginning, Tell tell);

  const LiveState* const live_;
  std::map<std::string, Contact> contacts_;
  std::map<std::string, Agent> agents_;
  // Gone by their last event although `live_` has them: the event's number.
  std::map<std::string, std::uint64_t> gone_contacts_;
  std::map<std::string, std::uint64_t> gone_agents_;
};

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_INVARIANTS_H_
