// Goal: an agent is given what its profile's units and maxima admit, no more
// and no less, whatever it is given and by how many threads. Method: a table of
// profiles and arrivals; random arrivals and ends against a naive count; units
// given back by many threads at once.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "relais/router.h"

namespace relais {
namespace {

using ::testing::IsEmpty;

constexpr Presence kAvailable{PresenceState::kAvailable, NotReadyReason::kNone};

class Ignored final : public RouterObserver {
 public:
  void OnEvent(const Event&) override {}
};

Configuration Centre(const RoutingProfile& profile, int agents) {
  Configuration configuration;
  configuration.name = "centre";
  configuration.skills = {{"basics", ""}};
  configuration.routing_profiles = {profile};
  for (int i = 0; i < agents; ++i) {
    AgentConfiguration agent;
    agent.id = "a" + std::to_string(i);
    agent.routing_profile = profile.name;
    configuration.agents.push_back(agent);
  }
  ContactQueue queue;
  queue.name = "main";
  queue.channels = 0xFF;
  queue.offer_timeout_ms = 0;
  queue.wrap_up_ms = 0;
  configuration.queues = {queue};
  queue.name = "wrapping";
  queue.wrap_up_ms = 10'000;
  configuration.queues.push_back(queue);
  return configuration;
}

class Site {
 public:
  explicit Site(const RoutingProfile& profile, int agents = 1)
      : configuration(Centre(profile, agents)) {
    RouterOptions options;
    options.observer = &observer;
    options.limits.contacts = 10'000;
    router = *Router::Create(options);
    EXPECT_TRUE(Apply());
    for (const AgentConfiguration& agent : configuration.agents) {
      EXPECT_TRUE(
          router->SetPresence(*router->FindAgent(agent.id), kAvailable, now_ms)
              .ok());
    }
  }
  bool Apply() {
    const auto applied = router->Apply(configuration, now_ms);
    return applied.ok() && applied->applied();
  }
  ContactHandle Submit(const std::string& id, Channel channel,
                       const std::string& queue = "main") {
    ContactSpec spec;
    spec.id = id;
    spec.queue = queue;
    spec.channel = channel;
    const auto submitted = router->Submit(spec, now_ms);
    EXPECT_TRUE(submitted.ok()) << submitted.status();
    return submitted->contact;
  }
  // Ids of what the agent holds, in the order of the reservations.
  std::vector<std::string> Held(const std::string& agent = "a0") const {
    std::vector<std::string> ids;
    const auto view = router->GetAgent(*router->FindAgent(agent));
    EXPECT_TRUE(view.ok());
    for (const HeldContact& held : view->held) ids.push_back(held.contact_id);
    return ids;
  }

  Ignored observer;
  Configuration configuration;
  std::unique_ptr<Router> router;
  InstantMs now_ms = 1'000;
};

RoutingProfile All() { return {"all", 0xFF}; }
RoutingProfile With(RoutingProfile profile, Channel channel, int cost,
                    int most) {
  const auto at = static_cast<std::size_t>(channel);
  profile.cost_units[at] = cost;
  profile.contacts_max[at] = most;
  return profile;
}
RoutingProfile OfUnits(int units) {
  RoutingProfile profile = All();
  profile.capacity_units = units;
  for (int& cost : profile.cost_units) cost = std::min(cost, units);
  return profile;
}

// v e c b d s m i: voice, e-mail, chat, call-back, video, social, mail,
// internal; each in the order of arrival. `held` are those that were given, by
// their place in that order.
struct Case {
  const char* name;
  RoutingProfile profile;
  const char* arrivals;
  std::vector<int> held;

  friend void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }
};

Channel ChannelOf(char letter) {
  constexpr std::string_view kLetters = "vecbdsmi";
  return static_cast<Channel>(kLetters.find(letter));
}

std::vector<Case> Cases() {
  using enum Channel;
  return {
      {"OneCall", All(), "vv", {0}},
      {"TwoEmails", All(), "eee", {0, 1}},
      {"TwoChats", All(), "ccc", {0, 1}},
      {"EmailAndChat", All(), "ecce", {0, 1}},
      {"SocialAndMail", All(), "smsm", {0, 1}},
      {"CallBackTakesAll", All(), "be", {0}},
      {"VideoTakesAll", All(), "dc", {0}},
      {"InternalTakesAll", All(), "ic", {0}},
      {"WhatFitsPassesWhatDoesNot", All(), "cvec", {0, 2}},
      {"ExactlyAllUnits", With(All(), kChat, 25, 0), "cccccc", {0, 1, 2, 3}},
      {"OneUnitTooMany", With(All(), kChat, 51, 0), "cc", {0}},
      {"TheLastUnit", With(All(), kChat, 50, 0), "cc", {0, 1}},
      {"AMaximum", With(All(), kChat, 10, 3), "ccccc", {0, 1, 2}},
      {"AMaximumOfOneIsPassed", With(All(), kChat, 10, 1), "ccec", {0, 2}},
      {"AMaximumAboveWhatFits", With(All(), kEmail, 40, 5), "eee", {0, 1}},
      {"SmallCapacity", OfUnits(34), "cvc", {0}},
      {"SmallCapacityTakesACall", OfUnits(34), "vc", {0}},
      {"CallsBesideChats",
       With(With(All(), kVoice, 60, 1), kChat, 20, 0),
       "vccv",
       {0, 1, 2}},
      {"ASmallestCostFillsTheRecord",
       With(All(), kChat, kCostUnitsMin, 0),
       "cccccccccccccccccccccccccc",
       {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
        13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}},
  };
}

class CapacityTableTest : public ::testing::TestWithParam<Case> {
 protected:
  static void Arrive(Site& site) {
    const std::string_view arrivals = GetParam().arrivals;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      site.Submit("c" + std::to_string(i), ChannelOf(arrivals[i]));
    }
  }
  static std::vector<std::string> Expected() {
    std::vector<std::string> expected;
    for (const int place : GetParam().held) {
      expected.push_back("c" + std::to_string(place));
    }
    return expected;
  }
};

