// The one place that knows both the messages on the wire and the values of the
// router.
//
// Thread safety: pure functions.
//
// Errors are INVALID_ARGUMENT with the path of the field inside the request
// (relais::FieldPathOf). Enums are open on the wire: a value that this server
// does not know is an error that names it, never taken for another.

#ifndef RELAIS_SERVER_CONVERT_H_
#define RELAIS_SERVER_CONVERT_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relais/agent.h"
#include "relais/configuration.h"
#include "relais/contact.h"
#include "relais/decision_record.h"
#include "relais/event.h"
#include "relais/explanation.h"
#include "relais/router.h"
#include "relais/v1/admin_service.pb.h"
#include "relais/v1/agent.pb.h"
#include "relais/v1/agent_service.pb.h"
#include "relais/v1/configuration.pb.h"
#include "relais/v1/contact.pb.h"
#include "relais/v1/error.pb.h"
#include "relais/v1/event.pb.h"
#include "relais/v1/supervision_service.pb.h"

namespace relais::server {

// --- Requests --------------------------------------------------------------

// Paths start with "contact".
absl::StatusOr<ContactSpec> ToDomain(const v1::Contact& contact);
// ABANDONED if unspecified; else only CANCELLED.
absl::StatusOr<EndReason> CancelReasonToDomain(v1::EndReason reason);
// Paths start with "presence".
absl::StatusOr<Presence> ToDomain(const v1::Presence& presence);

// What the values of a message cannot express (an unknown enum value, a
// priority's credit given twice) is added to `findings`; the rest is for
// ValidateConfiguration. Absent fields get their documented defaults.
Configuration ToDomain(const v1::Configuration& configuration,
                       std::vector<Finding>* findings);

// Paths start with "agent" and "fields".
absl::StatusOr<AgentChange> ToDomain(const v1::ChangeAgentRequest& request);

// --- Answers ---------------------------------------------------------------

v1::Event ToProto(const Event& event);
v1::ContactSnapshot ToProto(const ContactView& contact);
v1::AgentSnapshot ToProto(const AgentView& agent);
v1::QueueSnapshot ToProto(const QueueView& queue);
v1::Configuration ToProto(const Configuration& configuration);
v1::Finding ToProto(const Finding& finding);
v1::ExplainContactResponse ToProto(const ContactExplanation& explanation);
v1::ExplainAgentResponse ToProto(const AgentExplanation& explanation);
v1::Decision ToProto(const DecisionView& decision);
v1::Offer ToOffer(const Event& event, const ContactView& contact);

// For error details: code, message, the violated field, and as many of the
// findings as fit in a trailer.
v1::Status ToProto(const absl::Status& status,
                   const std::vector<Finding>& findings = {});

}  // namespace relais::server

#endif  // RELAIS_SERVER_CONVERT_H_
