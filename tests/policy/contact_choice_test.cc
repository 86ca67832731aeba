// Goal: each mode gives the boost that docs/routing-model.md says.
// Method: a table of one contact's priority and segment in one queue, and the
// order of contacts that each mode makes of the same four.

#include "lib/policy/contact_choice.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "lib/policy/rank_key.h"

namespace relais::policy {
namespace {

constexpr DurationMs kTenYears = 315'360'000'000;

ContactQueue Queue(DurationMs threshold_ms) {
  ContactQueue queue;
  queue.service_level.threshold_ms = threshold_ms;
  return queue;
}

TEST(ContactChoiceTest, BoostOfEachMode) {
  struct Case {
    ContactChoice choice;
    int priority;
    DurationMs segment_credit_ms;
    DurationMs boost_ms;
  };
  const Case cases[] = {
      {ContactChoice::kAged, 0, 0, 0},
      {ContactChoice::kAged, 2, 0, 120'000},
      {ContactChoice::kAged, 0, 45'000, 45'000},
      {ContactChoice::kAged, 9, 45'000, 585'000},
      {ContactChoice::kDeadline, 0, 0, -20'000},
      {ContactChoice::kDeadline, 1, 0, 40'000},
      {ContactChoice::kDeadline, 1, 45'000, 85'000},
      {ContactChoice::kStrict, 0, 0, 0},
      {ContactChoice::kStrict, 0, 45'000, 0},
      {ContactChoice::kStrict, 1, 45'000, kTenYears},
      {ContactChoice::kStrict, 9, 0, 9 * kTenYears},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(BoostOf(test.choice, Queue(20'000), test.priority,
                      test.segment_credit_ms),
              test.boost_ms)
        << "mode " << static_cast<int>(test.choice) << ", priority "
        << test.priority << ", segment " << test.segment_credit_ms;
  }
}

TEST(ContactChoiceTest, TheSameContactsInTheOrderOfEachMode) {
  struct Contact {
    const char* name;
    InstantMs arrival_ms;
    DurationMs threshold_ms;
    int priority;
    DurationMs segment_credit_ms;
  };
  const Contact contacts[] = {
      {"letter", 1'000'000, 86'400'000, 0, 0},
      {"call", 1'400'000, 20'000, 0, 0},
      {"gold call", 1'430'000, 20'000, 0, 50'000},
      {"urgent call", 1'500'000, 60'000, 2, 0},
  };
  const auto order = [&](ContactChoice choice) {
    std::vector<std::pair<std::int64_t, std::string>> keys;
    for (const Contact& contact : contacts) {
      keys.emplace_back(
          RankKey(contact.arrival_ms,
                  BoostOf(choice, Queue(contact.threshold_ms), contact.priority,
                          contact.segment_credit_ms)),
          contact.name);
    }
    std::sort(keys.begin(), keys.end());
    std::string text;
    for (const auto& [key, name] : keys) text += name + "; ";
    return text;
  };
  EXPECT_EQ(order(ContactChoice::kAged),
            "letter; gold call; urgent call; call; ");
  EXPECT_EQ(order(ContactChoice::kDeadline),
            "gold call; call; urgent call; letter; ");
  EXPECT_EQ(order(ContactChoice::kStrict),
            "urgent call; letter; call; gold call; ");
}

}  // namespace
}  // namespace relais::policy
