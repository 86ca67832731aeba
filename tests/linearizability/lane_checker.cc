#include "tests/linearizability/lane_checker.h"

#include <algorithm>

#include "lib/match/front_word.h"

namespace relais::linearizability {
namespace {

std::uint64_t Mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + 0x9E37'79B9'7F4A'7C15 + (hash << 6) + (hash >> 2);
  hash *= 0xBF58'476D'1CE4'E5B9;
  return hash ^ hash >> 29;
}

}  // namespace

bool LaneChecker::Allowed() {
  dead_.clear();
  return Search(State{});
}

int LaneChecker::StepsOf(const Operation& op) {
  switch (op.kind) {
    case Kind::kPush:
      return op.outcome == Outcome::kOk ? 4 : 3;
    case Kind::kPlace:
      return op.outcome == Outcome::kOk ? 2 : 1;
    case Kind::kTake:
      return op.outcome == Outcome::kLost ? 2 : 1;
    default:
      return 1;
  }
}

bool LaneChecker::MayStep(const State& state, int thread) const {
  const auto& own = history_.of[thread];
  const std::size_t at = state.next[static_cast<std::size_t>(thread)];
  if (at == own.size()) return false;
  for (int other = 0; other < kThreads; ++other) {
    if (other == thread) continue;
    const auto& theirs = history_.of[other];
    const std::size_t their = state.next[static_cast<std::size_t>(other)];
    // What ended before this began takes all its steps first.
    if (their < theirs.size() && theirs[their].end < own[at].begin) {
      return false;
    }
  }
  return true;
}

bool LaneChecker::Search(const State& state) {
  bool ended = true;
  for (int thread = 0; thread < kThreads; ++thread) {
    const auto t = static_cast<std::size_t>(thread);
    if (state.next[t] < history_.of[thread].size()) ended = false;
  }
  if (ended) return true;
  if (!dead_.insert(Hash(state)).second) return false;
  for (int thread = 0; thread < kThreads; ++thread) {
    if (!MayStep(state, thread)) continue;
    const auto t = static_cast<std::size_t>(thread);
    const Operation& op = history_.of[thread][state.next[t]];
    State next = state;
    if (!Apply(op, state.step[t], &next)) continue;
    if (++next.step[t] == StepsOf(op)) {
      next.step[t] = 0;
      ++next.next[t];
    }
    if (Search(next)) return true;
  }
  return false;
}

bool LaneChecker::Apply(const Operation& op, int step, State* state) const {
  switch (op.kind) {
    case Kind::kPush:
      return Push(op, step, state);
    case Kind::kPlace:
      return Place(op, step, state);
    case Kind::kTake:
      return Take(op, step, state);
    case Kind::kCancel:
      return Cancel(op, state);
    case Kind::kLook:
      return Look(op, *state);
  }
  return false;
}

bool LaneChecker::Push(const Operation& op, int step, State* state) const {
  Contact& contact = state->contacts[op.slot];
  switch (step) {
    case 0:
      if (contact.phase != Phase::kGone || contact.tag + 1 != op.tag) {
        return false;
      }
      contact = Contact{};
      contact.phase = Phase::kNew;
      contact.tag = op.tag;
      return true;
    case 1:
      if (op.outcome == Outcome::kStale) return contact.tag != op.tag;
      if (contact.phase != Phase::kNew || contact.tag != op.tag) return false;
      contact.phase = Phase::kSubmitted;
      contact.published = op.end;
      ++contact.tag;
      return true;
    case 2:
      return Link(op, state);
    default:
      // Only if it was not moved, returned or ended meanwhile.
      if (contact.tag == op.tag + 1) contact.complete = true;
      return true;
  }
}

