// How a queue's requirement loosens while a contact waits.
//
// Thread safety: plain values. Ownership: values own their strings. Meaning,
// limits and what is refused: docs/routing-model.md, "Rings".

#ifndef RELAIS_BULLSEYE_PLAN_H_
#define RELAIS_BULLSEYE_PLAN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relais/types.h"

namespace relais {

// When a ring is not worth waiting in: nobody could answer its contacts.
enum class RingCondition : std::uint8_t {
  kNone,             // it always is
  kNobodySignedIn,   // of those available or not ready
  kNobodyScheduled,  // of those whom the configuration lists
};
inline constexpr int kRingConditionCount = 3;
std::string_view RingConditionName(RingCondition condition);

// Exactly one of both.
struct SkillLowering {
  std::string skill;
  int by = 0;               // levels, 1..9; not below level 1
  ProficiencyLevel to = 0;  // at most this level is asked for
  friend bool operator==(const SkillLowering&, const SkillLowering&) = default;
};

// A later ring of a plan: what it changes of the ring before, which is
// loosened, or left for another queue's.
struct BullseyeRing {
  // Since the contact came; later than that of the ring before.
  DurationMs widen_after_ms = 0;
  // First of all its changes: what is asked for, the choice of agent and the
  // rank in profiles' orders are those of this queue from now on; all else
  // stays its own queue's. Empty: as in the ring before.
  std::string queue = {};
  std::vector<SkillLowering> lower = {};
  // Levels by which every skill is lowered, besides.
  int lower_all_by = 0;
  // No longer asked for.
  std::vector<std::string> drop_skills = {};
  // Where the requirement asks for places (teams, sites, a provider): these
  // will do as well.
  std::vector<std::string> teams = {};
  std::vector<std::string> sites = {};
  bool provider = false;
  // It no longer asks for places.
  bool anywhere = false;
  // Added to the contact's credit.
  DurationMs raise_boost_ms = 0;
  // From now on, while the contact waits: agents who may serve it are given no
  // contacts of these channels (its own left out), unless those drain, too.
  ChannelSet drain = 0;
  // Not in the last ring: there is no other to go on to.
  RingCondition skip_if = RingCondition::kNone;
  friend bool operator==(const BullseyeRing&, const BullseyeRing&) = default;
};

// One point of a curve: when this share of the queue's service-level threshold
// is used up, so many levels less are asked of every skill.
struct CurvePoint {
  int share_percent = 0;  // 0..100
  int reduction = 0;      // levels, 0..9
  friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};

// The first ring is the queue's requirement as it stands. Either `rings` or
// `curve` gives the others.
struct BullseyePlan {
  std::string name;
  RingCondition skip_first_if = RingCondition::kNone;
  std::vector<BullseyeRing> rings = {};
  // Shares and reductions rise from point to point; between two points the
  // reduction rises evenly.
  std::vector<CurvePoint> curve = {};
  friend bool operator==(const BullseyePlan&, const BullseyePlan&) = default;
};

}  // namespace relais

#endif  // RELAIS_BULLSEYE_PLAN_H_
