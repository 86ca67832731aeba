#include "tests/interleaving/explorer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/interleaving/sites.h"

namespace relais::interleaving {
namespace {

// What a choice is about, for its key.
constexpr std::uint64_t kFirst = 1;
constexpr std::uint64_t kNext = 2;
constexpr std::uint64_t kPreempt = 3;
constexpr std::uint64_t kWeak = 4;

constexpr const char* kNames[] = {"load", "store", "CAS", "modify"};

}  // namespace

Explorer* Explorer::current_ = nullptr;

Explorer::Explorer() : memory_(*this) {
  for (Fiber& fiber : fibers_) {
    fiber.stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
  }
  steps_.reserve(kAccessesMax + 1);
}

Explorer::~Explorer() = default;

// --- Fibers ------------------------------------------------------------------

void Explorer::Enter() {
  Explorer& self = *current_;
  self.fibers_[static_cast<std::size_t>(self.fiber_)].call->body();
  self.fibers_[static_cast<std::size_t>(self.fiber_)].ended = true;
  const int runnable = self.RunnableBesides();
  if (runnable == 0) {
    self.fiber_ = -1;
    current_ = nullptr;
    setcontext(&self.outside_);
  }
  int chosen = 0;
  if (runnable > 1) chosen = self.Choose(runnable, kNext);
  self.fiber_ = self.OtherRunnable(chosen);
  self.just_switched_ = true;
  setcontext(&self.fibers_[static_cast<std::size_t>(self.fiber_)].context);
}

bool Explorer::Run(const std::vector<Call>& calls) {
  fiber_count_ = static_cast<int>(calls.size());
  if (calls.size() > fibers_.size()) std::abort();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    Fiber& fiber = fibers_[i];
    fiber.call = &calls[i];
    fiber.name = calls[i].name;
    fiber.ended = false;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = kStackBytes;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, &Explorer::Enter, 0);
  }
  memory_.Reset({bounds_.late_loads});
  current_ = this;
  const int first = Choose(fiber_count_, kFirst);
  fiber_ = first;
  just_switched_ = true;
  swapcontext(&outside_, &fibers_[static_cast<std::size_t>(first)].context);
  return !given_up_;
}

void Explorer::GiveUp() {
  given_up_ = true;
  if (fiber_ < 0) return;
  fiber_ = -1;
  current_ = nullptr;
  setcontext(&outside_);
}

int Explorer::OtherRunnable(int n) const {
  for (int i = 1; i <= fiber_count_; ++i) {
    const int other = (fiber_ + i) % fiber_count_;
    if (other == fiber_ || fibers_[static_cast<std::size_t>(other)].ended) {
      continue;
    }
    if (n-- == 0) return other;
  }
  return -1;
}

int Explorer::RunnableBesides() const {
  int count = 0;
  for (int i = 0; i < fiber_count_; ++i) {
    if (i != fiber_ && !fibers_[static_cast<std::size_t>(i)].ended) ++count;
  }
  return count;
}

void Explorer::SwitchTo(int fiber) {
  ucontext_t& own = fibers_[static_cast<std::size_t>(fiber_)].context;
  fiber_ = fiber;
  just_switched_ = true;
  swapcontext(&own, &fibers_[static_cast<std::size_t>(fiber)].context);
}

void Explorer::MayPreempt() {
  if (just_switched_) {
    just_switched_ = false;
    return;
  }
  if (preemptions_left_ == 0) return;
  const int others = RunnableBesides();
  if (others == 0) return;
  const int chosen = Choose(others + 1, kPreempt);
  if (chosen == 0) return;
  --preemptions_left_;
  SwitchTo(OtherRunnable(chosen - 1));
  just_switched_ = false;
}

// --- Choices -----------------------------------------------------------------

std::uint64_t Explorer::Key(std::uint64_t kind) const {
  std::uint64_t key = memory_.Hash();
  for (const std::uint64_t word : observed) key = Mix(key, word);
  for (int i = 0; i < fiber_count_; ++i) {
    kind = kind << 1 | (fibers_[static_cast<std::size_t>(i)].ended ? 1 : 0);
  }
  kind = kind << 4 | static_cast<std::uint64_t>(fiber_ + 1);
  kind = kind << 8 | static_cast<std::uint64_t>(preemptions_left_);
  kind = kind << 8 | static_cast<std::uint64_t>(weak_left_);
  return Mix(key, kind);
}

