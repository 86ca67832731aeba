#include "tests/linearizability/lane_history.h"

#include <algorithm>

namespace relais::linearizability {
namespace {

std::string Line(int thread, const Operation& op) {
  static const char* const kKinds[] = {"push", "take", "cancel", "place",
                                       "look"};
  static const char* const kOutcomes[] = {"ok", "stale", "none", "lost"};
  std::string line =
      "  " + std::to_string(op.begin) + ".." + std::to_string(op.end) +
      " thread " + std::to_string(thread) + " " +
      kKinds[static_cast<int>(op.kind)] + " lane " + std::to_string(op.lane);
  if (op.kind == Kind::kLook) {
    return line + " image " + std::to_string(op.image) + "\n";
  }
  line += std::string(" ") + kOutcomes[static_cast<int>(op.outcome)];
  if (op.outcome == Outcome::kNone) return line + "\n";
  line += " contact " + std::to_string(op.slot) + " tag " +
          std::to_string(op.tag) + " at " + std::to_string(op.key) + "/" +
          std::to_string(op.sequence);
  if (op.kind == Kind::kPush) {
    line += " became " + std::to_string(op.got_key) + "/" +
            std::to_string(op.got_sequence);
  }
  return line + "\n";
}

}  // namespace

std::string Describe(const History& history) {
  std::vector<std::pair<std::uint64_t, std::string>> lines;
  for (int thread = 0; thread < kThreads; ++thread) {
    for (const Operation& op : history.of[thread]) {
      lines.emplace_back(op.begin, Line(thread, op));
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& [begin, line] : lines) text += line;
  return text;
}

}  // namespace relais::linearizability
