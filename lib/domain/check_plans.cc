// What is wrong with bullseye plans, and with a queue's use of one.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "lib/domain/activity.h"
#include "lib/domain/bullseye_plan.h"
#include "lib/domain/configuration_checker.h"
#include "lib/domain/error.h"
#include "lib/domain/requirement_check.h"

namespace relais {

// What the rings of one plan have done so far.
struct ConfigurationChecker::RingsSoFar {
  DurationMs after_ms = 0;
  DurationMs boost_ms = 0;
  Index dropped = {};  // with the ring's number
  Index teams = {};
  Index sites = {};
  absl::flat_hash_map<std::string, int> lowered_to = {};
  bool provider = false;
  bool anywhere = false;
};

void ConfigurationChecker::CheckPlans() {
  const auto& plans = configuration_.bullseye_plans;
  Enter(kPlans, 0);
  CheckCount("bullseye_plans", plans.size(), kBullseyePlansMax);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    Enter(kPlans, i + 1);
    CheckUnique("bullseye_plans", i, "name", plans[i].name, &plans_);
    CheckPlan(plans[i], absl::StrCat("bullseye_plans[", i, "]"));
  }
}

void ConfigurationChecker::CheckPlan(const BullseyePlan& plan,
                                     const std::string& path) {
  CheckCondition(absl::StrCat(path, ".skip_first_if"), plan.skip_first_if);
  if (plan.rings.empty() && plan.curve.empty()) {
    Error(path, "never widens; give it rings or a curve");
  }
  if (!plan.rings.empty() && !plan.curve.empty()) {
    Error(absl::StrCat(path, ".curve"),
          "stands beside rings; a plan has one or the other");
  }
  if (!plan.curve.empty()) CheckCurve(plan.curve, absl::StrCat(path, ".curve"));
  const std::string list = absl::StrCat(path, ".rings");
  CheckCount(list, plan.rings.size(), kRingsPerPlanMax);
  RingsSoFar before;
  for (std::size_t k = 0; k < plan.rings.size(); ++k) {
    const std::string here = absl::StrCat(list, "[", k, "]");
    CheckRing(plan.rings[k], k, here, &before);
    CheckCondition(absl::StrCat(here, ".skip_if"), plan.rings[k].skip_if);
    if (k + 1 == plan.rings.size() &&
        plan.rings[k].skip_if != RingCondition::kNone) {
      Error(absl::StrCat(here, ".skip_if"),
            "is in the last ring, after which there is none to go on to; "
            "leave it out");
    }
  }
}

void ConfigurationChecker::CheckCondition(const std::string& path,
                                          RingCondition condition) {
  if (static_cast<int>(condition) < kRingConditionCount) return;
  Error(path, absl::StrCat(static_cast<int>(condition),
                           " is not a condition; give nobody_signed_in or "
                           "nobody_scheduled, or leave it out"));
}

void ConfigurationChecker::CheckRing(const BullseyeRing& ring,
                                     std::size_t number,
                                     const std::string& path,
                                     RingsSoFar* before) {
  const std::string after = absl::StrCat(path, ".widen_after_ms");
  CheckDuration(after, ring.widen_after_ms, 1);
  if (number > 0 && ring.widen_after_ms <= before->after_ms) {
    Error(after, absl::StrCat(ring.widen_after_ms,
                              " ms is not later than the ring before, which "
                              "begins after ",
                              before->after_ms));
  }
  before->after_ms = ring.widen_after_ms;
  const BullseyeRing nothing{.widen_after_ms = ring.widen_after_ms,
                             .skip_if = ring.skip_if};
  if (ring == nothing) {
    Error(path,
          "changes nothing, so it never widens; lower or drop a skill, add "
          "places, raise the boost or change the queue");
  }
  // Of another queue's requirement nothing has been loosened yet.
  if (!ring.queue.empty()) {
    *before = {.after_ms = before->after_ms, .boost_ms = before->boost_ms};
  }
  CheckRingSkills(ring, number, path, before);
  CheckRingPlaces(ring, path, before);
  if (ring.drain != 0) CheckChannels(absl::StrCat(path, ".drain"), ring.drain);
  const std::string boost = absl::StrCat(path, ".raise_boost_ms");
  CheckDuration(boost, ring.raise_boost_ms, 0);
  before->boost_ms += ring.raise_boost_ms;
  if (ring.raise_boost_ms <= kDurationMsMax &&
      before->boost_ms > kDurationMsMax) {
    Error(boost, absl::StrCat("makes ", before->boost_ms,
                              " ms with the rings before; give at most ",
                              kDurationMsMax, " (a week) in all"));
  }
}