int Explorer::Choose(int options, std::uint64_t kind) {
  if (depth_ < choices_.size()) return choices_[depth_++].chosen;
  const std::uint64_t key = Key(kind);
  const auto known = known_.find(key);
  if (known != known_.end()) {
    (choices_.empty() ? schedules_ : choices_.back().schedules) +=
        known->second;
    GiveUp();
    return 0;
  }
  Choice choice;
  choice.key = key;
  choice.options = options;
  choices_.push_back(choice);
  ++depth_;
  return 0;
}

int Explorer::ChooseWeak(int options) {
  if (weak_left_ == 0) return 0;
  const int chosen = Choose(options, kWeak);
  if (chosen != 0) --weak_left_;
  return chosen;
}

bool Explorer::Backtrack() {
  while (!choices_.empty() &&
         choices_.back().chosen + 1 == choices_.back().options) {
    const Choice done = choices_.back();
    choices_.pop_back();
    known_.emplace(done.key, done.schedules);
    (choices_.empty() ? schedules_ : choices_.back().schedules) +=
        done.schedules;
  }
  if (choices_.empty()) return false;
  ++choices_.back().chosen;
  return true;
}

// --- Accesses ----------------------------------------------------------------

Explorer::Access Explorer::Begin(const void* address, Operation operation,
                                 std::memory_order order,
                                 std::memory_order failure,
                                 const std::source_location& at) {
  Access access{Arena::OffsetOf(address), operation, order, failure, &at};
  if (access.place == Arena::kOutside) {
    std::fprintf(stderr, "%s:%u: an atomic that was not built with New\n",
                 at.file_name(), static_cast<unsigned>(at.line()));
    std::abort();
  }
  Sites::OnAccess(at, kNames[static_cast<std::size_t>(operation)],
                  &access.order, &access.failure);
  if (++accesses_ > kAccessesMax) Fail("a call does not end");
  const auto fiber = static_cast<std::size_t>(fiber_);
  if (!touched_[fiber][access.place]) {
    touched_[fiber][access.place] = true;
    touched_places_.push_back(access.place);
  }
  if (shared_[access.place]) MayPreempt();
  return access;
}

void Explorer::End(const Access& access, bool wrote,
                   const Memory::Outcome& outcome, std::uint64_t after) {
  const Step step{access, *access.at, outcome, after, fiber_};
  steps_.push_back(step);
  if (wrote) written_[access.place] = true;
  if (found_shared_[access.place] || !written_[access.place]) return;
  int touching = 0;
  for (int i = 0; i < fiber_count_; ++i) {
    if (touched_[static_cast<std::size_t>(i)][access.place]) ++touching;
  }
  if (touching < 2) return;
  found_shared_[access.place] = true;
  learned_ = true;
}

std::uint64_t Explorer::Load(const void* address, std::uint64_t initial,
                             std::memory_order order,
                             const std::source_location& at) {
  const Access access = Begin(address, Operation::kLoad, order, order, at);
  const Memory::Outcome outcome =
      memory_.Load(fiber_, access.place, initial, access.order);
  End(access, false, outcome, outcome.value);
  return outcome.value;
}

void Explorer::Store(const void* address, std::uint64_t* newest,
                     std::uint64_t value, std::memory_order order,
                     const std::source_location& at) {
  const Access access = Begin(address, Operation::kStore, order, order, at);
  const Memory::Outcome outcome =
      memory_.Store(fiber_, access.place, *newest, value, access.order);
  *newest = memory_.Newest(access.place, *newest);
  End(access, true, outcome, *newest);
}

bool Explorer::CompareExchange(const void* address, std::uint64_t* newest,
                               std::uint64_t* expected, std::uint64_t desired,
                               std::memory_order success,
                               std::memory_order failure,
                               const std::source_location& at) {
  const Access access = Begin(address, Operation::kSwap, success, failure, at);
  const Memory::Outcome outcome =
      memory_.CompareExchange(fiber_, access.place, *newest, *expected, desired,
                              access.order, access.failure);
  *newest = memory_.Newest(access.place, *newest);
  End(access, outcome.swapped, outcome, *newest);
  *expected = outcome.value;
  return outcome.swapped;
}

// --- Exploring ---------------------------------------------------------------

void Explorer::Fail(const std::string& what) {
  if (failure_.empty()) failure_ = what;
  GiveUp();
}

void Explorer::Mark(int mark) {
  if (fiber_ >= 0) memory_.Mark(fiber_, mark);
}

bool Explorer::Knows(int mark) const {
  return fiber_ < 0 || !bounds_.late_loads || memory_.Knows(fiber_, mark);
}

