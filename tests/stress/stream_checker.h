// Recomputes from the numbered events what must always hold, with plain code
// that shares nothing with the router.
//
//   Promise 1  a contact has at most one agent, an agent at most one contact;
//              each reservation ends exactly once, and by those who hold it.
//   Promise 3  at a quiet moment no free agent beside an eligible waiting
//              contact (CheckConservation).
//   Promise 4  no inversion (CheckOrder, below).
//   Also       numbers without gaps, each entity's versions without gaps,
//              submitted = ended + alive, keys that never change.
//
// An inversion: agent a was given y while x waited, eligible for a and before
// y in (a's queue rank, rank key, arrival sequence), although x had been
// published when the decision began and was taken only after y was. Both "had
// been" and "only after" must be proven across threads. A number read from
// LastSequence() (or began_after_sequence) that is greater than one read
// earlier elsewhere proves the order of the two readings; a pair for which that
// gives no proof does not count; nor does a decision during which the agent's
// presence changed, since that opens channels. So a report is always true, and
// what is seen is counted.
//
// Thread safety: none; Add belongs to the thread inside DrainEvents, the rest
// to whoever owns the checker while all is quiet.

#ifndef RELAIS_TESTS_STRESS_STREAM_CHECKER_H_
#define RELAIS_TESTS_STRESS_STREAM_CHECKER_H_

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

// What one thread notes of its calls: LastSequence() before or after them.
struct CallLog {
  struct Published {  // Submit and Decline, by the contact's version
    std::string contact;
    std::uint64_t version;
    std::uint64_t after;
  };
  struct PresenceSet {  // by the agent's version
    std::string agent;
    std::uint64_t version;
    std::uint64_t after;
  };
  struct Ran {  // RunDue; no two have the same instant
    InstantMs at_ms;
    std::uint64_t before;
    std::uint64_t after;
  };
  struct Cancelled {
    std::string contact;
    std::uint64_t before;
  };
  std::vector<Published> published;
  std::vector<PresenceSet> presences;
  std::vector<Ran> runs;
  std::vector<Cancelled> cancels;
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
  };
  struct Agent {
    const AgentConfiguration* configuration = nullptr;
    ChannelSet channels = 0;
    std::map<std::string, std::size_t> ranks;  // of queues in its profile
    std::size_t other_rank = 0;
    std::uint64_t version = 0;
    PresenceState presence = PresenceState::kLoggedOut;
    WorkState work = WorkState::kIdle;
    ChannelSet closed = 0;
    std::uint64_t presence_sequence = 0;  // of its last kPresenceChanged
    bool must_be_rescinded = false;
    int contact = -1;
    std::map<int, InstantMs> declined;  // contact -> until, since presence
  };
  // What CheckOrder needs of an event that names a contact.
  struct Record {
    std::uint64_t sequence;
    std::uint64_t began_after;
    InstantMs at_ms;
    std::uint64_t contact_version;
    std::uint64_t agent_version;
    int contact;
    int agent;
    EventType type;
    bool waits;                       // the contact, afterwards
    std::uint64_t presence_sequence;  // the agent's, before
    ChannelSet closed;
  };
  struct Waiting {
    std::optional<std::uint64_t> published_after;
    std::optional<std::uint64_t> taken_not_before;
  };
  class Marks;

  void Fail(const Event& event, const std::string& what);
  void FailAlways(const std::string& what);
  int ContactOf(const Event& event);
  int AgentOf(const Event& event);
  void StepVersions(const Event& event, int contact, int agent);
  void StepSubmitted(const Event& event, int contact);
  void StepEnded(const Event& event, int contact, int agent);
  void CheckTakenBack(const Event& event, Agent& agent);
  void StepCreated(const Event& event, int contact, int agent);
  void StepClosed(const Event& event, int contact, int agent);
  void TakeAgentState(const Event& event, int agent);
  void NoteKey(const Event& event, int contact);
  bool Suits(const Contact& contact, const Agent& agent) const;
  static std::size_t RankOf(const Contact& contact, const Agent& agent);
  void CompareTaken(const Record& taken, const std::map<int, Waiting>& waiting,
                    const std::map<std::pair<int, int>, bool>& declined);

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
