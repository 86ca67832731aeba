// A recorded run: what each call was asked and answered, when by a shared
// logical clock, and the numbered events.
//
// The clock is a counter. Each call draws a tick before it begins, which is
// also its `now_ms`, and one after it has returned; each event draws one when
// it is handed to the observer. So of two things with a < b the first happened
// before the second whenever a was drawn after the first or b before the
// second, and `at_ms` of an event names the one call that caused it.
//
// Thread safety: plain values; Clock from any thread.

#ifndef RELAIS_TESTS_STRESS_HISTORY_H_
#define RELAIS_TESTS_STRESS_HISTORY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "relais/configuration.h"
#include "relais/event.h"
#include "relais/types.h"

namespace relais::stress {

using Tick = std::uint64_t;
inline constexpr Tick kNever = std::numeric_limits<Tick>::max();

class Clock {
 public:
  explicit Clock(Tick first) : next_(first) {}
  // The default order: a draw is after whatever its thread did before.
  Tick Draw() { return next_.fetch_add(1); }

 private:
  std::atomic<Tick> next_;
};

enum class CallKind : std::uint8_t {
  kApply,
  kSubmit,
  kCancel,
  kComplete,
  kAccept,
  kDecline,
  kSetPresence,
  kEndWrapUp,
  kChangeAgent,
  kRunDue,
  kGetContact,
  kGetAgent,
  kDrain,  // not recorded: it asks for nothing
};

struct CallRecord {
  CallKind kind = CallKind::kRunDue;
  Tick begin = 0;  // and the call's now_ms
  Tick end = kNever;
  // Asked.
  std::string contact;
  std::string agent;
  std::uint64_t attempt = 0;
  Presence presence;              // kSetPresence
  std::size_t configuration = 0;  // kApply: which
  AgentChange change;             // kChangeAgent
  // Answered.
  absl::StatusCode code = absl::StatusCode::kOk;
  bool repeated = false;
  std::uint64_t version = 0;                // as answered, or as shown by a Get
  std::uint64_t configuration_version = 0;  // answered by kChangeAgent
  AgentHandle agent_handle;                 // shown by kGetAgent
  ContactHandle contact_handle;             // shown by kGetContact

  bool ok() const { return code == absl::StatusCode::kOk; }
};

struct StreamEvent {
  Event event;
  Tick tick = 0;  // drawn by the observer
};

// What happened between two quiet moments.
struct Round {
  std::vector<CallRecord> calls;    // of all threads, in any order
  std::vector<StreamEvent> events;  // in the order of their numbers
  Tick quiet = 0;                   // all is run that was due then, and drained
};

}  // namespace relais::stress

#endif  // RELAIS_TESTS_STRESS_HISTORY_H_
