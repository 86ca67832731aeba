// Goal: the checker accepts what the lanes promise and rejects what they don't.
// Method: hand-written histories, each beside its nearest neighbour on the
// other side of the line.

#include "tests/linearizability/lane_checker.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "lib/match/front_word.h"

namespace relais::linearizability {
namespace {

using Interval = std::pair<std::uint64_t, std::uint64_t>;

Operation Make(Kind kind, Interval when, std::uint32_t lane) {
  Operation op;
  op.kind = kind;
  op.begin = when.first;
  op.end = when.second;
  op.lane = lane;
  return op;
}
// Of a slot's first life, that became what it asked for.
Operation Push(Interval when, std::uint32_t slot, std::int64_t key,
               std::uint64_t sequence, std::uint32_t lane = 0) {
  Operation op = Make(Kind::kPush, when, lane);
  op.slot = slot;
  op.tag = 1;
  op.key = op.got_key = key;
  op.sequence = op.got_sequence = sequence;
  return op;
}
Operation Became(Operation op, std::int64_t key, std::uint64_t sequence) {
  op.got_key = key;
  op.got_sequence = sequence;
  return op;
}
// Of the word with `tag`.
Operation At(Kind kind, Interval when, std::uint32_t slot, std::uint64_t tag,
             std::int64_t key, std::uint64_t sequence, std::uint32_t lane = 0) {
  Operation op = Make(kind, when, lane);
  op.slot = slot;
  op.tag = tag;
  op.key = key;
  op.sequence = sequence;
  return op;
}
Operation Take(Interval when, std::uint32_t slot, std::int64_t key,
               std::uint64_t sequence) {
  return At(Kind::kTake, when, slot, 2, key, sequence);
}
Operation But(Operation op, Outcome outcome) {
  op.outcome = outcome;
  return op;
}
Operation Empty(Interval when, std::uint32_t lane = 0) {
  return But(Make(Kind::kTake, when, lane), Outcome::kNone);
}
Operation Cancel(Interval when, std::uint32_t slot, std::uint64_t tag) {
  return At(Kind::kCancel, when, slot, tag, 0, 0);
}
Operation Look(Interval when, std::uint32_t lane, std::int64_t key) {
  Operation op = Make(Kind::kLook, when, lane);
  op.image = match::FrontWord::ImageOf(key);
  return op;
}
Operation LookEmpty(Interval when, std::uint32_t lane = 0) {
  Operation op = Make(Kind::kLook, when, lane);
  op.image = match::FrontWord::kEmptyImage;
  return op;
}

using Log = std::vector<Operation>;

bool Allowed(Log first, Log second = {}, Log third = {}) {
  const History history{
      {std::move(first), std::move(second), std::move(third)}};
  return LaneChecker(history).Allowed();
}

TEST(LaneChecker, TakesInOrder) {
  EXPECT_TRUE(
      Allowed({Push({1, 2}, 0, 1, 1), Push({3, 4}, 1, 1, 2),
               Take({5, 6}, 0, 1, 1), Take({7, 8}, 1, 1, 2), Empty({9, 10})}));
  EXPECT_FALSE(Allowed({Push({1, 2}, 0, 1, 1), Push({3, 4}, 1, 1, 2),
                        Take({5, 6}, 1, 1, 2), Take({7, 8}, 0, 1, 1)}));
}

TEST(LaneChecker, MayMissWhatWasPublishedDuringTheTake) {
  const Operation returned = At(Kind::kPlace, {8, 9}, 2, 3, 1, 1);
  const Log returning = {Push({1, 2}, 2, 1, 1), Take({3, 4}, 2, 1, 1),
                         returned};
  const Log first_push = {Push({5, 6}, 1, 5, 2)};
  // The return overlaps the take, and precedes it.
  EXPECT_TRUE(Allowed(returning, first_push, {Take({7, 10}, 1, 5, 2)}));
  EXPECT_FALSE(Allowed(returning, first_push, {Take({10, 11}, 1, 5, 2)}));
}

TEST(LaneChecker, NobodyIsTakenTwice) {
  const Log push = {Push({1, 2}, 0, 1, 1)};
  EXPECT_FALSE(Allowed(push, {Take({3, 6}, 0, 1, 1)}, {Take({4, 7}, 0, 1, 1)}));
  EXPECT_TRUE(Allowed(push, {Take({3, 6}, 0, 1, 1)},
                      {But(Take({4, 7}, 0, 1, 1), Outcome::kLost)}));
}

TEST(LaneChecker, EmptyOnlyIfNothingPublishedWaits) {
  const Log push = {Push({1, 4}, 0, 1, 1)};
  EXPECT_TRUE(Allowed(push, {Empty({2, 3})}));
  EXPECT_TRUE(Allowed(push, {Empty({3, 5})}));
  EXPECT_FALSE(Allowed(push, {Empty({5, 6})}));
  EXPECT_TRUE(Allowed(push, {Empty({5, 6}, 1)}));
  EXPECT_TRUE(Allowed(push, {Empty({5, 8})}, {Cancel({6, 7}, 0, 2)}));
}

TEST(LaneChecker, LosesOnlyAgainstSomebody) {
  const Log push = {Push({1, 2}, 0, 1, 1)};
  const Operation lost = But(Take({3, 4}, 0, 1, 1), Outcome::kLost);
  EXPECT_FALSE(Allowed(push, {lost}));
  EXPECT_FALSE(Allowed(push, {lost}, {Cancel({5, 6}, 0, 2)}));
  EXPECT_TRUE(Allowed(push, {lost}, {Cancel({3, 6}, 0, 2)}));
  // What was cancelled before it began can't have been found.
  const Operation later = But(Take({7, 8}, 0, 1, 1), Outcome::kLost);
  EXPECT_FALSE(Allowed(push, {later}, {Cancel({5, 6}, 0, 2)}));
}

TEST(LaneChecker, PushIsRaisedToTheLanesLatestAndNoFurther) {
  const Operation first = Push({1, 2}, 0, 5, 7);
  const Operation second = Push({3, 4}, 1, 3, 4);
  EXPECT_TRUE(Allowed({first, Became(second, 5, 8)}));
  EXPECT_FALSE(Allowed({first, second}));
  EXPECT_FALSE(Allowed({first, Became(second, 5, 7)}));
  EXPECT_FALSE(Allowed({first, Became(second, 6, 8)}));
  EXPECT_FALSE(Allowed({first, Became(second, 5, 9)}));
  // Nobody waits there: raised or not.
  const Operation ended = Cancel({2, 3}, 0, 2);
  const Operation third = Push({4, 5}, 1, 3, 4);
  EXPECT_TRUE(Allowed({first, ended, third}));
  EXPECT_TRUE(Allowed({first, ended, Became(third, 5, 8)}));
}

TEST(LaneChecker, CancelMayOvertakeLinking) {
  // Cancelled at once, and linked behind what came later: not a single instant.
  EXPECT_TRUE(Allowed({Became(Push({1, 9}, 0, 1, 1), 5, 6)},
                      {Cancel({2, 3}, 0, 2), Push({4, 5}, 1, 5, 5)}));
  EXPECT_FALSE(Allowed({Push({3, 4}, 0, 1, 1)}, {Cancel({1, 2}, 0, 2)}));
  EXPECT_TRUE(Allowed({But(Push({1, 4}, 0, 1, 1), Outcome::kStale)},
                      {Cancel({2, 3}, 0, 1)}));
  EXPECT_FALSE(Allowed({But(Push({1, 4}, 0, 1, 1), Outcome::kStale)}));
}

TEST(LaneChecker, MovesWithoutAMomentInNone) {
  const Log push = {Push({1, 2}, 0, 1, 1)};
  const Operation move = At(Kind::kPlace, {5, 8}, 0, 2, 1, 1, 1);
  const Operation taken = At(Kind::kTake, {9, 10}, 0, 3, 1, 1, 1);
  EXPECT_TRUE(Allowed(push, {move, taken}));
  EXPECT_FALSE(Allowed(push, {move, Take({9, 10}, 0, 1, 1)}));
  EXPECT_FALSE(Allowed(push, {But(move, Outcome::kStale)}));
  EXPECT_TRUE(
      Allowed(push, {But(move, Outcome::kStale)}, {Take({3, 6}, 0, 1, 1)}));
  // Found in the new lane, then in the old one.
  EXPECT_FALSE(Allowed(push, {move},
                       {At(Kind::kTake, {3, 6}, 0, 3, 1, 1, 1),
                        But(Take({7, 9}, 0, 1, 1), Outcome::kLost)}));
}

TEST(LaneChecker, FrontIsALowerBound) {
  const Log push = {Push({1, 4}, 0, 3, 1)};
  EXPECT_TRUE(Allowed(push, {LookEmpty({2, 3})}));
  EXPECT_FALSE(Allowed(push, {LookEmpty({5, 6})}));
  EXPECT_TRUE(Allowed(push, {LookEmpty({5, 6}, 1)}));
  EXPECT_FALSE(Allowed(push, {LookEmpty({5, 6}, kBothLanes)}));
  EXPECT_TRUE(Allowed(push, {Look({5, 6}, 0, 3)}));
  EXPECT_TRUE(Allowed(push, {Look({5, 6}, 0, 2)}));
  EXPECT_FALSE(Allowed(push, {Look({5, 6}, 0, 4)}));
  EXPECT_TRUE(Allowed(push, {Take({5, 6}, 0, 3, 1), LookEmpty({7, 8})}));
}

}  // namespace
}  // namespace relais::linearizability
