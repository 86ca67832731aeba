// Between the router's values and the messages of journal.proto. For codec.cc
// alone: messages appear in no header that others include.
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

void ToMessage(const ContactQueue& queue, v1::ContactQueue* message);
absl::Status FromMessage(const v1::ContactQueue& message, ContactQueue* queue);

void ToMessage(const ContactDetail& detail, v1::ContactDetail* message);
absl::Status FromMessage(const v1::ContactDetail& message,
                         ContactDetail* detail);

void ToMessage(const Configuration& configuration, v1::Configuration* message);
absl::Status FromMessage(const v1::Configuration& message,
                         Configuration* configuration);

// Of the type's details, those given.
void ToMessage(const Event& event, const EventDetail& detail,
               v1::Event* message);
absl::Status FromMessage(const v1::Event& message, NumberedEvent* event);

void ToMessage(const LiveContact& contact, v1::LiveContact* message);
absl::Status FromMessage(const v1::LiveContact& message, LiveContact* contact);

void ToMessage(const LiveAgent& agent, v1::LiveAgent* message);
absl::Status FromMessage(const v1::LiveAgent& message, LiveAgent* agent);

void ToMessage(const LiveQueue& queue, v1::LiveQueue* message);
absl::Status FromMessage(const v1::LiveQueue& message, LiveQueue* queue);

void ToMessage(const EndedContact& contact, v1::EndedContact* message);
absl::Status FromMessage(const v1::EndedContact& message,
                         EndedContact* contact);

void ToMessage(const Meta& meta, v1::Meta* message);
absl::Status FromMessage(const v1::Meta& message, Meta* meta);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_CONVERT_H_
