// Goal: the ordered lists keep (key, sequence) order, find the first entry
// that a judge takes, unlink the dead, recycle nodes within their bound, and
// lose nothing under threads.
// Method: table-like single-threaded cases; a random comparison with a sorted
// vector; a stress run whose entries are counted.

#include "lib/match/ordered_list.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"

namespace relais::match {
namespace {

// Objects with nodes of their own; most tests use the pool alone.
struct Homes {
  explicit Homes(std::uint32_t count)
      : nodes(std::make_unique<ListNode<std::atomic>[]>(count)) {}
  ListNode<std::atomic>& OwnNode(NodeIndex node) { return nodes[node - 1]; }
  std::unique_ptr<ListNode<std::atomic>[]> nodes;
};
using Lists = OrderedLists<std::atomic, Homes>;
using ::testing::ElementsAre;

// Entries are slots; a slot is dead once its flag is set.
class Harness {
 public:
  explicit Harness(std::uint32_t nodes, std::uint32_t slots = 1'024)
      : homes_(4),
        lists_(&homes_, 2, 4, nodes),
        dead_(std::make_unique<std::atomic<bool>[]>(slots)) {}

  auto Judge() {
    return [this](const Found& found) {
      return dead_[found.owner] ? Verdict::kDead : Verdict::kTake;
    };
  }
  bool Append(std::uint32_t slot, std::int64_t key, std::uint32_t list = 0) {
    const NodeIndex node = lists_.TakeFromPool(list, slot, 1);
    if (node == kNoNode) return false;
    lists_.Append(list, node, key, ++sequence_);
    return true;
  }
  void Insert(std::uint32_t slot, std::int64_t key, std::uint64_t sequence,
              std::uint32_t list = 0) {
    const NodeIndex node = lists_.TakeFromPool(list, slot, 1);
    ASSERT_NE(node, kNoNode);
    lists_.Insert(list, node, key, sequence);
  }
  void Kill(std::uint32_t slot, std::uint32_t list = 0) {
    dead_[slot] = true;
    lists_.EntryDied(list, Judge());
  }
  std::vector<std::uint32_t> Live(std::uint32_t list = 0) {
    std::vector<std::uint32_t> slots;
    Found unused{};
    lists_.FindFirst(
        list,
        [&](const Found& found) {
          if (dead_[found.owner]) return Verdict::kDead;
          slots.push_back(found.owner);
          return Verdict::kPass;
        },
        &unused);
    return slots;
  }
  Lists& lists() { return lists_; }

 private:
  Homes homes_;
  Lists lists_;
  std::unique_ptr<std::atomic<bool>[]> dead_;
  std::atomic<std::uint64_t> sequence_{0};
};

TEST(OrderedListTest, AppendsKeepArrivalOrder) {
  Harness harness(16);
  harness.Append(5, 100);
  harness.Append(6, 100);
  harness.Append(7, 200);
  EXPECT_THAT(harness.Live(), ElementsAre(5, 6, 7));
}

TEST(OrderedListTest, AppendWithAnEarlierKeyTakesTheLastOnesKey) {
  Harness harness(16);
  harness.Append(1, 200);
  harness.Append(2, 100);
  Found found{};
  ASSERT_TRUE(harness.lists().FindFirst(0, harness.Judge(), &found));
  EXPECT_EQ(found.owner, 1u);
  harness.Kill(1);
  ASSERT_TRUE(harness.lists().FindFirst(0, harness.Judge(), &found));
  EXPECT_EQ(found.owner, 2u);
  EXPECT_EQ(found.key, 200);
}

TEST(OrderedListTest, AReturnGoesToItsOldPlace) {
  Harness harness(16);
  harness.Append(1, 100);  // sequence 1
  harness.Append(2, 100);  // 2
  harness.Append(3, 300);  // 3
  harness.Kill(2);
  harness.Insert(4, 100, 2);
  harness.Insert(5, 50, 9);
  harness.Insert(6, 300, 4);
  EXPECT_THAT(harness.Live(), ElementsAre(5, 1, 4, 3, 6));
}

TEST(OrderedListTest, ListsAreIndependent) {
  Harness harness(16);
  harness.Append(1, 1, 0);
  harness.Append(2, 2, 1);
  EXPECT_THAT(harness.Live(0), ElementsAre(1));
  EXPECT_THAT(harness.Live(1), ElementsAre(2));
}

TEST(OrderedListTest, AFullPoolIsAnAnswerAndRoomComesBack) {
  Harness harness(8);
  for (std::uint32_t slot = 0; slot < 8; ++slot) {
    ASSERT_TRUE(harness.Append(slot, slot));
  }
  EXPECT_FALSE(harness.Append(9, 9));
  for (std::uint32_t slot = 0; slot < 8; ++slot) harness.Kill(slot);
  harness.lists().SweepAll(harness.Judge());
  EXPECT_TRUE(harness.Append(9, 9));
  EXPECT_THAT(harness.Live(), ElementsAre(9));
}

// Nobody ever reads the front, and the oldest entry lives for ever: cancelled
// entries behind it must still be given back.
TEST(OrderedListTest, DeadEntriesBehindALiveOneAreReclaimedWithoutReaders) {
  Harness harness(64, 100'001);
  harness.Append(0, 0);
  for (std::uint32_t slot = 1; slot <= 100'000; ++slot) {
    ASSERT_TRUE(harness.Append(slot, slot)) << "at " << slot;
    harness.Kill(slot);
  }
  EXPECT_LE(harness.lists().pool_touched(), 16u);
  EXPECT_THAT(harness.Live(), ElementsAre(0));
}

// An own node is free again once its entry was unlinked; a dead last one stays
// behind others, so that appends find their place.
TEST(OrderedListTest, AnOwnNodeIsTakenAgainAfterItWasUnlinked) {
  Harness harness(8);
  Lists& lists = harness.lists();
  ASSERT_TRUE(lists.TakeOwn(1, 0, 5, 1));
  lists.Append(0, 1, 10, 1);
  EXPECT_FALSE(lists.TakeOwn(1, 0, 5, 2));
  harness.Kill(5);
  EXPECT_THAT(harness.Live(), ElementsAre());
  EXPECT_TRUE(lists.Empty(0));
  ASSERT_TRUE(lists.TakeOwn(1, 0, 7, 2));
  harness.Append(6, 20);
  lists.Append(0, 1, 30, 9);
  harness.Kill(7);
  EXPECT_THAT(harness.Live(), ElementsAre(6));
  EXPECT_FALSE(lists.TakeOwn(1, 0, 8, 3)) << "the last one was given away";
  harness.Append(9, 40);
  EXPECT_THAT(harness.Live(), ElementsAre(6, 9));
  EXPECT_TRUE(lists.TakeOwn(1, 0, 8, 3));
  EXPECT_EQ(lists.pool_touched(), 2u);
}

TEST(OrderedListTest, AppendTellsWhatItWasLinkedBehind) {
  Harness harness(8);
  Lists& lists = harness.lists();
  const NodeIndex a = lists.TakeFromPool(0, 1, 7);
  const Linked first = lists.Append(0, a, 100, 5);
  EXPECT_TRUE(first.last);
  EXPECT_EQ(first.before.node, kNoNode);
  const NodeIndex b = lists.TakeFromPool(0, 2, 8);
  const Linked second = lists.Append(0, b, 90, 3);
  EXPECT_EQ(second.before.node, a);
  EXPECT_EQ(second.before.tag, 7u);
  EXPECT_EQ(second.key, 100);
  EXPECT_EQ(second.sequence, 6u);
  const NodeIndex c = lists.TakeFromPool(0, 3, 9);
  EXPECT_FALSE(lists.Insert(0, c, 50, 1).last);
}

TEST(OrderedListTest, AgreesWithASortedVector) {
  constexpr std::uint64_t kSeed = 20'261'121;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  Harness harness(512, 20'000);
  struct Item {
    std::int64_t key;
    std::uint64_t sequence;
    std::uint32_t slot;
  };
  std::vector<Item> model;
  std::uint64_t next_sequence = 1'000'000;
  for (std::uint32_t slot = 0; slot < 20'000; ++slot) {
    if (model.size() < 200 && random.Uniform(3) != 0) {
      const Item item{static_cast<std::int64_t>(random.Uniform(50)),
                      next_sequence++, slot};
      harness.Insert(slot, item.key, item.sequence);
      model.push_back(item);
    } else if (!model.empty()) {
      const std::size_t at = random.Uniform(model.size());
      harness.Kill(model[at].slot);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (slot % 100 != 0) continue;
    std::sort(model.begin(), model.end(), [](const Item& a, const Item& b) {
      return a.key != b.key ? a.key < b.key : a.sequence < b.sequence;
    });
    std::vector<std::uint32_t> expected;
    for (const Item& item : model) expected.push_back(item.slot);
    ASSERT_EQ(harness.Live(), expected) << "after " << slot;
  }
}

// Each thread appends its own slots and takes whatever is first; every slot is
// taken once, and each producer's own slots in their order.
TEST(OrderedListTest, ThreadsLoseAndDoubleNothing) {
  constexpr std::uint32_t kThreads = 4;
  constexpr std::uint32_t kEach = 20'000;
  Homes homes(1);
  Lists lists(&homes, 1, 1, 4'096);
  // 0 waiting, 1 taken.
  auto taken = std::make_unique<std::atomic<std::uint32_t>[]>(kThreads * kEach);
  const auto judge = [&](const Found& found) {
    return taken[found.owner].load() == 0 ? Verdict::kTake : Verdict::kDead;
  };
  std::atomic<std::uint32_t> count{0};
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const auto take = [&] {
        Found found{};
        if (!lists.FindFirst(0, judge, &found)) return false;
        std::uint32_t expected = 0;
        if (taken[found.owner].compare_exchange_strong(expected, 1)) {
          lists.EntryDied(0, judge);
          count.fetch_add(1);
        }
        return true;
      };
      for (std::uint32_t i = 0; i < kEach; ++i) {
        const std::uint32_t slot = thread * kEach + i;
        NodeIndex node = lists.TakeFromPool(0, slot, 1);
        while (node == kNoNode) {
          take();
          node = lists.TakeFromPool(0, slot, 1);
        }
        lists.Append(0, node, i, i + 1);
        if (i % 2 == 1) {
          take();
          take();
        }
      }
      while (take()) {
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count.load(), kThreads * kEach);
}

}  // namespace
}  // namespace relais::match
