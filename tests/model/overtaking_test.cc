// Goal: the bound of docs/routing-model.md, "What overtaking is bounded by",
// holds and is the smallest there is: in aged and deadline a contact is
// overtaken at an agent eligible for both only by contacts that arrived less
// than D after it.
// Method: random calls on the engine that try to break it (priorities,
// segments, thresholds and rings' boosts that are far apart, all changed
// meanwhile, declines, no answers, cancellations, pauses, two contacts at
// once), every pair of a reservation and a contact that waited for the same
// agent checked from the events; and by hand the contact that comes one
// millisecond before the bound and the one that comes at it, in its last ring.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "relais/router.h"
#include "tests/reference/event_text.h"
#include "tests/reference/reference_router.h"

namespace relais::model {
namespace {

using reference::ReferenceRouter;

constexpr int kAgents = 4;
constexpr int kQueues = 3;
constexpr Presence kAvailable{PresenceState::kAvailable, NotReadyReason::kNone};

// What the rings of this queue's plan up to this one add, levels and boost.
BullseyeRing Added(const Configuration& configuration, const std::string& queue,
                   std::size_t ring) {
  BullseyeRing added;
  for (const BullseyePlan& plan : configuration.bullseye_plans) {
    if (plan.name != queue) continue;
    for (std::size_t i = 0; i < ring; ++i) {
      added.lower_all_by += plan.rings[i].lower_all_by;
      added.raise_boost_ms += plan.rings[i].raise_boost_ms;
    }
  }
  return added;
}

// Of a plan for the queue of its name.
constexpr std::size_t kRings = 2;

// The largest that any contact could have, in the last ring of its plan.
DurationMs LargestBoost(const Configuration& configuration) {
  DurationMs largest = -kDurationMsMax;
  ContactSpec spec;
  for (const ContactQueue& queue : configuration.queues) {
    spec.queue = queue.name;
    for (spec.priority = 0; spec.priority < kPriorityCount; ++spec.priority) {
      spec.segment.clear();
      const DurationMs rings_ms =
          Added(configuration, queue.name, kRings).raise_boost_ms;
      largest = std::max(
          largest, ReferenceRouter::BoostOf(configuration, spec) + rings_ms);
      for (const CustomerSegment& segment : configuration.segments) {
        spec.segment = segment.name;
        largest = std::max(
            largest, ReferenceRouter::BoostOf(configuration, spec) + rings_ms);
      }
    }
  }
  return largest;
}

class RandomCentre {
 public:
  explicit RandomCentre(std::uint64_t seed) : random_(seed) {
    RouterOptions options;
    options.observer = &recorder_;
    options.limits.contacts = 100;
    options.limits.agents = kAgents;
    router_ = *Router::Create(options);
    configuration_.skills = {{"s", ""}};
    // Two contacts at once; all take the same, so that who has room for one has
    // room for another.
    configuration_.routing_profiles = {{"chat", SetOf(Channel::kChat)}};
    configuration_.routing_profiles[0].cost_units.fill(50);
    for (int i = 0; i < kAgents; ++i) {
      // Agent 0 may serve everything, the others less and less.
      configuration_.agents.push_back({absl::StrCat("a", i),
                                       AgentGrade::kSenior,
                                       "chat",
                                       {{"s", kAgents - i}}});
    }
    Change();
    for (int i = 0; i < kAgents; ++i) {
      agents_.push_back(*router_->FindAgent(absl::StrCat("a", i)));
    }
  }

  void Go(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) Step();
  }

  std::uint64_t pairs() const { return pairs_; }
  std::uint64_t overtaken() const { return overtaken_; }
  std::uint64_t widened() const { return widened_; }

 private:
  struct Known {
    std::vector<BullseyeRing> rings;  // what each has added
    BullseyeRing added;               // of that in which it is
    int asked = 0;                    // in the first
    InstantMs arrival_ms = 0;
    DurationMs first_boost_ms = 0;
    int level_min() const { return std::max(1, asked - added.lower_all_by); }
    DurationMs boost_ms() const {
      return first_boost_ms + added.raise_boost_ms;
    }
    bool waiting = false;
    std::set<std::string> declined_by;
  };

