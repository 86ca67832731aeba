// A day that relais-load plays: the configuration, everything that will
// happen from outside, and how agents answer, all drawn beforehand from the
// seed, so that none of it depends on threads or on who answers first.
//
// Thread safety: plain values; a DayPlan is not changed while it is played.

#ifndef RELAIS_BENCH_LOAD_DAY_H_
#define RELAIS_BENCH_LOAD_DAY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relais/types.h"
#include "relais/v1/configuration.pb.h"
#include "relais/v1/contact.pb.h"

namespace relais::load {

// One contact of the day, and what its customer and its agent will do.
struct PlannedContact {
  InstantMs at_ms = 0;
  v1::Contact contact;
  // The customer leaves after waiting this long; absent: never.
  std::optional<DurationMs> patience_ms;
  DurationMs handling_ms = 0;
  // The agent ends wrap-up itself after this long; absent: the queue's
  // wrap_up_ms ends it.
  std::optional<DurationMs> wrap_up_ms;
};

// Signs in (from logged out), signs out, goes to a break or comes back.
struct PlannedPresence {
  InstantMs at_ms = 0;
  std::string agent_id;
  v1::Presence presence;
};

// How an agent answers an offer that needs an answer.
struct AnswerBehaviour {
  DurationMs pick_up_min_ms = 1'000;
  DurationMs pick_up_max_ms = 1'000;
  double decline_probability = 0;
  double no_answer_probability = 0;
  // How long after an unanswered offer the agent says that it is back.
  DurationMs return_after_ms = 120'000;
  // How often an idle agent looks for what it may pull; 0: never.
  DurationMs pull_every_ms = 0;
};

struct PlannedAnswer {
  enum class Kind { kAccept, kDecline, kIgnore };
  Kind kind = Kind::kAccept;
  DurationMs after_ms = 0;
};

// What the bank had, per type, over the rows that are played.
struct BankFigures {
  std::int64_t offered = 0;
  std::int64_t answered = 0;
  std::int64_t abandoned = 0;
  std::int64_t at_once = 0;
  DurationMs wait_sum_ms = 0;  // of the answered
};

struct DayPlan {
  std::string title;
  std::uint64_t seed = 0;
  v1::Configuration configuration;
  std::vector<PlannedContact> contacts;    // by (at_ms, place of origin)
  std::vector<PlannedPresence> presences;  // by (at_ms, place of origin)
  AnswerBehaviour answers;
  // Whoever still waits then is withdrawn: no agent will come any more.
  InstantMs closing_ms = 0;
  // The day from outside: where barriers are spread.
  InstantMs begin_ms = 0;
  InstantMs end_ms = 0;
  // By queue name; only for a day that a bank has lived.
  std::map<std::string, BankFigures> bank;

  InstantMs FirstActionMs() const;
};

// How the `ordinal`th offer (0 = first) of this contact is answered: a pure
// function of the seed, whoever is offered it and when.
PlannedAnswer AnswerTo(const DayPlan& plan, std::size_t contact_index,
                       std::uint64_t ordinal);

// Orders contacts and presences by time and sets begin, end and closing from
// them.
void FinishPlan(DayPlan* plan);

// Keeps what happens from `from_ms` to `until_ms`, both since midnight of the
// day: contacts that arrive then, and agents as they are by then.
void CutPlan(InstantMs midnight_ms, DurationMs from_ms, DurationMs until_ms,
             DayPlan* plan);

// "HH:MM" or "HH:MM:SS" (hours may have one digit) -> since midnight.
// INVALID_ARGUMENT naming the text otherwise. "24:00" is the day's end.
absl::StatusOr<DurationMs> ParseTimeOfDay(std::string_view text);

// "YYYY-MM-DD" -> midnight, UTC. INVALID_ARGUMENT naming the text otherwise.
absl::StatusOr<InstantMs> ParseDate(std::string_view text);

// "12:03:04.120" of the instant's day, UTC.
std::string TimeOfDayText(InstantMs at_ms);

// With INVALID_ARGUMENT: the plan's references (queues, agents, channels) fit
// its configuration. What the router itself checks is left to it.
absl::Status CheckPlan(const DayPlan& plan);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_DAY_H_
