// Brings offers to the streams on which agents answer them, and what is
// interrupted.
//
// Offers are made of numbered events, never of a call's outcome: a desktop
// sees an offer only after the event behind it. The hub remembers the offers
// that stand, so that a stream attached later gets them, each exactly once.
//
// Thread safety: all members are for the Runtime's thread.

#ifndef RELAIS_SERVER_OFFER_HUB_H_
#define RELAIS_SERVER_OFFER_HUB_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relais/event.h"
#include "relais/router.h"
#include "relais/v1/agent_service.pb.h"

namespace relais::server {

// One stream. Push may be called from any thread, must not block, and may do
// nothing when the stream is gone.
class OfferStream {
 public:
  virtual ~OfferStream() = default;
  virtual void Push(const v1::ConnectResponse& response) = 0;
};

class OfferHub {
 public:
  // Reads contacts' attributes from the Router, which must outlive the hub.
  // `epoch` is shown with every offer.
  OfferHub(const Router* router, std::uint64_t epoch)
      : router_(router), epoch_(epoch) {}

  void OnEvent(const Event& event);
  // Offers to these agents go to this stream from now on, those that stand
  // first.
  void Attach(const std::vector<std::string>& agent_ids,
              const std::shared_ptr<OfferStream>& stream);
  // Its agents have no stream any more, unless another was attached since.
  void Detach(const OfferStream* stream);
  // The agent has this offer and no stream to answer it on.
  bool IsCutOff(std::string_view agent_id, std::string_view contact_id,
                std::uint64_t attempt) const;

 private:
  OfferStream* StreamOf(std::string_view agent_id) const;  // null: none
  void PushOffer(const Event& created, OfferStream* stream) const;
  void PushEnd(const Event& event, v1::OfferEnd end);
  void PushInterruption(const Event& event) const;
  // Whether it stood.
  bool Forget(const Event& event);

  const Router* const router_;
  const std::uint64_t epoch_;
  // By agent: kReservationCreated of the offers that stand, in their order.
  std::map<std::string, std::vector<Event>, std::less<>> standing_;
  std::map<std::string, std::shared_ptr<OfferStream>, std::less<>> streams_;
};

}  // namespace relais::server

#endif  // RELAIS_SERVER_OFFER_HUB_H_
