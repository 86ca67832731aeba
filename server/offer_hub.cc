#include "server/offer_hub.h"

#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "server/convert.h"

namespace relais::server {

void OfferHub::OnEvent(const Event& event) {
  const std::string_view agent_id = event.agent_id.view();
  switch (event.type) {
    case EventType::kReservationCreated: {
      // The agent left while it was being chosen; the reservation is taken
      // back by its next event.
      if (event.presence.state != PresenceState::kAvailable) break;
      standing_.insert_or_assign(std::string(agent_id), event);
      const auto stream = streams_.find(agent_id);
      if (stream != streams_.end()) PushOffer(event, stream->second.get());
      break;
    }
    case EventType::kReservationNoAnswer:
      PushEnd(event, v1::OFFER_END_NO_ANSWER);
      break;
    case EventType::kReservationRescinded:
      PushEnd(event, v1::OFFER_END_RESCINDED);
      break;
    case EventType::kReservationAccepted:
    case EventType::kReservationDeclined: {
      const auto offer = standing_.find(agent_id);
      if (offer != standing_.end()) standing_.erase(offer);
      break;
    }
    default:
      break;
  }
}

void OfferHub::Attach(const std::vector<std::string>& agent_ids,
                      const std::shared_ptr<OfferStream>& stream) {
  for (const std::string& agent_id : agent_ids) {
    streams_.insert_or_assign(agent_id, stream);
    const auto offer = standing_.find(agent_id);
    if (offer != standing_.end()) PushOffer(offer->second, stream.get());
  }
}

void OfferHub::Detach(const OfferStream* stream) {
  std::erase_if(streams_, [stream](const auto& entry) {
    return entry.second.get() == stream;
  });
}

bool OfferHub::IsCutOff(std::string_view agent_id,
                        std::uint64_t attempt) const {
  const auto offer = standing_.find(agent_id);
  return offer != standing_.end() && offer->second.attempt == attempt &&
         !streams_.contains(agent_id);
}

void OfferHub::PushOffer(const Event& created, OfferStream* stream) const {
  // The contact may have ended since: then it has no attributes any more, and
  // the end of the offer follows.
  const absl::StatusOr<ContactView> contact =
      router_->GetContact(created.contact_id.view());
  v1::ConnectResponse response;
  *response.mutable_offer() =
      ToOffer(created, contact.ok() ? *contact : ContactView());
  response.mutable_offer()->set_epoch(epoch_);
  stream->Push(response);
}

void OfferHub::PushEnd(const Event& event, v1::OfferEnd end) {
  const std::string_view agent_id = event.agent_id.view();
  const auto offer = standing_.find(agent_id);
  if (offer == standing_.end()) return;  // never shown
  standing_.erase(offer);
  const auto stream = streams_.find(agent_id);
  if (stream == streams_.end()) return;
  v1::ConnectResponse response;
  v1::OfferEnded* ended = response.mutable_offer_ended();
  ended->set_agent_id(std::string(agent_id));
  ended->set_contact_id(std::string(event.contact_id.view()));
  ended->set_attempt(event.attempt);
  ended->set_end(end);
  stream->second->Push(response);
}

}  // namespace relais::server
