// Goal: agents with levels of their own share few profile classes; a contact
// whose requirement tells them apart goes to an agent that it fits, with the
// fit step that the policies give, also while agents sign in and out, skills
// are changed and classes run out on other threads; full tables are named; and
// the limits are what include/relais/limits.h says. Method: a Router; each
// reservation's fit step is computed again from the configuration. Random
// choices are seeded.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/domain/error.h"
#include "relais/router.h"
#include "tests/engine/class_world.h"

namespace relais {
namespace {

using testing::HasSubstr;

constexpr Presence kAvailable{PresenceState::kAvailable, NotReadyReason::kNone};
constexpr Presence kLoggedOut{PresenceState::kLoggedOut, NotReadyReason::kNone};

class Recorder final : public RouterObserver {
 public:
  void OnEvent(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

std::string SkillName(std::size_t i) { return absl::StrCat("s", i); }

Configuration ACentre(int skills) {
  Configuration configuration;
  configuration.name = "centre";
  for (int i = 0; i < skills; ++i) {
    configuration.skills.push_back({SkillName(std::size_t(i)), ""});
  }
  configuration.routing_profiles = {{"all", 0xFF}};
  ContactQueue queue;
  queue.name = "main";
  queue.channels = 0xFF;
  queue.offer_timeout_ms = 0;  // assigned at once
  configuration.queues.push_back(queue);
  return configuration;
}

AgentConfiguration AnAgent(std::size_t number, std::vector<int> levels) {
  AgentConfiguration agent;
  agent.id = absl::StrCat("a", number);
  agent.routing_profile = "all";
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] > 0) agent.skills.push_back({SkillName(i), levels[i]});
  }
  return agent;
}

void GiveOwnLevels(Configuration* configuration, int agents, Random& random) {
  for (int i = 0; i < agents; ++i) {
    std::vector<int> levels;
    for (std::size_t s = 0; s < configuration->skills.size(); ++s) {
      levels.push_back(1 + static_cast<int>(random.Uniform(10)));
    }
    configuration->agents.push_back(AnAgent(std::size_t(i), levels));
  }
}

CompiledProfile Compiled(const AgentConfiguration& agent) {
  CompiledProfile profile;
  profile.channels = 0xFF;
  for (const AgentSkill& skill : agent.skills) {
    profile.skills.push_back(
        {SkillIdOf(skill.skill), static_cast<std::uint8_t>(skill.level)});
  }
  Normalize(&profile.skills);
  return profile;
}
CompiledRequirement Compiled(const ContactSpec& spec) {
  return CompileRequirement(spec.channel, spec.requirement);
}

ContactSpec AContact(std::string id, std::vector<RequirementTerm> asks) {
  ContactSpec spec;
  spec.id = std::move(id);
  spec.queue = "main";
  spec.requirement.all_of = std::move(asks);
  return spec;
}

struct Centre {
  Centre(Configuration its, const Limits& limits)
      : configuration(std::move(its)) {
    RouterOptions options;
    options.limits = limits;
    options.observer = &recorder;
    auto created = Router::Create(options);
    EXPECT_TRUE(created.ok()) << created.status();
    router = *std::move(created);
  }
  absl::Status Apply() {
    const auto applied = router->Apply(configuration, 1);
    if (!applied.ok()) return applied.status();
    EXPECT_TRUE(applied->applied());
    return absl::OkStatus();
  }
  AgentHandle Agent(std::size_t i) {
    const auto handle = router->FindAgent(configuration.agents[i].id);
    EXPECT_TRUE(handle.ok()) << handle.status();
    return handle.ok() ? *handle : AgentHandle{};
  }
  void SignInAll() {
    for (std::size_t i = 0; i < configuration.agents.size(); ++i) {
      EXPECT_TRUE(router->SetPresence(Agent(i), kAvailable, 2).ok());
    }
  }
  std::vector<Event> Drain() {
    router->DrainEvents();
    return std::exchange(recorder.events, {});
  }

  Configuration configuration;
  Recorder recorder;
  std::unique_ptr<Router> router;
};

std::size_t NumberIn(std::string_view id) {
  std::size_t number = 0;
  EXPECT_TRUE(absl::SimpleAtoi(
      absl::string_view(id.data(), id.size()).substr(1), &number))
      << id;
  return number;
}

// 2,000 agents with levels of their own; contacts that ask for two skills.
class SharedClasses : public testing::Test {
 protected:
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  static constexpr int kAgents = 300;
#else
  static constexpr int kAgents = 2'000;
#endif
  static constexpr std::uint32_t kClasses = kAgents < 512 ? 128 : 256;

