// Goal: profiles that agree on every requirement class in use share one class
// of the core; a requirement class that tells some apart is handed out only
// when every agent is in the core as one of a class with its own cell; a
// refusal comes only when no partition would fit; nobody waits for a thread
// that was stopped while telling.
// Method: hand-made splits and merges; 20,000 random steps against a model that
// compares all pairs after each; eight threads that check the cell by which the
// core knows each agent; threads stopped in the middle.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
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

TEST(ClassSplit, ProfilesThatAgreeShareAClassUntilOneTellsThemApart) {
  Tables tables;
  for (std::uint8_t level = 1; level <= 10; ++level) {
    tables.SignIn(level, Holds(1, level));
  }
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 1u);
  const int tells = tables.agents->tells();
  // Levels 1..4 are not eligible; 5 to 10 fit in the steps 0, 1, 3, 4, 6, 7.
  const std::uint32_t five = tables.Requirement(Asks(1, 5));
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 7u);
  EXPECT_EQ(tables.agents->tells() - tells, 6) << "the largest part stays";
  for (std::uint8_t level = 1; level <= 10; ++level) {
    EXPECT_EQ(tables.KnownCell(five, level),
              CellOf(Asks(1, 5), Holds(1, level)));
  }
  // Nobody has that skill: nothing to tell apart.
  const int after = tables.agents->tells();
  tables.Requirement(Asks(2, 1));
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 7u);
  EXPECT_EQ(tables.agents->tells(), after);
  // A new content that agrees with a class joins it.
  const std::uint32_t joined =
      tables.Profile({SetOf(Channel::kVoice), {{1, 3}, {7, 3}}});
  EXPECT_EQ(tables.registry->ClassOf(joined),
            tables.registry->ClassOf(tables.agents->profile(3)));
}

TEST(ClassSplit, ASplitCopiesTheColumn) {
  Tables tables;
  tables.SignIn(1, {SetOf(Channel::kVoice), {{1, 10}, {2, 3}}});
  tables.SignIn(2, {SetOf(Channel::kVoice), {{1, 10}, {2, 9}}});
  std::map<std::uint32_t, CompiledRequirement> held;
  for (std::uint8_t level = 1; level <= 9; ++level) {
    held[tables.Requirement(Asks(1, level))] = Asks(1, level);
  }
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 1u);
  held[tables.Requirement(Asks(2, 5))] = Asks(2, 5);
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 2u);
  for (const auto& [c, requirement] : held) {
    for (const std::uint32_t agent : {1u, 2u}) {
      EXPECT_EQ(tables.KnownCell(c, agent),
                CellOf(requirement, tables.agents->content(agent)));
    }
  }
}

TEST(ClassSplit, WhenIdsAreWantedUnusedRequirementsAreForgottenAndItMerges) {
  Tables tables(64, 3);
  for (std::uint32_t agent = 0; agent < 3; ++agent) {
    tables.SignIn(agent, Holds(agent + 1, 5));
  }
  const std::uint32_t a = tables.Requirement(Asks(1, 5));
  const std::uint32_t b = tables.Requirement(Asks(2, 5));
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 3u);
  tables.SignIn(3, {SetOf(Channel::kVoice), {{1, 5}, {4, 5}}});
  // 4 would be told apart from 1.
  const auto full = tables.TryRequirement(Asks(4, 5));
  EXPECT_EQ(full.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.status().message()),
              HasSubstr("limits.profile_classes: all 3"));
  EXPECT_EQ(FieldPathOf(full.status()), "limits.profile_classes");
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 3u);
  const auto apart =
      tables.TryProfile({SetOf(Channel::kVoice), {{1, 5}, {2, 5}}});
  EXPECT_EQ(FieldPathOf(apart.status()), "limits.profile_classes");
  EXPECT_EQ(tables.KnownCell(a, 0), CellOf(Asks(1, 5), Holds(1, 5)));
  // Cached it still tells apart; wanted, its classes are merged.
  tables.registry->ReleaseRequirement(b);
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 3u);
  const std::uint32_t d = tables.Requirement(Asks(4, 5));
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 3u);
  for (std::uint32_t agent = 0; agent < 4; ++agent) {
    for (const auto& [c, asks] : {std::pair(a, 1), std::pair(d, 4)}) {
      EXPECT_EQ(
          tables.KnownCell(c, agent),
          CellOf(Asks(std::uint32_t(asks), 5), tables.agents->content(agent)));
    }
  }
}

