#include "server/offer_hub.h"

#include <algorithm>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/convert.h"

namespace relais::server {

void OfferHub::OnEvent(const Event& event) {
  switch (event.type) {
    case EventType::kReservationCreated:
      // The agent left while it was being chosen; the reservation is taken
      // back by its next event.
      if (event.presence.state != PresenceState::kAvailable) break;
      standing_[std::string(event.agent_id.view())].push_back(event);
      if (OfferStream* stream = StreamOf(event.agent_id.view())) {
        PushOffer(event, stream);
      }
      break;
    case EventType::kReservationNoAnswer:
      PushEnd(event, v1::OFFER_END_NO_ANSWER);
      break;
    case EventType::kReservationRescinded:
      PushEnd(event, v1::OFFER_END_RESCINDED);
      break;
    case EventType::kReservationAccepted:
    case EventType::kReservationDeclined:
      Forget(event);
      break;
    case EventType::kContactInterrupted:
    case EventType::kContactResumed:
      PushInterruption(event);
      break;
    default:
      break;
  }
}

void OfferHub::Attach(const std::vector<std::string>& agent_ids,
                      const std::shared_ptr<OfferStream>& stream) {
  for (const std::string& agent_id : agent_ids) {
    streams_.insert_or_assign(agent_id, stream);
    const auto offers = standing_.find(agent_id);
    if (offers == standing_.end()) continue;
    for (const Event& offer : offers->second) PushOffer(offer, stream.get());
  }
}

void OfferHub::Detach(const OfferStream* stream) {
  std::erase_if(streams_, [stream](const auto& entry) {
    return entry.second.get() == stream;
  });
}

bool OfferHub::IsCutOff(std::string_view agent_id, std::string_view contact_id,
                        std::uint64_t attempt) const {
  const auto offers = standing_.find(agent_id);
  if (offers == standing_.end() || StreamOf(agent_id) != nullptr) return false;
  return std::any_of(offers->second.begin(), offers->second.end(),
                     [&](const Event& offer) {
                       return offer.contact_id.view() == contact_id &&
                              offer.attempt == attempt;
                     });
}

OfferStream* OfferHub::StreamOf(std::string_view agent_id) const {
  const auto stream = streams_.find(agent_id);
  return stream == streams_.end() ? nullptr : stream->second.get();
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
  if (!Forget(event)) return;  // never shown
  OfferStream* const stream = StreamOf(event.agent_id.view());
  if (stream == nullptr) return;
  v1::ConnectResponse response;
  v1::OfferEnded* ended = response.mutable_offer_ended();
  ended->set_agent_id(std::string(event.agent_id.view()));
  ended->set_contact_id(std::string(event.contact_id.view()));
  ended->set_attempt(event.attempt);
  ended->set_end(end);
  stream->Push(response);
}

void OfferHub::PushInterruption(const Event& event) const {
  OfferStream* const stream = StreamOf(event.agent_id.view());
  if (stream == nullptr) return;
  v1::ConnectResponse response;
  v1::Interruption* interruption = response.mutable_interruption();
  interruption->set_agent_id(std::string(event.agent_id.view()));
  interruption->set_contact_id(std::string(event.contact_id.view()));
  interruption->set_attempt(event.attempt);
  interruption->set_interrupted(event.type == EventType::kContactInterrupted);
  stream->Push(response);
}

bool OfferHub::Forget(const Event& event) {
  const auto offers = standing_.find(event.agent_id.view());
  if (offers == standing_.end()) return false;
  const bool stood =
      std::erase_if(offers->second, [&](const Event& offer) {
        return offer.contact_id.view() == event.contact_id.view() &&
               offer.attempt == event.attempt;
      }) > 0;
  if (offers->second.empty()) standing_.erase(offers);
  return stood;
}

}  // namespace relais::server
