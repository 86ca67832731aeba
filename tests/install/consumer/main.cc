// Routes one contact through an installed Relais and says to whom.

#include <cstdio>
#include <memory>
#include <string>

#include "relais/router.h"

namespace {

class Offers : public relais::RouterObserver {
 public:
  void OnEvent(const relais::Event& event) override {
    if (event.type != relais::EventType::kReservationCreated) return;
    std::printf("contact %s is offered to agent %s\n",
                std::string(event.contact_id.view()).c_str(),
                std::string(event.agent_id.view()).c_str());
  }
};

int Failed(const absl::Status& status) {
  std::printf("%s (field %s)\n", status.ToString().c_str(),
              relais::FieldPathOf(status).c_str());
  return 1;
}

}  // namespace

int main() {
  using relais::Channel;

  Offers offers;
  relais::RouterOptions options;
  options.observer = &offers;
  auto router = relais::Router::Create(options);
  if (!router.ok()) return Failed(router.status());

  relais::Configuration configuration;
  configuration.name = "consumer";
  configuration.skills = {{.name = "cards", .description = ""}};
  configuration.routing_profiles = {
      {.name = "phone", .channels = relais::SetOf(Channel::kVoice)}};
  relais::AgentConfiguration agent;
  agent.id = "ada";
  agent.routing_profile = "phone";
  agent.skills = {{.skill = "cards", .level = 7}};
  configuration.agents = {agent};
  relais::ContactQueue queue;
  queue.name = "card-loss";
  queue.channels = relais::SetOf(Channel::kVoice);
  queue.requirement.all_of = {{.skill = "cards", .level_min = 3}};
  configuration.queues = {queue};
  const auto applied = (*router)->Apply(configuration, 1'000);
  if (!applied.ok()) return Failed(applied.status());

  const auto ada = (*router)->FindAgent("ada");
  if (!ada.ok()) return Failed(ada.status());
  const auto signed_in = (*router)->SetPresence(
      *ada, {.state = relais::PresenceState::kAvailable}, 2'000);
  if (!signed_in.ok()) return Failed(signed_in.status());

  relais::ContactSpec call;
  call.id = "call-1";
  call.queue = "card-loss";
  const auto submitted = (*router)->Submit(call, 3'000);
  if (!submitted.ok()) return Failed(submitted.status());
  (*router)->DrainEvents();
  return submitted->at_once ? 0 : 1;
}
