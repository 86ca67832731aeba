// A story: steps, each an instant, a command (tests/reference/centre.h) and the
// events that must follow.
//
// A suite is a class of its own, so that its stories have its name:
//   class ChoiceTest : public ::testing::TestWithParam<StoryCase> {};
//   TEST_P(ChoiceTest, Story) { RunStory(GetParam(), BankConfiguration()); }
//
// Thread safety: plain values; RunStory uses a centre of its own.

#ifndef RELAIS_TESTS_REFERENCE_STORY_H_
#define RELAIS_TESTS_REFERENCE_STORY_H_

#include <initializer_list>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/centre.h"
#include "tests/reference/router_factories.h"

namespace relais::reference {

struct Step {
  InstantMs now_ms;
  const char* command;
  const char* answer;
};

struct Story {
  const char* name;
  std::vector<Step> steps;

  friend void PrintTo(const Story& story, std::ostream* out) {
    *out << story.name;
  }
};

inline void RunStory(const std::tuple<RouterFactory, Story>& one,
                     const Configuration& configuration) {
  const auto& [factory, story] = one;
  Centre centre(factory, {}, configuration);
  for (const Step& step : story.steps) {
    EXPECT_EQ(centre.Do(step.now_ms, step.command), step.answer)
        << story.name << " at " << step.now_ms << ": " << step.command;
  }
}

// Each story on each router of this binary: the parameters of a suite.
using StoryCase = std::tuple<RouterFactory, Story>;

inline auto OnEachRouter(std::initializer_list<std::vector<Story>> tables) {
  std::vector<Story> all;
  for (const std::vector<Story>& stories : tables) {
    all.insert(all.end(), stories.begin(), stories.end());
  }
  return ::testing::Combine(::testing::ValuesIn(RouterFactories()),
                            ::testing::ValuesIn(all));
}

inline std::string StoryCaseName(
    const ::testing::TestParamInfo<StoryCase>& info) {
  return std::get<0>(info.param).name + std::get<1>(info.param).name;
}

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_STORY_H_
