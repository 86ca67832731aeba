// Goal: promises 1, 3 and 4 under eight real threads. Method: stress_run.h;
// what happened is judged from the drained events alone (stream_checker.h).
//
// RELAIS_STRESS_OPS sets the number of operations, RELAIS_STRESS_SEED the seed
// of the draws (the interleaving is the machine's).

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "relais/router.h"
#include "tests/stress/stress_run.h"

namespace relais::stress {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kOperations = 60'000;
#else
constexpr std::uint64_t kOperations = 1'500'000;
#endif

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  std::uint64_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

TEST(StressTest, PromisesHoldUnderEightThreads) {
  const std::uint64_t operations =
      FromEnvironment("RELAIS_STRESS_OPS", kOperations);
  StressRun run;
  auto router = Router::Create(run.Options());
  ASSERT_TRUE(router.ok()) << router.status();
  run.Run(router->get(), operations, FromEnvironment("RELAIS_STRESS_SEED", 1));

  const StreamChecker& checker = run.checker();
  for (const std::string& violation : checker.violations()) {
    ADD_FAILURE() << violation;
  }
  EXPECT_EQ(checker.submitted(), run.accepted_submits());
  EXPECT_EQ(checker.submitted(), checker.ended() + checker.alive());
  EXPECT_EQ(checker.events(), (*router)->LastSequence());
  std::cout << checker.events() << " events, " << checker.submitted()
            << " contacts, " << checker.reservations() << " reservations, "
            << checker.count(EventType::kReservationDeclined) << " declined, "
            << checker.count(EventType::kReservationNoAnswer)
            << " not answered, "
            << checker.count(EventType::kReservationRescinded) << " rescinded; "
            << checker.pairs_ordered() << " pairs compared for order, "
            << checker.pairs_conserved() << " for conservation\n";
  // The run was worth something.
  EXPECT_GT(checker.reservations(), operations / 500);
  EXPECT_GT(checker.pairs_ordered(), operations / 500);
  EXPECT_GT(checker.count(EventType::kReservationDeclined), 0U);
  EXPECT_GT(checker.count(EventType::kReservationNoAnswer), 0U);
  EXPECT_GT(checker.count(EventType::kReservationRescinded), 0U);
}

}  // namespace
}  // namespace relais::stress
