// The check of a configuration, part by part; for validate_configuration.cc,
// check_agents.cc, check_plans.cc, check_reserves.cc and warn_reachability.cc
// alone.
//
// Collects findings, entry by entry, and sorts them in the end: warnings about
// who could serve whom come only after everything was checked.
//
// Thread safety: none; one thread.

#ifndef RELAIS_LIB_DOMAIN_CONFIGURATION_CHECKER_H_
#define RELAIS_LIB_DOMAIN_CONFIGURATION_CHECKER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "lib/domain/compile_profile.h"
#include "lib/domain/field_path.h"
#include "lib/domain/reachability.h"
#include "lib/domain/requirement_term.h"
#include "lib/domain/skill_closure.h"
#include "relais/configuration.h"

namespace relais {

class ConfigurationChecker {
 public:
  ConfigurationChecker(const Configuration& configuration, const Limits& limits,
                       CloseSkillsFn close, bool applied = false)
      : configuration_(configuration),
        limits_(limits),
        close_(close),
        applied_(applied) {}

  std::vector<Finding> Run() &&;
  // Of this agent alone, whatever the configuration has of the same id.
  std::vector<Finding> RunForAgent(const AgentConfiguration& agent) &&;

 private:
  using Index = absl::flat_hash_map<std::string, std::size_t>;

  // In the order of findings.
  enum Section {
    kCentre,
    kSkills,
    kProfiles,
    kCertifications,
    kLanguages,
    kSites,
    kTeams,
    kGrades,
    kActivities,
    kAgents,
    kPlans,
    kQueues,
    kChoice,
    kReserves,
    kSectionCount,
  };
  struct Noted {
    Section section;
    std::size_t place;  // 0 = the list itself, 1 + index of an entry
    Finding finding;
  };

  // What follows is about this.
  void Enter(Section section, std::size_t place) {
    section_ = section;
    place_ = place;
  }
  void Note(Finding::Severity severity, std::string path, std::string message) {
    noted_.push_back(
        {section_, place_, {severity, std::move(path), std::move(message)}});
  }
  void Error(std::string path, std::string message) {
    ++errors_[section_];
    wrong_[section_].insert(place_);
    Note(Finding::Severity::kError, std::move(path), std::move(message));
  }
  void Warn(std::string path, std::string message) {
    Note(Finding::Severity::kWarning, std::move(path), std::move(message));
  }
  bool IsWrong(Section section, std::size_t place) const {
    return wrong_[section].contains(place);
  }
  // Of anything that agents refer to, or of agents.
  bool AgentsAreRight() const;

  void CheckCount(std::string_view path, std::size_t count, std::size_t limit);
  // Whether the text is at most `bytes_max` long and UTF-8.
  bool CheckText(const std::string& path, std::string_view value,
                 std::size_t bytes_max);
  // As CheckText, not empty, and not among those seen in this list before.
  // `field`: of the entry; empty if the entry is the name.
  void CheckUnique(std::string_view list, std::size_t i, std::string_view field,
                   const std::string& value, Index* seen);
  void CheckLevel(const std::string& path, int level);
  void CheckDuration(const std::string& path, DurationMs value, DurationMs min);
  void CheckChannels(const std::string& path, ChannelSet channels);
  // A name that must be in `known`.
  void CheckReference(const std::string& path, const std::string& name,
                      const Index& known, std::string_view what);
  std::string Suggestion(const std::string& name, const Index& known,
                         std::string_view what);
  // Also notes where a list names the same again. `field` as in CheckUnique.
  void CheckReferenceOnce(const std::string& list, std::size_t i,
                          std::string_view field, const std::string& name,
                          const Index& known, std::string_view what,
                          Index* seen);
  const Index& KnownOf(Subject subject) const;
  void CheckRequirementOf(const RoutingRequirement& requirement,
                          const FieldPath& path);
  void CheckRepeats(const RoutingRequirement& requirement,
                    const FieldPath& path, int depth);

