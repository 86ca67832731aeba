// Goal: every decision and every event of the engine is the one that
// docs/routing-model.md asks for. Method: random calls on the engine and on
// the naive reference router, compared field by field after each call.
//
// RELAIS_MODEL_SEED runs one seed, RELAIS_MODEL_STEPS that many steps of each.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "relais/router.h"
#include "tests/model/model_run.h"
#include "tests/model/model_world.h"
#include "tests/reference/event_text.h"

namespace relais::model {
namespace {

// 100,000 steps in a release build.
constexpr std::uint64_t kSeeds = 10;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kStepsPerSeed = 1'000;
#else
constexpr std::uint64_t kStepsPerSeed = 10'000;
#endif

// Seeds that once found a fault.
constexpr std::uint64_t kRegressionSeeds[] = {1};

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  std::uint64_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

std::vector<std::uint64_t> Seeds() {
  const std::uint64_t one = FromEnvironment("RELAIS_MODEL_SEED", 0);
  if (one != 0) return {one};
  std::vector<std::uint64_t> seeds(std::begin(kRegressionSeeds),
                                   std::end(kRegressionSeeds));
  for (std::uint64_t seed = 1'001; seed < 1'001 + kSeeds; ++seed) {
    seeds.push_back(seed);
  }
  return seeds;
}

class ModelTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(ModelTest, EngineDecidesAsTheReferenceDoes) {
  reference::EventRecorder events;
  auto router = Router::Create(WorldOptions(&events));
  ASSERT_TRUE(router.ok()) << router.status();
  ModelRun run(GetParam(), router->get(), &events);
  const std::string difference =
      run.Run(FromEnvironment("RELAIS_MODEL_STEPS", kStepsPerSeed));
  EXPECT_EQ(difference, "");
  const RunCounts& counts = run.counts();
  const bool all_rules = GetParam() % 2 == 0 && difference.empty();
  // Every second seed has all rules on at once, all the time.
  if (all_rules) {
    EXPECT_EQ(counts.with_all_rules, counts.calls);
  }
  // Short runs, as under a sanitizer, need not have met the rare ones.
  if (all_rules && counts.calls >= 10'000) {
    EXPECT_GT(
        counts.by_type.at(static_cast<std::size_t>(EventType::kContactWidened)),
        counts.calls / 100);
    EXPECT_GT(counts.tutored, 0U);
    EXPECT_GT(counts.skipped, 0U);
    EXPECT_GT(counts.told_ahead, 0U);
  }
  if (counts.calls >= 1'000 && difference.empty()) {
    const auto& contact_rules = counts.contact_rules;
    const auto& agent_rules = counts.agent_rules;
    EXPECT_GT(contact_rules[static_cast<int>(DecidingRule::kOnly)], 0U);
    EXPECT_GT(contact_rules[static_cast<int>(DecidingRule::kRankKey)], 0U);
    EXPECT_GT(agent_rules[static_cast<int>(DecidingRule::kNone)], 0U);
    EXPECT_GT(agent_rules[static_cast<int>(DecidingRule::kFit)], 0U);
    EXPECT_GT(agent_rules[static_cast<int>(DecidingRule::kAgentOrder)], 0U);
  }
  RecordProperty("events", std::to_string(run.counts().events));
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, ::testing::ValuesIn(Seeds()),
                         [](const auto& info) {
                           return "Seed" + std::to_string(info.param);
                         });

}  // namespace
}  // namespace relais::model
