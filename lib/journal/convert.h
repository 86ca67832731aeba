// Between the router's values and the messages of journal.proto. For codec.cc
// and encode.cc: messages appear in no header that others include. What is
// written for each event has no message (encode.cc).
//
// Errors: the From functions answer DATA_LOSS naming the field and its value.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_JOURNAL_CONVERT_H_
#define RELAIS_LIB_JOURNAL_CONVERT_H_

#include "absl/status/status.h"
#include "lib/journal/codec.h"
#include "lib/journal/journal.pb.h"
#include "relais/event.h"
#include "relais/live_state.h"

namespace relais::journal {

void ToMessage(const BullseyePlan& plan, v1::BullseyePlan* message);
absl::Status FromMessage(const v1::BullseyePlan& message, BullseyePlan* plan);

void ToMessage(const ContactQueue& queue, v1::ContactQueue* message);
absl::Status FromMessage(const v1::ContactQueue& message, ContactQueue* queue);

absl::Status FromMessage(const v1::ContactDetail& message,
                         ContactDetail* detail);

void ToMessage(const AgentConfiguration& agent,
               v1::AgentConfiguration* message);
absl::Status FromMessage(const v1::AgentConfiguration& message,
                         AgentConfiguration* agent);

void ToMessage(const Configuration& configuration, v1::Configuration* message);
absl::Status FromMessage(const v1::Configuration& message,
                         Configuration* configuration);

absl::Status FromMessage(const v1::Event& message, NumberedEvent* event);

absl::Status FromMessage(const v1::LiveContact& message, LiveContact* contact);

absl::Status FromMessage(const v1::LiveAgent& message, LiveAgent* agent);

absl::Status FromMessage(const v1::LiveQueue& message, LiveQueue* queue);

absl::Status FromMessage(const v1::EndedContact& message,
                         EndedContact* contact);

void ToMessage(const Meta& meta, v1::Meta* message);
absl::Status FromMessage(const v1::Meta& message, Meta* meta);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_CONVERT_H_
