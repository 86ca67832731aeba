#include "tests/reference/reference_rings.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "tests/reference/reference_requirement.h"

namespace relais::reference {
namespace {

// Levels less at the instant `at_ms`, in parts of `rise` of a level.
bool HasReached(const std::vector<CurvePoint>& curve, DurationMs threshold_ms,
                DurationMs at_ms, int levels) {
  // Whether threshold x percent is at or before the instant.
  const auto passed = [&](int percent) {
    return at_ms * 100 >= threshold_ms * percent;
  };
  for (std::size_t i = curve.size(); i-- > 0;) {
    if (!passed(curve[i].share_percent)) continue;
    if (i + 1 == curve.size()) return curve[i].reduction >= levels;
    const CurvePoint& from = curve[i];
    const CurvePoint& to = curve[i + 1];
    // reduction = from + (at - from's instant) / (to's - from's) x rise
    const std::int64_t part = at_ms * 100 - threshold_ms * from.share_percent;
    const std::int64_t whole =
        threshold_ms * (to.share_percent - from.share_percent);
    return from.reduction * whole + part * (to.reduction - from.reduction) >=
           levels * whole;
  }
  return false;
}

// The reduction only rises, so halving finds the first instant.
DurationMs FirstInstant(const std::vector<CurvePoint>& curve,
                        DurationMs threshold_ms, int levels) {
  DurationMs no = 0;
  DurationMs yes = threshold_ms;
  while (yes - no > 1) {
    const DurationMs middle = (no + yes) / 2;
    (HasReached(curve, threshold_ms, middle, levels) ? yes : no) = middle;
  }
  return yes;
}

std::vector<BullseyeRing> Written(const BullseyePlan& plan,
                                  DurationMs threshold_ms) {
  if (plan.curve.empty()) return plan.rings;
  std::vector<BullseyeRing> rings;
  for (int levels = 1; levels <= plan.curve.back().reduction; ++levels) {
    const DurationMs begins = FirstInstant(plan.curve, threshold_ms, levels);
    if (rings.empty() || rings.back().widen_after_ms != begins) {
      rings.emplace_back();
      rings.back().widen_after_ms = begins;
    }
    ++rings.back().lower_all_by;
  }
  return rings;
}

void LowerTo(int level, RequirementTerm* term) {
  term->level_min = std::max(1, level);
}

}  // namespace

std::vector<Ring> RingsOf(const ContactQueue& queue,
                          const Configuration& configuration) {
  const auto with_activity = [&](const ContactQueue& one) {
    return std::make_shared<const ContactQueue>(
        WithActivity(one, configuration));
  };
  std::vector<Ring> rings(1);
  rings[0].as = with_activity(queue);
  for (const BullseyePlan& plan : configuration.bullseye_plans) {
    if (queue.plan.empty() || plan.name != queue.plan) continue;
    rings[0].skip_if = plan.skip_first_if;
    for (const BullseyeRing& written :
         Written(plan, queue.service_level.threshold_ms)) {
      Ring next = rings.back();
      next.begins_ms = written.widen_after_ms;
      next.boost_ms += written.raise_boost_ms;
      next.skip_if = written.skip_if;
      next.changes.push_back(written);
      next.drains |= written.drain;
      for (const ContactQueue& other : configuration.queues) {
        if (written.queue.empty() || other.name != written.queue) continue;
        next.as = with_activity(other);
        next.changes_as.clear();
      }
      next.changes_as.push_back(written);
      rings.push_back(next);
    }
    // There is no ring to go on to.
    rings.back().skip_if = RingCondition::kNone;
  }
  return rings;
}

RoutingRequirement After(const std::vector<BullseyeRing>& changes,
                         const RoutingRequirement& requirement) {
  RoutingRequirement result = requirement;
  result.all_of.clear();
  std::vector<RequirementTerm> further;
  bool anywhere = false;
  for (const BullseyeRing& change : changes) {
    for (const std::string& team : change.teams) {
      further.push_back({.team = team});
    }
    for (const std::string& site : change.sites) {
      further.push_back({.site = site});
    }
    if (change.provider) further.push_back({.provider = true});
    anywhere = anywhere || change.anywhere;
  }
  const bool widened = anywhere || !further.empty();
  RoutingRequirement places;
  for (RequirementTerm term : requirement.all_of) {
    const bool place =
        !term.team.empty() || !term.site.empty() || term.provider;
    if (place && widened) {
      places.all_of.push_back(term);
      continue;
    }
    bool stays = true;
    for (const BullseyeRing& change : changes) {
      if (term.skill.empty()) continue;
      const auto& drops = change.drop_skills;
      if (std::count(drops.begin(), drops.end(), term.skill) > 0) stays = false;
      for (const SkillLowering& lowering : change.lower) {
        if (lowering.skill != term.skill) continue;
        if (lowering.by > 0) LowerTo(term.level_min - lowering.by, &term);
        if (lowering.to > 0) {
          LowerTo(std::min(term.level_min, lowering.to), &term);
        }
      }
      LowerTo(term.level_min - change.lower_all_by, &term);
    }
    if (stays) result.all_of.push_back(term);
  }
  if (!places.empty() && !anywhere) {
    RoutingRequirement choice;
    choice.any_of = further;
    choice.any_of.insert(
        choice.any_of.begin(),
        {.requirement = std::make_shared<const RoutingRequirement>(places)});
    result.all_of.push_back(
        {.requirement = std::make_shared<const RoutingRequirement>(choice)});
  }
  return result;
}

}  // namespace relais::reference
