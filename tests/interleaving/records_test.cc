// Interleavings of the core's parts: the stack of free indices, stamped cells,
// records of terms that are written anew, one lane, classes that are made or
// changed. Smaller than the calls of pairs_test, so they reach what takes many
// steps there.

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "lib/base/free_stack.h"
#include "lib/base/stamped_cells.h"
#include "lib/match/matcher.h"
#include "tests/interleaving/explorer.h"
#include "tests/interleaving/scenario.h"
#include "tests/interleaving/weak_atomic.h"

namespace relais::match {
namespace {

using interleaving::Explorer;
using interleaving::WeakAtomic;

// --- The stack of free indices -----------------------------------------------

// Three rows, all free; each keeps a note by its owner that nobody else may
// change or miss.
class Rows {
 public:
  explicit Rows(Explorer& run) : run_(run) {
    for (std::uint32_t row = kRows; row >= 1; --row) Free(row);
  }

  std::uint32_t Take(std::uint32_t owner) {
    const std::uint32_t row = stack_.Pop([this](std::uint32_t index) {
      return next_[index].load(std::memory_order_relaxed);
    });
    if (row == 0) return 0;
    run_.Expect(note_[row].load(std::memory_order_relaxed) == 0,
                "a row of somebody else, or one whose last use is not seen");
    note_[row].store(owner, std::memory_order_relaxed);
    return row;
  }
  void Free(std::uint32_t row) {
    note_[row].store(0, std::memory_order_relaxed);
    stack_.Push(row, [this, row](std::uint32_t next) {
      next_[row].store(next, std::memory_order_relaxed);
    });
  }

 private:
  static constexpr std::uint32_t kRows = 3;
  Explorer& run_;
  FreeStack<WeakAtomic> stack_;
  std::array<WeakAtomic<std::uint32_t>, kRows + 1> next_{};
  std::array<WeakAtomic<std::uint32_t>, kRows + 1> note_{};
};

// One takes two and gives the first back, so that the stack's head is again
// what the other may have read; its link is not.
void TakeFreeTake(Explorer& run) {
  Rows& rows = run.New<Rows>(run);
  run.Run({{"take, take, free",
            [&] {
              const std::uint32_t first = rows.Take(1);
              rows.Take(1);
              rows.Free(first);
            }},
           {"take, take", [&] {
              rows.Take(2);
              rows.Take(2);
            }}});
}

void FreeTake(Explorer& run) {
  Rows& rows = run.New<Rows>(run);
  const std::uint32_t first = rows.Take(1);
  const std::uint32_t second = rows.Take(1);
  run.Run({{"free", [&] { rows.Free(first); }}, {"free, take", [&] {
                                                   rows.Free(second);
                                                   rows.Take(2);
                                                   rows.Take(2);
                                                 }}});
}

// --- Stamped cells -----------------------------------------------------------

// One cell whose words are all the number of the write, counted from 1.
class Cell {
 private:
  using Cells = StampedCells<WeakAtomic, 2>;
  static auto Fill(std::uint64_t number) {
    return [number](auto put) {
      put(0, number);
      put(1, number);
    };
  }

 public:
  explicit Cell(Explorer& run) : run_(run), cells_(1) {}

  void Write(std::uint64_t number) { cells_.Write(0, Fill(number)); }
  bool TryWrite(std::uint64_t number) {
    return cells_.TryWrite(0, number - 1, Fill(number));
  }
  // Which write is read; 0: none, or it was being written.
  std::uint64_t Read() {
    Cells::Words words{};
    const std::uint64_t stamp = cells_.Read(0, &words);
    if (stamp == 0) return 0;
    run_.Expect(words[0] == words[1], "words of two writes");
    run_.Expect(Cells::StampOf(words[0] - 1) == stamp,
                "words of another write than the stamp's");
    return words[0];
  }

