// Goal: an ended id is found until its time or until too many ended after it,
// the oldest goes first over all shards, and nothing is counted twice.
// Method: small cases, a bounded table over many shards, four threads.

#include "lib/engine/retained_ids.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/fingerprint.h"

namespace relais {
namespace {

RetainedId Ended(const std::string& id, InstantMs ended_ms) {
  RetainedId retained;
  retained.content = FingerprintOf(id);
  retained.view.id = id;
  retained.view.state = ContactState::kEnded;
  retained.view.end_reason = EndReason::kCompleted;
  retained.view.ended_ms = ended_ms;
  retained.view.attributes = {{"key", "value"}};
  retained.outcome.arrival_ms = ended_ms - 10;
  return retained;
}

TEST(RetainedIds, FindsWhatWasRememberedWithoutAttributes) {
  RetainedIds ids(10, 1'000);
  bool earlier = false;
  EXPECT_TRUE(ids.Remember(Ended("a", 50), &earlier));
  EXPECT_TRUE(earlier);
  const std::optional<RetainedId> found = ids.Find("a");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->content, FingerprintOf("a"));
  EXPECT_EQ(found->view.end_reason, EndReason::kCompleted);
  EXPECT_EQ(found->outcome.arrival_ms, 40);
  EXPECT_TRUE(found->view.attributes.empty());
  EXPECT_FALSE(ids.Find("b").has_value());
}

TEST(RetainedIds, TheSameIdTwiceIsRefusedAndTheFirstKept) {
  RetainedIds ids(10, 1'000);
  EXPECT_TRUE(ids.Remember(Ended("a", 50)));
  bool earlier = true;
  EXPECT_FALSE(ids.Remember(Ended("a", 60), &earlier));
  EXPECT_FALSE(earlier);
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(ids.Find("a")->view.ended_ms, 50);
}

TEST(RetainedIds, ForgetsWhenDueAndNotBefore) {
  RetainedIds ids(10, 1'000);
  EXPECT_EQ(ids.NextDue(), std::nullopt);
  ids.Remember(Ended("a", 50));
  ids.Remember(Ended("b", 60));
  ids.Remember(Ended("c", 70));
  EXPECT_EQ(ids.NextDue(), 1'050);
  EXPECT_EQ(ids.ForgetDue(1'049, 100), 0u);
  EXPECT_EQ(ids.ForgetDue(1'065, 100), 2u);
  EXPECT_FALSE(ids.Find("a").has_value());
  EXPECT_FALSE(ids.Find("b").has_value());
  EXPECT_TRUE(ids.Find("c").has_value());
  EXPECT_EQ(ids.NextDue(), 1'070);
  EXPECT_EQ(ids.forgotten(), 0u);
  // Once forgotten, the id may come again.
  EXPECT_TRUE(ids.Remember(Ended("a", 80)));
  EXPECT_EQ(ids.ForgetDue(5'000, 1), 1u);
  EXPECT_EQ(ids.ForgetDue(5'000, 100), 1u);
  EXPECT_EQ(ids.size(), 0u);
  EXPECT_EQ(ids.NextDue(), std::nullopt);
}

TEST(RetainedIds, BeyondTheLimitTheOldestOfAllShardsIsForgottenAndCounted) {
  constexpr std::uint32_t kMax = 100;
  RetainedIds ids(kMax, 1'000);
  for (int i = 0; i < 1'000; ++i) {
    ids.Remember(Ended("contact-" + std::to_string(i), i));
    ASSERT_LE(ids.size(), kMax);
  }
  EXPECT_EQ(ids.size(), kMax);
  EXPECT_EQ(ids.forgotten(), 900u);
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(ids.Find("contact-" + std::to_string(i)).has_value(), i >= 900)
        << i;
  }
  EXPECT_EQ(ids.NextDue(), 1'900);
}

TEST(RetainedIds, AnEndBehindAnotherOfItsShardWaitsForThatOne) {
  RetainedIds ids(10, 1'000);
  std::string other = "x";
  while (RetainedIds::ShardOf(other) != RetainedIds::ShardOf("a")) other += "x";
  ids.Remember(Ended("a", 100));
  ids.Remember(Ended(other, 90));
  EXPECT_EQ(ids.ForgetDue(1'095, 10), 0u);
  EXPECT_TRUE(ids.Find(other).has_value());
  EXPECT_EQ(ids.ForgetDue(1'100, 10), 2u);
}

TEST(RetainedIds, SpreadsIdsOverAllShards) {
  std::vector<int> seen(RetainedIds::kShards, 0);
  for (int i = 0; i < 2'000; ++i) {
    ++seen[RetainedIds::ShardOf("contact-" + std::to_string(i))];
  }
  EXPECT_THAT(seen, testing::Each(testing::Gt(0)));
}

TEST(RetainedIds, FourThreadsKeepTheCount) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5'000;
  constexpr std::uint32_t kMax = 64;
  RetainedIds ids(kMax, 10);
  std::atomic<std::uint64_t> due_forgotten{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        ASSERT_TRUE(ids.Remember(Ended(id, i)));
        ASSERT_LE(ids.size(), kMax + kThreads);
        if (i % 7 == 0) due_forgotten.fetch_add(ids.ForgetDue(i - 20, 3));
        const auto found = ids.Find(id);  // may have been displaced by others
        if (found.has_value()) {
          ASSERT_EQ(found->content, FingerprintOf(id));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(ids.size(), kMax);
  EXPECT_EQ(ids.size() + ids.forgotten() + due_forgotten.load(),
            std::uint64_t{kThreads} * kEach);
  const std::size_t left = ids.size();
  EXPECT_EQ(ids.ForgetDue(1'000'000, 1'000'000), left);
  EXPECT_EQ(ids.size(), 0u);
}

}  // namespace
}  // namespace relais