  static Limits SmallTables() {
    Limits limits;
    limits.agents = kAgents;
    limits.contacts = 1'000;
    limits.requirement_classes = 64;
    limits.profile_classes = kClasses;
    return limits;
  }
  SharedClasses() : site_(Configured(), SmallTables()) {
    EXPECT_TRUE(site_.Apply().ok());
    site_.SignInAll();
    for (const AgentConfiguration& agent : site_.configuration.agents) {
      profiles_.push_back(Compiled(agent));
      free_.push_back(true);
    }
    site_.Drain();
  }
  static Configuration Configured() {
    Configuration configuration = ACentre(6);
    Random random(11);
    GiveOwnLevels(&configuration, kAgents, random);
    return configuration;
  }
  // Submits it and holds it against the best that a scan of all agents finds.
  void SubmitAndCheck(const ContactSpec& spec, InstantMs now_ms) {
    std::uint8_t best = 0;
    const CompiledRequirement requirement = Compiled(spec);
    for (std::size_t i = 0; i < profiles_.size(); ++i) {
      if (free_[i]) best = std::max(best, CellOf(requirement, profiles_[i]));
    }
    const auto outcome = site_.router->Submit(spec, now_ms);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    std::uint8_t cell = 0;
    for (const Event& event : site_.Drain()) {
      if (event.type != EventType::kReservationCreated) continue;
      const std::size_t agent = NumberIn(event.agent_id.view());
      ASSERT_TRUE(free_[agent]);
      free_[agent] = false;
      cell = static_cast<std::uint8_t>(1 + event.fit_step);
      ASSERT_EQ(cell, CellOf(requirement, profiles_[agent])) << "not its fit";
      classes_.insert(event.profile_class);
      held_.emplace_back(outcome->contact, agent);
    }
    ASSERT_EQ(cell, best) << "a better agent was free";
  }
  void CompleteOne(Random& random, InstantMs now_ms) {
    const std::size_t i = random.Uniform(held_.size());
    ASSERT_TRUE(site_.router->Complete(held_[i].first, now_ms).ok());
    free_[held_[i].second] = true;
    held_[i] = held_.back();
    held_.pop_back();
    site_.Drain();
  }

  Centre site_;
  std::vector<CompiledProfile> profiles_;
  std::vector<bool> free_;
  std::vector<std::pair<ContactHandle, std::size_t>> held_;
  std::set<std::uint32_t> classes_;
};

TEST_F(SharedClasses, TwoThousandAgentsWithTheirOwnLevels) {
  for (int i = 0; i < 10; ++i) {
    SubmitAndCheck(AContact(absl::StrCat("p", i), {}), 3);
  }
  EXPECT_EQ(classes_.size(), 1u) << "nothing tells them apart yet";
  Random random(5);
  for (int i = 0; i < 600; ++i) {
    std::vector<RequirementTerm> asks;
    for (std::size_t s = 0; s < 2; ++s) {
      if (random.Bernoulli(0.4)) continue;
      asks.push_back(
          {SkillName(s), 3 + 3 * static_cast<int>(random.Uniform(3))});
    }
    SubmitAndCheck(AContact(absl::StrCat("c", i), asks), 4 + i);
    if (testing::Test::HasFatalFailure()) return;
    if (held_.size() > 300) CompleteOne(random, 4 + i);
  }
  EXPECT_LE(classes_.size(), 100u) << "ten levels of each skill at most";
  EXPECT_GT(classes_.size(), 20u);
}

TEST_F(SharedClasses, OneTooManyIsRefusedAndChangesNothing) {
  int accepted = 0;
  absl::Status refused;
  ContactSpec spec;
  for (int i = 0; i < 60 && refused.ok(); ++i) {
    spec = AContact(absl::StrCat("c", i),
                    {{SkillName(std::size_t(i % 6)), 1 + i / 6}});
    site_.Drain();
    refused = site_.router->Submit(spec, 3).status();
    if (refused.ok()) ++accepted;
  }
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FieldPathOf(refused), "limits.profile_classes");
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr(absl::StrCat("all ", kClasses, " are in use")));
  EXPECT_GT(accepted, 1);
  EXPECT_TRUE(site_.Drain().empty());
  EXPECT_EQ(site_.router->FindContact(spec.id).status().code(),
            absl::StatusCode::kNotFound);
  // When those contacts have ended, their requirements make room.
  for (int i = 0; i < accepted; ++i) {
    const auto contact = site_.router->FindContact(absl::StrCat("c", i));
    ASSERT_TRUE(contact.ok());
    ASSERT_TRUE(site_.router->Complete(*contact, 4).ok());
  }
  site_.Drain();
  SubmitAndCheck(spec, 5);
}