 private:
  Explorer& run_;
  Cells cells_;
};

void WriteRead(Explorer& run) {
  Cell& cell = run.New<Cell>(run);
  cell.Write(1);
  if (!run.Run({{"write, write",
                 [&] {
                   cell.Write(2);
                   cell.Write(3);
                 }},
                {"read", [&] { cell.Read(); }}})) {
    return;
  }
  run.Expect(cell.Read() == 3, "the last write is not read");
}

// Of two writers in one cell the later one's words stay, or it gave up.
void TryWriteTryWrite(Explorer& run) {
  Cell& cell = run.New<Cell>(run);
  std::uint64_t last = 0;
  if (!run.Run({{"write 1", [&] { cell.TryWrite(1); }},
                {"write 2, read", [&] {
                   if (cell.TryWrite(2)) last = 2;
                   const std::uint64_t read = cell.Read();
                   run.Expect(last == 0 || read == last, "not one's own write");
                 }}})) {
    return;
  }
  const std::uint64_t read = cell.Read();
  run.Expect(read != 0 && (last == 0 || read == 2), "a later write is lost");
}

// --- Terms -------------------------------------------------------------------

// One agent whose first contact is taken and whose second waits. Two profile
// classes: class 0 of kind 0 goes with the second one only, unless
// `both_profiles`.
class Floor final : private DecisionSink {
 public:
  Floor(Explorer& run, bool both_profiles)
      : run_(run), core_(Sizes{2, 1, 1, 2, 1, 4, 1}) {
    core_.SetRequirementClass(0, 0);
    core_.SetFit(0, 1, 1);
    if (both_profiles) core_.SetFit(0, 0, 1);
    core_.SetProfileClass(0);
    core_.SetProfileClass(1);
    core_.SetLane(0, 0);
  }

  void Submit(std::uint32_t slot) {
    core_.Submit(slot, core_.Open(slot), {0, slot, slot + 1}, *this);
  }
  void Update(std::uint32_t revision, std::uint32_t profile, std::uint8_t kinds,
              std::uint8_t capacity, std::uint8_t cost) {
    AgentTerms terms;
    terms.profile_class = profile;
    terms.kinds = kinds;
    terms.capacity = capacity;
    terms.cost[0] = cost;
    core_.Update(0, revision, terms, 0, *this);
  }
  std::uint32_t decisions() const { return decisions_; }

 private:
  void OnLook() override {}
  void OnDecision(const Decision&) override { ++decisions_; }

