// What the player needs of a router, wherever it runs: calls that are
// answered later, and news. Two implementations: GrpcCentre (a relaisd, many
// calls in flight, the server's scaled clock) and InProcessCentre (a Router in
// this process on a virtual clock, one call at a time).
//
// Thread safety: one thread, the player's, uses a Centre.

#ifndef RELAIS_BENCH_LOAD_CENTRE_H_
#define RELAIS_BENCH_LOAD_CENTRE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relais/types.h"
#include "relais/v1/agent.pb.h"
#include "relais/v1/agent_service.pb.h"
#include "relais/v1/configuration.pb.h"
#include "relais/v1/contact.pb.h"
#include "relais/v1/event.pb.h"

namespace relais::load {

enum class CallKind {
  kSubmit,
  kCancel,
  kComplete,
  kSignIn,
  kSetPresence,
  kEndWrapUp,
  kPull,
  kAccept,
  kDecline,
};
const char* CallKindName(CallKind kind);

struct Call {
  CallKind kind = CallKind::kSubmit;
  std::uint64_t id = 0;  // chosen by the player, comes back in the answer
  v1::Contact contact;   // kSubmit whole; id alone in the other contact calls
  std::string agent_id;  // agent calls, kAccept and kDecline
  std::uint64_t attempt = 0;                        // kAccept, kDecline
  v1::Presence presence;                            // kSignIn, kSetPresence
  v1::EndReason reason = v1::END_REASON_ABANDONED;  // kCancel
  std::vector<std::string> queues;                  // kPull
};

struct CallAnswer {
  std::uint64_t id = 0;
  absl::Status status;
  std::uint64_t event_sequence = 0;
  InstantMs arrival_ms = 0;  // kSubmit
  bool at_once = false;      // kSubmit
};

// The connection is gone; nothing more will come.
struct Broken {
  absl::Status status;
};

using Notice =
    std::variant<CallAnswer, v1::Offer, v1::OfferEnded, v1::Event, Broken>;

struct BarrierPoint {
  std::uint64_t sequence = 0;  // the last event's number
  InstantMs now_ms = 0;
};

class Centre {
 public:
  virtual ~Centre() = default;

  // Applies the configuration, attaches to the offers of all its agents and
  // subscribes to all events. FAILED_PRECONDITION if the centre has already
  // routed contacts or has agents signed in.
  virtual absl::Status Open(const v1::Configuration& configuration) = 0;

  virtual InstantMs NowMs() = 0;
  // Sends; the answer comes by Wait.
  virtual void Send(const Call& call) = 0;
  // Returns at once if there is news, else when there is or `until_ms` is
  // reached or, on a real clock, a moment has passed.
  virtual void Wait(InstantMs until_ms, std::vector<Notice>* notices) = 0;
  // Only while no call is in flight. Answers at an instant when no deadline
  // was being run and all due ones had been run.
  virtual absl::StatusOr<BarrierPoint> Barrier() = 0;
  // Takes news until the event of this number has come; gives up after a
  // time, which the auditor then finds.
  virtual void ReadEventsUpTo(std::uint64_t sequence,
                              std::vector<Notice>* notices) = 0;

  // Whether calls run one after the other, so that every call sees all that
  // an earlier one did and the event order is the order of decisions.
  virtual bool OneCaller() const = 0;
  // How far apart two readings of the clock inside the centre may lie.
  virtual DurationMs ClockToleranceMs() const = 0;
};

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_CENTRE_H_
