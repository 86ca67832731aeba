// Goal: a check that fails stops the process and names where and why, in
// release too; one that holds costs nothing visible. Method: death tests.

#include "lib/base/assert.h"

#include "gtest/gtest.h"

namespace relais {
namespace {

TEST(AssertDeathTest, FailingCheckNamesFileConditionAndMessage) {
  const int level = 11;
  EXPECT_DEATH(RELAIS_CHECK(level <= 10, "levels end at 10"),
               "assert_test.cc:[0-9]+: check failed: level <= 10 "
               "\\(levels end at 10\\)");
}

TEST(AssertTest, HoldingCheckEvaluatesItsConditionOnce) {
  int evaluations = 0;
  RELAIS_CHECK(++evaluations == 1, "counted");
  EXPECT_EQ(evaluations, 1);
}

TEST(AssertDeathTest, ExpensiveChecksFollowTheBuild) {
  int evaluations = 0;
#ifdef NDEBUG
  RELAIS_DCHECK(++evaluations == 0, "off in release");
  EXPECT_EQ(evaluations, 0);
#else
  EXPECT_DEATH(RELAIS_DCHECK(++evaluations == 0, "on"), "check failed");
#endif
}

TEST(AssertTest, IsOneStatement) {
  bool other = false;
  if (false)
    RELAIS_CHECK(false, "not reached");
  else
    other = true;
  EXPECT_TRUE(other);
}

}  // namespace
}  // namespace relais
