// Shows that the model test can fail, and that it reaches what it is for: the
// reference is run against itself, then against itself with one small fault.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/model_run.h"
#include "tests/model/model_world.h"
#include "tests/reference/event_text.h"
#include "tests/reference/forwarding_router.h"
#include "tests/reference/reference_router.h"

namespace relais::model {
namespace {

using reference::EventRecorder;
using reference::ForwardingRouter;
using reference::ReferenceRouter;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint64_t kSteps = 5'000;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kStepsUntilEverything = 10'000;
#else
constexpr std::uint64_t kStepsUntilEverything = 80'000;
#endif

template <typename Faulty>
std::string RunWith(std::uint64_t steps, RunCounts* counts) {
  EventRecorder events;
  auto router = ReferenceRouter::Create(WorldOptions(&events));
  if (!router.ok()) return router.status().ToString();
  Faulty subject(router->get());
  ModelRun run(1, &subject, &events);
  std::string result = run.Run(steps);
  if (counts != nullptr) *counts = run.counts();
  return result;
}

TEST(ModelSelfTest, ReferenceAgreesWithItselfAndEverythingHappens) {
  RunCounts counts;
  EXPECT_THAT(RunWith<ForwardingRouter>(kStepsUntilEverything, &counts),
              IsEmpty());
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  return;  // too short a run to meet what is rare
#endif
  for (int type = static_cast<int>(EventType::kConfigurationApplied);
       type <= static_cast<int>(kEventTypeLast); ++type) {
    EXPECT_GT(counts.by_type[static_cast<std::size_t>(type)], 20U)
        << EventTypeName(static_cast<EventType>(type));
  }
  EXPECT_GT(counts.skipped, 20U);
  EXPECT_GT(counts.repeated, 20U);
  EXPECT_GT(counts.tutored, 20U);
  for (int i = 0; i < kPassedOverCount; ++i) {
    EXPECT_GT(counts.passed_over[static_cast<std::size_t>(i)], 20U)
        << PassedOverName(static_cast<PassedOver>(i));
  }
  EXPECT_GT(counts.told_ahead, 20U);
  EXPECT_GT(counts.told_later_ring, 20U);
  EXPECT_GT(counts.full, 20U);
  EXPECT_GT(counts.pulled, 20U);
  EXPECT_GT(counts.declines_forgotten, 20U);
  EXPECT_GT(counts.ids_forgotten, 20U);
  // Most calls do something.
  EXPECT_LT(counts.refused, counts.calls / 2);
}

class LateRetry final : public ForwardingRouter {
 public:
  using ForwardingRouter::ForwardingRouter;
  absl::StatusOr<Outcome> Decline(AgentHandle agent, ContactHandle contact,
                                  std::uint64_t attempt,
                                  std::optional<DurationMs> retry_after_ms,
                                  InstantMs now_ms) override {
    if (retry_after_ms == 5'000) retry_after_ms = 5'001;
    return ForwardingRouter::Decline(agent, contact, attempt, retry_after_ms,
                                     now_ms);
  }
};

class HastyDeadlines final : public ForwardingRouter {
 public:
  using ForwardingRouter::ForwardingRouter;
  std::size_t RunDue(InstantMs now_ms, std::size_t limit) override {
    return ForwardingRouter::RunDue(now_ms + 1, limit);
  }
};

class LateNextDue final : public ForwardingRouter {
 public:
  using ForwardingRouter::ForwardingRouter;
  std::optional<InstantMs> NextDue() const override {
    const std::optional<InstantMs> due = ForwardingRouter::NextDue();
    if (!due.has_value()) return due;
    return *due + 1;
  }
};

class DeafToPauses final : public ForwardingRouter {
 public:
  using ForwardingRouter::ForwardingRouter;
  absl::StatusOr<Outcome> SetPresence(AgentHandle agent, Presence presence,
                                      InstantMs now_ms) override {
    if (presence.reason == NotReadyReason::kMeal) {
      presence.reason = NotReadyReason::kBreak;
    }
    return ForwardingRouter::SetPresence(agent, presence, now_ms);
  }
};

class LosesDrains final : public ForwardingRouter {
 public:
  using ForwardingRouter::ForwardingRouter;
  std::size_t DrainEvents() override {
    return ++calls_ % 300 == 0 ? 0 : ForwardingRouter::DrainEvents();
  }

 private:
  int calls_ = 0;
};

TEST(ModelSelfTest, EveryFaultIsSeen) {
  EXPECT_THAT(RunWith<LateRetry>(kSteps, nullptr), HasSubstr("declin"));
  EXPECT_THAT(RunWith<HastyDeadlines>(kSteps, nullptr), Not(IsEmpty()));
  EXPECT_THAT(RunWith<LateNextDue>(kSteps, nullptr),
              HasSubstr("NextDue is late"));
  EXPECT_THAT(RunWith<DeafToPauses>(kSteps, nullptr), HasSubstr("pre"));
  EXPECT_THAT(RunWith<LosesDrains>(kSteps, nullptr),
              HasSubstr("the last calls"));
}

}  // namespace
}  // namespace relais::model
