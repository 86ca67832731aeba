// The routing model once more, naively: who may serve what in which ring, how
// well, and what a priority is worth. Written from docs/routing-model.md;
// shares with the router nothing but the proto, so that it can judge it.
//
// Thread safety: const members may be called from any thread.

#ifndef RELAIS_BENCH_LOAD_RULES_H_
#define RELAIS_BENCH_LOAD_RULES_H_

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bench/load/fold.h"
#include "bench/load/rings.h"
#include "relais/types.h"
#include "relais/v1/configuration.pb.h"
#include "relais/v1/contact.pb.h"

namespace relais::load {

class Rules {
 public:
  explicit Rules(const v1::Configuration& configuration);

  // The rings of the queue's plan, the first one included; of an unknown queue
  // that one alone. Wherever else a ring is named it is one of these, and what
  // lies beyond them is taken for the last.
  const std::vector<Ring>& RingsOfQueue(const std::string& queue) const;
  // Whether the agent has the channel and all that queue and contact ask for
  // in that ring.
  bool Serves(const std::string& agent, const v1::Contact& contact,
              std::size_t ring) const;
  // Whether any agent of the configuration does.
  bool AnybodyServes(const v1::Contact& contact, std::size_t ring) const;
  // What the agent lacks ("english 2 < 5", "no chat", "no team red"); empty if
  // nothing.
  std::string WhatIsMissing(const std::string& agent,
                            const v1::Contact& contact, std::size_t ring) const;
  // 0..7, larger fits better.
  int FitStep(const std::string& agent, const v1::Contact& contact,
              std::size_t ring) const;
  // Where the queue as which the contact asks stands in the order of the
  // agent's profile; 0 for all if there is none.
  int QueueRankOf(const std::string& agent, const v1::Contact& contact,
                  std::size_t ring) const;
  // Who comes first of agents who fit alike; never unspecified.
  v1::AgentOrder OrderOf(const std::string& queue, std::size_t ring) const;
  // What the contact's arrival is put forward by, in the centre's mode.
  DurationMs BoostMs(const v1::Contact& contact, std::size_t ring) const;

  // Whether there is a bound on overtaking at this agent: not in strict mode,
  // nor if its profile orders queues.
  bool BoundsOvertaking(const std::string& agent) const;

  // Whether one contact more of the channel fits beside what the agent holds,
  // if it interrupts what it may.
  bool Fits(const std::string& agent, v1::Channel channel,
            const AgentFold& state) const;
  // What an agent holds that is given one contact more.
  AgentFold With(const std::string& agent, v1::Channel channel,
                 const AgentFold& state) const;
  // 0 of an agent who is not configured.
  int CapacityOf(const std::string& agent) const;
  // Whether what the agent handles of `other` gives way to one of `first`.
  bool MayInterrupt(const std::string& agent, v1::Channel first,
                    v1::Channel other) const;

  // Whether it is offered to nobody: agents pull it.
  bool IsPulled(const v1::Contact& contact, std::size_t ring) const;
  // The channels of which agents are drained while it waits in that ring.
  std::set<int> DrainOf(const v1::Contact& contact, std::size_t ring) const;
  // The smaller one goes first: idle time, and load before it.
  InstantMs OrderKey(const std::string& agent, InstantMs idle_since_ms,
                     int units) const;

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
    v1::RoutingProfile profile;
    std::map<std::string, int> levels;  // implied skills included
    std::map<std::string, int> levels_with_training;
    std::set<std::string> certifications;
    std::set<std::string> languages;
    std::string team;
    std::string site;
    bool provider = false;
    v1::AgentGrade grade = v1::AGENT_GRADE_SENIOR;
    std::map<std::string, int> ranks;  // of queues
    int other_rank = 0;
  };
  using Requirement = v1::RoutingRequirement;
  struct Queue {
    v1::ContactQueue configured;
    std::vector<Ring> rings;
    // By ring: of the queue as which it asks, as far as it does in that ring,
    // and of that one's activity.
    std::vector<std::vector<Requirement>> required;
  };
  // All that must be met: of queue, activity and contact.
  struct Asked {
    Asked(const Rules& rules, const v1::Contact& contact, std::size_t ring);
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    std::vector<const Requirement*> all;
    Requirement own;  // the contact's, in a later ring
  };

  Agent AgentOf(const v1::AgentConfiguration& configured,
                const v1::Configuration& configuration) const;
  Queue QueueOf(const v1::ContactQueue& configured,
                const v1::Configuration& configuration) const;
  const Queue* FindQueue(const std::string& name) const;
  // What the agent's profile says of the channel; null if nothing.
  const v1::ChannelCapacity* CapacityFor(const std::string& agent,
                                         v1::Channel channel) const;
  int CostOf(const std::string& agent, v1::Channel channel) const;
  // The configured queue as which the contacts of this one ask.
  const v1::ContactQueue* AsksAs(const std::string& queue,
                                 std::size_t ring) const;
  bool Meets(const Agent& agent, const v1::Contact& contact,
             const Asked& asked) const;
  // With the skills in training for a contact to which a tutor may listen.
  static bool Meets(const Agent& agent, const v1::RequirementTerm& term,
                    bool with_training);
  static bool Meets(const Agent& agent, const Requirement& requirement,
                    bool with_training);
  static std::string Missing(const Agent& agent, const Requirement& requirement,
                             bool with_training);
  static int LevelOf(const Agent& agent, const std::string& skill,
                     bool with_training);

  std::map<std::string, Agent> agents_;
  DurationMs CreditMs(const v1::Contact& contact) const;

  std::map<std::string, Queue> queues_;
  v1::ContactChoice contact_choice_;
  std::map<std::string, DurationMs> segments_;  // their credits
};

// "voice"
std::string ChannelText(v1::Channel channel);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_RULES_H_