void ConfigurationChecker::CheckRingSkills(const BullseyeRing& ring,
                                           std::size_t number,
                                           const std::string& path,
                                           RingsSoFar* before) {
  const std::string drops = absl::StrCat(path, ".drop_skills");
  CheckCount(drops, ring.drop_skills.size(), kNamesPerRingMax);
  for (std::size_t k = 0; k < ring.drop_skills.size(); ++k) {
    const std::string& skill = ring.drop_skills[k];
    const std::string here = absl::StrCat(drops, "[", k, "]");
    CheckReference(here, skill, skills_, "skill");
    const auto [first, fresh] = before->dropped.emplace(skill, number);
    if (!fresh) {
      Error(here, absl::StrCat(Quoted(skill), " is dropped already by rings[",
                               first->second, "]"));
    }
  }
  const std::string list = absl::StrCat(path, ".lower");
  CheckCount(list, ring.lower.size(), kNamesPerRingMax);
  Index seen;
  for (std::size_t k = 0; k < ring.lower.size(); ++k) {
    const SkillLowering& lowering = ring.lower[k];
    CheckReferenceOnce(list, k, "skill", lowering.skill, skills_, "skill",
                       &seen);
    CheckLowering(lowering, absl::StrCat(list, "[", k, "]"), before);
  }
  if (ring.lower_all_by < 0 || ring.lower_all_by > kLevelReductionMax) {
    Error(absl::StrCat(path, ".lower_all_by"),
          absl::StrCat(ring.lower_all_by, " is not in 0..", kLevelReductionMax,
                       " levels"));
  }
}

void ConfigurationChecker::CheckLowering(const SkillLowering& lowering,
                                         const std::string& path,
                                         RingsSoFar* before) {
  const auto dropped = before->dropped.find(lowering.skill);
  if (dropped != before->dropped.end()) {
    Error(absl::StrCat(path, ".skill"),
          absl::StrCat(Quoted(lowering.skill), " is dropped by rings[",
                       dropped->second, "]; there is nothing to lower"));
  }
  if ((lowering.by == 0) == (lowering.to == 0)) {
    Error(path, lowering.by == 0
                    ? absl::StrCat("does not say how far; give by, 1 to ",
                                   kLevelReductionMax, ", or to")
                    : absl::StrCat("has by ", lowering.by, " and to ",
                                   lowering.to, "; give one of them"));
    return;
  }
  if (lowering.by != 0) {
    if (lowering.by > 0 && lowering.by <= kLevelReductionMax) return;
    Error(absl::StrCat(path, ".by"),
          absl::StrCat(lowering.by, " is not in 1..", kLevelReductionMax,
                       " levels"));
    return;
  }
  const std::string to = absl::StrCat(path, ".to");
  if (lowering.to < kProficiencyLevelMin ||
      lowering.to >= kProficiencyLevelMax) {
    Error(to, absl::StrCat(lowering.to, " is not in ", kProficiencyLevelMin,
                           "..", kProficiencyLevelMax - 1,
                           "; nothing is lowered to the highest level"));
    return;
  }
  const auto [first, fresh] =
      before->lowered_to.emplace(lowering.skill, lowering.to);
  if (!fresh && lowering.to >= first->second) {
    Error(to, absl::StrCat(lowering.to, " is not below ", first->second,
                           ", to which an earlier ring lowers ",
                           Quoted(lowering.skill)));
  }
  first->second = lowering.to;
}

void ConfigurationChecker::CheckRingPlaces(const BullseyeRing& ring,
                                           const std::string& path,
                                           RingsSoFar* before) {
  const bool places =
      !ring.teams.empty() || !ring.sites.empty() || ring.provider;
  const auto check = [&](const char* field,
                         const std::vector<std::string>& names,
                         const Index& known, std::string_view what,
                         Index* named) {
    const std::string list = absl::StrCat(path, ".", field);
    CheckCount(list, names.size(), kNamesPerRingMax);
    for (std::size_t k = 0; k < names.size(); ++k) {
      const std::string here = absl::StrCat(list, "[", k, "]");
      CheckReference(here, names[k], known, what);
      if (named->emplace(names[k], k).second) continue;
      Error(here, absl::StrCat(Quoted(names[k]),
                               " will do already, by this ring or an earlier "
                               "one"));
    }
  };
  check("teams", ring.teams, teams_, "team", &before->teams);
  check("sites", ring.sites, sites_, "site", &before->sites);
  if (ring.provider && before->provider) {
    Error(absl::StrCat(path, ".provider"),
          "will do already, by an earlier ring");
  }
  if (before->anywhere && (places || ring.anywhere)) {
    Error(path, "widens places, of which an earlier ring asks none (anywhere)");
  } else if (ring.anywhere && places) {
    Error(absl::StrCat(path, ".anywhere"),
          "stands beside teams, sites or provider; give one or the other");
  }
  before->provider = before->provider || ring.provider;
  before->anywhere = before->anywhere || ring.anywhere;
}