// Two classes, below 5 and from 5 on, and no room for a third.
TEST(AgentChangeWithoutRoom, ChangesNothing) {
  Limits limits;
  limits.agents = 4;
  limits.contacts = 10;
  limits.profile_classes = 2;
  Centre site(ACentre(1), limits);
  site.configuration.agents = {AnAgent(0, {1}), AnAgent(1, {5})};
  ASSERT_TRUE(site.Apply().ok());
  ASSERT_TRUE(site.router->Submit(AContact("c5", {{SkillName(0), 5}}), 2).ok());
  site.Drain();
  const AgentHandle agent = *site.router->FindAgent("a0");
  AgentChange change;
  change.skills = AnAgent(0, {10}).skills;
  const absl::Status refused =
      site.router->ChangeAgent(agent, change, 3).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FieldPathOf(refused), "limits.profile_classes");
  EXPECT_TRUE(site.Drain().empty());
  std::uint64_t version = 0;
  EXPECT_EQ(site.router->CurrentConfiguration(&version).agents,
            site.configuration.agents);
  EXPECT_EQ(version, 1U);
  // What needs no class of its own is changed.
  change.skills = AnAgent(0, {5}).skills;
  EXPECT_TRUE(site.router->ChangeAgent(agent, change, 4).ok());
}

// --- Threads -----------------------------------------------------------------

class Traffic {
 public:
  static constexpr std::size_t kSubmitters = 4;
  static constexpr std::size_t kAgents = 120;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  static constexpr int kSteps = 400;
#else
  static constexpr int kSteps = 2'500;
#endif

