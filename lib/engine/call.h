// One call into the Router while it runs: its time, its room for events, the
// decisions it causes, and what must be told to the observer when it is over.
//
// Thread safety: belongs to the calling thread.

#ifndef RELAIS_LIB_ENGINE_CALL_H_
#define RELAIS_LIB_ENGINE_CALL_H_

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "lib/engine/event_queue.h"
#include "lib/match/matcher.h"
#include "relais/event.h"
#include "relais/router.h"
#include "relais/types.h"

namespace relais {

class RouterImpl;

class Call : public match::DecisionSink {
 public:
  // Room that a call takes first. Its own events and those of four decisions
  // with automatic answer; a call that causes more takes more as it goes.
  static constexpr std::uint32_t kRoom = 12;

  Call(RouterImpl& router, InstantMs now_ms)
      : router_(router), now_ms_(now_ms) {}
  ~Call() override;  // gives back room, tells of earlier deadlines
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // False if there is no room; nothing has happened then.
  bool Reserve(EventPurpose purpose) { return Reserve(purpose, kRoom); }
  bool Reserve(EventPurpose purpose, std::uint32_t events);
  // The same for calls that continue or end work, as an error.
  absl::Status ReserveExisting(std::uint32_t events = kRoom);
  // Hands the event over; may tell the observer, so not under a lock.
  void Push(const Event& event, EventDetail detail = {}) {
    HandOver(event, std::move(detail));
    Notify();
  }
  // The two halves. What others may answer from is handed over under the lock
  // under which they see it, so that their tickets are not before its event.
  void HandOver(const Event& event, EventDetail detail = {});
  void Notify();
  void NextDueEarlier() { next_due_earlier_ = true; }

  InstantMs now_ms() const { return now_ms_; }
  void set_now_ms(InstantMs now_ms) { now_ms_ = now_ms; }
  // Of the last event handed over, or of the last event of all if none was.
  CommitTicket ticket() const;
  std::uint64_t began_after_sequence() const { return began_after_; }

  // The contact that this call brings, for `at_once`.
  void set_submitted(ContactHandle contact) { submitted_ = contact; }
  bool Submitted(ContactHandle contact) const { return submitted_ == contact; }

  // What it pulled; without an attempt: nothing.
  void set_pulled(ContactHandle contact, std::string_view id,
                  std::uint64_t attempt) {
    pulled_.contact = contact;
    pulled_.contact_id = id;
    pulled_.attempt = attempt;
  }
  const PullOutcome& pulled() const { return pulled_; }

  void set_at_once() { at_once_ = true; }
  bool at_once() const { return at_once_; }

  void OnLook() override;
  void OnDecision(const match::Decision& decision) override;

 private:
  RouterImpl& router_;
  InstantMs now_ms_;
  std::uint32_t room_ = 0;
  CommitTicket ticket_;
  bool next_due_earlier_ = false;
  bool to_notify_ = false;
  std::uint64_t began_after_ = 0;
  ContactHandle submitted_;
  bool at_once_ = false;
  PullOutcome pulled_;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_CALL_H_
