#include "bench/load/day.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "lib/base/random.h"

namespace relais::load {

namespace {

constexpr DurationMs kDayMs = 24LL * 3600 * 1000;

bool ParseInt(std::string_view text, std::size_t digits_max, int* value) {
  if (text.empty() || text.size() > digits_max) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  const auto result =
      std::from_chars(text.data(), text.data() + text.size(), *value);
  return result.ec == std::errc();
}

std::vector<std::string> Split(std::string_view text, char by) {
  return absl::StrSplit(absl::string_view(text.data(), text.size()), by);
}

}  // namespace

InstantMs DayPlan::FirstActionMs() const {
  InstantMs first = closing_ms;
  if (!contacts.empty()) first = std::min(first, contacts.front().at_ms);
  if (!presences.empty()) first = std::min(first, presences.front().at_ms);
  return first;
}

PlannedAnswer AnswerTo(const DayPlan& plan, std::size_t contact_index,
                       std::uint64_t ordinal) {
  // Odd constants keep (index, ordinal) pairs apart; the generator's own
  // seeding mixes them.
  Random random(plan.seed ^ ((contact_index + 1) * 0x9E3779B97F4A7C15ULL) ^
                ((ordinal + 1) * 0xC2B2AE3D27D4EB4FULL));
  PlannedAnswer answer;
  answer.after_ms = random.UniformBetween(plan.answers.pick_up_min_ms,
                                          plan.answers.pick_up_max_ms);
  const double kind = random.UniformDouble();
  if (kind < plan.answers.decline_probability) {
    answer.kind = PlannedAnswer::Kind::kDecline;
  } else if (kind < plan.answers.decline_probability +
                        plan.answers.no_answer_probability) {
    answer.kind = PlannedAnswer::Kind::kIgnore;
  }
  return answer;
}

void FinishPlan(DayPlan* plan) {
  const auto by_time = [](const auto& a, const auto& b) {
    return a.at_ms < b.at_ms;
  };
  std::stable_sort(plan->contacts.begin(), plan->contacts.end(), by_time);
  std::stable_sort(plan->presences.begin(), plan->presences.end(), by_time);
  InstantMs last = 0;
  for (const PlannedContact& contact : plan->contacts) {
    last = std::max(last, contact.at_ms + contact.patience_ms.value_or(0));
  }
  plan->begin_ms = plan->contacts.empty() ? 0 : plan->contacts.front().at_ms;
  plan->end_ms = plan->contacts.empty() ? 0 : plan->contacts.back().at_ms;
  if (!plan->presences.empty()) {
    last = std::max(last, plan->presences.back().at_ms);
    if (plan->contacts.empty()) plan->begin_ms = plan->presences.front().at_ms;
  }
  plan->closing_ms = last + 1'000;
}

void CutPlan(InstantMs midnight_ms, DurationMs from_ms, DurationMs until_ms,
             DayPlan* plan) {
  const InstantMs from = midnight_ms + from_ms;
  const InstantMs until = midnight_ms + until_ms;
  std::erase_if(plan->contacts, [&](const PlannedContact& contact) {
    return contact.at_ms < from || contact.at_ms >= until;
  });
  // Agents begin as they are at `from`; whoever is there at the end stays
  // long enough to serve those who came before it, then leaves.
  constexpr DurationMs kOvertimeMs = 30 * 60 * 1000;
  std::map<std::string, PlannedPresence> at_start;
  std::map<std::string, bool> signed_in;
  std::vector<PlannedPresence> kept;
  for (PlannedPresence& presence : plan->presences) {
    if (presence.at_ms >= until + kOvertimeMs) continue;
    const bool in = presence.presence.state() != v1::PRESENCE_STATE_LOGGED_OUT;
    signed_in[presence.agent_id] = in;
    if (presence.at_ms >= from) {
      kept.push_back(std::move(presence));
    } else if (in) {
      presence.at_ms = from - 1'000;
      at_start[presence.agent_id] = presence;
    } else {
      at_start.erase(presence.agent_id);
    }
  }
  plan->presences.clear();
  for (auto& [agent, presence] : at_start) {
    plan->presences.push_back(std::move(presence));
  }
  for (PlannedPresence& presence : kept) {
    plan->presences.push_back(std::move(presence));
  }
  for (const auto& [agent, in] : signed_in) {
    if (!in) continue;
    PlannedPresence leaving;
    leaving.at_ms = until + kOvertimeMs;
    leaving.agent_id = agent;
    leaving.presence.set_state(v1::PRESENCE_STATE_LOGGED_OUT);
    plan->presences.push_back(std::move(leaving));
  }
  absl::StrAppend(
      &plan->title, ", ", TimeOfDayText(from).substr(0, 5), " to ",
      until_ms == kDayMs ? "24:00" : TimeOfDayText(until).substr(0, 5));
  // What the bank had is known for its whole day only.
  plan->bank.clear();
  FinishPlan(plan);
}

absl::StatusOr<DurationMs> ParseTimeOfDay(std::string_view text) {
  const std::vector<std::string> parts = Split(text, ':');
  std::array<int, 3> value = {0, 0, 0};
  bool good = parts.size() == 2 || parts.size() == 3;
  for (std::size_t i = 0; good && i < parts.size(); ++i) {
    good = ParseInt(parts[i], 2, &value[i]) && (i == 0 || value[i] < 60);
  }
  const DurationMs at = (value[0] * 3600LL + value[1] * 60LL + value[2]) * 1000;
  if (!good || at > kDayMs) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", std::string(text),
                     "\" is not a time of day: write HH:MM or "
                     "HH:MM:SS, from 00:00 to 24:00"));
  }
  return at;
}

