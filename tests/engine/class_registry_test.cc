// Goal: whenever a requirement class and a profile class are both handed out,
// their cell says what the policies say; ids are counted, cached and recycled.
// Method: a matrix that records and checks the calls; small tables; four
// threads that create classes of both sides at once, and the same with tables
// so small that ids are recycled all the time. Splits and merges are in
// class_split_test.cc.

#include "lib/engine/class_registry.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/domain/error.h"
#include "tests/engine/class_world.h"

namespace relais {
namespace {

using testing::HasSubstr;

TEST(ClassRegistry, TheSameContentIsTheSameClass) {
  Tables tables;
  const std::uint32_t a = tables.Requirement(Asks(1, 3));
  const std::uint32_t b = tables.Requirement(Asks(1, 4));
  EXPECT_NE(a, b);
  EXPECT_EQ(tables.Requirement(Asks(1, 3)), a);
  EXPECT_EQ(tables.registry->Requirement(b), Asks(1, 4));
  CompiledRequirement mail = Asks(1, 3);
  mail.channel = Channel::kMail;
  const std::uint32_t c = tables.Requirement(mail);
  EXPECT_NE(c, a);
  EXPECT_EQ(tables.matrix.kind(c), static_cast<int>(Channel::kMail));
  EXPECT_EQ(tables.matrix.order(c), 0);
  EXPECT_EQ(tables.matrix.requirement_calls(a), 1);
}

TEST(ClassRegistry, CellsAreThereWhicheverSideCameSecond) {
  Tables tables;
  const std::uint32_t c1 = tables.Requirement(Asks(1, 5));
  const std::uint32_t p1 = tables.Profile(Holds(1, 10));
  const std::uint32_t p2 = tables.Profile(Holds(1, 4));
  const std::uint32_t c2 = tables.Requirement(Asks(1, 2));
  EXPECT_EQ(tables.Cell(c1, p1), 1 + 7);
  EXPECT_EQ(tables.Cell(c1, p2), 0);
  EXPECT_EQ(tables.Cell(c2, p1), 1 + 7);
  EXPECT_EQ(tables.Cell(c2, p2), 1 + 2);
}

TEST(ClassRegistry, AnUnusedClassStaysCachedWithItsCells) {
  Tables tables;
  tables.Profile(Holds(1, 10));
  const std::uint32_t c = tables.Requirement(Asks(1, 5));
  tables.registry->ReleaseRequirement(c);
  const int fits = tables.matrix.fits();
  EXPECT_EQ(tables.Requirement(Asks(1, 5)), c);
  EXPECT_EQ(tables.matrix.fits(), fits) << "written again for nothing";
  EXPECT_EQ(tables.matrix.requirement_calls(c), 1);
  EXPECT_EQ(tables.registry->recycled(), 0u);
}

TEST(ClassRegistry, FullIsAnAnswerAndRoomComesBack) {
  Tables tables(2, 1);
  const std::uint32_t a = tables.Requirement(Asks(1, 1));
  const std::uint32_t b = tables.Requirement(Asks(2, 1));
  tables.registry->AddRequirementReference(b);
  tables.registry->ReleaseRequirement(b);
  const auto full = tables.TryRequirement(Asks(3, 1));
  EXPECT_EQ(full.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.status().message()),
              HasSubstr("limits.requirement_classes: all 2"));
  EXPECT_EQ(FieldPathOf(full.status()), "limits.requirement_classes");
  tables.registry->ReleaseRequirement(a);
  EXPECT_EQ(tables.Requirement(Asks(3, 1)), a);
  EXPECT_EQ(tables.registry->Requirement(a), Asks(3, 1));
  EXPECT_EQ(tables.matrix.requirement_calls(a), 2);
  EXPECT_EQ(tables.registry->recycled(), 1u);

