// The state of a centre, kept up to date from its numbered events.
//
// Recorded outcomes are applied, nothing is decided. An event that cannot have
// happened (a version is missing, the contact is unknown, the reservation does
// not stand ...) is refused: so damage and mistakes are noticed instead of
// being carried on. What follows depends on the events and the retention alone,
// so the same events always give the same state.
//
// Two events of one end may be numbered in either order: a contact that was
// ended while offered, and the reservation rescinded for that reason, which
// carries no version of the contact. Until the first is numbered the contact
// stands as reserved by nobody (empty agent_id); until the second is, the agent
// stands as reserved for a contact that is no longer alive.
//
// Thread safety: none; one thread.

#ifndef RELAIS_LIB_JOURNAL_FOLD_H_
#define RELAIS_LIB_JOURNAL_FOLD_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/base/fingerprint.h"
#include "lib/journal/bytes.h"
#include "relais/event.h"
#include "relais/live_state.h"

namespace relais::journal {

// How long ended contacts are remembered.
struct Retention {
  DurationMs id_retention_ms = 24LL * 3600 * 1000;
  std::uint32_t ended_ids_max = 1'000'000;
  friend bool operator==(const Retention&, const Retention&) = default;
};

// Values by id, in the order in which the ids first came; the last value of
// each counts.
template <typename Value>
class ChangedById {
 public:
  struct Entry {
    std::string id;
    Value value;
  };

  ChangedById() = default;
  ChangedById(const ChangedById&) = delete;
  ChangedById& operator=(const ChangedById&) = delete;