  Explorer& run_;
  MatcherT<WeakAtomic> core_;
  std::uint32_t decisions_ = 0;
};

constexpr std::uint8_t kKind0 = 1;
constexpr std::uint8_t kKind1 = 2;

// No terms that were ever in force allow the contact: they have its kind or its
// profile class, never both.
void ProfileOfAnotherLife(Explorer& run) {
  Floor& floor = run.New<Floor>(run, false);
  floor.Submit(0);
  if (!run.Run({{"update 1", [&] { floor.Update(1, 0, kKind0, 1, 1); }},
                {"updates 2 and 3", [&] {
                   floor.Update(2, 0, kKind0, 1, 1);
                   floor.Update(3, 1, kKind1, 1, 1);
                 }}})) {
    return;
  }
  run.Expect(floor.decisions() == 0, "terms of two updates mixed");
}

// Neither 1 unit free at a price of 2, nor none free at a price of 1, is room.
void CapacityOfAnotherLife(Explorer& run) {
  Floor& floor = run.New<Floor>(run, true);
  floor.Update(1, 0, kKind0, 1, 1);
  floor.Submit(0);
  floor.Submit(1);
  if (!run.Run({{"update 2", [&] { floor.Update(2, 0, kKind0, 1, 1); }},
                {"updates 3 and 4", [&] {
                   floor.Update(3, 0, kKind0, 1, 1);
                   floor.Update(4, 0, kKind0, 2, 2);
                 }}})) {
    return;
  }
  run.Expect(floor.decisions() == 1, "terms of two updates mixed");
}

void CostOfAnotherLife(Explorer& run) {
  Floor& floor = run.New<Floor>(run, true);
  floor.Update(1, 0, kKind0, 1, 1);
  floor.Submit(0);
  floor.Submit(1);
  if (!run.Run({{"update 2", [&] { floor.Update(2, 0, kKind0, 2, 2); }},
                {"updates 3 and 4", [&] {
                   floor.Update(3, 0, kKind0, 2, 2);
                   floor.Update(4, 0, kKind0, 1, 1);
                 }}})) {
    return;
  }
  run.Expect(floor.decisions() == 1, "terms of two updates mixed");
}

// --- Classes -----------------------------------------------------------------

// One agent of profile class 0.
class Classes final : private DecisionSink {
 public:
  explicit Classes(Explorer& run, int orders = 1)
      : run_(run), core_(Sizes{2, 1, 2, 1, 7, 4, orders}) {}
  // Requirement class 0 of kind 0 in lane 0, and the profile class.
  void SetUp() {
    core_.SetRequirementClass(0, 0);
    SetProfileClass();
    core_.SetLane(0, 0);
  }
  void SetProfileClass() { core_.SetProfileClass(0); }
  void SetClass(std::uint32_t requirement_class, std::uint8_t kind,
                std::uint8_t order = 0, bool pulled_only = false,
                std::uint8_t drains = 0) {
    core_.SetRequirementClass(requirement_class, kind, order, pulled_only,
                              drains);
  }
  void UseOrder(int order) { core_.UseOrder(order); }
  void SetFit(std::uint32_t requirement_class, std::uint8_t fit) {
    core_.SetFit(requirement_class, 0, fit);
  }
  void SetLane(std::uint32_t lane, std::uint32_t requirement_class) {
    core_.SetLane(lane, requirement_class);
  }
  void Submit(std::uint32_t slot, std::uint32_t lane) {
    core_.Submit(slot, core_.Open(slot), {lane, slot, slot + 1}, *this);
  }
  void Ready(std::uint32_t revision, std::uint8_t kinds) {
    AgentTerms terms;
    terms.kinds = kinds;
    core_.Update(0, revision, terms, 0, *this);
  }
  void End(std::uint32_t slot) {
    ContactWord ended;
    core_.End(slot, core_.Contact(slot), &ended);
  }
  // One that waits in this lane.
  void Cancel(std::uint32_t slot, std::uint32_t lane) {
    const std::uint8_t drains = core_.DrainsOfLane(lane);
    End(slot);
    core_.LookAfterDrain(drains, *this);
  }
  void ExpectDecisions(std::uint32_t decisions) {
    run_.Expect(decisions_ == decisions,
                decisions_ < decisions ? "a lost match" : "one too many");
  }
  void Allow(std::uint32_t slot, bool allowed) { allowed_[slot] = allowed; }

 private:
  void OnLook() override {}
  void OnDecision(const Decision& decision) override {
    ++decisions_;
    if (!allowed_[decision.contact]) run_.Fail("not eligible");
  }

