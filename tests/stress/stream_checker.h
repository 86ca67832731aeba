// Recomputes from the numbered events what must always hold, with plain code
// that shares nothing with the router.
//
//   Promise 1  a contact has at most one agent; each reservation ends exactly
//              once, and by those who hold it.
//   Capacity   what an agent holds, wrap-up included, never takes more units
//              than its profile has, nor is it more of a channel than that
//              allows; each contact takes what its channel costs.
//   Promise 3  at a quiet moment no agent with room beside an eligible waiting
//              contact (CheckConservation).
//   Promise 4  no inversion (CheckOrder, below).
//   Also       numbers without gaps, each entity's versions without gaps,
//              submitted = ended + alive, keys that never change, the work
//              state that follows from what is held.
//
// An inversion: agent a was given y while x waited, eligible for a, with room
// for it, and before y in (a's queue rank, rank key, arrival sequence),
// although x had been published when the decision began and was taken only
// after y was. Both "had been" and "only after" must be proven across threads.
// A number read from LastSequence() (or began_after_sequence) that is greater
// than one read earlier elsewhere proves the order of the two readings; a pair
// for which that gives no proof does not count; nor does a decision that began
// before all that gave the agent room or opened a channel was over, since the
// core learns it a little later than the events tell; nor, if x takes more than
// y, the events of an agent without maxima: those of two decisions may come in
// the other order if units were given back between them. So a report is always
// true, and what is seen is counted.
//
// Thread safety: none; Add belongs to the thread inside DrainEvents, the rest
// to whoever owns the checker while all is quiet.

#ifndef RELAIS_TESTS_STRESS_STREAM_CHECKER_H_
#define RELAIS_TESTS_STRESS_STREAM_CHECKER_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "relais/configuration.h"
#include "relais/contact.h"
#include "relais/event.h"
#include "relais/router.h"

namespace relais::stress {

// What one thread notes of its calls: LastSequence() before and after each. No
// two calls have the same instant, so that an event's at_ms names its call.
struct CallLog {
  struct Call {
    InstantMs at_ms;
    std::uint64_t before;
    std::uint64_t after;
  };
  std::vector<Call> calls;
};

class StreamChecker {
 public:
  // `spec_of` gives what was submitted under an id.
  StreamChecker(const Configuration& configuration,
                std::function<ContactSpec(std::string_view)> spec_of);

  void Add(const Event& event);
  // All calls have returned, all due at `now_ms` was run, all was drained.
  void CheckConservation(InstantMs now_ms);
  // What the router shows is what the events say; same condition.
  void CheckViews(const Router& router);
  // Once, at the end.
  void CheckOrder(const std::vector<CallLog>& logs);

  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t events() const { return last_sequence_; }
  std::uint64_t reservations() const { return reservations_; }
  std::uint64_t submitted() const { return submitted_; }
  std::uint64_t ended() const { return ended_; }
  std::uint64_t alive() const;
  std::uint64_t pairs_ordered() const { return pairs_ordered_; }
  std::uint64_t pairs_conserved() const { return pairs_conserved_; }
  std::uint64_t count(EventType type) const {
    return by_type_[static_cast<std::size_t>(type)];
  }

 private:
  struct Contact {
    std::string id;
    std::string queue;
    Channel channel = Channel::kVoice;
    std::map<std::string, int> required;
    ContactState state = ContactState::kEnded;
    std::uint64_t version = 0;
    int agent = -1;
    std::uint64_t attempt = 0;
    std::optional<std::pair<InstantMs, std::uint64_t>> key;
    bool left_while_reserved = false;  // its rescission is still to come
    // Its agent was not to be given anything any more.
    bool must_be_rescinded = false;
  };
  struct Held {
    WorkState state = WorkState::kReserved;
    Channel channel = Channel::kVoice;
    std::uint64_t attempt = 0;
    int units = 0;
  };
  struct Agent {
    const AgentConfiguration* configuration = nullptr;
    const RoutingProfile* profile = nullptr;
    std::map<std::string, std::size_t> ranks;  // of queues in its profile
    std::size_t other_rank = 0;
    std::size_t RankOf(const Contact& contact) const {
      const auto found = ranks.find(contact.queue);
      return found == ranks.end() ? other_rank : found->second;
    }
    std::uint64_t version = 0;
    PresenceState presence = PresenceState::kLoggedOut;
    bool pending = false;
    ChannelSet closed = 0;
    std::array<InstantMs, kChannelCount> closed_ms{};  // by which call
    std::map<int, Held> held;                          // by contact
    std::map<int, InstantMs> declined;  // contact -> until, since presence
  };
  // What CheckOrder needs of an event.
  struct Record {
    std::uint64_t sequence;
    std::uint64_t began_after;
    InstantMs at_ms;
    std::uint64_t contact_version;
    int contact;
    int agent;
    EventType type;
    bool waits;       // the contact, afterwards
    ChannelSet room;  // of the agent, before
    // The call that closed the channel on which it was reserved all the same.
    std::optional<InstantMs> closed_ms;
  };
  struct Waiting {
    std::optional<std::uint64_t> published_after;
    std::optional<std::uint64_t> taken_not_before;
  };
  class Calls;
  class Settling;

  void Fail(const Event& event, const std::string& what);
  void FailAlways(const std::string& what);
  int ContactOf(const Event& event);
  int AgentOf(const Event& event);
  void Step(const Event& event, int contact, int agent);
  void StepVersions(const Event& event, int contact, int agent);
  void StepSubmitted(const Event& event, int contact);
  void StepEnded(const Event& event, int contact, int agent);
  void StepCreated(const Event& event, int contact, int agent);
  void StepClosed(const Event& event, int contact, int agent);
  void StepWrapUpEnded(const Event& event, int contact, int agent);
  void TakeAgentState(const Event& event, int agent);
  void NoteKey(const Event& event, int contact);
  static bool IsOpen(const Agent& agent);
  // Channels of which one contact more fits, closed ones included.
  static ChannelSet RoomOf(const Agent& agent);
  // If `y` fitted, `x` did, whatever of the agent's is not yet told.
  static bool FitsWith(const RoutingProfile& profile, Channel x, Channel y);
  static WorkState WorkOf(const Agent& agent);
  bool Suits(const Contact& contact, const Agent& agent) const;
  void CompareTaken(const Record& taken, const std::map<int, Waiting>& waiting,
                    const std::map<std::pair<int, int>, bool>& declined);
  void CheckHeld(const AgentView& view, const Agent& agent);

  const Configuration configuration_;
  const std::function<ContactSpec(std::string_view)> spec_of_;
  std::vector<Contact> contacts_;
  std::vector<Agent> agents_;
  std::unordered_map<std::string, int> contact_numbers_;
  std::unordered_map<std::string, int> agent_numbers_;
  std::vector<Record> records_;
  std::vector<std::string> violations_;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t reservations_ = 0;
  std::uint64_t submitted_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t pairs_ordered_ = 0;
  std::uint64_t pairs_conserved_ = 0;
  std::uint64_t by_type_[16] = {};
};

}  // namespace relais::stress

#endif  // RELAIS_TESTS_STRESS_STREAM_CHECKER_H_
