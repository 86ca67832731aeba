// Goal: recorded histories of eight threads through the Router are runs that
// the design's order allows. Method: history_run.h records, history_judge.h
// replays into the reference router and judges.
//
// RELAIS_HISTORY_SECONDS sets how long (five minutes:
//   RELAIS_HISTORY_SECONDS=300 build/release/test_bin/history_test),
// RELAIS_STRESS_SEED the seed of the draws (the interleaving is the machine's).

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "relais/router.h"
#include "tests/stress/history_run.h"

namespace relais::stress {
namespace {

constexpr std::uint64_t kSeconds = 20;
constexpr std::size_t kCallsAThread = 250;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  std::uint64_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

TEST(HistoryTest, RecordedRunsAreAllowed) {
  const std::chrono::seconds seconds(
      FromEnvironment("RELAIS_HISTORY_SECONDS", kSeconds));
  HistoryRun run(FromEnvironment("RELAIS_STRESS_SEED", 1));
  auto router = Router::Create(run.Options());
  ASSERT_TRUE(router.ok()) << router.status();
  const auto end = std::chrono::steady_clock::now() + seconds;
  run.Run(router->get(), kCallsAThread,
          [&] { return std::chrono::steady_clock::now() >= end; });

  const HistoryJudge& judge = run.judge();
  for (const std::string& violation : judge.violations()) {
    ADD_FAILURE() << violation;
  }
  std::cout << run.rounds() << " histories, " << judge.calls() << " calls, "
            << judge.events() << " events, "
            << judge.count(EventType::kReservationCreated) << " reservations, "
            << judge.count(EventType::kReservationDeclined) << " declined, "
            << judge.count(EventType::kReservationNoAnswer) << " not answered, "
            << judge.count(EventType::kReservationRescinded) << " rescinded, "
            << judge.count(EventType::kContactWidened) << " widened, "
            << judge.count(EventType::kAgentChanged) << " agents changed, "
            << judge.count(EventType::kConfigurationApplied)
            << " configurations, " << judge.count(EventType::kAgentRemoved)
            << " agents removed; judged: " << judge.pairs_ordered()
            << " pairs for order, " << judge.pairs_conserved()
            << " for conservation, " << judge.refusals_judged() << " refusals, "
            << judge.views_judged() << " views\n";
  EXPECT_GT(judge.pairs_ordered(), 0U);
  // A short run, or one of a sanitizer on a busy machine, may not come to all.
  constexpr std::uint64_t kCallsForAll = 100'000;
  if (judge.calls() < kCallsForAll) {
    std::cout << "too few calls to ask that everything has happened\n";
    return;
  }
  // The run was worth something.
  for (const EventType type :
       {EventType::kContactSubmitted, EventType::kContactEnded,
        EventType::kReservationCreated, EventType::kReservationAccepted,
        EventType::kReservationDeclined, EventType::kReservationNoAnswer,
        EventType::kReservationRescinded, EventType::kPresenceChanged,
        EventType::kWrapUpEnded, EventType::kAgentRemoved,
        EventType::kConfigurationApplied, EventType::kContactWidened,
        EventType::kAgentChanged}) {
    EXPECT_GT(judge.count(type), 0U) << EventTypeName(type);
  }
  EXPECT_GT(judge.pairs_ordered(), judge.calls() / 20);
  EXPECT_GT(judge.pairs_conserved(), judge.calls() / 1'000);
}

}  // namespace
}  // namespace relais::stress