  Explorer& run_;
  MatcherT<WeakAtomic> core_;
  std::uint32_t decisions_ = 0;
  std::array<bool, 2> allowed_{true, true};
};

// A class with its lane is made for the contact that needs it.
void NewClassReady(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  classes.SetUp();
  if (!run.Run({{"new class, submit",
                 [&] {
                   classes.SetClass(1, 1);
                   classes.SetFit(1, 1);
                   classes.SetLane(1, 1);
                   classes.SetLane(2, 1);
                   classes.Submit(0, 2);
                 }},
                {"ready", [&] { classes.Ready(1, kKind1); }}})) {
    return;
  }
  classes.ExpectDecisions(1);
}

// The very first, of requirements and of profiles.
void FirstClassReady(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  if (!run.Run({{"first class, submit",
                 [&] {
                   classes.SetClass(0, 0);
                   classes.SetProfileClass();
                   classes.SetFit(0, 1);
                   classes.SetLane(0, 0);
                   classes.Submit(0, 0);
                 }},
                {"ready", [&] { classes.Ready(1, kKind0); }}})) {
    return;
  }
  classes.ExpectDecisions(1);
}

// The class that the new one is drained by has its last contact cancelled.
void NewClassDrainCancelled(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  classes.SetClass(0, 0, 0, false, kKind1);
  classes.SetProfileClass();
  classes.SetFit(0, 1);
  classes.SetLane(0, 0);
  classes.Ready(1, kKind1);
  classes.Submit(0, 0);
  if (!run.Run({{"new class, submit",
                 [&] {
                   classes.SetClass(1, 1);
                   classes.SetFit(1, 1);
                   classes.SetLane(1, 1);
                   classes.Submit(1, 1);
                 }},
                {"cancel", [&] { classes.Cancel(0, 0); }}})) {
    return;
  }
  classes.ExpectDecisions(1);
}

// A lane is added to, or taken from, those of a class, none of them neighbours,
// while the contact waits in another of them.
void LanesOfOneClass(Classes& classes) {
  classes.SetUp();
  classes.SetClass(1, 1);
  classes.SetFit(1, 1);
  classes.SetLane(1, 1);
  classes.SetLane(3, 1);
}

void LaneJoinsChain(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  LanesOfOneClass(classes);
  classes.Submit(0, 3);
  if (!run.Run({{"lane", [&] { classes.SetLane(5, 1); }},
                {"ready", [&] { classes.Ready(1, kKind1); }}})) {
    return;
  }
  classes.ExpectDecisions(1);
}

// The lane that hid the contact's own from the walk leaves, then the run is
// cut.
void LanesLeave(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  LanesOfOneClass(classes);
  classes.SetLane(2, 1);
  classes.SetLane(5, 1);
  classes.Submit(0, 3);
  if (!run.Run({{"lanes",
                 [&] {
                   classes.SetLane(5, 0);
                   classes.SetLane(1, 0);
                 }},
                {"ready", [&] { classes.Ready(1, kKind1); }}})) {
    return;
  }
  classes.ExpectDecisions(1);
}

// The rest of its run goes to the chain, before what stood there.
void LaneLeavesRun(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  LanesOfOneClass(classes);
  classes.SetLane(2, 1);
  classes.SetLane(6, 1);
  classes.SetLane(3, 1);
  classes.Submit(0, 6);
  if (!run.Run({{"lane", [&] { classes.SetLane(1, 0); }},
                {"ready", [&] { classes.Ready(1, kKind1); }}})) {
    return;
  }
  classes.ExpectDecisions(1);
}

void LaneLeavesChain(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  LanesOfOneClass(classes);
  classes.SetLane(5, 1);
  classes.Submit(0, 3);
  if (!run.Run({{"lane", [&] { classes.SetLane(5, 0); }},
                {"ready", [&] { classes.Ready(1, kKind1); }}})) {
    return;
  }
  classes.ExpectDecisions(1);
}

// What the agent may serve becomes more, and it is told again.
void WiderFitSubmit(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  classes.SetUp();
  classes.Ready(1, kKind0);
  if (!run.Run({{"fit, ready",
                 [&] {
                   classes.SetFit(0, 1);
                   classes.Ready(2, kKind0);
                 }},
                {"submit", [&] { classes.Submit(0, 0); }}})) {
    return;
  }
  classes.ExpectDecisions(1);
}

// An order comes into use, every agent is told again, and then a contact comes
// that looks for agents by it (agents.h, A4).
void OrderComesIntoUseReady(Explorer& run) {
  Classes& classes = run.New<Classes>(run, 2);
  classes.SetUp();
  if (!run.Run({{"order, told again, submit",
                 [&] {
                   classes.UseOrder(1);
                   classes.Ready(2, kKind0);
                   classes.SetClass(1, 0, 1);
                   classes.SetFit(1, 1);
                   classes.SetLane(1, 1);
                   classes.Submit(0, 1);
                 }},
                {"ready", [&] { classes.Ready(1, kKind0); }}})) {
    return;
  }
  classes.ExpectDecisions(1);
}

// A lane is emptied and given to a class that the agent does not serve.
void LaneOfAnotherClass(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  classes.SetUp();
  classes.SetFit(0, 1);
  classes.SetClass(1, 0);
  classes.Submit(0, 0);
  classes.Allow(1, false);
  if (!run.Run({{"lane of another class",
                 [&] {
                   classes.End(0);
                   classes.SetLane(0, 1);
                   classes.Submit(1, 0);
                 }},
                {"ready", [&] { classes.Ready(1, kKind0); }}})) {
    return;
  }
}

// A class is given another content, of another kind and another fit.
void ClassOfAnotherContent(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  classes.SetUp();
  classes.SetFit(0, 1);
  classes.Submit(0, 0);
  classes.Allow(1, false);
  if (!run.Run({{"another content",
                 [&] {
                   classes.End(0);
                   classes.SetFit(0, 0);
                   classes.SetClass(0, 1);
                   classes.Submit(1, 0);
                 }},
                {"ready", [&] { classes.Ready(1, kKind0 | kKind1); }}})) {
    return;
  }
}

// The same, of which nothing is given any more without being pulled.
void ClassBecomesPulledOnly(Explorer& run) {
  Classes& classes = run.New<Classes>(run);
  classes.SetUp();
  classes.SetFit(0, 1);
  classes.Submit(0, 0);
  classes.Allow(1, false);
  if (!run.Run({{"pulled only",
                 [&] {
                   classes.End(0);
                   classes.SetClass(0, 0, 0, true);
                   classes.SetFit(0, 1);
                   classes.Submit(1, 0);
                 }},
                {"ready", [&] { classes.Ready(1, kKind0); }}})) {
    return;
  }
}

constexpr Scenario kRecords[] = {
    {"take_free_take", {3, 2}, 17'484, TakeFreeTake},
    {"free_take", {3, 2}, 928, FreeTake},
    {"write_read", {3, 2}, 7'024, WriteRead},
    {"try_write_try_write", {3, 2}, 502, TryWriteTryWrite},
    {"profile_of_another_life", {3, 2}, 846'764, ProfileOfAnotherLife},
    {"capacity_of_another_life", {3, 2}, 174'994, CapacityOfAnotherLife},
    {"cost_of_another_life", {3, 2}, 175'426, CostOfAnotherLife},
    {"first_class_ready", {3, 1}, 386'779, FirstClassReady},
    {"lane_joins_chain", {3, 1}, 132, LaneJoinsChain},
    {"lane_leaves_chain", {3, 1}, 914, LaneLeavesChain},
    {"lane_leaves_run", {3, 2}, 156, LaneLeavesRun},
    {"lanes_leave", {3, 2}, 3'624, LanesLeave},
    {"new_class_ready", {3, 1}, 411'458, NewClassReady},
    {"new_class_drain_cancelled", {2, 1}, 21'956, NewClassDrainCancelled},
    {"wider_fit_submit", {3, 1}, 765'568, WiderFitSubmit},
    {"order_comes_into_use_ready", {2, 1}, 40'074, OrderComesIntoUseReady},
    {"lane_of_another_class", {3, 1}, 194'470, LaneOfAnotherClass},
    {"class_of_another_content", {3, 1}, 127'136, ClassOfAnotherContent},
    {"class_becomes_pulled_only", {3, 1}, 213'036, ClassBecomesPulledOnly},
};

class RecordsTest : public testing::TestWithParam<Scenario> {};

TEST_P(RecordsTest, HoldsInEverySchedule) { HoldsInEverySchedule(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Parts, RecordsTest, testing::ValuesIn(kRecords),
                         [](const auto& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
}  // namespace relais::match