  void Change() {
    configuration_.contact_choice = random_.Bernoulli(0.5)
                                        ? ContactChoice::kAged
                                        : ContactChoice::kDeadline;
    const auto draw = [this] { return random_.UniformBetween(0, 40) * 1'000; };
    configuration_.segments = {{"gold", draw()}, {"silver", draw()}};
    configuration_.queues.clear();
    configuration_.bullseye_plans.clear();
    for (int i = 0; i < kQueues; ++i) {
      ContactQueue& queue = configuration_.queues.emplace_back();
      queue.name = absl::StrCat("q", i);
      queue.channels = SetOf(Channel::kChat);
      queue.requirement.all_of = {{"s", i + 1}};
      queue.service_level.threshold_ms = draw();
      queue.offer_timeout_ms = 3'000;
      queue.decline_retry_ms = 2'000;
      queue.wrap_up_ms = i == 0 ? 1'000 : 0;
      for (DurationMs& credit : queue.priority_credit_ms) credit = draw();
      if (random_.Bernoulli(0.4)) continue;
      queue.plan = queue.name;
      BullseyePlan& plan = configuration_.bullseye_plans.emplace_back();
      plan.name = queue.name;
      for (std::size_t ring = 1; ring <= kRings; ++ring) {
        plan.rings.push_back(
            {.widen_after_ms = static_cast<DurationMs>(ring) * 1'500,
             .lower_all_by = 1,
             .raise_boost_ms = draw()});
      }
    }
    const auto applied = router_->Apply(configuration_, now_ms_);
    ASSERT_TRUE(applied.ok() && applied->applied());
    largest_boost_ = std::max(largest_boost_, LargestBoost(configuration_));
  }

  void Step() {
    now_ms_ += random_.UniformBetween(0, 700);
    const auto number = static_cast<std::size_t>(random_.Uniform(kAgents));
    const AgentHandle agent = agents_[number];
    const AgentView view = *router_->GetAgent(agent);
    const std::uint64_t draw = random_.Uniform(100);
    if (draw < 45) {
      Submit();
    } else if (draw < 50) {
      Cancel();
    } else if (draw < 51) {
      Change();
    } else if (draw < 55) {
      SetPresence(agent, {PresenceState::kNotReady, NotReadyReason::kBreak});
    } else if (view.presence.state != PresenceState::kAvailable ||
               view.no_answer_channels != 0) {
      SetPresence(agent, kAvailable);
    } else if (!view.held.empty()) {
      Work(agent, view, view.held[random_.Uniform(view.held.size())]);
    }
    Take();
    router_->RunDue(now_ms_, 10);
    Take();
  }

  void Work(AgentHandle agent, const AgentView& view, const HeldContact& one) {
    if (one.state == WorkState::kWrapUp) return;
    const ContactHandle contact = *router_->FindContact(one.contact_id);
    if (one.state == WorkState::kHandling) {
      EXPECT_TRUE(router_->Complete(contact, now_ms_).ok());
    } else if (random_.Bernoulli(0.3)) {
      known_[one.contact_id].declined_by.insert(view.id);
      EXPECT_TRUE(
          router_->Decline(agent, contact, one.attempt, {}, now_ms_).ok());
    } else {
      EXPECT_TRUE(router_->Accept(agent, contact, one.attempt, now_ms_).ok());
    }
  }

  void Submit() {
    if (known_.size() >= 60) return;
    ContactSpec spec;
    spec.id = absl::StrCat("c", ++submitted_);
    spec.queue = absl::StrCat("q", random_.Uniform(kQueues));
    spec.channel = Channel::kChat;
    spec.priority = static_cast<int>(random_.Uniform(kPriorityCount));
    if (random_.Bernoulli(0.4)) {
      spec.segment = random_.Bernoulli(0.5) ? "gold" : "silver";
    }
    Known& known = known_[spec.id];
    known.asked = spec.queue.back() - '0' + 1;
    for (std::size_t ring = 0; ring <= kRings; ++ring) {
      known.rings.push_back(Added(configuration_, spec.queue, ring));
    }
    known.arrival_ms = now_ms_;
    known.first_boost_ms = ReferenceRouter::BoostOf(configuration_, spec);
    EXPECT_TRUE(router_->Submit(spec, now_ms_).ok());
  }

  void Cancel() {
    for (const auto& [id, known] : known_) {
      if (!known.waiting || !random_.Bernoulli(0.3)) continue;
      EXPECT_TRUE(router_
                      ->Cancel(*router_->FindContact(id), EndReason::kAbandoned,
                               now_ms_)
                      .ok());
      return;
    }
  }

  void SetPresence(AgentHandle agent, Presence presence) {
    EXPECT_TRUE(router_->SetPresence(agent, presence, now_ms_).ok());
  }

  void Take() {
    router_->DrainEvents();
    for (const Event& event : recorder_.Take()) {
      if (event.contact_id.empty()) continue;
      const std::string id(event.contact_id.view());
      if (event.type == EventType::kReservationCreated) Check(event);
      if (event.contact_version == 0) continue;
      Known& known = known_[id];
      known.waiting = event.contact_state == ContactState::kWaiting;
      known.added = known.rings.at(event.ring);
      if (event.type == EventType::kContactWidened) ++widened_;
      if (event.contact_state == ContactState::kEnded) known_.erase(id);
    }
  }

  void Check(const Event& taken) {
    const std::string agent(taken.agent_id.view());
    const int level = kAgents - (agent.back() - '0');
    const Known& y = known_.at(std::string(taken.contact_id.view()));
    for (const auto& [id, x] : known_) {
      if (!x.waiting || x.level_min() > level ||
          x.declined_by.contains(agent)) {
        continue;
      }
      ++pairs_;
      if (std::stoull(id.substr(1)) >= taken.arrival_sequence) continue;
      ++overtaken_;
      const DurationMs bound = largest_boost_ - x.boost_ms();
      EXPECT_LT(y.arrival_ms - x.arrival_ms, bound)
          << id << " is overtaken: " << reference::Describe(taken);
      // And by its own boost, not only by the largest.
      EXPECT_LT(y.arrival_ms - x.arrival_ms, y.boost_ms() - x.boost_ms())
          << id << " is overtaken: " << reference::Describe(taken);
    }
  }

  Random random_;
  reference::EventRecorder recorder_;
  std::unique_ptr<Router> router_;
  Configuration configuration_;
  std::vector<AgentHandle> agents_;
  InstantMs now_ms_ = 1'000'000;
  std::uint64_t submitted_ = 0;
  DurationMs largest_boost_ = -kDurationMsMax;
  std::map<std::string, Known> known_;  // alive
  std::uint64_t pairs_ = 0;
  std::uint64_t overtaken_ = 0;
  std::uint64_t widened_ = 0;
};

TEST(OvertakingTest, NobodyIsOvertakenBeyondTheBound) {
  std::uint64_t pairs = 0;
  std::uint64_t overtaken = 0;
  std::uint64_t widened = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    RandomCentre run(seed);
    run.Go(2'000);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    pairs += run.pairs();
    overtaken += run.overtaken();
    widened += run.widened();
  }
  EXPECT_GT(pairs, 10'000U);
  EXPECT_GT(overtaken, 1'000U);
  EXPECT_GT(widened, 1'000U);
}

// x without a head start, y with the largest, in the last ring of its plan: it
// overtakes up to one millisecond before the bound, and not at it.
TEST(OvertakingTest, TheBoundIsTheSmallest) {
  for (const ContactChoice mode :
       {ContactChoice::kAged, ContactChoice::kDeadline}) {
    for (const bool at_the_bound : {false, true}) {
      reference::EventRecorder recorder;
      RouterOptions options;
      options.observer = &recorder;
      const auto router = *Router::Create(options);
      Configuration configuration;
      configuration.contact_choice = mode;
      configuration.routing_profiles = {{"voice", SetOf(Channel::kVoice)}};
      configuration.agents = {{"a", AgentGrade::kSenior, "voice", {}}};
      configuration.segments = {{"gold", 120'000}};
      for (const char* name : {"slow", "fast"}) {
        ContactQueue& queue = configuration.queues.emplace_back();
        queue.name = name;
        queue.channels = SetOf(Channel::kVoice);
        queue.service_level.threshold_ms = name[0] == 's' ? 600'000 : 20'000;
      }
      configuration.queues[1].plan = "fast";
      configuration.bullseye_plans = {
          {.name = "fast",
           .rings = {{.widen_after_ms = 1'000, .raise_boost_ms = 20'000},
                     {.widen_after_ms = 5'000, .raise_boost_ms = 40'000}}}};
      ASSERT_TRUE(router->Apply(configuration, 0)->applied());
      ContactSpec x;
      x.id = "x";
      x.queue = "slow";
      ContactSpec y;
      y.id = "y";
      y.queue = "fast";
      y.priority = 9;
      y.segment = "gold";
      const DurationMs bound = LargestBoost(configuration) -
                               ReferenceRouter::BoostOf(configuration, x);
      EXPECT_EQ(bound, mode == ContactChoice::kAged ? 720'000 : 1'300'000);
      ASSERT_TRUE(router->Submit(x, 1'000).ok());
      const InstantMs at = 1'000 + bound - (at_the_bound ? 0 : 1);
      ASSERT_TRUE(router->Submit(y, at).ok());
      ASSERT_EQ(router->RunDue(at + 5'000, 10), 1U);  // past a ring
      ASSERT_TRUE(
          router->SetPresence(*router->FindAgent("a"), kAvailable, at + 5'000)
              .ok());
      EXPECT_EQ(router->GetContact(at_the_bound ? "x" : "y")->state,
                ContactState::kReserved);
    }
  }
}

}  // namespace
}  // namespace relais::model
