// Warnings of a configuration about who could serve whom.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/domain/activity.h"
#include "lib/domain/bullseye_plan.h"
#include "lib/domain/configuration_checker.h"
#include "lib/domain/error.h"

namespace relais {
namespace {

std::string NameText(Channel channel) {
  return std::string(ChannelName(channel));
}

// Why none of them (`who`, agents with one of the channels) meets the term;
// empty if some do.
std::string WhyNotTerm(const RequirementTerm& term, const std::string& who,
                       ChannelSet among, const Reachability& reachability) {
  RoutingRequirement alone;
  alone.all_of = {term};
  if (reachability.AnyMeets(CompileRequirement(Channel{}, alone), among)) {
    return "";
  }
  if (term.skill.empty()) {
    return absl::StrCat(who, term.requirement == nullptr ? " has " : " meets ",
                        Describe(term));
  }
  const int highest = reachability.HighestLevel(NameIdOf(term.skill), among);
  if (highest == 0) {
    return absl::StrCat(who, " has the skill ", Quoted(term.skill));
  }
  if (highest < term.level_min) {
    return absl::StrCat(who, " has the skill ", Quoted(term.skill),
                        " at level ", term.level_min,
                        " or above; the highest is ", highest);
  }
  return absl::StrCat(who, " has ", Describe(term));
}

// Requires: no agent with the channel meets the requirement.
std::string WhyNobody(const RoutingRequirement& requirement, Channel channel,
                      const Reachability& reachability) {
  const std::string name = NameText(channel);
  if (!reachability.has_agents()) return "there are no agents";
  if (!Contains(reachability.channels(), channel)) {
    return absl::StrCat("no agent's routing profile has the channel ", name);
  }
  bool skills_only = requirement.any_of.empty() && requirement.none_of.empty();
  // What nobody has at all explains more than what nobody on the channel has.
  for (const ChannelSet among : {reachability.channels(), SetOf(channel)}) {
    const std::string who = among == SetOf(channel)
                                ? absl::StrCat("no agent with channel ", name)
                                : "nobody";
    for (const RequirementTerm& term : requirement.all_of) {
      skills_only = skills_only && !term.skill.empty();
      std::string why = WhyNotTerm(term, who, among, reachability);
      if (!why.empty()) return why;
    }
    RoutingRequirement choices;
    choices.any_of = requirement.any_of;
    if (!reachability.AnyMeets(CompileRequirement(channel, choices), among)) {
      return absl::StrCat(who, " meets any term of any_of");
    }
  }
  return absl::StrCat(
      "no agent with channel ", name,
      skills_only ? " has all the skills asked for at their levels, though "
                    "each of them is there"
                  : " meets all terms together, though each that must hold is "
                    "met by somebody");
}

}  // namespace

void ConfigurationChecker::WarnAboutUnusedProfiles() {
  absl::flat_hash_set<std::string> used;
  for (const auto& agent : configuration_.agents) {
    used.insert(agent.routing_profile);
  }
  const auto& profiles = configuration_.routing_profiles;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    if (profiles[i].name.empty() || used.contains(profiles[i].name)) continue;
    Enter(kProfiles, i + 1);
    Warn(absl::StrCat("routing_profiles[", i, "]"),
         absl::StrCat("no agent uses the routing profile ",
                      Quoted(profiles[i].name)));
  }
}

void ConfigurationChecker::WarnAboutQueue(
    std::size_t i, const CompiledRequirement& requirement,
    const Reachability& reachability) {
  const ContactQueue& queue = configuration_.queues[i];
  const auto unserved = static_cast<ChannelSet>(
      queue.channels & ~reachability.ServedChannels(requirement));
  if (unserved == 0) return;
  Enter(kQueues, i + 1);
  const std::string path = absl::StrCat("queues[", i, "]");
  const bool whole = unserved == queue.channels;
  std::vector<std::string> reasons;
  for (int k = 0; k < kChannelCount; ++k) {
    const auto channel = static_cast<Channel>(k);
    if (!Contains(unserved, channel)) continue;
    std::string reason =
        WhyNobody(WidestRequirement(queue), channel, reachability);
    if (!whole) {
      Warn(absl::StrCat(path, ".channels"),
           absl::StrCat("nobody could ever serve ", NameText(channel),
                        " contacts of ", Quoted(queue.name), ": ", reason));
    } else if (std::find(reasons.begin(), reasons.end(), reason) ==
               reasons.end()) {
      reasons.push_back(std::move(reason));
    }
  }
  if (whole) {
    Warn(path, absl::StrCat("nobody could ever serve ", Quoted(queue.name),
                            ": ", absl::StrJoin(reasons, "; ")));
  }
}