TEST_P(CapacityTableTest, ArrivalsGoToWhoHasRoom) {
  Site site(GetParam().profile);
  Arrive(site);
  EXPECT_EQ(site.Held(), Expected());
  const auto view = site.router->GetAgent(*site.router->FindAgent("a0"));
  for (const HeldContact& held : view->held) {
    const auto at = static_cast<std::size_t>(held.channel);
    EXPECT_EQ(held.units, GetParam().profile.cost_units[at]);
  }
}

TEST_P(CapacityTableTest, WhoBecomesFreeTakesTheSame) {
  Site site(GetParam().profile);
  const auto agent = *site.router->FindAgent("a0");
  ASSERT_TRUE(site.router->SetPresence(agent, {}, site.now_ms).ok());
  Arrive(site);
  EXPECT_THAT(site.Held(), IsEmpty());
  ASSERT_TRUE(site.router->SetPresence(agent, kAvailable, site.now_ms).ok());
  EXPECT_EQ(site.Held(), Expected());
}

INSTANTIATE_TEST_SUITE_P(Table, CapacityTableTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

// --- Random work against a naive count ---------------------------------------

// One agent's room by the definition.
bool Fits(const RoutingProfile& profile, const AgentView& agent,
          Channel channel) {
  const auto at = static_cast<std::size_t>(channel);
  int units = profile.cost_units[at];
  int of_channel = 1;
  for (const HeldContact& held : agent.held) {
    units += held.units;
    of_channel += held.channel == channel ? 1 : 0;
  }
  const int most = profile.contacts_max[at];
  return units <= profile.capacity_units && (most == 0 || of_channel <= most);
}

RoutingProfile AnyProfile(Random& random) {
  RoutingProfile profile = All();
  profile.capacity_units = static_cast<int>(random.UniformBetween(30, 100));
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    profile.cost_units[i] = static_cast<int>(
        random.UniformBetween(kCostUnitsMin, profile.capacity_units));
    if (random.Bernoulli(0.7)) {
      profile.cost_units[i] = static_cast<int>(random.UniformBetween(4, 30));
    }
    profile.contacts_max[i] = static_cast<int>(random.Uniform(4));
  }
  if (random.Bernoulli(0.5)) profile.load_order = LoadOrder::kPack;
  return profile;
}

class RandomWork {
 public:
  explicit RandomWork(std::uint64_t seed)
      : random_(seed), profile_(AnyProfile(random_)), site_(profile_, 3) {}

  // Empty, or what is wrong after it.
  std::vector<std::string> Step() {
    site_.now_ms += 1'000;
    const std::uint64_t draw = random_.Uniform(20);
    if (draw < 10) {
      Submit();
    } else if (draw < 16) {
      End();
    } else if (draw < 19) {
      site_.router->RunDue(site_.now_ms, 100);
    } else {
      profile_ = AnyProfile(random_);
      site_.configuration.routing_profiles = {profile_};
      if (!site_.Apply()) return {"a profile is refused"};
    }
    site_.router->DrainEvents();
    return Wrong();
  }
  int steps_beside() const { return steps_beside_; }

