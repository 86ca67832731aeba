// Goal: an agent's one work state says what is most pressing of all it holds.
// Method: every choice of states, in every order.

#include "relais/agent.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"
#include "relais/types.h"

namespace relais {
namespace {

constexpr WorkState kReserved = WorkState::kReserved;
constexpr WorkState kHandling = WorkState::kHandling;
constexpr WorkState kWrapUp = WorkState::kWrapUp;

struct Case {
  std::vector<WorkState> states;  // rising
  WorkState expected;
};

TEST(WorkStateOfAgent, HandlingThenWrapUpThenReserved) {
  const std::vector<Case> cases = {
      {{}, WorkState::kIdle},
      {{kReserved}, kReserved},
      {{kHandling}, kHandling},
      {{kWrapUp}, kWrapUp},
      {{kReserved, kReserved}, kReserved},
      {{kReserved, kHandling}, kHandling},
      {{kReserved, kWrapUp}, kWrapUp},
      {{kHandling, kWrapUp}, kHandling},
      {{kReserved, kHandling, kWrapUp}, kHandling},
      {{kReserved, kReserved, kWrapUp}, kWrapUp},
  };
  for (const Case& one : cases) {
    std::vector<WorkState> order = one.states;
    do {
      std::vector<HeldContact> held;
      for (const WorkState state : order) {
        held.emplace_back().state = state;
      }
      EXPECT_EQ(WorkStateOf(held), one.expected)
          << ::testing::PrintToString(order);
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

}  // namespace
}  // namespace relais