absl::StatusOr<InstantMs> ParseDate(std::string_view text) {
  const std::vector<std::string> parts = Split(text, '-');
  int year = 0;
  int month = 0;
  int day = 0;
  if (parts.size() == 3 && parts[0].size() == 4 && parts[1].size() == 2 &&
      parts[2].size() == 2 && ParseInt(parts[0], 4, &year) &&
      ParseInt(parts[1], 2, &month) && ParseInt(parts[2], 2, &day) &&
      year >= 1970) {
    const absl::CivilDay civil(year, month, day);
    if (civil.month() == month && civil.day() == day) {
      return absl::ToUnixMillis(absl::FromCivil(civil, absl::UTCTimeZone()));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(text),
                   "\" is not a date: write YYYY-MM-DD, from 1970 on"));
}

std::string TimeOfDayText(InstantMs at_ms) {
  const InstantMs since = ((at_ms % kDayMs) + kDayMs) % kDayMs;
  return absl::StrFormat("%02d:%02d:%02d.%03d", since / 3'600'000,
                         since / 60'000 % 60, since / 1000 % 60, since % 1000);
}

absl::Status CheckPlan(const DayPlan& plan) {
  std::set<std::string> queues;
  for (const v1::ContactQueue& queue : plan.configuration.queues()) {
    queues.insert(queue.name());
    if (queue.pull_only() && plan.answers.pull_every_ms <= 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "answers.pull_every_ms: ", plan.answers.pull_every_ms,
          ", but queue \"", queue.name(),
          "\" is pull_only: say how often idle agents look into it, as in "
          "1min"));
    }
  }
  std::set<std::string> agents;
  for (const v1::AgentConfiguration& agent : plan.configuration.agents()) {
    agents.insert(agent.id());
  }
  std::set<std::string> segments = {""};
  for (const v1::CustomerSegment& segment : plan.configuration.segments()) {
    segments.insert(segment.name());
  }
  for (const PlannedContact& planned : plan.contacts) {
    if (!segments.contains(planned.contact.segment())) {
      return absl::InvalidArgumentError(
          absl::StrCat("segment \"", planned.contact.segment(),
                       "\" of the day is not in the centre's configuration"));
    }
    if (!queues.contains(planned.contact.queue())) {
      return absl::InvalidArgumentError(
          absl::StrCat("queue \"", planned.contact.queue(),
                       "\" of the day is not in the centre's configuration"));
    }
  }
  for (const PlannedPresence& presence : plan.presences) {
    if (!agents.contains(presence.agent_id)) {
      return absl::InvalidArgumentError(
          absl::StrCat("agent \"", presence.agent_id,
                       "\" of the day is not in the centre's configuration"));
    }
  }
  return absl::OkStatus();
}

}  // namespace relais::load
