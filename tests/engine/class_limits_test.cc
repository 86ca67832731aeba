// Goal: the limits that include/relais/limits.h promises at once: 50,000 agents
// with levels of their own, 4,096 requirement classes and 16,384 profile
// classes, each named when it is full; and a Router of 1,000,000 contacts.
// Method: fourteen skills that a contact wants at level 10, so that an agent's
// class is the set of those that it has at 10, whatever its other levels are;
// agents have all 16,384 sets.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/domain/error.h"
#include "relais/router.h"

namespace relais {
namespace {

constexpr Presence kAvailable{PresenceState::kAvailable, NotReadyReason::kNone};
constexpr int kSkills = 14;
constexpr std::uint32_t kSets = 1U << kSkills;
constexpr std::uint32_t kAgents = 50'000;

class Recorder final : public RouterObserver {
 public:
  void OnEvent(const Event& event) override {
    if (event.type == EventType::kReservationCreated) reserved.push_back(event);
  }
  std::vector<Event> reserved;
};

std::string SkillName(int i) { return absl::StrCat("s", i); }

// What a contact asks that wants each skill of `set` at level 10.
std::vector<RequirementTerm> AllOf(std::uint32_t set) {
  std::vector<RequirementTerm> asks;
  for (int i = 0; i < kSkills; ++i) {
    if ((set >> i & 1) != 0) asks.push_back({SkillName(i), 10});
  }
  return asks;
}

// The smallest sets first: with the single skills among them, they tell all
// agents' sets apart.
std::vector<std::uint32_t> SetsBySize() {
  std::vector<std::uint32_t> sets;
  for (std::uint32_t set = 0; set < kSets; ++set) sets.push_back(set);
  std::stable_sort(sets.begin(), sets.end(),
                   [](std::uint32_t a, std::uint32_t b) {
                     return std::popcount(a) < std::popcount(b);
                   });
  return sets;
}

std::uint32_t SetOfAgent(std::uint32_t agent) { return agent % kSets; }

Configuration FullCentre(std::uint32_t queues) {
  Configuration configuration;
  configuration.name = "full";
  for (int i = 0; i < kSkills; ++i) {
    configuration.skills.push_back({SkillName(i), ""});
  }
  configuration.routing_profiles = {{"voice", SetOf(Channel::kVoice)}};
  const std::vector<std::uint32_t> sets = SetsBySize();
  for (std::uint32_t i = 0; i < queues; ++i) {
    ContactQueue queue;
    queue.name = absl::StrCat("q", i);
    queue.channels = SetOf(Channel::kVoice);
    queue.offer_timeout_ms = 0;
    queue.requirement.all_of = AllOf(sets[i]);
    configuration.queues.push_back(queue);
  }
  Random random(9);
  for (std::uint32_t i = 0; i < kAgents; ++i) {
    AgentConfiguration agent;
    agent.id = absl::StrCat("a", i);
    agent.routing_profile = "voice";
    for (int s = 0; s < kSkills; ++s) {
      const int below = 1 + static_cast<int>(random.Uniform(9));
      agent.skills.push_back(
          {SkillName(s), (SetOfAgent(i) >> s & 1) != 0 ? 10 : below});
    }
    configuration.agents.push_back(agent);
  }
  return configuration;
}

TEST(ClassLimits, FiftyThousandAgentsInAllClassesThereAre) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "200 million cells are too many under a sanitizer; "
                  "class_split_test fills small tables there";
#endif
  Recorder recorder;
  RouterOptions options;
  options.observer = &recorder;
  options.limits.agents = kAgents;
  options.limits.contacts = 10'000;
  options.limits.requirement_classes = kRequirementClassesCeiling;
  options.limits.profile_classes = kProfileClassesCeiling;
  options.limits.lanes = 10'000;
  static_assert(kRequirementClassesCeiling == 4'096);
  static_assert(kProfileClassesCeiling == 16'384);
  auto created = Router::Create(options);
  ASSERT_TRUE(created.ok()) << created.status();
  Router& router = **created;
  const Configuration configuration = FullCentre(4'095);
  const auto applied = router.Apply(configuration, 1);
  ASSERT_TRUE(applied.ok()) << applied.status();
  ASSERT_TRUE(applied->applied());
  // Every 64th and the last sixteen thousand sign in, so that each set is
  // there; first those of the rarest skills.
  for (std::uint32_t i = kAgents - kSets; i < kAgents; ++i) {
    const auto agent = router.FindAgent(absl::StrCat("a", i));
    ASSERT_TRUE(agent.ok());
    ASSERT_TRUE(router.SetPresence(*agent, kAvailable, 2).ok());
    if (i % 4'096 == 0) router.DrainEvents();
  }
  const auto submit = [&](std::string id, std::string queue,
                          std::vector<RequirementTerm> asks) {
    ContactSpec spec;
    spec.id = std::move(id);
    spec.queue = std::move(queue);
    spec.requirement.all_of = std::move(asks);
    return router.Submit(spec, 3).status();
  };
  // One more class of profiles would be one too many; one of contacts is the
  // last, and the next one too many.
  const absl::Status apart = submit("apart", "q0", {{SkillName(0), 9}});
  EXPECT_EQ(apart.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FieldPathOf(apart), "limits.profile_classes") << apart;
  EXPECT_TRUE(submit("last", "q0", AllOf(0x3FFF)).ok());
  const absl::Status full = submit("one", "q0", AllOf(0x1FFF));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FieldPathOf(full), "limits.requirement_classes") << full;
  // Everybody is found by the right class.
  const std::vector<std::uint32_t> sets = SetsBySize();
  for (std::uint32_t i = 0; i < 4'095; i += 9) {
    ASSERT_TRUE(submit(absl::StrCat("c", i), absl::StrCat("q", i), {}).ok());
  }
  router.DrainEvents();
  ASSERT_EQ(recorder.reserved.size(), 4'095 / 9 + 1);
  for (const Event& event : recorder.reserved) {
    const std::string id(event.agent_id.view());
    const std::uint32_t has = SetOfAgent(std::uint32_t(std::stoul(&id[1])));
    const std::string queue(event.queue.view());
    const std::uint32_t asked = event.contact_id.view() == "last"
                                    ? 0x3FFF
                                    : sets[std::stoul(&queue[1])];
    EXPECT_EQ(has & asked, asked) << id << " was given " << queue;
  }
}

TEST(ClassLimits, ARouterOfAMillionContacts) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "its tables take gigabytes under a sanitizer";
#endif
  Recorder recorder;
  RouterOptions options;
  options.observer = &recorder;
  options.limits.contacts = 1'000'000;
  Configuration configuration;
  configuration.name = "many";
  ContactQueue queue;
  queue.name = "main";
  queue.channels = SetOf(Channel::kVoice);
  configuration.queues = {queue};
  auto created = Router::Create(options);
  ASSERT_TRUE(created.ok()) << created.status();
  Router& router = **created;
  ASSERT_TRUE(router.Apply(configuration, 1)->applied());
  ContactSpec spec;
  spec.queue = "main";
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    spec.id = absl::StrCat("c", i);
    ASSERT_TRUE(router.Submit(spec, 2).ok()) << i;
    if (i % 16'384 == 0) router.DrainEvents();
  }
  spec.id = "one more";
  const absl::Status full = router.Submit(spec, 2).status();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FieldPathOf(full), "limits.contacts") << full;
  EXPECT_EQ(router.Queues().at(0).waiting, 1'000'000u);
}

}  // namespace
}  // namespace relais
