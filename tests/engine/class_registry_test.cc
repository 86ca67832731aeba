// Goal: whenever a requirement class and a profile class are both handed out,
// their cell says what the policies say; ids are counted, cached and recycled.
// Method: a matrix that records and checks the calls; small tables; four
// threads that create classes of both sides at once, and the same with tables
// so small that ids are recycled all the time.

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
#include "lib/policy/best_fit.h"
#include "lib/policy/eligibility.h"

namespace relais {
namespace {

using testing::HasSubstr;

// Cells as the core keeps them. Any call may come while others run.
class RecordingMatrix : public ClassMatrix {
 public:
  static constexpr std::uint8_t kUnset = 0xFF;

  RecordingMatrix(std::uint32_t requirements, std::uint32_t profiles,
                  std::uint32_t lanes)
      : profiles_(profiles),
        cells_(requirements * profiles),
        kind_(requirements),
        requirement_calls_(requirements),
        kinds_(profiles),
        lane_class_(lanes) {
    for (auto& cell : cells_) cell.store(kUnset);
  }
  void SetRequirementClass(std::uint32_t c, std::uint8_t kind) override {
    kind_.at(c).store(kind);
    requirement_calls_.at(c).fetch_add(1);
  }
  void SetFit(std::uint32_t c, std::uint32_t p, std::uint8_t fit) override {
    cells_.at(c * profiles_ + p).store(fit);
    fits_.fetch_add(1);
  }
  void SetProfileClass(std::uint32_t p, std::uint8_t kinds) override {
    kinds_.at(p).store(kinds);
  }
  void SetLane(std::uint32_t lane, std::uint32_t c) override {
    lane_class_.at(lane).store(c + 1);
  }

  std::uint8_t Cell(std::uint32_t c, std::uint32_t p) const {
    return cells_.at(c * profiles_ + p).load();
  }
  int kind(std::uint32_t c) const { return kind_.at(c).load(); }
  int kinds(std::uint32_t p) const { return kinds_.at(p).load(); }
  int requirement_calls(std::uint32_t c) const {
    return requirement_calls_.at(c).load();
  }
  std::uint32_t LaneClass(std::uint32_t lane) const {
    return lane_class_.at(lane).load() - 1;
  }
  int fits() const { return fits_.load(); }

 private:
  const std::uint32_t profiles_;
  std::vector<std::atomic<std::uint8_t>> cells_;
  std::vector<std::atomic<std::uint8_t>> kind_;
  std::vector<std::atomic<int>> requirement_calls_;
  std::vector<std::atomic<std::uint8_t>> kinds_;
  std::vector<std::atomic<std::uint32_t>> lane_class_;
  std::atomic<int> fits_{0};
};

struct Tables {
  explicit Tables(std::uint32_t requirements = 64, std::uint32_t profiles = 64,
                  std::uint32_t lanes = 64)
      : matrix(requirements, profiles, lanes) {
    Limits limits;
    limits.requirement_classes = requirements;
    limits.profile_classes = profiles;
    limits.lanes = lanes;
    registry = std::make_unique<ClassRegistry>(limits, &matrix);
  }
  std::uint32_t Requirement(const CompiledRequirement& requirement) {
    const auto id = registry->AcquireRequirement(requirement);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : 0;
  }
  std::uint32_t Profile(const CompiledProfile& profile) {
    const auto id = registry->AcquireProfile(profile);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : 0;
  }
  std::uint32_t Lane(std::uint32_t c, DurationMs boost) {
    const auto id = registry->LaneFor(c, boost);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : 0;
  }
  RecordingMatrix matrix;
  std::unique_ptr<ClassRegistry> registry;
};

std::uint8_t CellOf(const CompiledRequirement& requirement,
                    const CompiledProfile& profile) {
  return policy::Accepts(requirement, profile)
             ? static_cast<std::uint8_t>(1 +
                                         policy::FitStep(requirement, profile))
             : 0;
}

CompiledRequirement Asks(std::uint32_t skill, std::uint8_t level) {
  return {Channel::kVoice, {{skill, level}}};
}
CompiledProfile Holds(std::uint32_t skill, std::uint8_t level) {
  return {SetOf(Channel::kVoice), {{skill, level}}};
}

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
  EXPECT_EQ(tables.matrix.requirement_calls(a), 1);
}

TEST(ClassRegistry, CellsAreThereWhicheverSideCameSecond) {
  Tables tables;
  const std::uint32_t c1 = tables.Requirement(Asks(1, 5));
  const std::uint32_t p1 = tables.Profile(Holds(1, 10));
  const std::uint32_t p2 = tables.Profile(Holds(1, 4));
  const std::uint32_t c2 = tables.Requirement(Asks(1, 2));
  EXPECT_EQ(tables.matrix.Cell(c1, p1), 1 + 7);
  EXPECT_EQ(tables.matrix.Cell(c1, p2), 0);
  EXPECT_EQ(tables.matrix.Cell(c2, p1), 1 + 7);
  EXPECT_EQ(tables.matrix.Cell(c2, p2), 1 + 2);
  EXPECT_EQ(tables.matrix.kinds(p1), SetOf(Channel::kVoice));
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
  const auto full = tables.registry->AcquireRequirement(Asks(3, 1));
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
  const auto full_profile = tables.registry->AcquireProfile(Holds(2, 1));
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
  EXPECT_NE(tables.matrix.Cell(a, p1), 0);
  EXPECT_EQ(tables.matrix.Cell(a, p2), 0);
  tables.registry->ReleaseRequirement(a);
  const std::uint32_t b = tables.Requirement(Asks(2, 1));
  ASSERT_EQ(b, a);
  EXPECT_EQ(tables.matrix.Cell(b, p1), 0);
  EXPECT_NE(tables.matrix.Cell(b, p2), 0);
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
          c = tables.registry->AcquireRequirement(requirement);
          p = tables.registry->AcquireProfile(profile);
        } else {
          p = tables.registry->AcquireProfile(profile);
          c = tables.registry->AcquireRequirement(requirement);
        }
        ASSERT_TRUE(may_be_full || (c.ok() && p.ok())) << c.status();
        if (c.ok() && p.ok()) {
          ASSERT_EQ(tables.matrix.Cell(*c, *p), CellOf(requirement, profile));
          ASSERT_EQ(tables.registry->Requirement(*c), requirement);
          ASSERT_EQ(tables.registry->Profile(*p), profile);
          const auto lane = tables.registry->LaneFor(*c, 0);
          if (lane.ok()) {
            ASSERT_EQ(tables.matrix.LaneClass(*lane), *c);
          }
          // Still right after others had the time to write late.
          ASSERT_EQ(tables.matrix.Cell(*c, *p), CellOf(requirement, profile));
          checked.fetch_add(1);
        }
        if (c.ok()) tables.registry->ReleaseRequirement(*c);
        if (p.ok()) tables.registry->ReleaseProfile(*p);
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
          EXPECT_EQ(tables.matrix.Cell(c, p),
                    CellOf(Asks(a, asked), Holds(b, held)));
        }
      }
    }
  }
}

