// A story: steps, each an instant, a command (tests/reference/centre.h) and the
// events that must follow.
//
// Thread safety: plain values; RunStory uses a centre of its own.

#ifndef RELAIS_TESTS_REFERENCE_STORY_H_
#define RELAIS_TESTS_REFERENCE_STORY_H_

#include <ostream>
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

inline void RunStory(const RouterFactory& factory, const Story& story,
                     const Configuration& configuration) {
  Centre centre(factory, {}, configuration);
  for (const Step& step : story.steps) {
    EXPECT_EQ(centre.Do(step.now_ms, step.command), step.answer)
        << story.name << " at " << step.now_ms << ": " << step.command;
  }
}

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_STORY_H_
