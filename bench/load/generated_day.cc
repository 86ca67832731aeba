#include "bench/load/generated_day.h"

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/random.h"
#include "lib/simulation/demand.h"
#include "server/yaml_message.h"

namespace relais::load {

namespace {

using simulation::IntradayShape;

absl::Status Wrong(const std::string& path, const std::string& message) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", message));
}

absl::StatusOr<DurationMs> TimeAt(const std::string& path,
                                  const std::string& text) {
  auto at = ParseTimeOfDay(text);
  if (!at.ok()) return Wrong(path, std::string(at.status().message()));
  return at;
}

absl::StatusOr<std::map<std::string, IntradayShape>> ReadShapes(
    const Day& day) {
  std::map<std::string, IntradayShape> shapes;
  for (int i = 0; i < day.shapes_size(); ++i) {
    const Shape& shape = day.shapes(i);
    const std::string path = absl::StrCat("shapes[", i, "]");
    std::vector<IntradayShape::Point> points;
    for (int j = 0; j < shape.points_size(); ++j) {
      const auto at = TimeAt(absl::StrCat(path, ".points[", j, "].at"),
                             shape.points(j).at());
      if (!at.ok()) return at.status();
      points.push_back({*at, shape.points(j).weight()});
    }
    if (!IntradayShape::IsValid(points)) {
      return Wrong(absl::StrCat(path, ".points"),
                   "two points or more, at rising times, with weights of 0 "
                   "or more, one of them above 0");
    }
    if (!shapes.emplace(shape.name(), IntradayShape(points)).second) {
      return Wrong(absl::StrCat(path, ".name"),
                   absl::StrCat("\"", shape.name(), "\" is given twice"));
    }
  }
  return shapes;
}

absl::StatusOr<simulation::StreamDemand> ReadDemand(const Stream& stream,
                                                    const std::string& path) {
  simulation::StreamDemand demand;
  // One centre's day; more is a mistyped number.
  constexpr double kContactsMax = 1'000'000;
  if (!(stream.contacts() >= 0 && stream.contacts() <= kContactsMax)) {
    return Wrong(absl::StrCat(path, ".contacts"),
                 absl::StrCat(stream.contacts(), " is not 0 to 1000000"));
  }
  demand.contacts_expected = stream.contacts();
  demand.handling_mean_ms = stream.handling_mean_ms();
  if (demand.handling_mean_ms <= 0) {
    return Wrong(absl::StrCat(path, ".handling_mean_ms"),
                 absl::StrCat(demand.handling_mean_ms, " is not above 0"));
  }
  demand.handling_deviation_ms = stream.handling_deviation_ms();
  if (demand.handling_deviation_ms < 0) {
    return Wrong(absl::StrCat(path, ".handling_deviation_ms"),
                 absl::StrCat(demand.handling_deviation_ms, " is below 0"));
  }
  if (stream.has_patience_mean_ms()) {
    if (stream.patience_mean_ms() <= 0) {
      return Wrong(absl::StrCat(path, ".patience_mean_ms"),
                   absl::StrCat(stream.patience_mean_ms(),
                                " is not above 0; leave it out for customers "
                                "who never leave"));
    }
    demand.patience_mean_ms = stream.patience_mean_ms();
  }
  if (stream.has_wrap_up_mean_ms()) {
    if (stream.wrap_up_mean_ms() <= 0) {
      return Wrong(absl::StrCat(path, ".wrap_up_mean_ms"),
                   absl::StrCat(stream.wrap_up_mean_ms(), " is not above 0"));
    }
    demand.wrap_up_mean_ms = stream.wrap_up_mean_ms();
  }
  if (stream.priorities_size() == 0) return demand;
  demand.priority_weights.assign(10, 0.0);
  for (int i = 0; i < stream.priorities_size(); ++i) {
    const PriorityShare& share = stream.priorities(i);
    if (share.priority() < 0 || share.priority() > 9 || !(share.share() > 0)) {
      return Wrong(
          absl::StrCat(path, ".priorities[", i, "]"),
          absl::StrCat("priority ", share.priority(), ", share ", share.share(),
                       ": a priority is 0 to 9, a share above 0"));
    }
    demand.priority_weights[static_cast<std::size_t>(share.priority())] +=
        share.share();
  }
  return demand;
}

absl::Status CheckShares(const Stream& stream, const std::string& path) {
  double sum = 0;
  for (int i = 0; i < stream.segments_size(); ++i) {
    const double share = stream.segments(i).share();
    if (!(share > 0)) {
      return Wrong(absl::StrCat(path, ".segments[", i, "].share"),
                   absl::StrCat(share, " is not above 0"));
    }
    sum += share;
  }
  // Shares that are written as 0.1 and the like may come to a little more.
  if (sum > 1 + 1e-9) {
    return Wrong(absl::StrCat(path, ".segments"),
                 absl::StrCat("shares of ", sum, " together are above 1"));
  }
  const double listening = stream.tutor_may_listen_share();
  if (!(listening >= 0 && listening <= 1)) {
    return Wrong(absl::StrCat(path, ".tutor_may_listen_share"),
                 absl::StrCat(listening, " is not 0 to 1"));
  }
  const double portfolios = stream.portfolio_share();
  if (!(portfolios >= 0 && portfolios <= 1)) {
    return Wrong(absl::StrCat(path, ".portfolio_share"),
                 absl::StrCat(portfolios, " is not 0 to 1"));
  }
  if (stream.reply_by_ms() < 0) {
    return Wrong(absl::StrCat(path, ".reply_by_ms"),
                 absl::StrCat(stream.reply_by_ms(), " is below 0"));
  }
  return absl::OkStatus();
}

// Who the customer is, and what it agreed to.
void DrawCustomer(const Stream& stream, Random* random, v1::Contact* contact) {
  double left = random->UniformDouble();
  for (const SegmentShare& segment : stream.segments()) {
    if (left < segment.share()) {
      contact->set_segment(segment.segment());
      break;
    }
    left -= segment.share();
  }
  contact->set_tutor_may_listen(
      random->Bernoulli(stream.tutor_may_listen_share()));
}

// Whose portfolio the customer is in, if in any.
void DrawPortfolio(const Stream& stream, const std::vector<std::string>& agents,
                   Random* random, v1::Contact* contact) {
  if (agents.empty() || !random->Bernoulli(stream.portfolio_share())) return;
  v1::PreferredAgents* preferred = contact->mutable_preferred();
  preferred->add_agents(agents[random->Uniform(agents.size())]);
  preferred->set_source(v1::PREFERENCE_SOURCE_PORTFOLIO);
  preferred->set_reply_by_ms(stream.reply_by_ms());
}

// One queue can be fed by several streams of one channel: the number of the
// stream keeps ids apart.
std::string ContactId(const Stream& stream, int stream_index,
                      std::size_t contact_index) {
  return absl::StrFormat("%s-%d-%05d", stream.queue(), stream_index + 1,
                         contact_index + 1);
}

absl::Status AddStreams(const Day& day, InstantMs midnight, Random* random,
                        DayPlan* plan) {
  const auto shapes = ReadShapes(day);
  if (!shapes.ok()) return shapes.status();
  std::vector<std::string> agents;
  for (const Shift& shift : day.shifts()) {
    agents.insert(agents.end(), shift.agents().begin(), shift.agents().end());
  }
  for (int i = 0; i < day.streams_size(); ++i) {
    const Stream& stream = day.streams(i);
    const std::string path = absl::StrCat("streams[", i, "]");
    const auto shape = shapes->find(stream.shape());
    if (shape == shapes->end()) {
      return Wrong(absl::StrCat(path, ".shape"),
                   absl::StrCat("\"", stream.shape(),
                                "\" is not among the shapes of the day"));
    }
    const auto demand = ReadDemand(stream, path);
    if (!demand.ok()) return demand.status();
    absl::Status shares = CheckShares(stream, path);
    if (!shares.ok()) return shares;
    Random stream_random = random->Fork();
    const auto drawn =
        simulation::DrawStream(shape->second, *demand, &stream_random);
    Random customers_random = stream_random.Fork();
    Random portfolios_random = stream_random.Fork();
    for (std::size_t j = 0; j < drawn.size(); ++j) {
      PlannedContact planned;
      planned.at_ms = midnight + drawn[j].at_ms;
      planned.contact.set_id(ContactId(stream, i, j));
      planned.contact.set_queue(stream.queue());
      planned.contact.set_channel(stream.channel());
      planned.contact.set_priority(drawn[j].priority);
      if (stream.has_requirement()) {
        *planned.contact.mutable_requirement() = stream.requirement();
      }
      DrawCustomer(stream, &customers_random, &planned.contact);
      DrawPortfolio(stream, agents, &portfolios_random, &planned.contact);
      planned.patience_ms = drawn[j].patience_ms;
      planned.handling_ms = drawn[j].handling_ms;
      if (stream.has_wrap_up_mean_ms()) {
        planned.wrap_up_ms = drawn[j].wrap_up_ms;
      }
      plan->contacts.push_back(std::move(planned));
    }
  }
  return absl::OkStatus();
}

void AddPresence(InstantMs at_ms, const std::string& agent,
                 v1::PresenceState state, v1::NotReadyReason reason,
                 DayPlan* plan) {
  PlannedPresence presence;
  presence.at_ms = at_ms;
  presence.agent_id = agent;
  presence.presence.set_state(state);
  presence.presence.set_reason(reason);
  plan->presences.push_back(std::move(presence));
}

struct ShiftTimes {
  DurationMs from = 0;
  DurationMs until = 0;
  std::vector<DurationMs> breaks;  // the first agent's
};

absl::StatusOr<ShiftTimes> ReadShift(const Shift& shift,
                                     const std::string& path) {
  ShiftTimes times;
  const auto from = TimeAt(path + ".from", shift.from());
  if (!from.ok()) return from.status();
  const auto until = TimeAt(path + ".until", shift.until());
  if (!until.ok()) return until.status();
  times.from = *from;
  times.until = *until;
  if (times.until <= times.from) {
    return Wrong(path + ".until",
                 absl::StrCat("\"", shift.until(), "\" is not after \"",
                              shift.from(), "\""));
  }
  for (int i = 0; i < shift.breaks_size(); ++i) {
    const std::string break_path = absl::StrCat(path, ".breaks[", i, "]");
    const auto at = TimeAt(break_path + ".from", shift.breaks(i).from());
    if (!at.ok()) return at.status();
    if (shift.breaks(i).duration_ms() <= 0) {
      return Wrong(
          break_path + ".duration_ms",
          absl::StrCat(shift.breaks(i).duration_ms(), " is not above 0"));
    }
    if (shift.breaks(i).reason() == v1::NOT_READY_REASON_NO_ANSWER) {
      return Wrong(break_path + ".reason",
                   "no_answer is set by the router; use break, meal, training, "
                   "meeting or other");
    }
    times.breaks.push_back(*at);
  }
  return times;
}

absl::Status AddShifts(const Day& day, InstantMs midnight, Random* random,
                       DayPlan* plan) {
  if (day.shift_jitter_ms() < 0) {
    return Wrong("shift_jitter_ms",
                 absl::StrCat(day.shift_jitter_ms(), " is below 0"));
  }
  std::set<std::string> seen;
  for (int i = 0; i < day.shifts_size(); ++i) {
    const Shift& shift = day.shifts(i);
    const std::string path = absl::StrCat("shifts[", i, "]");
    const auto times = ReadShift(shift, path);
    if (!times.ok()) return times.status();
    Random shift_random = random->Fork();
    const auto jitter = [&] {
      return shift_random.UniformBetween(-day.shift_jitter_ms(),
                                         day.shift_jitter_ms());
    };
    for (int j = 0; j < shift.agents_size(); ++j) {
      const std::string& agent = shift.agents(j);
      if (!seen.insert(agent).second) {
        return Wrong(absl::StrCat(path, ".agents[", j, "]"),
                     absl::StrCat("\"", agent, "\" has a shift already"));
      }
      InstantMs last = midnight + times->from + jitter();
      AddPresence(last, agent, v1::PRESENCE_STATE_AVAILABLE,
                  v1::NOT_READY_REASON_UNSPECIFIED, plan);
      for (int k = 0; k < shift.breaks_size(); ++k) {
        const Break& pause = shift.breaks(k);
        const int group = shift.together() > 0 ? j / shift.together() : 0;
        const InstantMs begin = midnight +
                                times->breaks[static_cast<std::size_t>(k)] +
                                group * pause.duration_ms();
        const InstantMs end = begin + pause.duration_ms();
        // A break that the stagger moves out of the shift, or into the one
        // before, is not taken.
        if (begin <= last || end >= midnight + times->until) continue;
        AddPresence(begin, agent, v1::PRESENCE_STATE_NOT_READY,
                    pause.reason() == v1::NOT_READY_REASON_UNSPECIFIED
                        ? v1::NOT_READY_REASON_BREAK
                        : pause.reason(),
                    plan);
        plan->presences.back().presence.set_back_at_ms(end);
        AddPresence(end, agent, v1::PRESENCE_STATE_AVAILABLE,
                    v1::NOT_READY_REASON_UNSPECIFIED, plan);
        last = end;
      }
      const InstantMs leave = midnight + times->until + jitter();
      AddPresence(std::max(leave, last + 1'000), agent,
                  v1::PRESENCE_STATE_LOGGED_OUT,
                  v1::NOT_READY_REASON_UNSPECIFIED, plan);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadAnswers(const Answers& answers, DayPlan* plan) {
  AnswerBehaviour& behaviour = plan->answers;
  behaviour.pick_up_min_ms = answers.pick_up_min_ms();
  behaviour.pick_up_max_ms = answers.pick_up_max_ms();
  behaviour.decline_probability = answers.decline_probability();
  behaviour.no_answer_probability = answers.no_answer_probability();
  behaviour.return_after_ms = answers.return_after_ms();
  if (behaviour.pick_up_min_ms < 0 ||
      behaviour.pick_up_max_ms < behaviour.pick_up_min_ms) {
    return Wrong("answers.pick_up_max_ms",
                 absl::StrCat(behaviour.pick_up_max_ms, " is not at least ",
                              "pick_up_min_ms, or that is below 0"));
  }
  if (behaviour.return_after_ms < 0) {
    return Wrong("answers.return_after_ms",
                 absl::StrCat(behaviour.return_after_ms, " is below 0"));
  }
  behaviour.pull_every_ms = answers.pull_every_ms();
  if (behaviour.pull_every_ms < 0) {
    return Wrong("answers.pull_every_ms",
                 absl::StrCat(behaviour.pull_every_ms, " is below 0"));
  }
  const double decline = behaviour.decline_probability;
  const double no_answer = behaviour.no_answer_probability;
  if (!(decline >= 0 && no_answer >= 0 && decline + no_answer <= 1)) {
    return Wrong("answers",
                 absl::StrCat("decline_probability ", decline,
                              " and no_answer_probability ", no_answer,
                              " are not 0 to 1 together"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Day> ReadDayFile(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  Day day;
  const auto outcome = server::FillFromYaml(text.str(), &day);
  if (outcome.problems.empty()) return day;
  std::string problems;
  for (const auto& problem : outcome.problems) {
    absl::StrAppend(&problems, problems.empty() ? "" : "\n", path, ":",
                    problem.place.line, ":", problem.place.column, ": ",
                    problem.path.empty() ? "" : problem.path + ": ",
                    problem.message);
  }
  return absl::InvalidArgumentError(problems);
}

absl::StatusOr<DayPlan> GenerateDay(const v1::Configuration& configuration,
                                    const Day& day, std::uint64_t seed) {
  const auto midnight = ParseDate(day.date());
  if (!midnight.ok()) {
    return Wrong("date", std::string(midnight.status().message()));
  }
  DayPlan plan;
  plan.title = absl::StrCat("generated day ", day.date(), " of ",
                            configuration.name(), ", seed ", seed);
  plan.seed = seed;
  plan.configuration = configuration;
  Random random(seed);
  Random streams_random = random.Fork();
  Random shifts_random = random.Fork();
  absl::Status status = AddStreams(day, *midnight, &streams_random, &plan);
  if (status.ok()) status = AddShifts(day, *midnight, &shifts_random, &plan);
  if (status.ok()) status = ReadAnswers(day.answers(), &plan);
  if (!status.ok()) return status;
  FinishPlan(&plan);
  status = CheckPlan(plan);
  if (!status.ok()) return status;
  return plan;
}

}  // namespace relais::load
