// The small centre of the model test, drawn from a seed: at most 30 agents, 60
// contacts alive, 4 queues with different terms, 3 plans, 5 skills of which
// some imply others, 5 profiles, 2 certifications, 2 languages, 3 teams at 2
// sites.
//
// Thread safety: none; one thread at a time.

#ifndef RELAIS_TESTS_MODEL_MODEL_WORLD_H_
#define RELAIS_TESTS_MODEL_MODEL_WORLD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/random.h"
#include "relais/bullseye_plan.h"
#include "relais/contact.h"
#include "relais/router.h"

namespace relais::model {

inline constexpr std::uint32_t kAgentsMax = 30;
inline constexpr std::uint32_t kContactsMax = 60;
inline constexpr std::uint32_t kEndedIdsMax = 40;

RouterOptions WorldOptions(RouterObserver* observer);

class World {
 public:
  static constexpr int kQueues = 4;

  // With `all_rules` every configuration without a mistake has all rules.
  explicit World(Random* random, bool all_rules = false)
      : random_(random), all_rules_(all_rules) {}

  // Whether rings, training, activities, several orders of agents and rules of
  // fit, an order of queues, contacts beside each other and credits of segments
  // are all in it.
  static bool HasAllRules(const Configuration& configuration);

  // Every queue, and about 20 agents.
  Configuration First();
  // The same with a few changes: agents added, removed or relevelled, queues
  // removed, added or with other terms; now and then one with an error.
  Configuration Next(const Configuration& present);
  // What a team lead may change; now and then nothing, or something wrong.
  AgentChange Change(const AgentConfiguration& present,
                     const Configuration& centre);
  // A contact for `id`; mostly for a queue that exists.
  ContactSpec Contact(const std::string& id);
  // Something wrong with `spec`, of a kind that every router must refuse.
  void Spoil(ContactSpec* spec);

 private:
  static constexpr int kPlans = 3;
  static constexpr int kProfiles = 5;
  static constexpr std::uint64_t kSegments = 3;
  static constexpr const char* kTeams[] = {"red", "green", "blue"};
  // The second is a provider's.
  static constexpr const char* kSites[] = {"north", "night"};

  Configuration DrawFirst();
  Configuration DrawNext(const Configuration& present);
  // Tutors are drawn from those who are there.
  AgentConfiguration Agent(const std::string& id, const Configuration& centre);
  RoutingProfile Profile(int index, ChannelSet channels);
  void ChooseInterruptions(RoutingProfile* profile);
  ContactQueue Queue(int index);
  void ChoosePlan(ContactQueue* queue);
  HoldTimes Hold();
  PreferredAgents Preferred();
  ContactChoice Mode();
  std::vector<CustomerSegment> Segments();
  std::vector<Reserve> Reserves(const Configuration& configuration);
  // Those that are right.
  static void AddReserves(const std::vector<Reserve>& reserves,
                          Configuration* configuration);
  void ChangeForMany(Configuration* next);
  void ChangeChoice(Configuration* next);
  // Of some of the queues.
  std::vector<QueueRank> QueueOrder(const Configuration& configuration);
  // Without those that are no longer there.
  static void KeepListed(const Configuration& configuration,
                         std::vector<QueueRank>* order);
  std::string SkillName();
  // Skills, teams and so on, of which agents and queues speak.
  static Configuration Lists();
  bool IsRefused(const ContactQueue& queue) const;
  // The last one is a curve. Right in itself.
  BullseyePlan Plan(int index);
  BullseyeRing Ring();
  void ChangePlan(Configuration* configuration);
  // Also puts right what they say of queues that are no longer there.
  void ChangePlans(Configuration* configuration);
  static void ClearQueuesOfRings(std::vector<BullseyePlan>* plans);
  // Some rings ask as another queue, where that is right.
  void ChangeQueuesOfRings(Configuration* configuration);
  // Of any kind; nested ones get fewer terms with each level.
  RequirementTerm Term(int depth);
  RoutingRequirement Nested(int depth);
  // Added to what is there; now and then one that nobody could meet.
  void AddTerms(RoutingRequirement* requirement);

  Random* random_;
  const bool all_rules_;
  std::vector<BullseyePlan> plans_;  // of which queues speak
};

}  // namespace relais::model

#endif  // RELAIS_TESTS_MODEL_MODEL_WORLD_H_
