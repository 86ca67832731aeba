// Contacts that wait for one agent alone, by the auditor's account:
// docs/routing-model.md, "Preferred agents".

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/seeded/audited_problem.h"
#include "tests/seeded/audited_state.h"

namespace relais::seeded {
namespace {

bool IsPresent(const AuditedAgent& agent) {
  return agent.presence.state == PresenceState::kAvailable &&
         !agent.presence_pending;
}

InstantMs BackAt(const AuditedAgent& agent) {
  return agent.presence_pending ? agent.pending.back_at_ms
                                : agent.presence.back_at_ms;
}

// Until when a hold that begins now would last; nothing: it would not begin.
// It needs room at once where it says `only_with_room`.
std::optional<InstantMs> TimeFor(const AuditedContact& contact,
                                 const AuditedAgent& agent, InstantMs now_ms,
                                 bool* only_with_room) {
  const HoldTimes& times = contact.terms.hold;
  const DurationMs reply_by_ms = contact.spec.preferred.reply_by_ms;
  if (reply_by_ms > 0) {
    const InstantMs until_ms = contact.arrival_ms + reply_by_ms;
    return until_ms > now_ms ? std::optional(until_ms) : std::nullopt;
  }
  if (Contains(agent.closed, contact.spec.channel)) return std::nullopt;
  if (!IsPresent(agent)) {
    const InstantMs back_ms = BackAt(agent);
    const bool soon =
        back_ms > now_ms && back_ms <= now_ms + times.absent_until_ms;
    return soon ? std::optional(back_ms + times.idle_ms) : std::nullopt;
  }
  DurationMs time_ms = times.idle_ms;
  if (agent.work_state() == WorkState::kHandling) time_ms = times.handling_ms;
  if (agent.work_state() == WorkState::kWrapUp) time_ms = times.wrapping_up_ms;
  *only_with_room = time_ms == 0;
  return now_ms + time_ms;
}

}  // namespace

std::uint64_t AuditedAgent::ChoicesOf4Hours(InstantMs now_ms) const {
  constexpr DurationMs kPieceMs = 960'000;
  return static_cast<std::uint64_t>(std::count_if(
      panel_choices.begin(), panel_choices.end(), [now_ms](InstantMs at_ms) {
        return at_ms / kPieceMs + 15 > now_ms / kPieceMs;
      }));
}

bool AuditedState::IsOverShare(const AuditedAgent& agent,
                               const AuditedContact& contact,
                               InstantMs now_ms) const {
  const auto most =
      static_cast<std::uint64_t>(contact.terms.panel_max_share_percent);
  if (contact.spec.preferred.source != PreferenceSource::kPanel || most == 0) {
    return false;
  }
  const std::uint64_t own = agent.ChoicesOf4Hours(now_ms);
  std::uint64_t all = 0;
  std::uint64_t count = 0;
  for (const auto& [id, other] : agents) {
    if (other.presence.state == PresenceState::kLoggedOut && &other != &agent) {
      continue;
    }
    ++count;
    all += other.ChoicesOf4Hours(now_ms);
  }
  return own > 0 && (own + 1) * count * 100 > (all + 1) * most;
}

// One, unless a configuration is being applied.
std::vector<AuditedHold> AuditedState::PossibleHolds(
    const AuditedContact& contact, const std::string& before,
    InstantMs now_ms) const {
  std::vector<AuditedHold> possible;
  const auto& list = contact.spec.preferred.agents;
  const auto last = std::find(list.begin(), list.end(), before);
  const bool pulled = contact.rings->front().as->pull_only;
  for (auto id = last == list.end() ? list.begin() : last + 1;
       id != list.end() && !pulled; ++id) {
    const auto found = agents.find(*id);
    if (found == agents.end()) continue;
    const AuditedAgent& agent = found->second;
    const bool now =
        agent.listed && ServesInRing(agent.profile, agent.has, contact, 0);
    const bool then = agent.was_listed &&
                      ServesInRing(agent.profile_before, agent.had, contact, 0);
    if (!now && !then) continue;
    bool only_with_room = false;
    const auto until_ms = TimeFor(contact, agent, now_ms, &only_with_room);
    if (!until_ms.has_value()) continue;
    const Channel channel = contact.spec.channel;
    if (only_with_room && !agent.NoRoom(agent.profile, channel).empty() &&
        !agent.NoRoom(agent.profile_before, channel).empty()) {
      continue;
    }
    if (IsOverShare(agent, contact, now_ms)) {
      possible.push_back({"", 0, true});
    } else {
      possible.push_back({*id, *until_ms, false});
    }
    if (now && then && (!only_with_room || agent.HasRoom(channel))) {
      return possible;
    }
  }
  possible.emplace_back();
  return possible;
}

// What the event says counts on, whether or not it should say so.
std::string AuditedState::EnterHold(const Event& event,
                                    const std::string& before,
                                    AuditedContact& contact) {
  const bool submitted = event.type == EventType::kContactSubmitted;
  const AuditedHold told = {Text(event.held_for), event.held_until_ms,
                            event.over_share};
  std::string problem = absl::StrCat("its hold is for '", told.agent_id,
                                     "' until ", told.until_ms, ", not");
  for (const AuditedHold& hold : PossibleHolds(contact, before, event.at_ms)) {
    if (hold.agent_id == told.agent_id && hold.until_ms == told.until_ms &&
        (!submitted || hold.over_share == told.over_share)) {
      problem.clear();
      break;
    }
    absl::StrAppend(&problem, " '", hold.agent_id, "' until ", hold.until_ms,
                    hold.over_share ? " beyond its share" : "");
  }
  contact.hold.agent_id = told.agent_id;
  contact.hold.until_ms = told.until_ms;
  if (submitted) contact.hold.over_share = told.over_share;
  contact.held_since_ms = event.at_ms;
  if (told.agent_id.empty()) {
    return FirstOf({problem, EnterRing(event, event.ring, contact)});
  }
  if (submitted && contact.spec.preferred.source == PreferenceSource::kPanel) {
    agents[told.agent_id].panel_choices.push_back(event.at_ms);
  }
  contact.Enter(0);
  return FirstOf(
      {problem, Differs("its ring", static_cast<int>(event.ring), 0)});
}

std::string AuditedState::HoldEnded(const Event& event) {
  const auto found = contacts.find(Text(event.contact_id));
  if (found == contacts.end()) return "promise 1: the contact is not alive";
  AuditedContact& contact = found->second;
  if (!contact.held()) return "promise 1: the contact is not held";
  ++contact.version;
  contact.waits_since_ms = event.at_ms;
  return EnterHold(event, std::exchange(contact.hold.agent_id, ""), contact);
}

bool AuditedState::IsHeldInVain(const AuditedContact& contact) const {
  const auto found = agents.find(contact.hold.agent_id);
  return contact.held() && found != agents.end() && found->second.listed &&
         !ServesInRing(found->second.profile, found->second.has, contact, 0);
}

std::optional<InstantMs> AuditedState::HoldDue(
    const AuditedContact& contact) const {
  const auto found = agents.find(contact.hold.agent_id);
  if (found == agents.end()) return std::nullopt;
  const AuditedAgent& agent = found->second;
  if (!agent.listed || IsHeldInVain(contact)) return std::nullopt;
  if (contact.spec.preferred.reply_by_ms > 0) return contact.hold.until_ms;
  if (Contains(agent.closed, contact.spec.channel)) return std::nullopt;
  if (IsPresent(agent)) return contact.hold.until_ms;
  const HoldTimes& times = contact.terms.hold;
  const InstantMs back_ms = BackAt(agent);
  if (back_ms == 0 || back_ms > contact.held_since_ms + times.absent_until_ms) {
    return std::nullopt;
  }
  return back_ms + times.idle_ms;
}

InstantMs AuditedState::WaitingDue(const AuditedContact& contact,
                                   InstantMs at_once_ms) const {
  if (!contact.held()) return contact.waiting_due_ms();
  const DurationMs limit_ms = contact.terms.wait_limit_ms;
  const InstantMs ends_ms = HoldDue(contact).value_or(at_once_ms);
  return limit_ms == 0 ? ends_ms
                       : std::min(ends_ms, contact.arrival_ms + limit_ms);
}

bool AuditedState::IsAwaited(const std::string& agent_id) const {
  return std::any_of(contacts.begin(), contacts.end(), [&](const auto& entry) {
    return entry.second.held() && entry.second.hold.agent_id == agent_id;
  });
}

}  // namespace relais::seeded
