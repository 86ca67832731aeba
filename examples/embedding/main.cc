// Relais inside an application of one's own: two agents, three calls. Every
// call carries its instant, so the program decides what time it is; run it
// twice and it prints the same.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "relais/router.h"

using relais::Channel, relais::Event, relais::EventType;

// Hears of everything that happens, in order, from inside DrainEvents.
class Log : public relais::RouterObserver {
 public:
  void OnEvent(const Event& event) override {
    std::printf("%6lld ms  %-22s contact=%s agent=%s\n",
                static_cast<long long>(event.at_ms),
                std::string(EventTypeName(event.type)).c_str(),
                std::string(event.contact_id.view()).c_str(),
                std::string(event.agent_id.view()).c_str());
  }
};

relais::Configuration Centre() {
  relais::Configuration centre;
  centre.name = "two agents";
  centre.skills = {{"cards", "lost and stolen cards"}, {"english", ""}};
  centre.routing_profiles = {{"phone", relais::SetOf(Channel::kVoice)}};
  centre.agents = {
      {.id = "ada", .routing_profile = "phone", .skills = {{"cards", 9}}},
      {.id = "bo",
       .routing_profile = "phone",
       .skills = {{"cards", 4}, {"english", 8}}}};
  relais::ContactQueue queue;
  queue.name = "card-loss";
  queue.channels = relais::SetOf(Channel::kVoice);
  queue.requirement.all_of = {{"cards", 3}};
  queue.offer_timeout_ms = 0;  // answered automatically
  centre.queues = {queue};
  return centre;
}

// Status carries what was wrong and where; an application would handle it.
template <typename T>
T Must(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "%s\n", result.status().ToString().c_str());
  std::exit(1);
}

int main() {
  Log log;
  relais::RouterOptions options;
  options.observer = &log;
  const std::unique_ptr<relais::Router> router =
      Must(relais::Router::Create(options));
  Must(router->Apply(Centre(), 0));
  for (const char* id : {"ada", "bo"}) {
    Must(router->SetPresence(Must(router->FindAgent(id)),
                             {relais::PresenceState::kAvailable}, 1'000));
  }
  // Ada fits the first best; the second finds Bo; the third waits for both.
  relais::ContactSpec call;
  call.queue = "card-loss";
  for (const char* id : {"call-1", "call-2", "call-3"}) {
    call.id = id;
    Must(router->Submit(call, 2'000));
  }
  // Ada hangs up and gets the one who waits, within this call.
  Must(router->Complete(Must(router->FindContact("call-1")), 95'000));
  router->DrainEvents();
  return 0;
}
