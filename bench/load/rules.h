// The routing model once more, naively: who may serve what, how well, and
// what a priority is worth. Written from docs/routing-model.md; shares with
// the router nothing but the proto, so that it can judge it.
//
// Thread safety: const members may be called from any thread.

#ifndef RELAIS_BENCH_LOAD_RULES_H_
#define RELAIS_BENCH_LOAD_RULES_H_

#include <map>
#include <set>
#include <string>

#include "relais/types.h"
#include "relais/v1/configuration.pb.h"
#include "relais/v1/contact.pb.h"

namespace relais::load {

class Rules {
 public:
  explicit Rules(const v1::Configuration& configuration);

  // Whether the agent has the channel and every skill at its level.
  bool Serves(const std::string& agent, const v1::Contact& contact) const;
  // What the agent lacks ("english 2 < 5", "no chat"); empty if nothing.
  std::string WhatIsMissing(const std::string& agent,
                            const v1::Contact& contact) const;
  // 0..7, larger fits better.
  int FitStep(const std::string& agent, const v1::Contact& contact) const;
  // Where the contact's queue stands in the order of the agent's profile; 0 for
  // all if there is none.
  int QueueRankOf(const std::string& agent, const v1::Contact& contact) const;
  // Who comes first of agents who fit alike; never unspecified.
  v1::AgentOrder OrderOf(const std::string& queue) const;
  // What the contact's arrival is put forward by, in the centre's mode.
  DurationMs BoostMs(const v1::Contact& contact) const;

  // Place in the configuration, for ties; -1 if unknown.
  int AgentPlace(const std::string& agent) const;
  // 20,000 and so on where the configuration is silent.
  DurationMs ServiceThresholdMs(const std::string& queue) const;
  double ServiceFraction(const std::string& queue) const;
  DurationMs ShortAbandonMs(const std::string& queue) const;

 private:
  struct Agent {
    int place = 0;
    std::set<int> channels;
    std::map<std::string, int> levels;
    std::map<std::string, int> ranks;  // of queues
    int other_rank = 0;
  };
  // Skill -> level asked for, of queue and contact together.
  std::map<std::string, int> Required(const v1::Contact& contact) const;

  std::map<std::string, Agent> agents_;
  DurationMs CreditMs(const v1::Contact& contact) const;

  std::map<std::string, v1::ContactQueue> queues_;
  v1::ContactChoice contact_choice_;
  std::map<std::string, DurationMs> segments_;  // their credits
};

// "voice"
std::string ChannelText(v1::Channel channel);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_RULES_H_
