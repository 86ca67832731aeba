#include "tests/reference/event_text.h"

#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/str_cat.h"

namespace relais::reference {
namespace {

std::string Text(std::string_view value) { return std::string(value); }

std::string TextOf(const Presence& presence) {
  return absl::StrCat(Text(PresenceStateName(presence.state)), "/",
                      Text(NotReadyReasonName(presence.reason)), " back ",
                      presence.back_at_ms);
}

bool IsReservation(EventType type) {
  return type == EventType::kReservationCreated ||
         type == EventType::kReservationAccepted ||
         type == EventType::kReservationDeclined ||
         type == EventType::kReservationNoAnswer ||
         type == EventType::kReservationRescinded;
}

// Collects the first difference.
class Comparison {
 public:
  template <typename T>
  void Field(const char* name, const T& a, const T& b) {
    if (!result_.empty() || a == b) return;
    if constexpr (std::is_enum_v<T>) {
      result_ = absl::StrCat(name, ": ", static_cast<int>(a), " and ",
                             static_cast<int>(b));
    } else {
      result_ = absl::StrCat(name, ": ", a, " and ", b);
    }
  }
  void Field(const char* name, std::string_view a, std::string_view b) {
    if (!result_.empty() || a == b) return;
    result_ = absl::StrCat(name, ": ", Text(a), " and ", Text(b));
  }
  void Field(const char* name, const Presence& a, const Presence& b) {
    Field(name, TextOf(a), TextOf(b));
  }
  std::string Take() { return std::move(result_); }

 private:
  std::string result_;
};

void CompareContacts(const Event& a, const Event& b, Comparison& comparison) {
  comparison.Field("contact_id", a.contact_id.view(), b.contact_id.view());
  comparison.Field("contact_version", a.contact_version, b.contact_version);
  if (a.contact_id.empty()) return;
  comparison.Field("contact_state", a.contact_state, b.contact_state);
  comparison.Field("end_reason", a.end_reason, b.end_reason);
  comparison.Field("queue", a.queue.view(), b.queue.view());
  comparison.Field("channel", a.channel, b.channel);
  comparison.Field("priority", a.priority, b.priority);
  comparison.Field("arrival_ms", a.arrival_ms, b.arrival_ms);
  comparison.Field("ring", static_cast<int>(a.ring), static_cast<int>(b.ring));
  comparison.Field("held_for", a.held_for.view(), b.held_for.view());
  comparison.Field("held_until_ms", a.held_until_ms, b.held_until_ms);
  comparison.Field("over_share", a.over_share, b.over_share);
  // "Known from the first reservation on": a contact that ends unreserved may
  // carry them or not.
  if (a.type == EventType::kContactEnded && a.agent_id.empty()) return;
  comparison.Field("rank_key_ms", a.rank_key_ms, b.rank_key_ms);
  comparison.Field("arrival_sequence", a.arrival_sequence, b.arrival_sequence);
}

void CompareAgents(const Event& a, const Event& b, Comparison& comparison) {
  comparison.Field("agent_id", a.agent_id.view(), b.agent_id.view());
  comparison.Field("agent_version", a.agent_version, b.agent_version);
  if (a.agent_id.empty()) return;
  comparison.Field("presence", a.presence, b.presence);
  comparison.Field("presence_pending", a.presence_pending, b.presence_pending);
  if (a.presence_pending) comparison.Field("pending", a.pending, b.pending);
  comparison.Field("work_state", a.work_state, b.work_state);
  comparison.Field("no_answer_channels", a.no_answer_channels,
                   b.no_answer_channels);
  // What a logged-out agent shows means nothing.
  if (a.presence.state == PresenceState::kLoggedOut) return;
  comparison.Field("idle_since_ms", a.idle_since_ms, b.idle_since_ms);
  comparison.Field("idle_before_pause_ms", a.idle_before_pause_ms,
                   b.idle_before_pause_ms);
}

}  // namespace

std::string Describe(const Event& event) {
  std::string text = absl::StrCat(
      "#", event.sequence, " ", Text(EventTypeName(event.type)), " at ",
      event.at_ms, " configuration ", event.configuration_version);
  if (!event.contact_id.empty()) {
    absl::StrAppend(
        &text, ", contact ", Text(event.contact_id.view()), " v",
        event.contact_version, " ", Text(ContactStateName(event.contact_state)),
        " ", Text(EndReasonName(event.end_reason)), " queue ",
        Text(event.queue.view()), " ", Text(ChannelName(event.channel)),
        " priority ", static_cast<int>(event.priority), " arrival ",
        event.arrival_ms, " key ", event.rank_key_ms, "/",
        event.arrival_sequence, " ring ", static_cast<int>(event.ring));
    if (!event.held_for.empty()) {
      absl::StrAppend(&text, " held for ", Text(event.held_for.view()),
                      " until ", event.held_until_ms);
    }
  }
  if (!event.agent_id.empty()) {
    absl::StrAppend(&text, ", agent ", Text(event.agent_id.view()), " v",
                    event.agent_version, " ", TextOf(event.presence), " ",
                    Text(WorkStateName(event.work_state)), " closed ",
                    static_cast<int>(event.no_answer_channels), " idle since ",
                    event.idle_since_ms);
    if (event.presence_pending) {
      absl::StrAppend(&text, " pending ", TextOf(event.pending));
    }
  }
  if (event.attempt != 0) {
    absl::StrAppend(
        &text, ", attempt ", event.attempt, " units ",
        static_cast<int>(event.units), " fit ",
        static_cast<int>(event.fit_step), " expires ", event.offer_expires_ms,
        " declined until ", event.decline_until_ms, " wrap-up ends ",
        event.wrap_up_ends_ms, event.at_once ? " at once" : "",
        event.pulled ? " pulled" : "", " began after ",
        event.began_after_sequence, event.tutor_id.empty() ? "" : " tutor ",
        Text(event.tutor_id.view()));
  }
  return text;
}

std::string Difference(const Event& a, const Event& b) {
  Comparison comparison;
  comparison.Field("type", a.type, b.type);
  comparison.Field("sequence", a.sequence, b.sequence);
  comparison.Field("at_ms", a.at_ms, b.at_ms);
  comparison.Field("configuration_version", a.configuration_version,
                   b.configuration_version);
  CompareContacts(a, b, comparison);
  CompareAgents(a, b, comparison);
  comparison.Field("attempt", a.attempt, b.attempt);
  comparison.Field("units", a.units, b.units);
  if (IsReservation(a.type)) {
    comparison.Field("fit_step", a.fit_step, b.fit_step);
  }
  comparison.Field("tutor_id", a.tutor_id.view(), b.tutor_id.view());
  comparison.Field("decline_until_ms", a.decline_until_ms, b.decline_until_ms);
  comparison.Field("wrap_up_ends_ms", a.wrap_up_ends_ms, b.wrap_up_ends_ms);
  if (a.type == EventType::kReservationCreated) {
    comparison.Field("offer_expires_ms", a.offer_expires_ms,
                     b.offer_expires_ms);
    comparison.Field("at_once", a.at_once, b.at_once);
    comparison.Field("pulled", a.pulled, b.pulled);
  }
  return comparison.Take();
}

}  // namespace relais::reference
