#include "bench/load/refused_audit.h"

namespace relais::load {

namespace {

bool MayFindNothing(const absl::Status& pull) {
  return pull.code() == absl::StatusCode::kNotFound ||
         pull.code() == absl::StatusCode::kFailedPrecondition ||
         pull.code() == absl::StatusCode::kAborted;
}

}  // namespace

bool IsExplained(const RefusedCall& call,
                 const std::vector<v1::Event>& events) {
  // That nothing was there for it is checked where it was answered.
  if (call.kind == CallKind::kPull) return MayFindNothing(call.status);
  if (call.status.code() != absl::StatusCode::kFailedPrecondition) return false;
  for (const v1::Event& event : events) {
    const bool same_contact =
        !call.contact_id.empty() && event.contact().id() == call.contact_id;
    const bool same_agent =
        !call.agent_id.empty() && event.agent().id() == call.agent_id;
    switch (call.kind) {
      case CallKind::kCancel:
        if (same_contact &&
            (event.type() == v1::EVENT_TYPE_RESERVATION_ACCEPTED ||
             event.type() == v1::EVENT_TYPE_CONTACT_ENDED)) {
          return true;
        }
        break;
      case CallKind::kAccept:
      case CallKind::kDecline:
        if (same_contact &&
            (event.type() == v1::EVENT_TYPE_CONTACT_ENDED ||
             (same_agent && event.reservation().attempt() == call.attempt &&
              (event.type() == v1::EVENT_TYPE_RESERVATION_NO_ANSWER ||
               event.type() == v1::EVENT_TYPE_RESERVATION_RESCINDED)))) {
          return true;
        }
        break;
      case CallKind::kComplete:
        if (same_contact &&
            event.contact().end_reason() == v1::END_REASON_LEASE_EXPIRED) {
          return true;
        }
        break;
      case CallKind::kEndWrapUp:
        if (same_agent && event.sequence() > call.after_sequence &&
            event.type() == v1::EVENT_TYPE_WRAP_UP_ENDED) {
          return true;
        }
        break;
      case CallKind::kPull:
      case CallKind::kSubmit:
      case CallKind::kSignIn:
      case CallKind::kSetPresence:
        break;
    }
  }
  return false;
}

}  // namespace relais::load
