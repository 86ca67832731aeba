#include "tests/seeded/planted.h"

#include <array>
#include <memory>

#include "lib/domain/error.h"

namespace relais::seeded {
namespace {

struct Named {
  std::string_view name;
  std::string_view finding;
};

constexpr std::array<Named, static_cast<std::size_t>(Planted::kLast) + 1>
    kNamed = {{
        {"nothing", ""},
        {"loses_acknowledged", "promise 6: event"},
        {"loses_event", "promise 6: the journal refused"},
        {"answers_early", "promise 6: an answer of event"},
        {"delivers_early", "promise 6: an event of event"},
        {"forgets_declines", "promise 3: declined until"},
        {"forgets_contact", "promise 6: contact"},
        {"forgets_ended", "promise 6: "},
        {"forgets_idle", "promise 5: "},
        {"forgets_figures", "promise 5: "},
        {"forgets_wrap_up", "promise 6: agent"},
        {"wrong_place", "promise 4: "},
        {"skips_agent", "promise 3: agent"},
        {"accepts_twice", "promise 6: answered, and no event"},
        {"completes_twice", "promise 6: answered, and no event"},
        {"timers_early", "promise 2: event"},
        {"timers_never", "promise 2: overdue"},
        {"another_answer", "promise 6: a retry"},
        {"takes_bad_input", "promise 10"},
        {"refuses_good", "promise 6: it answered"},
        {"too_many_units", "promise 1: the agent has no room: its"},
        {"undercuts_maximum", "promise 1: the agent has no room: it is"},
        {"forgets_rings", "promise 6: contact"},
        {"widens_late", "promise 2: "},
        {"keeps_rings", "promise 6: its ring is"},
        {"changes_nothing", "promise 6: answered, and no event"},
        {"ignores_drains", "promise 3: the agent is drained"},
        {"offers_pull_only", "promise 3: given, not pulled"},
        {"pulls_another", "promise 10: "},
        {"pulls_latest", "promise 4: contact"},
        {"forgets_interrupted", "promise 6: it is interrupted already"},
        {"interrupts_more", "promise 1: the agent has no room: its"},
        {"interrupts_nothing", "promise 3: agent"},
        {"forgets_holds", "promise 3: held for"},
        {"holds_longer", "promise 2: "},
        {"forgets_panels", "promise 6: agent"},
        {"forgets_reserves", "promise 3: too few are left"},
        {"reserves_more", "promise 3: agent"},
    }};

}  // namespace

std::string_view PlantedName(Planted planted) {
  return kNamed.at(static_cast<std::size_t>(planted)).name;
}

std::string_view FindingOf(Planted planted) {
  return kNamed.at(static_cast<std::size_t>(planted)).finding;
}

void PlantedRouter::ChangeConfiguration(LiveState* state) const {
  if (state->configuration == nullptr) return;
  auto configuration = std::make_shared<Configuration>(*state->configuration);
  if (planted_ == Planted::kSkipsAgent) {
    for (AgentConfiguration& agent : configuration->agents) {
      agent.skills.clear();
    }
  }
  for (Reserve& reserve : configuration->reserves) {
    if (planted_ != Planted::kReservesMore) break;
    reserve.resume = reserve.ResumeAt() + 1;
    ++reserve.keep;
  }
  if (planted_ == Planted::kForgetsReserves) configuration->reserves.clear();
  for (BullseyePlan& plan : configuration->bullseye_plans) {
    if (planted_ == Planted::kKeepsRings) {
      plan.skip_first_if = RingCondition::kNone;
    }
    for (BullseyeRing& ring : plan.rings) {
      if (planted_ == Planted::kWidensLate) ring.widen_after_ms += 10'000;
      if (planted_ == Planted::kIgnoresDrains) ring.drain = 0;
      if (planted_ == Planted::kKeepsRings) ring.skip_if = RingCondition::kNone;
    }
  }
  for (RoutingProfile& profile : configuration->routing_profiles) {
    if (planted_ == Planted::kTooManyUnits) {
      profile.capacity_units =
          std::min(profile.capacity_units + 10, kCapacityUnitsMax);
    }
    if (planted_ == Planted::kInterruptsMore) {
      profile.may_interrupt.front() = 0xFE;
      for (std::size_t i = 1; i < kChannelCount; ++i) {
        profile.may_interrupt.at(i) &= 0xFE;
      }
    }
    if (planted_ == Planted::kInterruptsNothing) profile.may_interrupt = {};
    for (int& most : profile.contacts_max) {
      if (planted_ == Planted::kUndercutsMaximum && most > 0) ++most;
    }
  }
  state->configuration = std::move(configuration);
}

absl::Status PlantedRouter::Restore(const LiveState& state, InstantMs now_ms) {
  LiveState other = state;
  switch (planted_) {
    case Planted::kForgetsDeclines:
      for (auto& [id, contact] : other.contacts) contact.declines.clear();
      break;
    case Planted::kForgetsContact:
      for (const auto& [id, contact] : state.contacts) {
        if (contact.state != ContactState::kWaiting) continue;
        other.contacts.erase(id);
        break;
      }
      break;
    case Planted::kForgetsEnded:
      other.ended.clear();
      break;
    case Planted::kForgetsIdle:
      for (auto& [id, agent] : other.agents) agent.idle_since_ms = now_ms;
      break;
    case Planted::kForgetsFigures:
      for (auto& [id, agent] : other.agents) agent.figures = {};
      break;
    case Planted::kForgetsWrapUp:
      for (auto& [id, agent] : other.agents) {
        for (HeldContact& held : agent.held) held.wrap_up_ends_ms += 7'000;
      }
      break;
    case Planted::kForgetsInterrupted:
      for (auto& [id, agent] : other.agents) {
        for (HeldContact& held : agent.held) held.interrupted = false;
      }
      break;
    case Planted::kForgetsHolds:
      for (auto& [id, contact] : other.contacts) contact.held_for.clear();
      break;
    case Planted::kHoldsLonger:
      for (auto& [id, contact] : other.contacts) {
        if (!contact.held_for.empty()) contact.held_until_ms += 10'000;
      }
      break;
    case Planted::kForgetsPanels:
      for (auto& [id, agent] : other.agents) agent.panel = {};
      break;
    case Planted::kForgetsRings:
      for (auto& [id, contact] : other.contacts) contact.ring = 0;
      break;
    case Planted::kOffersPullOnly:
      for (auto& [id, contact] : other.contacts) {
        auto detail = std::make_shared<ContactDetail>(*contact.detail);
        detail->queue.pull_only = false;
        contact.detail = std::move(detail);
      }
      break;
    case Planted::kWrongPlace:
      for (auto& [id, contact] : other.contacts) {
        if (contact.placed) contact.rank_key_ms += 3'600'000;
      }
      break;
    default:
      ChangeConfiguration(&other);
      break;
  }
  return ForwardingRouter::Restore(other, now_ms);
}

absl::StatusOr<ChangeAgentOutcome> PlantedRouter::ChangeAgent(
    AgentHandle agent, const AgentChange& change, InstantMs now_ms) {
  if (planted_ == Planted::kChangesNothing) {
    const auto view = GetAgent(agent);
    if (view.ok()) return ChangeAgentOutcome{view->version, 1, {}};
  }
  return ForwardingRouter::ChangeAgent(agent, change, now_ms);
}

absl::StatusOr<SubmitOutcome> PlantedRouter::Submit(const ContactSpec& spec,
                                                    InstantMs now_ms) {
  if (planted_ == Planted::kTakesBadInput && spec.priority > 9) {
    ContactSpec mended = spec;
    mended.priority = 9;
    return ForwardingRouter::Submit(mended, now_ms);
  }
  submitted_.push_back(spec);
  auto outcome = ForwardingRouter::Submit(spec, now_ms);
  if (planted_ == Planted::kAnotherAnswer && outcome.ok() &&
      outcome->repeated) {
    ++outcome->arrival_ms;
  }
  return outcome;
}

absl::StatusOr<Outcome> PlantedRouter::Complete(ContactHandle contact,
                                                InstantMs now_ms) {
  auto outcome = ForwardingRouter::Complete(contact, now_ms);
  if (planted_ != Planted::kCompletesTwice) return outcome;
  const std::pair key(contact.slot, contact.base_tag);
  const auto before = completed_.find(key);
  if (before != completed_.end()) return before->second;
  if (outcome.ok()) completed_.emplace(key, *outcome);
  return outcome;
}

absl::StatusOr<Outcome> PlantedRouter::Accept(AgentHandle agent,
                                              ContactHandle contact,
                                              std::uint64_t attempt,
                                              InstantMs now_ms) {
  auto outcome = ForwardingRouter::Accept(agent, contact, attempt, now_ms);
  if (planted_ != Planted::kAcceptsTwice) return outcome;
  const std::pair key(contact.slot, contact.base_tag);
  const auto before = accepted_.find(key);
  if (before != accepted_.end()) return before->second;
  if (outcome.ok()) accepted_.emplace(key, *outcome);
  return outcome;
}

absl::StatusOr<Outcome> PlantedRouter::SetPresence(AgentHandle agent,
                                                   Presence presence,
                                                   InstantMs now_ms) {
  if (planted_ == Planted::kRefusesGood && presence == Presence{} &&
      ++presences_ % 2 == 0) {
    return FieldError(absl::StatusCode::kNotFound, "agent_id", "not today");
  }
  return ForwardingRouter::SetPresence(agent, presence, now_ms);
}

absl::StatusOr<PullOutcome> PlantedRouter::Pull(AgentHandle agent,
                                                const PullRequest& request,
                                                InstantMs now_ms) {
  PullRequest other = request;
  if (planted_ == Planted::kPullsAnother && !request.queues.empty()) {
    for (const QueueView& queue : Queues()) other.queues.push_back(queue.name);
  }
  if (planted_ == Planted::kPullsLatest && !request.queues.empty()) {
    for (auto spec = submitted_.rbegin(); spec != submitted_.rend(); ++spec) {
      if (spec->queue != request.queues.front()) continue;
      auto outcome = ForwardingRouter::Pull(agent, {{}, spec->id}, now_ms);
      if (outcome.ok()) return outcome;
    }
  }
  return ForwardingRouter::Pull(agent, other, now_ms);
}

// Early is allowed; so what was forgotten does not show here already.
std::optional<InstantMs> PlantedRouter::NextDue() const {
  const bool hides = planted_ == Planted::kForgetsDeclines ||
                     planted_ == Planted::kForgetsContact ||
                     planted_ == Planted::kForgetsWrapUp;
  return hides ? 0 : ForwardingRouter::NextDue();
}

std::size_t PlantedRouter::RunDue(InstantMs now_ms, std::size_t limit) {
  if (planted_ == Planted::kTimersNever) return 0;
  const DurationMs early = planted_ == Planted::kTimersEarly ? 5'000 : 0;
  return ForwardingRouter::RunDue(now_ms + early, limit);
}

}  // namespace relais::seeded