TEST(ClassRegistry, ConcurrentCreationMissesNoCell) {
  for (int round = 0; round < 5; ++round) CreateConcurrently(64, 12, false);
}

TEST(ClassRegistry, ConcurrentRecyclingLeavesNoOldCell) {
  CreateConcurrently(6, 12, true);
}

// A matrix that stops one thread inside a call.
class StoppingMatrix : public RecordingMatrix {
 public:
  using RecordingMatrix::RecordingMatrix;
  void SetFit(std::uint32_t c, std::uint32_t p, std::uint8_t fit) override {
    if (stop_next.exchange(false)) {
      stopped.store(true);
      stopped.notify_all();
      resume.wait(false);
    }
    RecordingMatrix::SetFit(c, p, fit);
  }
  std::atomic<bool> stop_next{false};
  std::atomic<bool> stopped{false};
  std::atomic<bool> resume{false};
};

TEST(ClassRegistry, AStoppedCreatorHoldsUpNobody) {
  StoppingMatrix matrix(2, 2, 2);
  Limits limits;
  limits.requirement_classes = 2;
  limits.profile_classes = 2;
  limits.lanes = 2;
  ClassRegistry registry(limits, &matrix);
  const auto p1 = registry.AcquireProfile(Holds(1, 10));
  ASSERT_TRUE(p1.ok());
  matrix.stop_next.store(true);
  std::thread stopped([&] {
    const auto c = registry.AcquireRequirement(Asks(1, 1));
    EXPECT_TRUE(c.ok());
  });
  matrix.stopped.wait(false);
  // The class it is creating, complete; another one; and the other side.
  const auto same = registry.AcquireRequirement(Asks(1, 1));
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(matrix.Cell(*same, *p1), CellOf(Asks(1, 1), Holds(1, 10)));
  const auto other = registry.AcquireRequirement(Asks(2, 1));
  ASSERT_TRUE(other.ok());
  const auto p2 = registry.AcquireProfile(Holds(2, 5));
  ASSERT_TRUE(p2.ok());
  EXPECT_EQ(matrix.Cell(*same, *p2), 0);
  EXPECT_EQ(matrix.Cell(*other, *p2), CellOf(Asks(2, 1), Holds(2, 5)));
  // It may yet write a cell of p1, so p1's id can't be given away.
  registry.ReleaseProfile(*p1);
  const auto refused = registry.AcquireProfile(Holds(3, 5));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  matrix.resume.store(true);
  matrix.resume.notify_all();
  stopped.join();
  const auto p3 = registry.AcquireProfile(Holds(1, 2));
  ASSERT_TRUE(p3.ok());
  EXPECT_EQ(*p3, *p1);
  EXPECT_EQ(matrix.Cell(*same, *p3), CellOf(Asks(1, 1), Holds(1, 2)));
}

}  // namespace
}  // namespace relais
