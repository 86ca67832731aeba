// The calls that are frozen, and what the others do meanwhile.

#ifndef RELAIS_TESTS_FROZEN_CALLS_H_
#define RELAIS_TESTS_FROZEN_CALLS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "tests/frozen/centre.h"

namespace relais::frozen {

// Of one call: its agent, and its contacts `slot`..`slot + 7`.
struct Part {
  std::uint32_t agent;
  std::uint32_t slot;

  static Part Of(std::uint32_t call) {
    return {call, call * Centre::kContactsEach};
  }
};

enum class HidesContact : std::uint8_t {
  kNo,
  // Only from agents who were idle before: whoever becomes ready finds it, and
  // it is the frozen call that was about to look for the others. Seen only
  // beside another frozen call that has made an agent idle.
  kFromIdle,
  kYes,
};

struct CallKind {
  const char* name;
  void (*prepare)(Centre&, const Part&);
  void (*call)(Centre&, const Part&);
  // What it may hide while it is frozen: one agent that it has claimed, and
  // the first contact of its part.
  bool may_hide_agent;
  HidesContact may_hide_contact;
};

std::span<const CallKind> CallKinds();

// Which of the load's calls; each has its own bound of accesses.
enum class Step : std::uint8_t {
  kSubmit,
  kReady,
  kWithdraw,
  kCancel,
  kAccept,
  kReturn,
  kMove,
};
inline constexpr std::size_t kSteps = 7;
using StepAccesses = std::array<std::uint64_t, kSteps>;

// What the others do: contacts for every lane, agents ready, cancels (enough
// for sweeps), returns, moves, withdrawals; every contact is served or
// cancelled in the end, with the agents 2 and above.
class Load {
 public:
  // `run(step, call)` makes each of its calls.
  using Run = std::function<void(Step, const std::function<void()>&)>;
  Load(Centre& centre, Run run) : centre_(centre), run_(std::move(run)) {}

  void Round();

 private:
  std::uint32_t Submit(std::uint32_t lane);
  void CancelAllWaiting();
  void ServeAll();
  // The first contact of the load that waits, or kContacts.
  std::uint32_t FirstWaiting() const;

  Centre& centre_;
  Run run_;
  std::uint32_t next_ = Centre::kLoadBegin;
};

}  // namespace relais::frozen

#endif  // RELAIS_TESTS_FROZEN_CALLS_H_
