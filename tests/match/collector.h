// A sink that keeps what was decided.
//
// Thread safety: one thread at a time.

#ifndef RELAIS_TESTS_MATCH_COLLECTOR_H_
#define RELAIS_TESTS_MATCH_COLLECTOR_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "lib/match/matcher.h"

namespace relais::match {

class Collector : public DecisionSink {
 public:
  void OnLook() override {}
  void OnDecision(const Decision& decision) override {
    decisions.push_back(decision);
  }
  // (contact, agent) of the decisions since the last call.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> Pairs() {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (const Decision& decision : decisions) {
      pairs.emplace_back(decision.contact, decision.agent);
    }
    decisions.clear();
    return pairs;
  }
  std::vector<Decision> decisions;
};

}  // namespace relais::match

#endif  // RELAIS_TESTS_MATCH_COLLECTOR_H_
