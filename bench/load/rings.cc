#include "bench/load/rings.h"

#include <algorithm>
#include <cstdint>

namespace relais::load {

namespace {

// The instant at which the curve has come to `levels` less, in milliseconds
// begun; the curve comes to that many.
DurationMs InstantOf(const v1::BullseyePlan& plan, int levels,
                     DurationMs threshold_ms) {
  int i = 0;
  while (plan.curve(i).reduction() < levels) ++i;
  const v1::CurvePoint& point = plan.curve(i);
  // threshold x percent / 100, both over `rise`.
  std::int64_t rise = 1;
  std::int64_t percent = point.share_percent();
  if (i > 0) {
    const v1::CurvePoint& before = plan.curve(i - 1);
    rise = point.reduction() - before.reduction();
    percent = before.share_percent() * rise +
              (levels - before.reduction()) *
                  (point.share_percent() - before.share_percent());
  }
  const std::int64_t whole = 100 * rise;
  return (threshold_ms * percent + whole - 1) / whole;
}

std::vector<v1::BullseyeRing> WrittenOut(const v1::BullseyePlan& plan,
                                         DurationMs threshold_ms) {
  if (plan.curve().empty()) return {plan.rings().begin(), plan.rings().end()};
  std::vector<v1::BullseyeRing> rings;
  const int most = plan.curve(plan.curve_size() - 1).reduction();
  for (int levels = 1; levels <= most; ++levels) {
    const DurationMs begins_ms = InstantOf(plan, levels, threshold_ms);
    if (rings.empty() || rings.back().widen_after_ms() != begins_ms) {
      rings.emplace_back().set_widen_after_ms(begins_ms);
    }
    rings.back().set_lower_all_by(rings.back().lower_all_by() + 1);
  }
  return rings;
}

bool AsksForPlace(const v1::RequirementTerm& term) {
  return !term.team().empty() || !term.site().empty() || term.provider();
}

// The term of a skill after one ring's changes; false if it goes.
bool Change(const v1::BullseyeRing& ring, v1::RequirementTerm* term) {
  for (const std::string& dropped : ring.drop_skills()) {
    if (dropped == term->skill()) return false;
  }
  int level = std::max(1, term->level_min());
  for (const v1::SkillLowering& lowering : ring.lower()) {
    if (lowering.skill() != term->skill()) continue;
    level = lowering.by() > 0 ? level - lowering.by()
                              : std::min(level, lowering.to());
  }
  term->set_level_min(std::max(1, std::max(1, level) - ring.lower_all_by()));
  return true;
}

}  // namespace

std::vector<Ring> RingsOf(const v1::ContactQueue& queue,
                          const v1::Configuration& configuration) {
  std::vector<Ring> rings(1);
  rings[0].asks_as = queue.name();
  if (queue.plan().empty()) return rings;
  const DurationMs threshold_ms = queue.has_service_level()
                                      ? queue.service_level().threshold_ms()
                                      : DurationMs{20'000};
  for (const v1::BullseyePlan& plan : configuration.bullseye_plans()) {
    if (plan.name() != queue.plan()) continue;
    rings[0].skip_if = plan.skip_first_if();
    for (const v1::BullseyeRing& written : WrittenOut(plan, threshold_ms)) {
      Ring next = rings.back();
      next.begins_ms = written.widen_after_ms();
      next.boost_ms += written.raise_boost_ms();
      next.skip_if = written.skip_if();
      next.drain.insert(written.drain().begin(), written.drain().end());
      next.changes.push_back(written);
      if (!written.queue().empty()) {
        next.asks_as = written.queue();
        next.changes_as.clear();
      }
      next.changes_as.push_back(written);
      rings.push_back(std::move(next));
    }
  }
  // There is none to go on to.
  rings.back().skip_if = v1::RING_CONDITION_UNSPECIFIED;
  return rings;
}

v1::RoutingRequirement Loosened(const v1::RoutingRequirement& requirement,
                                const std::vector<v1::BullseyeRing>& changes) {
  v1::RoutingRequirement loosened = requirement;
  loosened.clear_all_of();
  v1::RoutingRequirement places;   // that were asked for
  v1::RoutingRequirement instead;  // any of these will do
  bool anywhere = false;
  for (const v1::BullseyeRing& ring : changes) {
    for (const std::string& team : ring.teams()) {
      instead.add_any_of()->set_team(team);
    }
    for (const std::string& site : ring.sites()) {
      instead.add_any_of()->set_site(site);
    }
    if (ring.provider()) instead.add_any_of()->set_provider(true);
    anywhere = anywhere || ring.anywhere();
  }
  const bool widened = anywhere || !instead.any_of().empty();
  for (const v1::RequirementTerm& asked : requirement.all_of()) {
    if (widened && AsksForPlace(asked)) {
      *places.add_all_of() = asked;
      continue;
    }
    v1::RequirementTerm term = asked;
    if (term.skill().empty() ||
        std::all_of(changes.begin(), changes.end(),
                    [&](const auto& ring) { return Change(ring, &term); })) {
      *loosened.add_all_of() = term;
    }
  }
  if (!places.all_of().empty() && !anywhere) {
    *instead.add_any_of()->mutable_requirement() = places;
    *loosened.add_all_of()->mutable_requirement() = instead;
  }
  return loosened;
}

}  // namespace relais::load
