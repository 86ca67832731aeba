// Bullseye plans.

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "lib/journal/bytes.h"
#include "lib/journal/convert.h"
#include "lib/journal/message_reader.h"

namespace relais::journal {
namespace {

absl::Status ReadCondition(std::string_view field, std::uint32_t value,
                           RingCondition* condition) {
  if (value >= static_cast<std::uint32_t>(kRingConditionCount)) {
    return absl::DataLossError(absl::StrCat(
        Text(field), " is ", value, ", not in 0..", kRingConditionCount - 1));
  }
  *condition = static_cast<RingCondition>(value);
  return absl::OkStatus();
}

absl::Status FromMessage(const v1::BullseyeRing& message, BullseyeRing* ring) {
  ring->widen_after_ms = message.widen_after_ms();
  for (const v1::SkillLowering& lowering : message.lower()) {
    ring->lower.push_back({lowering.skill(), lowering.by(), lowering.to()});
  }
  ring->lower_all_by = message.lower_all_by();
  ring->drop_skills.assign(message.drop_skills().begin(),
                           message.drop_skills().end());
  ring->teams.assign(message.teams().begin(), message.teams().end());
  ring->sites.assign(message.sites().begin(), message.sites().end());
  ring->provider = message.provider();
  ring->anywhere = message.anywhere();
  ring->raise_boost_ms = message.raise_boost_ms();
  MessageReader reader;
  reader.Byte("drain", message.drain(), &ring->drain);
  if (!reader.status().ok()) return reader.status();
  ring->queue = message.queue();
  return ReadCondition("skip_if", message.skip_if(), &ring->skip_if);
}

}  // namespace

void ToMessage(const BullseyePlan& plan, v1::BullseyePlan* message) {
  message->set_name(plan.name);
  message->set_skip_first_if(static_cast<std::uint32_t>(plan.skip_first_if));
  for (const BullseyeRing& ring : plan.rings) {
    v1::BullseyeRing* added = message->add_rings();
    added->set_widen_after_ms(ring.widen_after_ms);
    for (const SkillLowering& lowering : ring.lower) {
      v1::SkillLowering* lower = added->add_lower();
      lower->set_skill(lowering.skill);
      lower->set_by(lowering.by);
      lower->set_to(lowering.to);
    }
    added->set_lower_all_by(ring.lower_all_by);
    added->mutable_drop_skills()->Add(ring.drop_skills.begin(),
                                      ring.drop_skills.end());
    added->mutable_teams()->Add(ring.teams.begin(), ring.teams.end());
    added->mutable_sites()->Add(ring.sites.begin(), ring.sites.end());
    added->set_provider(ring.provider);
    added->set_anywhere(ring.anywhere);
    added->set_raise_boost_ms(ring.raise_boost_ms);
    added->set_drain(ring.drain);
    added->set_queue(ring.queue);
    added->set_skip_if(static_cast<std::uint32_t>(ring.skip_if));
  }
  for (const CurvePoint& point : plan.curve) {
    v1::CurvePoint* added = message->add_curve();
    added->set_share_percent(point.share_percent);
    added->set_reduction(point.reduction);
  }
}

absl::Status FromMessage(const v1::BullseyePlan& message, BullseyePlan* plan) {
  plan->name = message.name();
  absl::Status status = ReadCondition("skip_first_if", message.skip_first_if(),
                                      &plan->skip_first_if);
  for (const v1::BullseyeRing& ring : message.rings()) {
    status.Update(FromMessage(ring, &plan->rings.emplace_back()));
  }
  for (const v1::CurvePoint& point : message.curve()) {
    plan->curve.push_back({point.share_percent(), point.reduction()});
  }
  return status;
}

}  // namespace relais::journal
