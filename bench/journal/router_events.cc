#include "bench/journal/router_events.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"

namespace relais::bench {
namespace {

constexpr std::uint32_t kAgents = 1'000;
constexpr std::uint32_t kQueues = 20;
constexpr std::size_t kDueAStep = 1'000;

Configuration Centre() {
  Configuration configuration;
  configuration.name = "a centre of 1,000 agents";
  configuration.routing_profiles = {{"telephone", SetOf(Channel::kVoice)}};
  for (std::uint32_t i = 0; i < kQueues; ++i) {
    configuration.skills.push_back({absl::StrCat("skill-", i), ""});
    ContactQueue queue;
    queue.name = absl::StrCat("queue-", i);
    queue.channels = SetOf(Channel::kVoice);
    queue.requirement.all_of = {{absl::StrCat("skill-", i), 1}};
    // Nothing runs out while it is measured.
    queue.offer_timeout_ms = 3'600'000;
    configuration.queues.push_back(queue);
  }
  for (std::uint32_t i = 0; i < kAgents; ++i) {
    AgentConfiguration agent;
    agent.id = absl::StrCat("agent-", 10'000 + i);
    agent.routing_profile = "telephone";
    for (std::uint32_t j = 0; j < 4; ++j) {
      agent.skills.push_back(
          {absl::StrCat("skill-", (i + j * 5) % kQueues), 5});
    }
    configuration.agents.push_back(agent);
  }
  return configuration;
}

}  // namespace

RouterOptions CentreOptions(std::uint32_t contacts, RouterObserver* observer) {
  RouterOptions options;
  options.limits.contacts = contacts + 2 * kAgents;
  options.limits.agents = kAgents;
  // So that what is remembered is full after a moment, as in a centre that has
  // been running for a day.
  options.limits.ended_ids = 10'000;
  options.observer = observer;
  return options;
}

RouterEvents::RouterEvents(std::uint64_t seed, std::uint32_t contacts)
    : random_(seed) {
  auto router = Router::Create(CentreOptions(contacts, this));
  RELAIS_CHECK(router.ok(), "the Router refuses its options");
  router_ = *std::move(router);
  const auto applied = router_->Apply(Centre(), now_ms_);
  RELAIS_CHECK(applied.ok() && applied->applied(),
               "the Router refuses the configuration");
  for (std::uint32_t i = 0; i < kAgents; ++i) {
    const auto agent = router_->FindAgent(absl::StrCat("agent-", 10'000 + i));
    RELAIS_CHECK(agent.ok(), "an agent is missing");
    RELAIS_CHECK(
        router_
            ->SetPresence(*agent,
                          {PresenceState::kAvailable, NotReadyReason::kNone},
                          now_ms_)
            .ok(),
        "an agent cannot sign in");
  }
  router_->DrainEvents();
}

std::vector<journal::NumberedEvent> RouterEvents::Take(std::size_t count) {
  while (events_.size() < count) Step();
  const auto end = events_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<journal::NumberedEvent> taken(events_.begin(), end);
  events_.erase(events_.begin(), end);
  return taken;
}

void RouterEvents::Fill(std::uint32_t contacts) {
  constexpr std::uint32_t kAnswered = 250;
  for (std::uint32_t i = 0; i < contacts; ++i) {
    ++now_ms_;
    Submit();
    router_->DrainEvents();
    if (i < kAnswered) AnswerOffers();
  }
}

void RouterEvents::Step() {
  ++now_ms_;
  router_->RunDue(now_ms_, kDueAStep);
  Submit();
  router_->DrainEvents();
  AnswerOffers();
  if (handled_.size() > kAgents / 2) {
    RELAIS_CHECK(router_->Complete(handled_.front(), now_ms_).ok(),
                 "a held contact could not be completed");
    handled_.pop_front();
  }
  router_->DrainEvents();
}

void RouterEvents::Submit() {
  ContactSpec spec;
  spec.id = absl::StrCat("call-2030-03-17-", 1'000'000 + ++submitted_);
  spec.queue = absl::StrCat("queue-", random_.Uniform(kQueues));
  spec.channel = Channel::kVoice;
  spec.priority = static_cast<int>(random_.Uniform(3));
  spec.attributes = {
      {"caller", absl::StrCat("+33 1 ", random_.Uniform(99'999))},
      {"customer", absl::StrCat(random_.NextUint64())},
      {"language", "fr"},
      {"menu", "accounts/cards/lost"}};
  RELAIS_CHECK(router_->Submit(spec, now_ms_).ok(), "a contact was refused");
}

void RouterEvents::AnswerOffers() {
  while (!offers_.empty()) {
    const Offer offer = offers_.front();
    offers_.pop_front();
    const bool declines = random_.Uniform(16) == 0;
    if (declines) {
      RELAIS_CHECK(router_
                       ->Decline(offer.agent, offer.contact, offer.attempt,
                                 std::nullopt, now_ms_)
                       .ok(),
                   "an offer could not be declined");
    } else {
      RELAIS_CHECK(
          router_->Accept(offer.agent, offer.contact, offer.attempt, now_ms_)
              .ok(),
          "an offer could not be accepted");
      handled_.push_back(offer.contact);
    }
    router_->DrainEvents();
  }
}

void RouterEvents::OnEvent(const Event& event) { OnDetailedEvent(event, {}); }

void RouterEvents::OnDetailedEvent(const Event& event,
                                   const EventDetail& detail) {
  events_.push_back({event, detail});
  if (event.type == EventType::kReservationCreated) {
    offers_.push_back({event.agent, event.contact, event.attempt});
  }
}

}  // namespace relais::bench
