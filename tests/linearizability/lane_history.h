// What was done with the lanes, by whom and when, as the recorder notes it and
// the checker reads it.

#ifndef RELAIS_TESTS_LINEARIZABILITY_LANE_HISTORY_H_
#define RELAIS_TESTS_LINEARIZABILITY_LANE_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace relais::linearizability {

inline constexpr int kThreads = 3;
inline constexpr std::uint32_t kLanes = 2;
inline constexpr std::uint32_t kContacts = 9;
// In place of a lane: the front word of both.
inline constexpr std::uint32_t kBothLanes = kLanes;

enum class Kind : std::uint8_t {
  kPush,    // opens the slot and pushes it at the lane's end
  kTake,    // one attempt: finds the first of the lane and claims it
  kCancel,  // ends the contact
  kPlace,   // a return, or a move
  kLook,    // reads a front word
};
enum class Outcome : std::uint8_t {
  kOk,
  kStale,  // somebody had changed the contact before
  kNone,   // of a take: the lane is empty
  kLost,   // of a take: another was faster
};

// Without initial values where a kind has no use for them: hand-written
// histories name what they mean.
struct Operation {
  Kind kind = Kind::kPush;
  Outcome outcome = Outcome::kOk;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t lane = 0;
  std::uint32_t slot = 0;
  // Of the contact's word that it acts on; of a push the new one's.
  std::uint64_t tag = 0;
  // Asked for; of a take what was found.
  std::int64_t key = 0;
  std::uint64_t sequence = 0;
  // Of a push: what it became. Of a look: the image.
  std::int64_t got_key = 0;
  std::uint64_t got_sequence = 0;
  std::uint64_t image = 0;
};

// By thread, each in its order.
struct History {
  std::vector<Operation> of[kThreads];
};

std::string Describe(const History& history);

}  // namespace relais::linearizability

#endif  // RELAIS_TESTS_LINEARIZABILITY_LANE_HISTORY_H_