void ConfigurationChecker::WarnAboutDrain(std::size_t i,
                                          const Reachability& reachability) {
  const ContactQueue& queue = configuration_.queues[i];
  if (errors_[kPlans] > 0) return;
  const BullseyePlan plan = PlanOf(queue, configuration_);
  const ChannelSet drain = DrainInRing(plan.rings, plan.rings.size());
  if (drain == 0) return;
  Enter(kQueues, i + 1);
  const std::string path = absl::StrCat("queues[", i, "].plan");
  const RoutingRequirement last =
      QueueInRing(WithActivity(queue, configuration_),
                  QueuesOfRings(plan, configuration_), plan.rings,
                  plan.rings.size())
          .requirement;
  for (int k = 0; k < kChannelCount; ++k) {
    const auto own = static_cast<Channel>(k);
    if (!Contains(queue.channels, own)) continue;
    const CompiledRequirement waits = CompileRequirement(own, last);
    for (const ContactQueue& other : configuration_.queues) {
      for (int n = 0; n < kChannelCount; ++n) {
        const auto channel = static_cast<Channel>(n);
        if (n == k || !Contains(drain & other.channels, channel) ||
            !reachability.OnlyThoseServe(
                CompileRequirement(channel, WidestRequirement(other)), waits)) {
          continue;
        }
        Warn(path, absl::StrCat("while ", NameText(own),
                                " contacts wait in the last "
                                "ring of ",
                                Quoted(queue.plan), ", nobody takes ",
                                NameText(channel), " contacts of ",
                                Quoted(other.name),
                                ": whoever may is drained of them"));
      }
    }
  }
}

// Whoever listens should know what it is about.
void ConfigurationChecker::WarnAboutTutors(const ProfileCompiler& compiler) {
  for (std::size_t i = 0; i < configuration_.agents.size(); ++i) {
    const AgentConfiguration& agent = configuration_.agents[i];
    for (std::size_t k = 0; k < agent.skills.size(); ++k) {
      const AgentSkill& held = agent.skills[k];
      if (!held.in_training) continue;
      const AgentConfiguration& tutor =
          configuration_.agents[agents_.at(held.tutor)];
      RoutingRequirement knows;
      knows.all_of = {{held.skill, kProficiencyLevelMin}};
      if (Meets(CompileRequirement(Channel{}, knows),
                compiler.Compile(tutor))) {
        continue;
      }
      Enter(kAgents, i + 1);
      Warn(absl::StrCat("agents[", i, "].skills[", k, "].tutor"),
           absl::StrCat(Quoted(held.tutor), " does not have the skill ",
                        Quoted(held.skill)));
    }
  }
}

void ConfigurationChecker::WarnAboutReachability() {
  if (!AgentsAreRight()) return;
  const ProfileCompiler compiler(configuration_, closure_);
  WarnAboutTutors(compiler);
  Reachability reachability;
  for (const AgentConfiguration& agent : configuration_.agents) {
    reachability.AddAgent(compiler.Compile(agent));
  }
  bool all_known = errors_[kQueues] == 0;
  std::vector<Reachability::Demand> demands;
  for (std::size_t i = 0; i < configuration_.queues.size(); ++i) {
    const ContactQueue& queue = configuration_.queues[i];
    if (IsWrong(kQueues, i + 1) || PlanIsWrong(queue)) {
      all_known = false;
      continue;
    }
    demands.push_back(
        {queue.channels,
         CompileRequirement(Channel{}, WidestRequirement(queue))});
    WarnAboutQueue(i, demands.back().requirement, reachability);
    WarnAboutDrain(i, reachability);
  }
  CheckStarving(reachability);
  if (!all_known || demands.empty()) return;
  for (std::size_t i = 0; i < configuration_.agents.size(); ++i) {
    if (reachability.CanServeAny(i, demands)) continue;
    Enter(kAgents, i + 1);
    Warn(absl::StrCat("agents[", i, "]"),
         absl::StrCat(Quoted(configuration_.agents[i].id),
                      " can serve no queue: none has a channel of its routing "
                      "profile and asks only for what it has"));
  }
}

}  // namespace relais
