#include "bench/router/router_side.h"

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"

namespace relais::bench {
namespace {

Configuration ConfigurationFor(const Served& served) {
  Configuration configuration;
  configuration.name = "goal 19";
  configuration.routing_profiles = {{"voice", SetOf(Channel::kVoice)}};
  for (std::uint32_t i = 0; i < kClasses; ++i) {
    configuration.skills.push_back({absl::StrCat("skill", i), ""});
    ContactQueue queue;
    queue.name = absl::StrCat("queue", i);
    queue.channels = SetOf(Channel::kVoice);
    queue.offer_timeout_ms = 0;  // assigned at once
    queue.requirement.all_of = {{absl::StrCat("skill", i), 1}};
    for (std::size_t p = 0; p < queue.priority_credit_ms.size(); ++p) {
      queue.priority_credit_ms[p] = static_cast<DurationMs>(p) * kCreditMs;
    }
    configuration.queues.push_back(queue);
  }
  for (std::uint32_t i = 0; i < kAgents; ++i) {
    AgentConfiguration agent;
    agent.id = absl::StrCat("agent", i);
    agent.routing_profile = "voice";
    std::array<bool, kClasses> has{};
    for (const std::uint32_t requirement : served[i % kProfiles]) {
      // One level for all: no fit is better than another.
      if (!has[requirement]) {
        agent.skills.push_back({absl::StrCat("skill", requirement), 1});
      }
      has[requirement] = true;
    }
    configuration.agents.push_back(agent);
  }
  return configuration;
}

}  // namespace

RouterSide::RouterSide(std::uint32_t threads, const Served& served,
                       bool records) {
  RouterOptions options;
  options.record_decisions = records;
  options.observer = this;
  options.limits.contacts = kContacts;
  options.limits.agents = kAgents;
  options.limits.queues = kClasses;
  options.limits.requirement_classes = 2 * kClasses;
  options.limits.profile_classes = 256;
  options.limits.lanes = 2 * kClasses * kPriorities;
  // So that what is remembered is full after a moment, as it is in a centre
  // that has been running for a day.
  options.limits.ended_ids = 50'000;
  auto router = Router::Create(options);
  RELAIS_CHECK(router.ok(), "the Router refuses its options");
  router_ = *std::move(router);
  const auto applied = router_->Apply(ConfigurationFor(served), NowMs());
  RELAIS_CHECK(applied.ok() && applied->applied(),
               "the Router refuses the configuration");
  for (std::uint32_t i = 0; i < kClasses; ++i) {
    queues_[i] = absl::StrCat("queue", i);
  }
  for (std::uint32_t i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->spec.channel = Channel::kVoice;
  }
  for (std::uint32_t i = 0; i < kAgents; ++i) {
    const auto agent = router_->FindAgent(absl::StrCat("agent", i));
    RELAIS_CHECK(agent.ok(), "an agent is missing");
    const auto answer = router_->SetPresence(
        *agent, {PresenceState::kAvailable, NotReadyReason::kNone}, NowMs());
    RELAIS_CHECK(answer.ok(), "an agent cannot sign in");
  }
  router_->DrainEvents();
}

void RouterSide::Submit(std::uint32_t worker, std::uint32_t requirement,
                        std::uint32_t priority, std::int64_t now_ms) {
  SubmitUndrained(worker, requirement, priority, now_ms);
  router_->DrainEvents();
}

void RouterSide::SubmitUndrained(std::uint32_t worker,
                                 std::uint32_t requirement,
                                 std::uint32_t priority, std::int64_t now_ms) {
  Worker& mine = *workers_[worker];
  mine.spec.id.clear();
  absl::StrAppend(&mine.spec.id, "call-", worker, "-", ++mine.submitted);
  mine.spec.queue = queues_[requirement];
  mine.spec.priority = static_cast<int>(priority);
  const auto answer = router_->Submit(mine.spec, now_ms);
  RELAIS_CHECK(answer.ok(), "a contact was refused");
}

bool RouterSide::CompleteOldest(std::uint32_t worker, std::int64_t now_ms) {
  ContactHandle contact;
  if (!workers_[worker]->held.Pop(&contact)) {
    router_->DrainEvents();  // another's events may bring some
    return false;
  }
  const auto answer = router_->Complete(contact, now_ms);
  RELAIS_CHECK(answer.ok(), "a held contact could not be completed");
  router_->DrainEvents();
  return true;
}

void RouterSide::OnEvent(const Event& event) {
  if (event.type != EventType::kReservationAccepted) return;
  workers_[event.agent.slot % workers_.size()]->held.Push(event.contact);
}

}  // namespace relais::bench