 private:
  void Submit() {
    const std::string id = "c" + std::to_string(submitted_++);
    alive_.emplace_back(
        id,
        site_.Submit(id, static_cast<Channel>(random_.Uniform(kChannelCount)),
                     random_.Bernoulli(0.5) ? "main" : "wrapping"));
  }
  void End() {
    if (alive_.empty()) return;
    const std::size_t at = random_.Uniform(alive_.size());
    const ContactHandle contact = alive_[at].second;
    if (!site_.router->Complete(contact, site_.now_ms).ok()) {
      EXPECT_TRUE(
          site_.router->Cancel(contact, EndReason::kCancelled, site_.now_ms)
              .ok());
    }
    alive_.erase(alive_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  // Nobody holds more than there is, whenever capacity was lowered, and nobody
  // has room for a contact that waits.
  std::vector<std::string> Wrong() {
    std::vector<std::string> wrong;
    const std::vector<AgentView> agents = site_.router->Agents();
    for (const AgentView& agent : agents) {
      int units = 0;
      for (const HeldContact& held : agent.held) units += held.units;
      if (units > kCapacityUnitsMax) wrong.push_back(agent.id + " holds more");
      steps_beside_ += agent.held.size() > 1 ? 1 : 0;
    }
    for (const auto& [id, handle] : alive_) {
      const auto contact = site_.router->GetContact(id);
      if (contact->state != ContactState::kWaiting) continue;
      for (const AgentView& agent : agents) {
        if (Fits(profile_, agent, contact->channel)) {
          wrong.push_back(agent.id + " beside " + id);
        }
      }
    }
    return wrong;
  }

  Random random_;
  RoutingProfile profile_;
  Site site_;
  std::vector<std::pair<std::string, ContactHandle>> alive_;
  int submitted_ = 0;
  int steps_beside_ = 0;
};

TEST(CapacityTest, RandomWorkFitsAndLeavesNoRoomUnused) {
  int steps_beside = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomWork work(seed);
    for (int step = 0; step < 300; ++step) {
      ASSERT_THAT(work.Step(), IsEmpty())
          << "seed " << seed << ", step " << step;
    }
    steps_beside += work.steps_beside();
  }
  EXPECT_GT(steps_beside, 1'000);
}

// --- Many threads at one agent -----------------------------------------------

// What an agent holds, from the events alone.
class UnitsObserver final : public RouterObserver {
 public:
  explicit UnitsObserver(const RoutingProfile& profile) : profile_(profile) {}
  void OnEvent(const Event& event) override {
    const std::string id(event.contact_id.view());
    if (event.type == EventType::kReservationCreated) {
      held_[id] = {event.channel, event.units};
      most_ = std::max(most_, held_.size());
      Check();
    } else if (event.type == EventType::kContactEnded) {
      held_.erase(id);
    }
  }
  std::vector<std::string> wrong;
  std::size_t most_held() const { return most_; }

 private:
  void Check() {
    int units = 0;
    std::array<int, kChannelCount> of_channel{};
    for (const auto& [id, one] : held_) {
      units += one.second;
      const auto at = static_cast<std::size_t>(one.first);
      const int most = profile_.contacts_max[at];
      if (++of_channel[at] > most && most > 0) wrong.push_back(id + ": number");
    }
    if (units > profile_.capacity_units) wrong.push_back("units");
  }

  const RoutingProfile profile_;
  std::map<std::string, std::pair<Channel, int>> held_;
  std::size_t most_ = 0;
};

// Each thread brings contacts and ends its own; all go to one agent, whose
// units come back from all of them.
TEST(CapacityTest, UnitsComeBackFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 1'500;
  RoutingProfile profile = With(All(), Channel::kChat, 10, 3);
  profile = With(profile, Channel::kEmail, 25, 0);
  UnitsObserver observer(profile);
  RouterOptions options;
  options.observer = &observer;
  const auto router = *Router::Create(options);
  ASSERT_TRUE(router->Apply(Centre(profile, 1), 0)->applied());
  const AgentHandle agent = *router->FindAgent("a0");
  ASSERT_TRUE(router->SetPresence(agent, kAvailable, 0).ok());
  std::atomic<int> working{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(static_cast<std::uint64_t>(t));
      std::vector<ContactHandle> own;
      for (int i = 0; i < kRounds || !own.empty(); ++i) {
        if (i < kRounds && own.size() < 4) {
          ContactSpec spec;
          spec.id = std::to_string(t) + "-" + std::to_string(i);
          spec.queue = "main";
          constexpr Channel kChannels[] = {Channel::kChat, Channel::kChat,
                                           Channel::kEmail, Channel::kVoice};
          spec.channel = kChannels[random.Uniform(4)];
          const auto submitted = router->Submit(spec, i);
          if (submitted.ok()) own.push_back(submitted->contact);
        }
        if (own.empty() || (i < kRounds && random.Bernoulli(0.3))) continue;
        const std::size_t at = random.Uniform(own.size());
        // It may still wait for its turn.
        if (router->Complete(own[at], i).ok()) {
          own.erase(own.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
          std::this_thread::yield();
        }
      }
      --working;
    });
  }
  while (working > 0) {
    if (router->DrainEvents() == 0) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  while (router->DrainEvents() > 0) {
  }
  EXPECT_THAT(observer.wrong, IsEmpty());
  EXPECT_GT(observer.most_held(), 2U);
  EXPECT_EQ(router->Committed().value, router->LastTicket().value);
  EXPECT_THAT(router->GetAgent(agent)->held, IsEmpty());
  // Every unit has come back: a call needs all of them.
  ContactSpec call;
  call.id = "the last";
  call.queue = "main";
  ASSERT_TRUE(router->Submit(call, kRounds).ok());
  EXPECT_EQ(router->GetAgent(agent)->held.size(), 1U);
}

}  // namespace
}  // namespace relais
