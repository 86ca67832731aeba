// Whether a history of lane operations is one that the lanes promise.
//
// The sequential specification is a sorted set of contacts for each lane. An
// operation takes effect in one or more *steps*, each at one instant between
// its begin and its end; the checker searches an order of all steps that keeps
// to these intervals and to the specification (Wing and Gong), and remembers
// the states from which it found none (Lowe).
//
//   push    1. opens the slot. 2. The contact waits: from here it can be
//           cancelled or moved, but not found. Stale only if it was ended
//           before. 3. It stands in the lane, behind all that were pushed
//           there and still wait, its key and sequence raised for that and no
//           further than the latest push needs. 4. Its publication is complete.
//   place   1. The contact, with the very word it had, waits at the place
//           asked for; stale only if the word had changed. 2. Its publication
//           is complete.
//   take    Ok: the contact waits in that lane at that place, and nobody
//           before it does whose last publication had ended before the take
//           began (others may be missed; that is no inversion). It is
//           reserved. None: nobody waits whose last publication had ended
//           before the take began. Lost: 1. The contact waits at that place.
//           2. It has changed. A take that tries again is another operation.
//   cancel  The contact, with the very word it had, has ended; stale only if
//           the word had changed.
//   look    The image is not above that of any waiting contact whose
//           publication is complete.
//
// Take and a push of several steps are what the lanes promise, not less: `Find`
// walks two lists one after the other and may miss what came behind it, so
// "exactly the first at one instant" does not hold by design; and a contact can
// be cancelled before it is linked.

#ifndef RELAIS_TESTS_LINEARIZABILITY_LANE_CHECKER_H_
#define RELAIS_TESTS_LINEARIZABILITY_LANE_CHECKER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "tests/linearizability/lane_history.h"

namespace relais::linearizability {

class LaneChecker {
 public:
  explicit LaneChecker(const History& history) : history_(history) {}

  bool Allowed();
  // States that were visited; how hard it was.
  std::size_t visited() const { return dead_.size(); }

 private:
  enum class Phase : std::uint8_t {
    kGone,       // free or ended
    kNew,        // opened
    kSubmitted,  // waits, and is in no lane yet
    kWaiting,
    kReserved,
  };
  struct Contact {
    Phase phase = Phase::kGone;
    bool pushed = false;
    bool complete = false;
    std::uint32_t lane = 0;
    std::uint64_t tag = 0;
    std::int64_t key = 0;
    std::uint64_t sequence = 0;
    // When the operation that made it wait ended.
    std::uint64_t published = 0;

    bool Before(const Contact& other) const {
      return key != other.key ? key < other.key : sequence < other.sequence;
    }
  };
  // The highest that was ever given to a pushed one.
  struct Lane {
    std::int64_t key = 0;
    std::uint64_t sequence = 0;
    bool any = false;
  };
  struct State {
    std::array<Contact, kContacts> contacts;
    std::array<Lane, kLanes> lanes;
    std::array<std::uint8_t, kThreads> next{};
    std::array<std::uint8_t, kThreads> step{};
  };

  static int StepsOf(const Operation& op);
  bool Search(const State& state);
  bool MayStep(const State& state, int thread) const;
  bool Apply(const Operation& op, int step, State* state) const;
  bool Push(const Operation& op, int step, State* state) const;
  bool Link(const Operation& op, State* state) const;
  bool Place(const Operation& op, int step, State* state) const;
  bool Take(const Operation& op, int step, State* state) const;
  bool Cancel(const Operation& op, State* state) const;
  bool Look(const Operation& op, const State& state) const;
  static std::uint64_t Hash(const State& state);

  const History& history_;
  std::unordered_set<std::uint64_t> dead_;
};

}  // namespace relais::linearizability

#endif  // RELAIS_TESTS_LINEARIZABILITY_LANE_CHECKER_H_