void ConfigurationChecker::CheckRingQueues() {
  const auto& plans = configuration_.bullseye_plans;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    Enter(kPlans, i + 1);
    for (std::size_t k = 0; k < plans[i].rings.size(); ++k) {
      const std::string& queue = plans[i].rings[k].queue;
      if (queue.empty()) continue;
      CheckReference(
          absl::StrCat("bullseye_plans[", i, "].rings[", k, "].queue"), queue,
          queues_, "queue");
    }
  }
}

void ConfigurationChecker::CheckCurve(const std::vector<CurvePoint>& curve,
                                      const std::string& path) {
  CheckCount(path, curve.size(), kCurvePointsMax);
  for (std::size_t k = 0; k < curve.size(); ++k) {
    const CurvePoint& point = curve[k];
    const std::string here = absl::StrCat(path, "[", k, "]");
    if (point.share_percent < 0 || point.share_percent > 100) {
      Error(absl::StrCat(here, ".share_percent"),
            absl::StrCat(point.share_percent, " is not in 0..100 percent"));
    }
    if (point.reduction < 0 || point.reduction > kLevelReductionMax) {
      Error(absl::StrCat(here, ".reduction"),
            absl::StrCat(point.reduction, " is not in 0..", kLevelReductionMax,
                         " levels"));
    }
    if (point.share_percent == 0 && point.reduction > 0) {
      Error(absl::StrCat(here, ".reduction"),
            "is not 0 when nothing is used up yet; ask for less in the queue's "
            "requirement instead");
    }
    if (k == 0) continue;
    if (point.share_percent <= curve[k - 1].share_percent) {
      Error(absl::StrCat(here, ".share_percent"),
            absl::StrCat(point.share_percent, " is not above ",
                         curve[k - 1].share_percent, " of the point before"));
    }
    if (point.reduction <= curve[k - 1].reduction) {
      Error(absl::StrCat(here, ".reduction"),
            absl::StrCat("the level does not fall: ", point.reduction,
                         " is not above ", curve[k - 1].reduction,
                         " of the point before"));
    }
  }
  if (curve.back().reduction == 0) {
    Error(path, "never widens; its last point lowers by 0 levels");
  }
}

// --- A queue's use of a plan -------------------------------------------------

void ConfigurationChecker::CheckQueuePlan(const std::string& queue_path,
                                          const ContactQueue& queue) {
  const std::string path = absl::StrCat(queue_path, ".plan");
  CheckReference(path, queue.plan, plans_, "bullseye plan");
  const auto found = plans_.find(queue.plan);
  if (found == plans_.end() || PlanIsWrong(queue)) return;
  const BullseyePlan& plan = configuration_.bullseye_plans[found->second];
  const DurationMs threshold_ms = queue.service_level.threshold_ms;
  if (!plan.curve.empty() && threshold_ms == 0) {
    Error(path, absl::StrCat(Quoted(queue.plan),
                             " is a curve over the service-level target, and "
                             "this queue has none; give "
                             "service_level.threshold_ms"));
    return;
  }
  if (threshold_ms < 0 || threshold_ms > kDurationMsMax) return;
  const std::vector<BullseyeRing> later = LaterRings(plan, threshold_ms);
  const auto others = QueuesOfRings(plan, configuration_);
  for (std::size_t k = 0; k < later.size(); ++k) {
    const ContactQueue after = QueueInRing(queue, others, later, k + 1);
    if (!after.pull_only || QueueInRing(queue, others, later, k).pull_only) {
      continue;
    }
    Error(path, absl::StrCat("ring ", k + 1, " of ", Quoted(queue.plan),
                             " changes to the queue ", Quoted(after.name),
                             ", which is pull_only, from one that is not; "
                             "rings only loosen"));
  }
  for (const ContactQueue& other : others) {
    for (int i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<Channel>(i);
      if (!Contains(queue.channels, channel) ||
          Contains(other.channels, channel)) {
        continue;
      }
      Error(path, absl::StrCat(Quoted(queue.plan), " changes to the queue ",
                               Quoted(other.name), ", which does not accept ",
                               std::string(ChannelName(channel))));
    }
  }
  CheckPlacesOfQueue(path, queue, plan, later);
  WarnAboutIdleRings(path, queue, plan, later);
}

