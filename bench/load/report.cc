#include "bench/load/report.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/load/rules.h"
#include "google/protobuf/util/json_util.h"

namespace relais::load {

namespace {

std::string PercentText(std::int64_t offered, double percent) {
  return offered < kPercentagesFrom ? "-" : absl::StrFormat("%.1f %%", percent);
}

void AppendQueueRow(const std::string& name, const QueueFigures& queue,
                    const std::string& target, std::string* text) {
  absl::StrAppendFormat(
      text,
      "%-16s %7d %8d %9d %8s %6d %9d %9s %-11s %6.1f s %8s %7.0f s %7.1f %%\n",
      name, queue.offered, queue.answered, queue.abandoned,
      PercentText(queue.offered, queue.AbandonedPercent()),
      queue.short_abandoned, queue.withdrawn,
      PercentText(queue.offered, queue.ServiceLevelPercent()), target,
      queue.AverageSpeedOfAnswerS(),
      PercentText(queue.offered, queue.AccessibilityPercent()),
      queue.AverageHandleS(), queue.OccupancyPercent());
}

std::string TargetText(const Rules& rules, const std::string& queue) {
  const DurationMs threshold = rules.ServiceThresholdMs(queue);
  const std::string within =
      threshold >= 3'600'000 ? absl::StrCat(threshold / 3'600'000, " h")
      : threshold >= 120'000 ? absl::StrCat(threshold / 60'000, " min")
                             : absl::StrCat(threshold / 1000, " s");
  return absl::StrFormat("(%.0f/%s)", 100 * rules.ServiceFraction(queue),
                         within);
}

double Bank(std::int64_t part, std::int64_t whole) {
  return whole == 0
             ? 0
             : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void AppendBankRow(const std::string& type, const QueueFigures& ours,
                   const BankFigures& bank, std::string* text) {
  const double bank_asa = bank.answered == 0
                              ? 0
                              : static_cast<double>(bank.wait_sum_ms) / 1000.0 /
                                    static_cast<double>(bank.answered);
  absl::StrAppendFormat(text, "%-6s %8d", type, ours.offered);
  if (ours.offered < kPercentagesFrom) {
    absl::StrAppendFormat(text, " %9d %9d | %9d %9d | %9s %9s   counts only\n",
                          ours.abandoned, bank.abandoned, ours.at_once,
                          bank.at_once, "-", "-");
    return;
  }
  absl::StrAppendFormat(
      text, " %7.1f %% %7.1f %% | %7.1f %% %7.1f %% | %7.1f s %7.1f s\n",
      ours.AbandonedPercent(), Bank(bank.abandoned, bank.offered),
      ours.AtOncePercent(), Bank(bank.at_once, bank.offered),
      ours.AverageSpeedOfAnswerS(), bank_asa);
}

}  // namespace

std::string FiguresText(const DayPlan& plan, const Figures& figures) {
  const Rules rules(plan.configuration);
  std::string text = absl::StrFormat(
      "%-16s %7s %8s %9s %8s %6s %9s %9s %-11s %8s %8s %9s %9s\n", "Queue",
      "offered", "answered", "abandoned", "", "short", "withdrawn", "service",
      "level", "ASA", "access.", "handle", "occupancy");
  for (const auto& [name, queue] : figures.queues) {
    AppendQueueRow(name, queue, TargetText(rules, name), &text);
  }
  AppendQueueRow("all", figures.all_queues, "", &text);
  absl::StrAppend(
      &text,
      "service level: served_over_accepted (answered within the threshold / "
      "offered), (target/threshold);\nshort: abandoned before the queue's "
      "short_abandon_threshold; ASA: average speed of answer;\naccess.: "
      "answered / offered; handle: mean of handling and wrap-up; occupancy: of "
      "the agents who may\nserve the queue, with whatever they do. At once: ",
      figures.all_queues.at_once, ", declined: ", figures.all_queues.declined,
      ", no answer: ", figures.all_queues.no_answer,
      ", ended by the lease: ", figures.all_queues.lost_hang_ups, ".\n\n");
  absl::StrAppendFormat(&text, "%-16s %7s %14s %14s %10s\n", "Agents", "",
                        "available h", "busy h", "occupancy");
  const auto row = [&](const std::string& name, const GroupFigures& group) {
    absl::StrAppendFormat(
        &text, "%-16s %7d %14.1f %14.1f %8.1f %%\n", name, group.agents,
        static_cast<double>(group.available_ms) / 3.6e6,
        static_cast<double>(group.busy_ms) / 3.6e6, group.OccupancyPercent());
  };
  for (const auto& [name, group] : figures.groups) row(name, group);
  if (figures.groups.size() > 1) row("all", figures.all_groups);
  absl::StrAppend(&text,
                  "occupancy: (reserved + handling + wrap-up) / (signed in - "
                  "not ready)\n");
  return text;
}

std::string BankText(const DayPlan& plan, const Figures& figures) {
  if (plan.bank.empty()) return "";
  std::string text = absl::StrFormat("%-6s %8s %9s %9s | %9s %9s | %9s %9s\n",
                                     "Type", "offered", "abandoned", "the bank",
                                     "at once", "the bank", "ASA", "the bank");
  BankFigures bank_all;
  for (const auto& [type, queue] : figures.queues) {
    const auto found = plan.bank.find(type);
    if (found == plan.bank.end()) continue;
    AppendBankRow(type, queue, found->second, &text);
    bank_all.offered += found->second.offered;
    bank_all.answered += found->second.answered;
    bank_all.abandoned += found->second.abandoned;
    bank_all.at_once += found->second.at_once;
    bank_all.wait_sum_ms += found->second.wait_sum_ms;
  }
  AppendBankRow("all", figures.all_queues, bank_all, &text);
  if (figures.all_queues.offered != bank_all.offered) {
    absl::StrAppend(&text, "NOT ALL WERE OFFERED: ", figures.all_queues.offered,
                    " of ", bank_all.offered, "\n");
  }
  if (bank_all.abandoned == 0 ||
      figures.all_queues.offered < kPercentagesFrom) {
    return text;
  }
  const double ratio = figures.all_queues.AbandonedPercent() /
                       Bank(bank_all.abandoned, bank_all.offered);
  absl::StrAppendFormat(&text, "abandoned, ours over the bank's: %.2f\n",
                        ratio);
  if (ratio < kBankRatioMin || ratio > kBankRatioMax) {
    absl::StrAppendFormat(&text,
                          "WARNING: outside %.1f to %.1f of the bank's "
                          "abandonment; the replay is at fault\n",
                          kBankRatioMin, kBankRatioMax);
  }
  return text;
}

Agreement CompareRuns(const Figures& over_grpc, const Figures& in_process) {
  const QueueFigures& grpc = over_grpc.all_queues;
  const QueueFigures& here = in_process.all_queues;
  const double points =
      std::abs(grpc.AbandonedPercent() - here.AbandonedPercent());
  const double seconds =
      std::abs(grpc.AverageSpeedOfAnswerS() - here.AverageSpeedOfAnswerS());
  Agreement agreement;
  agreement.agrees = grpc.offered == here.offered &&
                     points <= kAgreeAbandonedPoints &&
                     seconds <= kAgreeAnswerS;
  agreement.text = absl::StrFormat(
      "%-14s %8s %10s %9s\n"
      "%-14s %8d %8.2f %% %7.1f s\n"
      "%-14s %8d %8.2f %% %7.1f s\n"
      "apart: %.2f points of abandonment (at most %.1f), %.1f s of average "
      "speed of answer (at most %.1f): %s\n",
      "The same day", "offered", "abandoned", "ASA", "over gRPC", grpc.offered,
      grpc.AbandonedPercent(), grpc.AverageSpeedOfAnswerS(), "in process",
      here.offered, here.AbandonedPercent(), here.AverageSpeedOfAnswerS(),
      points, kAgreeAbandonedPoints, seconds, kAgreeAnswerS,
      agreement.agrees ? "they agree" : "THEY DO NOT AGREE");
  return agreement;
}

std::string EventLine(const v1::Event& event) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string line;
  const auto status =
      google::protobuf::util::MessageToJsonString(event, &line, options);
  return status.ok() ? line : status.ToString();
}

}  // namespace relais::load
