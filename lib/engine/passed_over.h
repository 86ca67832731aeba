// Why an agent is passed over for a contact: of explanations, not of decisions.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_ENGINE_PASSED_OVER_H_
#define RELAIS_LIB_ENGINE_PASSED_OVER_H_

#include <memory>
#include <string>
#include <vector>

#include "lib/domain/compiled.h"
#include "lib/domain/shortfall.h"
#include "lib/engine/holdings.h"
#include "relais/explanation.h"

namespace relais {

// What a contact asks for in a later ring.
struct LaterRing {
  int ring = 0;
  InstantMs begins_ms = 0;
  std::shared_ptr<const CompiledRequirement> asks;
};

// What one profile is to one requirement, whatever its agents are doing.
struct Fitness {
  PassedOver reason = PassedOver::kNot;  // or kChannel, kRequirement
  // kRequirement: what is missing, and the first later ring in which nothing
  // is, 0 if there is none, with its begin.
  std::string missing;
  int ring = 0;
  InstantMs ring_ms = 0;
  // kNot:
  int fit_step = 0;
  int queue_rank = 0;
  bool pulled_only = false;
};
Fitness FitnessOf(const CompiledRequirement& requirement,
                  const std::vector<LaterRing>& later,
                  const CompiledProfile& profile, NameBehind name);

// The first reason that applies to a contact of this channel. Whether the agent
// holds it, and whether it waits for another alone, is the caller's to know.
// `drained`: contacts that wait keep the agent's profile from it.
PassedOver WhyPassedOver(const Fitness& fitness, bool held, bool declined,
                         bool drained, const AgentView& agent,
                         const AgentCapacity& capacity, Channel channel);

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_PASSED_OVER_H_