// A place that the requirement excludes is no place to widen to.
void ConfigurationChecker::CheckPlacesOfQueue(
    const std::string& path, const ContactQueue& queue,
    const BullseyePlan& plan, const std::vector<BullseyeRing>& later) {
  const auto activity = activities_.find(queue.activity);
  if (activity != activities_.end() &&
      IsWrong(kActivities, activity->second + 1)) {
    return;  // not known what is asked for
  }
  const ContactQueue first = WithActivity(queue, configuration_);
  const auto others = QueuesOfRings(plan, configuration_);
  const FieldPath root("requirement");
  const auto is_right = [&root](const ContactQueue& one) {
    bool right = true;
    relais::CheckRequirement(
        one.requirement, root,
        [&right](const FieldPath&, const std::string&) { right = false; });
    return right && !FindContradiction(one.requirement, root);
  };
  if (!is_right(first) || !std::all_of(others.begin(), others.end(), is_right))
    return;
  std::vector<BullseyeRing> anywhere = later;
  for (std::size_t k = 0; k < later.size(); ++k) {
    std::vector<RequirementTerm> places;
    for (const std::string& team : later[k].teams) {
      places.push_back({.team = team});
    }
    for (const std::string& site : later[k].sites) {
      places.push_back({.site = site});
    }
    if (later[k].provider) places.push_back({.provider = true});
    anywhere[k].anywhere = true;
    RoutingRequirement there =
        QueueInRing(first, others, anywhere, k + 1).requirement;
    for (const RequirementTerm& place : places) {
      there.all_of.push_back(place);
      if (const auto why = FindContradiction(there, root)) {
        Error(path, absl::StrCat("ring ", k + 1, " of ", Quoted(queue.plan),
                                 " widens to ", Describe(place),
                                 ", where nobody can meet the requirement: ",
                                 why->path, " ", why->message));
      }
      there.all_of.pop_back();
    }
  }
}

void ConfigurationChecker::WarnAboutIdleRings(
    const std::string& path, const ContactQueue& queue,
    const BullseyePlan& plan, const std::vector<BullseyeRing>& later) {
  const auto others = QueuesOfRings(plan, configuration_);
  for (std::size_t k = 0; k < later.size(); ++k) {
    const std::string ring =
        absl::StrCat("ring ", k + 1, " of ", Quoted(queue.plan));
    const ContactQueue before = QueueInRing(queue, others, later, k);
    const ContactQueue after = QueueInRing(queue, others, later, k + 1);
    if (later[k].drain != 0 && later[k].drain == queue.channels &&
        (queue.channels & (queue.channels - 1)) == 0) {
      Warn(path, absl::StrCat(ring,
                              " drains nothing; the contacts of this queue are "
                              "of that channel themselves"));
    }
    if (later[k].raise_boost_ms == 0 && later[k].drain == 0 &&
        before.name == after.name && before.requirement == after.requirement) {
      Warn(path, absl::StrCat(ring,
                              " changes nothing of what this queue asks for; "
                              "only contacts that ask for it themselves are "
                              "widened"));
    }
    if (queue.wait_limit_ms > 0 &&
        later[k].widen_after_ms >= queue.wait_limit_ms) {
      Warn(path,
           absl::StrCat(ring, " begins after ", later[k].widen_after_ms,
                        " ms, when the wait limit of ", queue.wait_limit_ms,
                        " ms has ended the contact"));
      break;
    }
  }
}

void ConfigurationChecker::WarnAboutUnusedPlans() {
  absl::flat_hash_set<std::string> used;
  for (const ContactQueue& queue : configuration_.queues) {
    used.insert(queue.plan);
  }
  const auto& plans = configuration_.bullseye_plans;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].name.empty() || used.contains(plans[i].name)) continue;
    Enter(kPlans, i + 1);
    Warn(absl::StrCat("bullseye_plans[", i, "]"),
         absl::StrCat("no queue uses the plan ", Quoted(plans[i].name)));
  }
}

bool ConfigurationChecker::PlanIsWrong(const ContactQueue& queue) const {
  const auto plan = plans_.find(queue.plan);
  return plan != plans_.end() && IsWrong(kPlans, plan->second + 1);
}

RoutingRequirement ConfigurationChecker::WidestRequirement(
    const ContactQueue& queue) const {
  const ContactQueue first = WithActivity(queue, configuration_);
  if (PlanIsWrong(queue)) return first.requirement;
  const BullseyePlan plan = PlanOf(queue, configuration_);
  const std::vector<BullseyeRing> later =
      LaterRings(plan, queue.service_level.threshold_ms);
  const auto others = QueuesOfRings(plan, configuration_);
  // The last ring as each of the queues; whoever meets an earlier ring of it
  // meets this one.
  RoutingRequirement any;
  for (std::size_t ring = 0; ring <= later.size(); ++ring) {
    if (ring < later.size() && later[ring].queue.empty()) continue;
    any.any_of.push_back(
        {.requirement = std::make_shared<RoutingRequirement>(
             QueueInRing(first, others, later, ring).requirement)});
  }
  if (any.any_of.size() == 1) return *any.any_of.front().requirement;
  return any;
}

}  // namespace relais
