// Explanations, by docs/routing-model.md, "Explanations". What is missing is
// not put into words: "yes" stands for any.

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/domain/error.h"
#include "tests/reference/reference_router.h"

namespace relais::reference {

namespace {

absl::Status CheckNow(InstantMs now_ms) {
  return now_ms >= 0 ? absl::OkStatus()
                     : FieldError(absl::StatusCode::kInvalidArgument, "now_ms",
                                  "is negative");
}

}  // namespace

// The first that applies; holding is the caller's to know.
PassedOver ReferenceRouter::WhyNot(const ContactRecord& contact,
                                   const AgentRecord& agent) const {
  const Channel channel = contact.spec.channel;
  if (!Contains(agent.profile.channels, channel)) return PassedOver::kChannel;
  if (!MeetsIn(contact.ring, contact, agent)) return PassedOver::kRequirement;
  if (IsHeld(contact) && !IsHeldFor(contact, agent)) return PassedOver::kHeld;
  if (IsExcluded(contact.number, agent.number)) return PassedOver::kDeclined;
  if (agent.presence.state == PresenceState::kLoggedOut) {
    return PassedOver::kLoggedOut;
  }
  if (agent.presence.state == PresenceState::kNotReady) {
    return PassedOver::kNotReady;
  }
  if (agent.presence_pending) return PassedOver::kPresencePending;
  if (Contains(agent.no_answer_channels, channel)) return PassedOver::kNoAnswer;
  const int most =
      agent.profile.contacts_max[static_cast<std::size_t>(channel)];
  const auto of_channel = std::count_if(
      agent.held.begin(), agent.held.end(),
      [&](const Held& held) { return held.contact.channel == channel; });
  if (most != 0 && of_channel >= most) return PassedOver::kContactsMax;
  if (agent.held.size() >= kContactsPerAgentMax) {
    return PassedOver::kContactsMax;
  }
  if (!IsFree(agent, channel)) return PassedOver::kCapacity;
  if (contact.state == ContactState::kWaiting && IsDrained(contact, agent)) {
    return PassedOver::kDrained;
  }
  if (As(contact).pull_only) return PassedOver::kPullOnly;
  return IsKept(agent, channel) ? PassedOver::kReserve : PassedOver::kNot;
}

bool ReferenceRouter::ComesBefore(const ContactRecord& a,
                                  const ContactRecord& b,
                                  const AgentRecord& agent) const {
  const bool offered = !As(a).pull_only && Accepts(a, agent);
  return a.state == ContactState::kWaiting && !As(b).pull_only &&
         (IsHeldFor(a, agent) || offered) &&
         PlaceAt(agent, a) < PlaceAt(agent, b);
}

absl::StatusOr<ContactExplanation> ReferenceRouter::ExplainContact(
    std::string_view id, InstantMs now_ms, std::size_t agents_max) const {
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  const auto view = GetContact(id);
  if (!view.ok()) return view.status();
  ContactExplanation result;
  result.contact = *view;
  result.at_ms = now_ms;
  result.configuration_version = configuration_version_;
  if (view->state == ContactState::kEnded) return result;
  const ContactRecord& contact = *ContactById(id);
  for (const auto& [slot, agent] : agents_) {
    AgentVerdict verdict;
    verdict.agent = ViewOf(agent);
    const bool holds = contact.state != ContactState::kWaiting &&
                       contact.agent == agent.number;
    verdict.reason = holds ? PassedOver::kHolds : WhyNot(contact, agent);
    const bool waits = contact.state == ContactState::kWaiting;
    if (verdict.reason == PassedOver::kRequirement ||
        verdict.reason == PassedOver::kReserve) {
      verdict.missing = "yes";
    }
    for (std::size_t ring = contact.rings->size() - 1;
         waits && verdict.reason == PassedOver::kRequirement &&
         ring > contact.ring;
         --ring) {
      if (!MeetsIn(ring, contact, agent)) continue;
      verdict.ring = static_cast<int>(ring);
      verdict.ring_ms = contact.arrival_ms + (*contact.rings)[ring].begins_ms;
    }
    for (const Exclusion& one : exclusions_) {
      if (verdict.reason == PassedOver::kDeclined &&
          one.contact == contact.number && one.agent == agent.number) {
        verdict.until_ms = one.deadline.first;
      }
    }
    const bool can = MeetsIn(contact.ring, contact, agent);
    if (can) {
      verdict.fit_step = FitStep(contact, agent);
      verdict.queue_rank = static_cast<int>(RankOf(contact, agent));
    }
    if (can && waits && verdict.reason != PassedOver::kDeclined &&
        verdict.reason != PassedOver::kHeld) {
      verdict.ahead = static_cast<std::uint64_t>(
          std::count_if(contacts_.begin(), contacts_.end(), [&](const auto& o) {
            return ComesBefore(o.second, contact, agent);
          }));
    }
    ++result.agents_by_reason[static_cast<std::size_t>(verdict.reason)];
    result.agents.push_back(verdict);
  }
  std::sort(result.agents.begin(), result.agents.end(),
            [](const AgentVerdict& a, const AgentVerdict& b) {
              const bool a_holds = a.reason == PassedOver::kHolds;
              const bool b_holds = b.reason == PassedOver::kHolds;
              if (a_holds != b_holds) return a_holds;
              if (a.reason != b.reason) return a.reason > b.reason;
              if (a.fit_step != b.fit_step) return a.fit_step > b.fit_step;
              return a.agent.id < b.agent.id;
            });
  if (result.agents.size() > agents_max) result.agents.resize(agents_max);
  return result;
}

absl::StatusOr<AgentExplanation> ReferenceRouter::ExplainAgent(
    AgentHandle handle, InstantMs now_ms, std::size_t verdicts_max) const {
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  const auto view = GetAgent(handle);
  if (!view.ok()) return view.status();
  AgentExplanation result;
  result.agent = *view;
  result.at_ms = now_ms;
  result.configuration_version = configuration_version_;
  const AgentRecord& agent = *AgentById(view->id);
  std::map<std::tuple<std::string, Channel, PassedOver, int>, WaitingVerdict>
      told;
  for (const auto& [number, contact] : contacts_) {
    if (contact.state != ContactState::kWaiting) continue;
    ++result.waiting;
    const PassedOver reason = WhyNot(contact, agent);
    const bool can =
        reason != PassedOver::kChannel && reason != PassedOver::kRequirement;
    const int rank = can ? static_cast<int>(RankOf(contact, agent)) : 0;
    WaitingVerdict& verdict =
        told[{contact.terms->name, contact.spec.channel, reason, rank}];
    verdict.queue_rank = rank;
    verdict.queue = contact.terms->name;
    verdict.channel = contact.spec.channel;
    verdict.reason = reason;
    if (reason == PassedOver::kRequirement || reason == PassedOver::kReserve) {
      verdict.missing = "yes";
    }
    if (verdict.contacts++ == 0 ||
        contact.arrival_ms < verdict.oldest_arrival_ms) {
      verdict.oldest_arrival_ms = contact.arrival_ms;
    }
  }
  for (const auto& [key, verdict] : told) result.verdicts.push_back(verdict);
  if (result.verdicts.size() > verdicts_max) {
    result.verdicts.resize(verdicts_max);
  }
  return result;
}

}  // namespace relais::reference