void Explorer::OnCheckFailed(const char* file, int line, const char* message) {
  if (current_ == nullptr) return;
  current_->Fail(std::string("check failed: ") + file + ":" +
                 std::to_string(line) + ": " + message);
}

void Explorer::Execute(const Scenario& scenario) {
  depth_ = 0;
  preemptions_left_ = bounds_.preemptions;
  weak_left_ = bounds_.weak;
  given_up_ = false;
  accesses_ = 0;
  steps_.clear();
  observed.fill(0);
  fiber_ = -1;
  scenario(*this);
  for (std::size_t i = owned_.size(); i-- > 0;) {
    owned_[i].destroy(owned_[i].object);
  }
  owned_.clear();
  Arena::Reset();
}

bool Explorer::ExploreOnce(const Bounds& bounds, const Scenario& scenario,
                           Report* report) {
  bounds_ = bounds;
  choices_.clear();
  known_.clear();
  schedules_ = 0;
  learned_ = false;
  do {
    Execute(scenario);
    ++report->executions;
    if (!failure_.empty()) return false;
    if (!given_up_) ++choices_.back().schedules;
  } while (Backtrack());
  if (learned_) {
    shared_ = found_shared_;
    return false;
  }
  report->schedules = schedules_;
  return true;
}

void Explorer::ExploreUntilLearned(const Bounds& bounds,
                                   const Scenario& scenario, Report* report) {
  while (!ExploreOnce(bounds, scenario, report) && failure_.empty()) {
  }
}

Report Explorer::Explore(const Bounds& bounds, const Scenario& scenario) {
  Report report;
  for (const std::uint32_t place : touched_places_) {
    for (auto& touched : touched_) touched[place] = false;
    written_[place] = false;
    shared_[place] = false;
    found_shared_[place] = false;
  }
  touched_places_.clear();
  failure_.clear();
  // Most shared locations are learned with few choices, where starting again
  // costs little.
  for (int preemptions = 1; preemptions < bounds.preemptions; ++preemptions) {
    for (int weak = 0; weak <= std::min(1, bounds.weak); ++weak) {
      Bounds smaller = bounds;
      smaller.preemptions = preemptions;
      smaller.weak = weak;
      if (failure_.empty()) ExploreUntilLearned(smaller, scenario, &report);
    }
  }
  if (failure_.empty()) ExploreUntilLearned(bounds, scenario, &report);
  report.shared = shared_.count();
  if (failure_.empty()) return report;
  // The same with as few choices as possible: those that fail read best.
  for (int sum = 0; sum <= bounds.preemptions + bounds.weak; ++sum) {
    for (int weak = 0; weak <= std::min(sum, bounds.weak); ++weak) {
      if (sum - weak > bounds.preemptions) continue;
      failure_.clear();
      Bounds smaller = bounds;
      smaller.preemptions = sum - weak;
      smaller.weak = weak;
      Report unused;
      ExploreUntilLearned(smaller, scenario, &unused);
      if (failure_.empty()) continue;
      report.failure = failure_;
      report.trace = std::to_string(sum - weak) + " preemptions, " +
                     std::to_string(weak) + " weak choices\n" + Trace();
      return report;
    }
  }
  report.failure = "fails only sometimes; is the scenario deterministic?";
  return report;
}

std::string Explorer::Trace() const {
  std::string text;
  int before = -1;
  for (const Step& step : steps_) {
    if (step.fiber != before) {
      text += "--- ";
      text += fibers_[static_cast<std::size_t>(step.fiber)].name;
      text += '\n';
      before = step.fiber;
    }
    char line[256];
    const auto operation = static_cast<std::size_t>(step.access.operation);
    std::snprintf(line, sizeof line, "  @%05x %-6s %-7s %016llx",
                  step.access.place, kNames[operation],
                  Sites::Name(step.access.order),
                  static_cast<unsigned long long>(step.outcome.value));
    text += line;
    if (step.access.operation == Operation::kSwap) {
      text += step.outcome.swapped ? " ok " : " failed";
    }
    if (step.access.operation == Operation::kModify || step.outcome.swapped) {
      std::snprintf(line, sizeof line, "-> %016llx",
                    static_cast<unsigned long long>(step.after));
      text += line;
    }
    if (step.outcome.weak) {
      std::snprintf(line, sizeof line, "  WEAK: newest is %016llx",
                    static_cast<unsigned long long>(step.outcome.newest));
      text += line;
    }
    text += "  " + Sites::Describe(step.at) + "\n";
  }
  return text;
}

}  // namespace relais::interleaving