  Traffic() : site_(ACentre(3), SmallTables()) {
    Random random(3);
    GiveOwnLevels(&site_.configuration, kAgents, random);
    other_ = site_.configuration;
    // Every second agent learns something.
    for (std::size_t i = 0; i < kAgents; i += 2) {
      for (AgentSkill& skill : other_.agents[i].skills) {
        skill.level = 1 + static_cast<int>(random.Uniform(10));
      }
    }
    EXPECT_TRUE(site_.Apply().ok());
  }
  void Run() {
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kSubmitters; ++t) {
      threads.emplace_back([this, t] { Submit(t); });
    }
    for (std::uint64_t t = 0; t < 3; ++t) {
      threads.emplace_back([this, t] { SignInAndOut(t); });
    }
    threads.emplace_back([this] { ChangeSkills(); });
    for (std::uint64_t t = 0; t < 2; ++t) {
      threads.emplace_back([this, t] { ChangeAgents(t); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  // Every reservation has the fit of its contact and agent under one of the
  // two configurations.
  void CheckReservations() {
    int reserved = 0;
    for (const Event& event : site_.Drain()) {
      if (event.type != EventType::kReservationCreated) continue;
      ++reserved;
      const std::string id(event.contact_id.view());
      const auto requirement = Compiled(SpecOf(id));
      const std::size_t agent = NumberIn(event.agent_id.view());
      const int cell = 1 + event.fit_step;
      const int now =
          CellOf(requirement, Compiled(site_.configuration.agents[agent]));
      const int then = CellOf(requirement, Compiled(other_.agents[agent]));
      EXPECT_TRUE(cell == now || cell == then)
          << id << " to " << event.agent_id.view() << ": " << cell << ", not "
          << now << " or " << then;
    }
    EXPECT_GT(reserved, kSteps);
  }
  // With all calls over, no free agent stands beside a contact that fits.
  void CheckConservation() {
    const Configuration now = site_.router->CurrentConfiguration(nullptr);
    std::vector<CompiledProfile> free;
    for (const AgentView& view : site_.router->Agents()) {
      if (view.presence != kAvailable || view.work_state != WorkState::kIdle) {
        continue;
      }
      free.push_back(Compiled(now.agents[NumberIn(view.id)]));
    }
    for (std::size_t t = 0; t < kSubmitters; ++t) {
      for (const ContactSpec& spec : submitted_[t]) {
        const auto view = site_.router->GetContact(spec.id);
        ASSERT_TRUE(view.ok()) << view.status();
        if (view->state != ContactState::kWaiting) continue;
        for (const CompiledProfile& profile : free) {
          EXPECT_EQ(CellOf(Compiled(spec), profile), 0)
              << spec.id << " waits beside a free agent that it fits";
        }
      }
    }
  }
  int refused() const { return refused_.load(); }
  int changed() const { return changed_.load(); }
  int agents_changed() const { return agents_changed_.load(); }
  std::uint64_t recycled() const {
    return site_.router->Counters().classes_recycled;
  }

 private:
  static Limits SmallTables() {
    Limits limits;
    limits.agents = kAgents;
    limits.contacts = 2'000;
    limits.requirement_classes = 24;
    limits.profile_classes = 200;
    limits.pending_events = 1U << 18;
    return limits;
  }
  const ContactSpec& SpecOf(const std::string& id) const {
    std::size_t t = 0;
    EXPECT_TRUE(absl::SimpleAtoi(id.substr(id.find('_') + 1), &t));
    return submitted_[t].at(NumberIn(id.substr(0, id.find('_'))));
  }
  void Submit(std::size_t t) {
    Random random(50 + t);
    std::vector<ContactHandle> alive;
    for (int step = 0; step < kSteps; ++step) {
      std::vector<RequirementTerm> asks;
      for (std::size_t s = 0; s < 3; ++s) {
        if (random.Bernoulli(0.6)) continue;
        asks.push_back(
            {SkillName(s), 1 + static_cast<int>(random.Uniform(10))});
      }
      const ContactSpec spec =
          AContact(absl::StrCat("c", submitted_[t].size(), "_", t), asks);
      submitted_[t].push_back(spec);
      const auto outcome = site_.router->Submit(spec, 10 + step);
      if (outcome.ok()) {
        alive.push_back(outcome->contact);
      } else {
        submitted_[t].pop_back();
        refused_.fetch_add(1);
        ASSERT_EQ(outcome.status().code(),
                  absl::StatusCode::kResourceExhausted);
      }
      // One or the other, by where it stands; each contact ends in time.
      while (alive.size() > 4) {
        const std::size_t i = random.Uniform(alive.size());
        if (!site_.router->Complete(alive[i], 10 + step).ok() &&
            !site_.router->Cancel(alive[i], EndReason::kAbandoned, 10 + step)
                 .ok()) {
          continue;  // it was accepted between the two
        }
        alive[i] = alive.back();
        alive.pop_back();
      }
    }
  }
  void SignInAndOut(std::uint64_t t) {
    Random random(70 + t);
    for (int step = 0; step < kSteps; ++step) {
      const auto handle =
          site_.router->FindAgent(absl::StrCat("a", random.Uniform(kAgents)));
      ASSERT_TRUE(handle.ok());
      const Presence& presence =
          random.Bernoulli(0.6) ? kAvailable : kLoggedOut;
      ASSERT_TRUE(site_.router->SetPresence(*handle, presence, 10 + step).ok());
    }
  }
  // What the other threads that change agents let through, sooner or later.
  template <typename Change>
  static absl::Status UntilNotAborted(const Change& change) {
    for (;;) {
      const absl::Status status = change();
      if (!absl::IsAborted(status)) return status;
      std::this_thread::yield();
    }
  }
  void ChangeSkills() {
    for (int step = 0; step < kSteps / 40; ++step) {
      const absl::Status status = UntilNotAborted([&] {
        return site_.router
            ->Apply(step % 2 == 0 ? other_ : site_.configuration, 10 + step)
            .status();
      });
      if (status.ok()) {
        changed_.fetch_add(1);
      } else {
        ASSERT_EQ(FieldPathOf(status), "limits.profile_classes");
      }
    }
  }
  // One by one, as either of the two has them.
  void ChangeAgents(std::uint64_t t) {
    Random random(90 + t);
    for (int step = 0; step < kSteps / 10; ++step) {
      const std::size_t i = 2 * random.Uniform(kAgents / 2);
      const auto handle = site_.router->FindAgent(absl::StrCat("a", i));
      ASSERT_TRUE(handle.ok());
      AgentChange change;
      change.skills = random.Bernoulli(0.5)
                          ? other_.agents[i].skills
                          : site_.configuration.agents[i].skills;
      const absl::Status status = UntilNotAborted([&] {
        return site_.router->ChangeAgent(*handle, change, 10 + step).status();
      });
      if (status.ok()) {
        agents_changed_.fetch_add(1);
      } else {
        ASSERT_EQ(FieldPathOf(status), "limits.profile_classes");
      }
    }
  }

  Centre site_;
  Configuration other_;
  std::vector<ContactSpec> submitted_[kSubmitters];
  std::atomic<int> refused_{0};
  std::atomic<int> changed_{0};
  std::atomic<int> agents_changed_{0};
};

TEST(ClassMergeThreads, EveryReservationFitsAndNobodyWaitsBesideAFreeAgent) {
  Traffic traffic;
  traffic.Run();
  if (testing::Test::HasFatalFailure()) return;
  traffic.CheckReservations();
  traffic.CheckConservation();
  EXPECT_GT(traffic.changed(), 0);
  // How many are refused for want of a class hangs on the threads.
  EXPECT_GT(traffic.agents_changed(), 0);
  EXPECT_GT(traffic.recycled(), 100u);
  EXPECT_LT(traffic.refused(), 2 * Traffic::kSteps) << "half of all";
}

}  // namespace
}  // namespace relais