bool LaneChecker::Link(const Operation& op, State* state) const {
  Lane& lane = state->lanes[op.lane];
  const std::int64_t most_key = lane.any ? std::max(op.key, lane.key) : op.key;
  const std::uint64_t most_sequence =
      lane.any ? std::max(op.sequence, lane.sequence + 1) : op.sequence;
  lane = {most_key, most_sequence, true};
  if (op.outcome == Outcome::kStale) return true;
  if (op.got_key < op.key || op.got_key > most_key ||
      op.got_sequence < op.sequence || op.got_sequence > most_sequence) {
    return false;
  }
  for (const Contact& other : state->contacts) {
    if (other.phase == Phase::kWaiting && other.pushed &&
        other.lane == op.lane &&
        (other.key > op.got_key || other.sequence >= op.got_sequence)) {
      return false;
    }
  }
  Contact& contact = state->contacts[op.slot];
  if (contact.tag != op.tag + 1) return true;  // cancelled or moved before
  contact.phase = Phase::kWaiting;
  contact.pushed = true;
  contact.lane = op.lane;
  contact.key = op.got_key;
  contact.sequence = op.got_sequence;
  return true;
}

bool LaneChecker::Place(const Operation& op, int step, State* state) const {
  Contact& contact = state->contacts[op.slot];
  if (step == 1) {
    if (contact.tag == op.tag + 1) contact.complete = true;
    return true;
  }
  if (op.outcome == Outcome::kStale) return contact.tag != op.tag;
  if (contact.tag != op.tag || contact.phase == Phase::kGone ||
      contact.phase == Phase::kNew) {
    return false;
  }
  contact = {Phase::kWaiting, false,  false,       op.lane,
             op.tag + 1,      op.key, op.sequence, op.end};
  return true;
}

bool LaneChecker::Take(const Operation& op, int step, State* state) const {
  if (op.outcome == Outcome::kNone) {
    return std::none_of(state->contacts.begin(), state->contacts.end(),
                        [&](const Contact& other) {
                          return other.phase == Phase::kWaiting &&
                                 other.lane == op.lane &&
                                 other.published < op.begin;
                        });
  }
  Contact& contact = state->contacts[op.slot];
  if (step == 1) return contact.tag != op.tag;
  if (contact.phase != Phase::kWaiting || contact.tag != op.tag ||
      contact.lane != op.lane || contact.key != op.key ||
      contact.sequence != op.sequence) {
    return false;
  }
  if (op.outcome == Outcome::kLost) return true;
  for (const Contact& other : state->contacts) {
    if (other.phase == Phase::kWaiting && other.lane == op.lane &&
        other.Before(contact) && other.published < op.begin) {
      return false;
    }
  }
  contact.phase = Phase::kReserved;
  contact.complete = false;
  ++contact.tag;
  return true;
}

bool LaneChecker::Cancel(const Operation& op, State* state) const {
  Contact& contact = state->contacts[op.slot];
  if (op.outcome == Outcome::kStale) return contact.tag != op.tag;
  if (contact.tag != op.tag || contact.phase == Phase::kGone) return false;
  contact = Contact{};
  contact.tag = op.tag + 1;
  return true;
}

bool LaneChecker::Look(const Operation& op, const State& state) const {
  for (const Contact& contact : state.contacts) {
    if (contact.phase == Phase::kWaiting && contact.complete &&
        (op.lane == kBothLanes || op.lane == contact.lane) &&
        op.image > match::FrontWord::ImageOf(contact.key)) {
      return false;
    }
  }
  return true;
}

std::uint64_t LaneChecker::Hash(const State& state) {
  std::uint64_t hash = 0;
  for (const Contact& contact : state.contacts) {
    hash = Mix(hash, static_cast<std::uint64_t>(contact.phase) |
                         (contact.pushed ? 8U : 0U) |
                         (contact.complete ? 16U : 0U) | contact.lane << 5 |
                         contact.tag << 8);
    hash = Mix(hash, static_cast<std::uint64_t>(contact.key));
    hash = Mix(hash, contact.sequence);
    hash = Mix(hash, contact.published);
  }
  for (const Lane& lane : state.lanes) {
    hash = Mix(hash, static_cast<std::uint64_t>(lane.key));
    hash = Mix(hash, lane.any ? lane.sequence + 1 : 0);
  }
  for (std::size_t t = 0; t < kThreads; ++t) {
    hash = Mix(hash, state.next[t] << 8 | state.step[t]);
  }
  return hash;
}

}  // namespace relais::linearizability
