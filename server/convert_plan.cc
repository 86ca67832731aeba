#include "server/convert_plan.h"

#include "absl/strings/str_cat.h"
#include "server/convert_requirement.h"
#include "server/wire_enum.h"

namespace relais::server {
namespace {

static_assert(static_cast<int>(RingCondition::kNobodyScheduled) ==
              v1::RING_CONDITION_NOBODY_SCHEDULED);
static_assert(kRingConditionCount == v1::RingCondition_ARRAYSIZE);

RingCondition ConditionToDomain(v1::RingCondition condition,
                                const std::string& path,
                                std::vector<Finding>* findings) {
  if (!v1::RingCondition_IsValid(condition)) {
    findings->push_back(
        {Finding::Severity::kError, path,
         EnumProblem(condition, *v1::RingCondition_descriptor())});
    return RingCondition::kNone;
  }
  return static_cast<RingCondition>(condition);
}

v1::RingCondition ToProto(RingCondition condition) {
  return static_cast<v1::RingCondition>(condition);
}

BullseyeRing RingToDomain(const v1::BullseyeRing& ring, const std::string& path,
                          std::vector<Finding>* findings) {
  BullseyeRing result;
  result.widen_after_ms = ring.widen_after_ms();
  for (const v1::SkillLowering& lowering : ring.lower()) {
    result.lower.push_back({lowering.skill(), lowering.by(), lowering.to()});
  }
  result.lower_all_by = ring.lower_all_by();
  result.drop_skills.assign(ring.drop_skills().begin(),
                            ring.drop_skills().end());
  result.teams.assign(ring.teams().begin(), ring.teams().end());
  result.sites.assign(ring.sites().begin(), ring.sites().end());
  result.provider = ring.provider();
  result.anywhere = ring.anywhere();
  result.raise_boost_ms = ring.raise_boost_ms();
  result.drain =
      ChannelsToDomain(ring.drain(), absl::StrCat(path, ".drain"), findings);
  result.queue = ring.queue();
  result.skip_if = ConditionToDomain(ring.skip_if(),
                                     absl::StrCat(path, ".skip_if"), findings);
  return result;
}

void SetRing(const BullseyeRing& ring, v1::BullseyeRing* result) {
  result->set_widen_after_ms(ring.widen_after_ms);
  for (const SkillLowering& lowering : ring.lower) {
    v1::SkillLowering* added = result->add_lower();
    added->set_skill(lowering.skill);
    added->set_by(lowering.by);
    added->set_to(lowering.to);
  }
  result->set_lower_all_by(ring.lower_all_by);
  result->mutable_drop_skills()->Add(ring.drop_skills.begin(),
                                     ring.drop_skills.end());
  result->mutable_teams()->Add(ring.teams.begin(), ring.teams.end());
  result->mutable_sites()->Add(ring.sites.begin(), ring.sites.end());
  result->set_provider(ring.provider);
  result->set_anywhere(ring.anywhere);
  result->set_raise_boost_ms(ring.raise_boost_ms);
  SetChannels(ring.drain, result, &v1::BullseyeRing::add_drain);
  result->set_queue(ring.queue);
  result->set_skip_if(ToProto(ring.skip_if));
}

}  // namespace

BullseyePlan PlanToDomain(const v1::BullseyePlan& plan, const std::string& path,
                          std::vector<Finding>* findings) {
  BullseyePlan result;
  result.name = plan.name();
  result.skip_first_if = ConditionToDomain(
      plan.skip_first_if(), absl::StrCat(path, ".skip_first_if"), findings);
  for (int i = 0; i < plan.rings_size(); ++i) {
    result.rings.push_back(RingToDomain(
        plan.rings(i), absl::StrCat(path, ".rings[", i, "]"), findings));
  }
  for (const v1::CurvePoint& point : plan.curve()) {
    result.curve.push_back({point.share_percent(), point.reduction()});
  }
  return result;
}

void SetPlan(const BullseyePlan& plan, v1::BullseyePlan* result) {
  result->set_name(plan.name);
  result->set_skip_first_if(ToProto(plan.skip_first_if));
  for (const BullseyeRing& ring : plan.rings) {
    SetRing(ring, result->add_rings());
  }
  for (const CurvePoint& point : plan.curve) {
    v1::CurvePoint* added = result->add_curve();
    added->set_share_percent(point.share_percent);
    added->set_reduction(point.reduction);
  }
}

}  // namespace relais::server