  const std::uint32_t p = tables.Profile(Holds(1, 1));
  const auto full_profile = tables.TryProfile(Holds(2, 1));
  EXPECT_THAT(std::string(full_profile.status().message()),
              HasSubstr("limits.profile_classes: all 1"));
  tables.registry->ReleaseProfile(p);
  EXPECT_EQ(tables.Profile(Holds(2, 1)), p);
}

TEST(ClassRegistry, TheClassReleasedLeastRecentlyIsRecycled) {
  Tables tables(3);
  const std::uint32_t a = tables.Requirement(Asks(1, 1));
  const std::uint32_t b = tables.Requirement(Asks(2, 1));
  const std::uint32_t c = tables.Requirement(Asks(3, 1));
  for (const std::uint32_t id : {a, b, c}) {
    tables.registry->ReleaseRequirement(id);
  }
  // Used once more: now the last to go.
  tables.registry->ReleaseRequirement(tables.Requirement(Asks(1, 1)));
  EXPECT_EQ(tables.Requirement(Asks(4, 1)), b);
  EXPECT_EQ(tables.Requirement(Asks(5, 1)), c);
  EXPECT_EQ(tables.Requirement(Asks(6, 1)), a);
}

TEST(ClassRegistry, ARecycledClassGetsItsOwnCells) {
  Tables tables(1, 2);
  const std::uint32_t p1 = tables.Profile(Holds(1, 10));
  const std::uint32_t p2 = tables.Profile(Holds(2, 10));
  const std::uint32_t a = tables.Requirement(Asks(1, 1));
  EXPECT_NE(tables.Cell(a, p1), 0);
  EXPECT_EQ(tables.Cell(a, p2), 0);
  tables.registry->ReleaseRequirement(a);
  const std::uint32_t b = tables.Requirement(Asks(2, 1));
  ASSERT_EQ(b, a);
  EXPECT_EQ(tables.Cell(b, p1), 0);
  EXPECT_NE(tables.Cell(b, p2), 0);
}

TEST(ClassRegistry, OneLaneForEachBoost) {
  Tables tables;
  const std::uint32_t a = tables.Requirement(Asks(1, 1));
  const std::uint32_t b = tables.Requirement(Asks(2, 1));
  const std::set<std::uint32_t> lanes = {tables.Lane(a, 0), tables.Lane(a, 60),
                                         tables.Lane(b, 0), tables.Lane(b, 60)};
  EXPECT_EQ(lanes, (std::set<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(tables.matrix.LaneClass(tables.Lane(a, 60)), a);
  EXPECT_EQ(tables.matrix.LaneClass(tables.Lane(b, 0)), b);
  EXPECT_EQ(tables.Lane(a, 0), tables.Lane(a, 0));
}

TEST(ClassRegistry, LanesOfUnusedClassesAreTakenBackWhenNoneIsLeft) {
  Tables tables(4, 1, 2);
  const std::uint32_t a = tables.Requirement(Asks(1, 1));
  const std::uint32_t low = tables.Lane(a, 10);
  const std::uint32_t high = tables.Lane(a, 500);
  const std::uint32_t b = tables.Requirement(Asks(2, 1));
  const auto full = tables.registry->LaneFor(b, 70);
  EXPECT_EQ(full.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.status().message()),
              HasSubstr("limits.lanes: all 2"));
  tables.registry->ReleaseRequirement(a);
  EXPECT_EQ((std::set<std::uint32_t>{tables.Lane(b, 70), tables.Lane(b, 80)}),
            (std::set<std::uint32_t>{low, high}));
  EXPECT_EQ(tables.matrix.LaneClass(low), b);
  // Used again, the first class has none of them any more.
  ASSERT_EQ(tables.Requirement(Asks(1, 1)), a);
  EXPECT_FALSE(tables.registry->LaneFor(a, 10).ok());
}

TEST(ClassRegistry, ARecycledClassGivesItsLanesBack) {
  Tables tables(1, 1, 2);
  const std::uint32_t a = tables.Requirement(Asks(1, 1));
  tables.Lane(a, 0);
  tables.Lane(a, 60);
  tables.registry->ReleaseRequirement(a);
  const std::uint32_t b = tables.Requirement(Asks(2, 1));
  EXPECT_EQ(b, a);
  EXPECT_NE(tables.Lane(b, 0), tables.Lane(b, 90));
}

// Four threads create and release classes of both sides. Whoever holds a
// class of each side must find their cell right at every moment.
void CreateConcurrently(std::uint32_t capacity, std::uint32_t skills,
                        bool may_be_full) {
  constexpr int kThreads = 4;
  constexpr int kSteps = 3'000;
  Tables tables(capacity, capacity, 2 * capacity);
  std::atomic<int> checked{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(40 + t);
      for (int step = 0; step < kSteps; ++step) {
        const auto skill = static_cast<std::uint32_t>(random.Uniform(skills));
        const CompiledRequirement requirement =
            Asks(skill, static_cast<std::uint8_t>(1 + random.Uniform(2)));
        const CompiledProfile profile =
            Holds(static_cast<std::uint32_t>(
                      random.Bernoulli(0.7) ? skill : random.Uniform(skills)),
                  static_cast<std::uint8_t>(1 + random.Uniform(2)));
        absl::StatusOr<std::uint32_t> c = absl::UnknownError("");
        absl::StatusOr<std::uint32_t> p = absl::UnknownError("");
        if (random.Bernoulli(0.5)) {
          c = tables.TryRequirement(requirement);
          p = tables.TryProfile(profile);
        } else {
          p = tables.TryProfile(profile);
          c = tables.TryRequirement(requirement);
        }
        ASSERT_TRUE(may_be_full || (c.ok() && p.ok())) << c.status();
        const auto agent = static_cast<std::uint32_t>(t);
        if (p.ok()) {
          ASSERT_EQ(tables.registry->Profile(*p), profile);
          tables.agents->Give(agent, *p, profile);
        }
        if (c.ok() && p.ok()) {
          ASSERT_EQ(tables.KnownCell(*c, agent), CellOf(requirement, profile));
          ASSERT_EQ(tables.registry->Requirement(*c), requirement);
          const auto lane = tables.registry->LaneFor(*c, 0);
          if (lane.ok()) {
            ASSERT_EQ(tables.matrix.LaneClass(*lane), *c);
          }
          // Still right after others had the time to write late.
          ASSERT_EQ(tables.KnownCell(*c, agent), CellOf(requirement, profile));
          checked.fetch_add(1);
        }
        if (c.ok()) tables.registry->ReleaseRequirement(*c);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(checked.load(), kThreads * kSteps / 20);
  if (may_be_full) {
    EXPECT_GT(tables.registry->recycled(), 100u);
    return;
  }
  // All cells afterwards, of the classes as they are.
  for (std::uint32_t a = 0; a < skills; ++a) {
    for (std::uint32_t b = 0; b < skills; ++b) {
      for (const std::uint8_t asked : {1, 2}) {
        for (const std::uint8_t held : {1, 2}) {
          const std::uint32_t c = tables.Requirement(Asks(a, asked));
          const std::uint32_t p = tables.Profile(Holds(b, held));
          EXPECT_EQ(tables.Cell(c, p), CellOf(Asks(a, asked), Holds(b, held)));
        }
      }
    }
  }
}

TEST(ClassRegistry, ConcurrentCreationMissesNoCell) {
  for (int round = 0; round < 5; ++round) CreateConcurrently(64, 12, false);
}

// One id, which each thread wants for one or another content: who has it keeps
// it, also when it was unused a moment ago.
TEST(ClassRegistry, AClassInUseAgainIsNotRecycled) {
  Tables tables(1, 1, 1);
  std::atomic<int> had{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 3; ++t) {
    threads.emplace_back([&tables, &had, t] {
      Random random(t);
      for (int step = 0; step < 20'000; ++step) {
        const CompiledRequirement own =
            Asks(static_cast<std::uint32_t>(random.Uniform(2)), 5);
        const auto c = tables.TryRequirement(own);
        if (!c.ok()) continue;
        ASSERT_EQ(tables.registry->Requirement(*c), own);
        tables.registry->ReleaseRequirement(*c);
        had.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(had.load(), 20'000);
  EXPECT_GT(tables.registry->recycled(), 2u);
}

TEST(ClassRegistry, ConcurrentRecyclingLeavesNoOldCell) {
  CreateConcurrently(6, 12, true);
}

}  // namespace
}  // namespace relais
