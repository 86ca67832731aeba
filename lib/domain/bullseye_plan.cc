#include "lib/domain/bullseye_plan.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "lib/base/assert.h"
#include "lib/domain/activity.h"

namespace relais {
namespace {

bool AsksForPlace(const RequirementTerm& term) {
  return !term.team.empty() || !term.site.empty() || term.provider;
}

void Lower(const BullseyeRing& ring, RequirementTerm* term) {
  for (const SkillLowering& lowering : ring.lower) {
    if (lowering.skill != term->skill) continue;
    const int lowered = lowering.by > 0
                            ? term->level_min - lowering.by
                            : std::min<int>(term->level_min, lowering.to);
    term->level_min = std::max<int>(lowered, kProficiencyLevelMin);
  }
  term->level_min =
      std::max<int>(term->level_min - ring.lower_all_by, kProficiencyLevelMin);
}

void ChangeSkills(const BullseyeRing& ring, RoutingRequirement* requirement) {
  const auto& dropped = ring.drop_skills;
  std::erase_if(requirement->all_of, [&dropped](const RequirementTerm& term) {
    return !term.skill.empty() && std::find(dropped.begin(), dropped.end(),
                                            term.skill) != dropped.end();
  });
  for (RequirementTerm& term : requirement->all_of) {
    if (!term.skill.empty()) Lower(ring, &term);
  }
}

// Terms that ask for a place make way for one: all of those, or one of the
// further places.
void WidenPlaces(std::vector<RequirementTerm> further, bool anywhere,
                 RoutingRequirement* requirement) {
  if (further.empty() && !anywhere) return;
  RoutingRequirement asked;
  std::erase_if(requirement->all_of, [&asked](const RequirementTerm& term) {
    if (!AsksForPlace(term)) return false;
    asked.all_of.push_back(term);
    return true;
  });
  if (asked.empty() || anywhere) return;
  RoutingRequirement widened;
  if (asked.all_of.size() == 1) {
    widened.any_of = std::move(asked.all_of);
  } else {
    widened.any_of.push_back(
        {.requirement =
             std::make_shared<const RoutingRequirement>(std::move(asked))});
  }
  for (RequirementTerm& place : further) {
    widened.any_of.push_back(std::move(place));
  }
  requirement->all_of.push_back(
      {.requirement =
           std::make_shared<const RoutingRequirement>(std::move(widened))});
}

// The share at which the reduction reaches `level` is numerator / denominator
// percent.
struct Share {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
};

Share ShareOf(const std::vector<CurvePoint>& curve, int level) {
  std::size_t i = 0;
  while (curve[i].reduction < level) ++i;
  if (i == 0) return {curve[0].share_percent, 1};
  const CurvePoint& before = curve[i - 1];
  const std::int64_t rise = curve[i].reduction - before.reduction;
  const std::int64_t run = curve[i].share_percent - before.share_percent;
  return {before.share_percent * rise + (level - before.reduction) * run, rise};
}

std::vector<BullseyeRing> RingsOfCurve(const std::vector<CurvePoint>& curve,
                                       DurationMs threshold_ms) {
  std::vector<BullseyeRing> rings;
  int reached = 0;  // levels less in the last ring so far
  const int last = std::min(curve.back().reduction, kLevelReductionMax);
  for (int level = 1; level <= last; ++level) {
    const Share share = ShareOf(curve, level);
    const std::int64_t whole = 100 * share.denominator;
    const DurationMs after_ms =
        (threshold_ms * share.numerator + whole - 1) / whole;
    if (rings.empty() || rings.back().widen_after_ms != after_ms) {
      rings.push_back({.widen_after_ms = after_ms});
    }
    rings.back().lower_all_by += level - reached;
    reached = level;
  }
  return rings;
}

}  // namespace

BullseyePlan PlanOf(const ContactQueue& queue,
                    const Configuration& configuration) {
  const auto& plans = configuration.bullseye_plans;
  const auto found = std::find_if(
      plans.begin(), plans.end(),
      [&queue](const BullseyePlan& plan) { return plan.name == queue.plan; });
  return queue.plan.empty() || found == plans.end() ? BullseyePlan{} : *found;
}

std::vector<BullseyeRing> LaterRings(const BullseyePlan& plan,
                                     DurationMs threshold_ms) {
  if (plan.curve.empty()) return plan.rings;
  return RingsOfCurve(plan.curve, threshold_ms);
}

RoutingRequirement RequirementInRing(RoutingRequirement requirement,
                                     const std::vector<BullseyeRing>& later,
                                     std::size_t ring) {
  RELAIS_CHECK(ring <= later.size(), "a ring that the plan does not have");
  std::vector<RequirementTerm> further;
  bool anywhere = false;
  for (std::size_t i = 0; i < ring; ++i) {
    ChangeSkills(later[i], &requirement);
    for (const std::string& team : later[i].teams) {
      further.push_back({.team = team});
    }
    for (const std::string& site : later[i].sites) {
      further.push_back({.site = site});
    }
    if (later[i].provider) further.push_back({.provider = true});
    anywhere = anywhere || later[i].anywhere;
  }
  WidenPlaces(std::move(further), anywhere, &requirement);
  return requirement;
}

std::vector<ContactQueue> QueuesOfRings(const BullseyePlan& plan,
                                        const Configuration& configuration) {
  std::vector<ContactQueue> queues;
  for (const ContactQueue& queue : configuration.queues) {
    const auto names = [&queue](const BullseyeRing& ring) {
      return ring.queue == queue.name;
    };
    if (std::any_of(plan.rings.begin(), plan.rings.end(), names)) {
      queues.push_back(WithActivity(queue, configuration));
    }
  }
  return queues;
}

ContactQueue QueueInRing(const ContactQueue& first,
                         const std::vector<ContactQueue>& others,
                         const std::vector<BullseyeRing>& later,
                         std::size_t ring) {
  RELAIS_CHECK(ring <= later.size(), "a ring that the plan does not have");
  const ContactQueue* asks = &first;
  std::size_t from = 0;
  for (std::size_t i = 0; i < ring; ++i) {
    for (const ContactQueue& other : others) {
      if (later[i].queue != other.name) continue;
      asks = &other;
      from = i;
    }
  }
  ContactQueue result = *asks;
  const auto begin = later.begin() + static_cast<std::ptrdiff_t>(from);
  result.requirement = RequirementInRing(std::move(result.requirement),
                                         {begin, later.end()}, ring - from);
  return result;
}

ChannelSet DrainInRing(const std::vector<BullseyeRing>& later,
                       std::size_t ring) {
  unsigned drain = 0;
  for (std::size_t i = 0; i < ring; ++i) drain |= later[i].drain;
  return static_cast<ChannelSet>(drain);
}

DurationMs BoostInRing(const std::vector<BullseyeRing>& later,
                       std::size_t ring) {
  DurationMs boost_ms = 0;
  for (std::size_t i = 0; i < ring; ++i) boost_ms += later[i].raise_boost_ms;
  return boost_ms;
}

RingCondition SkipConditionOf(const BullseyePlan& plan,
                              const std::vector<BullseyeRing>& later,
                              std::size_t ring) {
  if (ring == later.size()) return RingCondition::kNone;
  return ring == 0 ? plan.skip_first_if : later[ring - 1].skip_if;
}

}  // namespace relais