TEST(ClassSplit, TheLastContentTakesItsClassWithIt) {
  Tables tables(4, 2);
  tables.Requirement(Asks(1, 5));
  tables.SignIn(0, Holds(1, 5));
  tables.SignIn(1, Holds(1, 4));
  EXPECT_FALSE(tables.TryProfile(Holds(1, 10)).ok());
  tables.agents->Remove(0);
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 1u);
  tables.SignIn(0, Holds(1, 10));
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 2u);
}

// As many distinct contents as two agents have slots for, and no more.
TEST(ClassSplit, ContentsAreBoundedByTheAgents) {
  RecordingMatrix matrix(4, 4, 4);
  Limits limits;
  limits.requirement_classes = limits.profile_classes = limits.lanes = 4;
  limits.agents = 16;
  ClassRegistry registry(limits, &matrix);
  const auto nobody = [](std::uint32_t) {};
  std::uint32_t skill = 0;
  absl::StatusOr<std::uint32_t> profile = 0u;
  while (profile.ok() && skill < 1'000) {
    profile = registry.AcquireProfile(Holds(++skill, 1), nobody);
  }
  EXPECT_EQ(skill - 1, 2 * 16 + 2 + 64);
  EXPECT_EQ(FieldPathOf(profile.status()), "limits.agents");
  registry.ReleaseProfile(0);
  EXPECT_TRUE(registry.AcquireProfile(Holds(1'001, 1), nobody).ok());
  EXPECT_EQ(registry.profile_classes_in_use(), 1u);
}

// --- Random steps against a model --------------------------------------------

constexpr std::uint32_t kSkills = 5;

std::uint8_t Level(Random& random) {
  return static_cast<std::uint8_t>(1 + random.Uniform(10));
}

CompiledRequirement AnyRequirement(Random& random) {
  CompiledRequirement requirement;
  requirement.channel =
      random.Bernoulli(0.8) ? Channel::kVoice : Channel::kMail;
  for (std::uint32_t skill = 0; skill < kSkills; ++skill) {
    if (random.Bernoulli(0.3)) {
      requirement.all_of.push_back({skill, Level(random)});
    }
  }
  return requirement;
}

CompiledProfile AnyProfile(Random& random) {
  CompiledProfile profile;
  profile.channels = SetOf(Channel::kVoice);
  if (random.Bernoulli(0.5)) profile.channels |= SetOf(Channel::kMail);
  for (std::uint32_t skill = 0; skill < kSkills; ++skill) {
    if (random.Bernoulli(0.6)) profile.skills.push_back({skill, Level(random)});
  }
  return profile;
}

class RandomRun {
 public:
  RandomRun(std::uint64_t seed, std::uint32_t requirements,
            std::uint32_t classes)
      : random_(seed),
        requirements_(requirements),
        classes_(classes),
        tables_(requirements, classes) {}

  void Step() {
    switch (random_.Uniform(8)) {
      case 0:
      case 1:
      case 2:
        Acquire();
        break;
      case 3:
      case 4:
        Release();
        break;
      case 5:
        tables_.agents->Remove(AnyAgent());
        break;
      default:
        SignIn();
    }
    Check();
  }
  int refused() const { return refused_; }
  int splits() const { return splits_; }
  std::uint64_t recycled() const { return tables_.registry->recycled(); }
  int tells() const { return tables_.agents->tells(); }

 private:
  static constexpr std::uint32_t kAgents = 40;

  std::uint32_t AnyAgent() {
    return static_cast<std::uint32_t>(random_.Uniform(kAgents));
  }
  // Profile classes that no partition could do without.
  std::size_t Needed(const CompiledRequirement* requirement,
                     const CompiledProfile* profile) const {
    std::vector<CompiledRequirement> rows;
    for (const auto& [c, held] : held_) rows.push_back(held.first);
    if (requirement != nullptr) rows.push_back(*requirement);
    std::set<std::vector<std::uint8_t>> columns;
    const auto add = [&](const CompiledProfile& content) {
      std::vector<std::uint8_t> column;
      for (const auto& row : rows) column.push_back(CellOf(row, content));
      columns.insert(column);
    };
    for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
      if (tables_.agents->there(agent)) add(tables_.agents->content(agent));
    }
    if (profile != nullptr) add(*profile);
    return columns.size();
  }
  void Acquire() {
    const CompiledRequirement requirement = AnyRequirement(random_);
    const std::uint32_t before = tables_.registry->profile_classes_in_use();
    const auto c = tables_.TryRequirement(requirement);
    if (c.ok()) {
      auto& held = held_[*c];
      ASSERT_TRUE(held.second == 0 || held.first == requirement);
      held.first = requirement;
      ++held.second;
      if (tables_.registry->profile_classes_in_use() > before) ++splits_;
      return;
    }
    ++refused_;
    if (FieldPathOf(c.status()) == "limits.requirement_classes") {
      ASSERT_EQ(held_.size(), requirements_);
    } else {
      ASSERT_EQ(FieldPathOf(c.status()), "limits.profile_classes");
      ASSERT_GT(Needed(&requirement, nullptr), classes_);
    }
  }
  void Release() {
    if (held_.empty()) return;
    auto held = held_.begin();
    std::advance(held, random_.Uniform(held_.size()));
    tables_.registry->ReleaseRequirement(held->first);
    if (--held->second.second == 0) held_.erase(held);
  }
  void SignIn() {
    const CompiledProfile profile = AnyProfile(random_);
    const auto id = tables_.TryProfile(profile);
    if (id.ok()) {
      tables_.agents->Give(AnyAgent(), *id, profile);
      return;
    }
    ++refused_;
    ASSERT_EQ(FieldPathOf(id.status()), "limits.profile_classes");
    ASSERT_GT(Needed(nullptr, &profile), classes_);
  }
  void Check() {
    ASSERT_LE(tables_.registry->profile_classes_in_use(), classes_);
    for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
      if (!tables_.agents->there(agent)) continue;
      const auto known = tables_.agents->Known(agent);
      ASSERT_EQ(known.profile_class,
                tables_.registry->ClassOf(tables_.agents->profile(agent)))
          << "a move not told";
      for (const auto& [c, held] : held_) {
        ASSERT_EQ(tables_.matrix.Cell(c, known.profile_class),
                  CellOf(held.first, tables_.agents->content(agent)));
      }
    }
  }

  Random random_;
  const std::size_t requirements_;
  const std::size_t classes_;
  Tables tables_;
  // By class: content and references.
  std::map<std::uint32_t, std::pair<CompiledRequirement, int>> held_;
  int refused_ = 0;
  int splits_ = 0;
};

void RunAgainstTheModel(std::uint32_t requirements, std::uint32_t classes,
                        int refused_min) {
  int refused = 0;
  int splits = 0;
  std::uint64_t recycled = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    RandomRun run(seed, requirements, classes);
    for (int step = 0; step < 1'000; ++step) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << " step " << step);
      run.Step();
      if (testing::Test::HasFatalFailure()) return;
    }
    refused += run.refused();
    splits += run.splits();
    recycled += run.recycled();
  }
  EXPECT_GE(refused, refused_min);
  EXPECT_GT(splits, 50);
  EXPECT_GT(recycled, 50u);
}

