#include "tests/cases/centre.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/yaml_message.h"

namespace relais::cases {
namespace {

using server::EnumValueShortName;

// What an agent is, without what it is doing: "available", "break".
std::string WordOf(const v1::Presence& presence) {
  if (presence.state() == v1::PRESENCE_STATE_NOT_READY &&
      presence.reason() != v1::NOT_READY_REASON_UNSPECIFIED) {
    return EnumValueShortName(*v1::NotReadyReason_descriptor(),
                              presence.reason());
  }
  return EnumValueShortName(*v1::PresenceState_descriptor(), presence.state());
}

std::string AgentText(const v1::Presence& presence, v1::WorkState work_state,
                      const v1::Presence* pending) {
  std::string text =
      EnumValueShortName(*v1::WorkState_descriptor(), work_state);
  if (presence.state() != v1::PRESENCE_STATE_AVAILABLE) {
    text = work_state == v1::WORK_STATE_IDLE
               ? WordOf(presence)
               : absl::StrCat(text, " on ", WordOf(presence));
  }
  if (pending != nullptr) absl::StrAppend(&text, " then ", WordOf(*pending));
  return text;
}

template <typename Channels>
std::string WithoutChannels(const Channels& channels) {
  std::string text;
  for (const int channel : channels) {
    absl::StrAppend(&text, text.empty() ? " but not " : " nor ",
                    EnumValueShortName(*v1::Channel_descriptor(), channel));
  }
  return text;
}

std::string WhyNotText(v1::PassedOver reason, const std::string& missing) {
  const std::string text =
      reason == v1::PASSED_OVER_NOT
          ? "free"
          : EnumValueShortName(*v1::PassedOver_descriptor(), reason);
  return missing.empty() ? text : absl::StrCat(text, ": ", missing);
}

}  // namespace

Limits CaseLimits() {
  Limits limits;
  limits.contacts = 1'000;
  limits.agents = 100;
  limits.queues = 100;
  limits.requirement_classes = 100;
  limits.profile_classes = 100;
  limits.lanes = 1'000;
  limits.ended_ids = 1'000;
  limits.pending_events = 4'096;
  return limits;
}

void Centre::PassTo(InstantMs to_ms) {
  RunDueAt(now_ms_);
  for (;;) {
    const std::optional<InstantMs> due = NextDue();
    if (!due.has_value()) break;
    // NextDue may be early, and RunDue then has had nothing to do.
    const InstantMs next_ms = std::max(*due, now_ms_ + 1);
    if (next_ms > to_ms) break;
    now_ms_ = next_ms;
    RunDueAt(now_ms_);
  }
  now_ms_ = to_ms;
  RunDueAt(now_ms_);
}

std::optional<v1::Presence> PresenceOfWord(std::string_view word) {
  v1::Presence presence;
  for (const v1::PresenceState state :
       {v1::PRESENCE_STATE_LOGGED_OUT, v1::PRESENCE_STATE_AVAILABLE,
        v1::PRESENCE_STATE_NOT_READY}) {
    presence.set_state(state);
    if (WordOf(presence) == word) return presence;
  }
  for (int reason = v1::NOT_READY_REASON_BREAK;
       v1::NotReadyReason_IsValid(reason); ++reason) {
    presence.set_reason(static_cast<v1::NotReadyReason>(reason));
    if (WordOf(presence) == word) return presence;
  }
  return std::nullopt;
}

std::string TextOf(const v1::ContactSnapshot& contact) {
  const std::string holder =
      contact.agent_id() + (contact.over_share() ? " over its share" : "") +
      (contact.tutor_id().empty() ? "" : " tutored by " + contact.tutor_id());
  switch (contact.state()) {
    case v1::CONTACT_STATE_WAITING:
      return contact.held_for().empty()
                 ? "nobody"
                 : absl::StrCat("held for ", contact.held_for());
    case v1::CONTACT_STATE_RESERVED:
      return "offered to " + holder;
    case v1::CONTACT_STATE_ASSIGNED:
      return (contact.interrupted() ? "interrupted at " : "with ") + holder;
    case v1::CONTACT_STATE_ENDED:
      return EnumValueShortName(*v1::EndReason_descriptor(),
                                contact.end_reason());
    default:
      return EnumValueShortName(*v1::ContactState_descriptor(),
                                contact.state());
  }
}

std::string TextOf(const v1::AgentSnapshot& agent) {
  std::string text =
      AgentText(agent.presence(), agent.work_state(),
                agent.has_pending() ? &agent.pending() : nullptr) +
      WithoutChannels(agent.no_answer_channels());
  // Of several, what it does with each.
  if (agent.held_size() < 2) return text;
  const char* separator = ": ";
  for (const v1::HeldContact& held : agent.held()) {
    absl::StrAppend(
        &text, separator, held.contact_id(), " ",
        EnumValueShortName(*v1::WorkState_descriptor(), held.state()),
        held.interrupted() ? " interrupted" : "");
    separator = ", ";
  }
  return text;
}

std::string TextOf(const v1::AgentVerdict& verdict) {
  return absl::StrCat(
      WhyNotText(verdict.reason(), verdict.missing()),
      verdict.ring() == 0 ? "" : absl::StrCat(" until ring ", verdict.ring()),
      verdict.ahead() == 0 ? "" : absl::StrCat(" after ", verdict.ahead()));
}

std::string TextOf(const v1::WaitingVerdict& verdict) {
  return absl::StrCat(verdict.contacts(), " ",
                      WhyNotText(verdict.reason(), verdict.missing()));
}

std::string TextOf(const v1::Decision& decision, std::string_view about) {
  const auto& rules = *v1::DecidingRule_descriptor();
  if (about == "contact") {
    return EnumValueShortName(rules, decision.contact_rule());
  }
  if (about == "agent") {
    return EnumValueShortName(rules, decision.agent_rule());
  }
  if (about == "next contact") {
    if (decision.lanes_size() < 2) return "nobody";
    return absl::StrJoin(decision.lanes(1).queues(), ", ");
  }
  if (decision.agents_size() < 2) return "nobody";
  const v1::ComparedAgent& next = decision.agents(1);
  return next.not_looked_at() ? "not looked at" : next.agent_id();
}

std::string QueueAndChannel(const v1::WaitingVerdict& verdict) {
  return absl::StrCat(
      verdict.queue(), " ",
      EnumValueShortName(*v1::Channel_descriptor(), verdict.channel()));
}

std::string TextOf(const v1::Event& event) {
  std::string text =
      EnumValueShortName(*v1::EventType_descriptor(), event.type());
  const v1::AgentChange& agent = event.agent();
  if (event.has_contact()) absl::StrAppend(&text, " ", event.contact().id());
  if (event.type() == v1::EVENT_TYPE_CONTACT_ENDED) {
    absl::StrAppend(&text, " ",
                    EnumValueShortName(*v1::EndReason_descriptor(),
                                       event.contact().end_reason()));
  }
  if (event.type() == v1::EVENT_TYPE_CONTACT_WIDENED) {
    absl::StrAppend(&text, " ", event.contact().ring());
  }
  if (event.type() == v1::EVENT_TYPE_CONTACT_HOLD_ENDED) {
    absl::StrAppend(&text, event.contact().held_for().empty() ? "" : " for ",
                    event.contact().held_for());
  }
  if (!agent.id().empty()) absl::StrAppend(&text, " ", agent.id());
  if (!event.reservation().tutor_id().empty()) {
    absl::StrAppend(&text, " tutored by ", event.reservation().tutor_id());
  }
  if (event.type() == v1::EVENT_TYPE_PRESENCE_CHANGED) {
    absl::StrAppend(&text, " ",
                    AgentText(agent.presence(), agent.work_state(),
                              agent.has_pending() ? &agent.pending() : nullptr),
                    WithoutChannels(agent.no_answer_channels()));
  }
  return text;
}

}  // namespace relais::cases