  void CheckSkills();
  void CheckSkillGraph();
  void CheckProfiles();
  void CheckCapacity(const std::string& path, const RoutingProfile& profile);
  // Which channels may interrupt which.
  void CheckInterruptions(const std::string& path,
                          const RoutingProfile& profile);
  void CheckNames(Section section, std::string_view list,
                  const std::vector<std::string>& names, std::size_t limit,
                  Index* index);
  void CheckSites();
  void CheckTeams();
  void CheckGrades();
  void CheckActivities();
  void CheckQueue(std::size_t i);
  void CheckQueueTerms(const std::string& path, const ContactQueue& queue);
  void CheckQueueActivity(const std::string& path, const ContactQueue& queue);

  // check_agents.cc
  void CheckAgent(std::size_t i);
  void CheckAgentTerms(const AgentConfiguration& agent,
                       const std::string& path);
  void CheckAgentSkills(const AgentConfiguration& agent,
                        const std::string& path);
  void CheckNamesHeld(const std::vector<std::string>& names,
                      const std::string& path, std::size_t limit,
                      Subject subject);
  // Once all agents are known.
  void CheckTutors(const AgentConfiguration& agent, const std::string& path);
  void CheckAgentPlace(const AgentConfiguration& agent,
                       const std::string& path);

  // check_plans.cc
  struct RingsSoFar;
  void CheckPlans();
  void CheckPlan(const BullseyePlan& plan, const std::string& path);
  void CheckCondition(const std::string& path, RingCondition condition);
  void CheckRing(const BullseyeRing& ring, std::size_t number,
                 const std::string& path, RingsSoFar* before);
  void CheckRingSkills(const BullseyeRing& ring, std::size_t number,
                       const std::string& path, RingsSoFar* before);
  void CheckLowering(const SkillLowering& lowering, const std::string& path,
                     RingsSoFar* before);
  void CheckRingPlaces(const BullseyeRing& ring, const std::string& path,
                       RingsSoFar* before);
  void CheckCurve(const std::vector<CurvePoint>& curve,
                  const std::string& path);
  void CheckQueuePlan(const std::string& queue_path, const ContactQueue& queue);
  void CheckPlacesOfQueue(const std::string& path, const ContactQueue& queue,
                          const BullseyePlan& plan,
                          const std::vector<BullseyeRing>& later);
  void WarnAboutIdleRings(const std::string& path, const ContactQueue& queue,
                          const BullseyePlan& plan,
                          const std::vector<BullseyeRing>& later);
  // When all queues are known.
  void CheckRingQueues();
  void WarnAboutUnusedPlans();
  bool PlanIsWrong(const ContactQueue& queue) const;
  // Met by whoever meets that of one of the queue's rings.
  RoutingRequirement WidestRequirement(const ContactQueue& queue) const;

  // validate_choice.cc
  void CheckChoice();

  // check_reserves.cc
  void CheckReserves();
  void CheckReserve(const Reserve& reserve, const std::string& path);
  // When all agents are right; of those reserves that are, as their queues.
  void CheckStarving(const Reachability& reachability);

  // warn_reachability.cc
  void WarnAboutUnusedProfiles();
  void WarnAboutReachability();
  void WarnAboutTutors(const ProfileCompiler& compiler);
  // Of a queue whose contacts drain channels: what nobody is left for then.
  void WarnAboutDrain(std::size_t i, const Reachability& reachability);
  void WarnAboutQueue(std::size_t i, const CompiledRequirement& requirement,
                      const Reachability& reachability);

  const Configuration& configuration_;
  const Limits& limits_;
  const CloseSkillsFn close_;
  const bool applied_;
  SkillClosure closure_;
  std::vector<Noted> noted_;
  Section section_ = kCentre;
  std::size_t place_ = 0;
  std::size_t errors_[kSectionCount] = {};
  absl::flat_hash_set<std::size_t> wrong_[kSectionCount];  // places
  absl::flat_hash_map<std::string, std::string> suggestions_;
  Index skills_;
  Index profiles_;
  Index certifications_;
  Index languages_;
  Index sites_;
  Index teams_;
  Index activities_;
  Index agents_;
  Index plans_;
  Index queues_;
};

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_CONFIGURATION_CHECKER_H_