TEST(ClassSplitModel, RoomForAllClasses) { RunAgainstTheModel(24, 64, 0); }
TEST(ClassSplitModel, FewProfileClasses) { RunAgainstTheModel(24, 12, 50); }
TEST(ClassSplitModel, FewRequirementClasses) { RunAgainstTheModel(5, 30, 50); }
TEST(ClassSplitModel, FewOfBoth) { RunAgainstTheModel(4, 4, 50); }

// --- Threads -----------------------------------------------------------------

// Half bring requirements and check every agent by each; half sign agents in
// and out with other contents.
void RunThreads(std::uint32_t requirements, std::uint32_t classes,
                bool may_be_full) {
  constexpr std::uint32_t kAgentsEach = 6;
  constexpr int kSteps = 1'500;
  Tables tables(requirements, classes);
  std::atomic<int> checked{0};
  std::atomic<int> refused{0};
  const auto bring = [&](std::uint64_t seed) {
    Random random(seed);
    // The last four stay in use, so that tables do become full.
    std::deque<std::pair<std::uint32_t, CompiledRequirement>> held;
    for (int step = 0; step < kSteps; ++step) {
      const CompiledRequirement requirement = AnyRequirement(random);
      const auto c = tables.TryRequirement(requirement);
      if (!c.ok()) {
        ASSERT_TRUE(may_be_full) << c.status();
        refused.fetch_add(1);
        continue;
      }
      held.emplace_back(*c, requirement);
      if (held.size() > 4) {
        tables.registry->ReleaseRequirement(held.front().first);
        held.pop_front();
      }
      for (std::uint32_t agent = 0; agent < 4 * kAgentsEach; ++agent) {
        for (const auto& [id, asked] : held) {
          Agents::Told known;
          const std::uint8_t cell = tables.KnownCell(id, agent, &known);
          if (!known.there) continue;
          ASSERT_EQ(cell, CellOf(asked, known.content));
          checked.fetch_add(1);
        }
      }
    }
    for (const auto& [id, asked] : held)
      tables.registry->ReleaseRequirement(id);
  };
  const auto sign = [&](std::uint64_t seed, std::uint32_t first) {
    Random random(seed);
    for (int step = 0; step < kSteps; ++step) {
      const auto agent =
          first + static_cast<std::uint32_t>(random.Uniform(kAgentsEach));
      if (random.Bernoulli(0.2)) {
        tables.agents->Remove(agent);
        continue;
      }
      const CompiledProfile content = AnyProfile(random);
      const auto profile = tables.TryProfile(content);
      if (profile.ok()) {
        tables.agents->Give(agent, *profile, content);
      } else {
        ASSERT_TRUE(may_be_full) << profile.status();
        refused.fetch_add(1);
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back(bring, 100 + t);
    threads.emplace_back(sign, 200 + t, t * kAgentsEach);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(checked.load(), 4 * kSteps);
  EXPECT_EQ(refused.load() > 0, may_be_full);
  EXPECT_GT(tables.registry->recycled(), 100u);
}

TEST(ClassSplitThreads, RoomForAll) { RunThreads(24, 64, false); }
TEST(ClassSplitThreads, TablesThatAreFull) { RunThreads(6, 8, true); }

// Stops the first thread that tells, until the test goes on.
class Stop {
 public:
  void Here() {
    if (!armed_.exchange(false)) return;
    stopped_.store(true);
    stopped_.notify_all();
    resume_.wait(false);
  }
  bool was_here() const { return stopped_.load(); }
  void Arm() { armed_.store(true); }
  void AwaitStopped() { stopped_.wait(false); }
  void Resume() {
    resume_.store(true);
    resume_.notify_all();
  }

 private:
  std::atomic<bool> armed_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> resume_{false};
};

// A thread that acquires a requirement and is stopped before it tells anybody.
class StoppedAcquirer {
 public:
  StoppedAcquirer(Tables& tables, CompiledRequirement requirement) {
    stop_.Arm();
    thread_ = std::thread([this, &tables, requirement] {
      const auto c = tables.registry->AcquireRequirement(
          requirement, [&](std::uint32_t agent) {
            stop_.Here();
            tables.agents->Tell(agent);
          });
      EXPECT_TRUE(c.ok()) << c.status();
      EXPECT_TRUE(stop_.was_here()) << "nobody was to be told";
      stop_.Here();
    });
    stop_.AwaitStopped();
  }
  void GoOn() {
    stop_.Resume();
    thread_.join();
  }

 private:
  Stop stop_;
  std::thread thread_;
};

// By the cell that the core would use, for every agent.
void CheckAll(const Tables& tables, std::uint32_t c,
              const CompiledRequirement& asked) {
  for (std::uint32_t agent = 0; agent < Tables::kAgents; ++agent) {
    if (!tables.agents->there(agent)) continue;
    EXPECT_EQ(tables.KnownCell(c, agent),
              CellOf(asked, tables.agents->content(agent)))
        << "agent " << agent;
  }
}

TEST(ClassSplitThreads, AThreadStoppedWhileTellingHoldsUpNobody) {
  Tables tables(8, 32);
  for (std::uint32_t agent = 0; agent < 10; ++agent) {
    tables.SignIn(agent, {0xFF,
                          {{1, static_cast<std::uint8_t>(agent + 1)},
                           {2, static_cast<std::uint8_t>(1 + agent % 3)}}});
  }
  StoppedAcquirer stopped(tables, Asks(1, 5));
  // A requirement that tells apart what the stopped thread has told apart and
  // moves nobody itself; one that does; the one that the stopped thread brings;
  // and a new profile.
  CompiledRequirement mail = Asks(1, 5);
  mail.channel = Channel::kMail;
  CheckAll(tables, tables.Requirement(mail), mail);
  CheckAll(tables, tables.Requirement(Asks(2, 2)), Asks(2, 2));
  const std::uint32_t same = tables.Requirement(Asks(1, 5));
  CheckAll(tables, same, Asks(1, 5));
  tables.SignIn(10, Holds(1, 7));
  CheckAll(tables, same, Asks(1, 5));
  stopped.GoOn();
  CheckAll(tables, same, Asks(1, 5));
}

TEST(ClassSplitThreads, AClassMergedAwayIsNotGivenAwayUnderItsAgents) {
  Tables tables(8, 3);
  for (std::uint32_t agent = 0; agent < 3; ++agent) {
    tables.SignIn(agent, Holds(agent + 1, 5));
  }
  tables.SignIn(3, {SetOf(Channel::kVoice), {{1, 5}, {4, 5}}});
  const std::uint32_t a = tables.Requirement(Asks(1, 5));
  tables.registry->ReleaseRequirement(tables.Requirement(Asks(2, 5)));
  ASSERT_EQ(tables.registry->profile_classes_in_use(), 3u);
  // Needs a class to tell 3 from 0, so 1 and 2 are merged.
  StoppedAcquirer stopped(tables, Asks(4, 5));
  // Needs one as well.
  tables.SignIn(4, Holds(1, 10));
  CheckAll(tables, a, Asks(1, 5));
  EXPECT_EQ(tables.registry->profile_classes_in_use(), 3u);
  tables.agents->Remove(4);
  stopped.GoOn();
  CheckAll(tables, a, Asks(1, 5));
  CheckAll(tables, tables.Requirement(Asks(4, 5)), Asks(4, 5));
}

// An agent is stopped on its way into the core with the class from before the
// split; it arrives when the split is over.
TEST(ClassSplitThreads, TermsFromBeforeASplitComeTooLate) {
  Tables tables;
  tables.SignIn(0, Holds(1, 9));
  tables.SignIn(1, Holds(1, 2));
  tables.SignIn(2, Holds(1, 2));
  const std::uint32_t before =
      tables.registry->ClassOf(tables.agents->profile(0));
  const Agents::Told late = tables.agents->Draw(0);
  ASSERT_EQ(late.profile_class, before);
  const std::uint32_t c = tables.Requirement(Asks(1, 5));
  ASSERT_NE(tables.registry->ClassOf(tables.agents->profile(0)), before);
  EXPECT_EQ(tables.matrix.Cell(c, late.profile_class), 0);
  tables.agents->Arrive(0, late);
  EXPECT_EQ(tables.KnownCell(c, 0), CellOf(Asks(1, 5), Holds(1, 9)));
}

// The record shows a profile only after its agent is listed as a holder. Here
// the split comes between the two.
TEST(ClassSplitThreads, ASplitWhileAnAgentIsGivenItsProfile) {
  Tables tables;
  tables.SignIn(1, Holds(1, 2));
  tables.SignIn(2, Holds(1, 2));
  const CompiledProfile content = Holds(1, 9);
  const std::uint32_t profile = tables.Profile(content);
  tables.registry->AddHolder(profile, 0);
  const std::uint32_t c = tables.Requirement(Asks(1, 5));
  tables.agents->Give(0, profile, content);
  EXPECT_EQ(tables.KnownCell(c, 0), CellOf(Asks(1, 5), content));
  tables.registry->RemoveHolder(profile, 0);  // listed twice until now
  const std::uint32_t d = tables.Requirement(Asks(1, 8));
  EXPECT_EQ(tables.KnownCell(d, 0), CellOf(Asks(1, 8), content));
}

}  // namespace
}  // namespace relais