  void Set(std::string_view id, Value value) {
    const auto found = places_.find(Text(id));
    if (found != places_.end()) {
      found->second->value = std::move(value);
      return;
    }
    Entry& entry = entries_.emplace_back();
    entry.id = id;
    entry.value = std::move(value);
    places_.emplace(Text(entry.id), &entry);
  }
  // The id must be there.
  const Value& at(std::string_view id) const {
    return places_.find(Text(id))->second->value;
  }
  bool contains(std::string_view id) const {
    return places_.contains(Text(id));
  }
  std::size_t size() const { return entries_.size(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  void Clear() {
    places_.clear();
    entries_.clear();
  }

 private:
  std::deque<Entry> entries_;  // stay where they are
  absl::flat_hash_map<absl::string_view, Entry*> places_;
};

// Live records that differ from before: changed, new, or gone (null). The
// pointers are good until the Fold's next event.
struct ChangedKeys {
  ChangedById<const LiveContact*> contacts;
  ChangedById<const ContactDetail*> details;  // new or gone
  ChangedById<const LiveAgent*> agents;
  ChangedById<const LiveQueue*> queues;
  ChangedById<std::optional<EndedContact>> ended;  // its own id left out
  bool configuration = false;
  void Clear() {
    contacts.Clear();
    details.Clear();
    agents.Clear();
    queues.Clear();
    ended.Clear();
    configuration = false;
  }
};

class Fold {
 public:
  explicit Fold(Retention retention) : retention_(retention) {}
  // Goes on from `state`, in which the ended stand in order (EndedBefore).
  Fold(Retention retention, LiveState state);
  Fold(const Fold&) = delete;
  Fold& operator=(const Fold&) = delete;

  // Applies the next event and adds to `changed`, unless that is null.
  // DATA_LOSS, and nothing is changed, if the event is impossible here; the
  // message names the event and the reason.
  absl::Status Apply(const Event& event, const EventDetail& detail,
                     ChangedKeys* changed);

  // Applies to what is forgotten from the next event on.
  void set_retention(Retention retention) { retention_ = retention; }
  const Retention& retention() const { return retention_; }
  const LiveState& state() const { return state_; }

  // The order of LiveState::ended: by the end's time, then by id.
  static bool EndedBefore(const EndedContact& a, const EndedContact& b);

 private:
  // What to do with an event of each type; the first answers why not.
  absl::Status CheckEvent(const Event& event) const;
  absl::Status ApplyByType(const Event& event, const EventDetail& detail);
  absl::Status Configured(const Event& event, const EventDetail& detail);
  absl::Status Submitted(const Event& event, const EventDetail& detail);
  absl::Status Widened(const Event& event);
  absl::Status HoldEnded(const Event& event);
  absl::Status Interrupted(const Event& event);
  // For whom the contact waits after it.
  static void TakeHold(const Event& event, LiveContact* contact);
  absl::Status Ended(const Event& event);
  absl::Status Created(const Event& event);
  absl::Status Accepted(const Event& event);
  absl::Status Returned(const Event& event);
  absl::Status Rescinded(const Event& event);
  absl::Status PresenceChanged(const Event& event);
  absl::Status WrapUpEnded(const Event& event);
  absl::Status Removed(const Event& event);
  absl::Status AgentChanged(const Event& event, const EventDetail& detail);
  absl::Status CheckConfigurationVersion(const Event& event) const;

  using Contacts = std::map<std::string, LiveContact>;
  struct QueueUse {
    LiveQueue* totals = nullptr;  // none yet
    std::uint64_t alive = 0;      // contacts in it
    bool listed = false;          // by the configuration
  };

  LiveContact* FindContact(std::string_view id);
  LiveAgent* FindAgent(std::string_view id);
  // The agent of the event being applied.
  const LiveAgent& Agent() const;
  absl::Status CheckContact(const Event& event, const LiveContact* contact,
                            ContactState after) const;
  absl::Status CheckHolder(const Event& event, const LiveContact& contact,
                           ContactState before) const;

  // What is reserved or in handling of the event's contact in its attempt, or
  // null. Its id may be that of one before that is still being wrapped up.
  static HeldContact* FindHeld(std::vector<HeldContact>& held,
                               const Event& event);
  static void LetGo(std::vector<HeldContact>& held, const HeldContact& one);
  absl::Status TakeAgent(const Event& event, bool with_idle_since,
                         std::vector<HeldContact> held);
  // The figures of the agent of the event, which held something else before.
  static void StepFigures(const Event& event,
                          const std::vector<HeldContact>& held,
                          LiveAgent& agent);
  // Those of all agents begin, or are forgotten.
  void KeepFigures(bool keep, InstantMs now_ms);
  void KeepLastListed(const Configuration& next);
  LiveQueue& QueueOf(std::string_view name);
  void BackToWaiting(const Event& event, LiveContact& contact);
  void AddDecline(const Event& event, LiveContact& contact);
  void DropDecline(const std::string& contact_id, const std::string& agent_id);
  void ForgetDecline(const std::string& contact_id, const LiveDecline& decline);
  void DropDeclinesOfAgent(const std::string& agent_id);
  void DropContact(std::string_view id);
  void ForgetQueueIfUnused(const std::string& name);
  void Remember(EndedContact ended);
  void ForgetEnded(std::size_t position);
  void ForgetDue();
  void IndexConfiguration();

  struct FingerprintHash {
    std::size_t operator()(const Fingerprint& fingerprint) const {
      return static_cast<std::size_t>(fingerprint.low);
    }
  };

  Retention retention_;
  LiveState state_;
  bool keeps_figures_ = false;      // by the configuration in force
  ChangedKeys* changed_ = nullptr;  // of the event being applied; never null
  ChangedKeys ignored_;
  LiveAgent* agent_ = nullptr;  // of that event; null: none, or not known yet
  // Found from the state, for speed alone: the keys are those of its maps,
  // whose nodes stay where they are.
  absl::flat_hash_map<absl::string_view, Contacts::iterator> contacts_;
  absl::flat_hash_map<absl::string_view, LiveAgent*> agents_;
  absl::flat_hash_map<std::string, QueueUse> queues_;
  // What an agent has declined: until when, and which contact.
  using Declined = std::set<std::pair<InstantMs, std::string>>;
  std::map<std::string, Declined> declined_by_agent_;
  // When the contact of this id ended.
  absl::flat_hash_map<Fingerprint, InstantMs, FingerprintHash> ended_at_;
};

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_FOLD_H_
