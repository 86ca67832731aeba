// Goals 1, 2, 3, 5 and 6: rates of whole decisions.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/core/core_system.h"
#include "bench/core/goals.h"
#include "bench/core/mutex_rival.h"

namespace relais::bench {
namespace {

// Rates of a goal with several workloads take a share of the time each.
constexpr double kShare = 0.5;
// Of four contestants, two of which are only there to be compared with.
constexpr double kSmallShare = 0.3;

struct Duel {
  Series strict;
  Series aged;
};

// Core and rival in one workload, figures printed.
Duel Fight(const Options& options, Report& report, int goal, double seconds,
           const Workload& workload, std::uint32_t threads) {
  const std::vector<Measured> measured =
      Compare(options, seconds,
              {Pairs<MutexRival>(workload, threads),
               Pairs<CoreSystem>(workload, threads),
               Pairs<CoreSystem>(workload, threads, Aged())});
  const std::string name = absl::StrCat(workload.name, "-", threads, "-thread",
                                        threads > 1 ? "s" : "");
  const char* const sides[] = {"rival", "core", "core-aged"};
  for (std::size_t i = 0; i < measured.size(); ++i) {
    report.Figure(goal, absl::StrCat(name, "-", sides[i]),
                  measured[i].per_second, "decisions/s");
    report.Figure(goal, absl::StrCat(name, "-", sides[i], "-cpu"),
                  measured[i].cpu_nanoseconds, "ns CPU per decision");
  }
  return Duel{Ratios(measured[1].per_second, measured[0].per_second),
              Ratios(measured[2].per_second, measured[0].per_second)};
}

}  // namespace

void OneThread(const Options& options, Report& report) {
  const Duel duel = Fight(options, report, 1, options.seconds, kOverload1e3, 1);
  report.Figure(1, "aged-over-rival", duel.aged, "");
  report.Goal(1, "overload-1e3-1-thread",
              {{"strict-over-rival", duel.strict, AtLeast(1.0)}});
}

void TwoThreads(const Options& options, Report& report) {
  std::vector<Candidate> candidates;
  for (const Workload& workload : kFourWorkloads) {
    const Duel duel =
        Fight(options, report, 2, options.seconds * kShare, workload, 2);
    report.Figure(2, absl::StrCat(workload.name, "-aged-over-rival"), duel.aged,
                  "");
    candidates.push_back({workload.name, duel.strict, AtLeast(1.0)});
  }
  static_assert(!CoreSystem::kWaitsDeliberately);
  const Candidate& worst = Worst(candidates);
  report.Detail(absl::StrCat(
      "without any deliberate waiting (the core has none, so it is the same "
      "figure): ",
      worst.name, " target >=0.6 ",
      AtLeast(0.6).Holds(worst.Deciding()) ? "pass" : "miss"));
  report.Goal(2, "worst-of-four-2-threads", candidates);
}

void RoutingGroups(const Options& options, Report& report) {
  WorldShape groups;
  groups.groups = 2;
  std::vector<Candidate> candidates;
  for (const Workload& workload : kFourWorkloads) {
    const std::vector<Measured> measured =
        Compare(options, options.seconds * kShare,
                {Pairs<MutexRival>(workload, 2, groups),
                 Pairs<CoreSystem>(workload, 2, groups)});
    report.Figure(3, absl::StrCat(workload.name, "-rival"),
                  measured[0].per_second, "decisions/s");
    report.Figure(3, absl::StrCat(workload.name, "-core"),
                  measured[1].per_second, "decisions/s");
    candidates.push_back(
        {workload.name, Ratios(measured[1].per_second, measured[0].per_second),
         AtLeast(1.7)});
  }
  report.Goal(3, "two-groups-2-threads-worst-of-four", candidates);
}

void Depth(const Options& options, Report& report) {
  std::vector<Candidate> candidates;
  for (const std::uint32_t threads : {1U, 2U}) {
    const std::vector<Measured> measured =
        Compare(options, options.seconds * kSmallShare,
                {Pairs<CoreSystem>(kOverload1e3, threads),
                 Pairs<CoreSystem>(kOverload1e6, threads),
                 Pairs<MutexRival>(kOverload1e3, threads),
                 Pairs<MutexRival>(kOverload1e6, threads)});
    const std::string name =
        absl::StrCat(threads, "-thread", threads > 1 ? "s" : "");
    report.Figure(5, absl::StrCat(name, "-core-1e3"), measured[0].per_second,
                  "decisions/s");
    report.Figure(5, absl::StrCat(name, "-core-1e6"), measured[1].per_second,
                  "decisions/s");
    report.Figure(5, absl::StrCat(name, "-rival-1e6-over-1e3"),
                  Ratios(measured[3].per_second, measured[2].per_second), "");
    candidates.push_back(
        {name, Ratios(measured[1].per_second, measured[0].per_second),
         AtLeast(0.7)});
  }
  report.Goal(5, "depth-1e6-over-1e3", candidates);
}

namespace {

struct Site {
  WorldShape shape;
  std::uint32_t agents;
  std::uint32_t waiting;
};

Site WideSite() {
  Site site;
  site.shape.requirement_classes = 2'000;
  site.shape.profile_classes = 2'000;
  site.shape.classes_per_profile = 50;
  site.agents = 50'000;
  site.waiting = 500'000;
  return site;
}

Site NarrowSite() {
  Site site;
  site.shape.requirement_classes = 20;
  site.shape.profile_classes = 20;
  site.shape.classes_per_profile = 5;
  site.agents = 500;
  site.waiting = 5'000;
  return site;
}

// The four workloads of a site: all that wait, a hundredth of them, all agents
// idle, and both from empty.
std::vector<Workload> WorkloadsOf(const Site& site) {
  return {{"overload", site.waiting, site.agents, false},
          {"overload-hundredth", site.waiting / 100, site.agents, false},
          {"idle", 0, site.agents, true},
          {"balanced", 0, site.agents, false}};
}

}  // namespace

void Width(const Options& options, Report& report) {
  const Site wide = WideSite();
  const Site narrow = NarrowSite();
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < WorkloadsOf(wide).size(); ++i) {
    const Workload workload = WorkloadsOf(wide)[i];
    const Workload small = WorkloadsOf(narrow)[i];
    const std::vector<Measured> measured =
        Compare(options, options.seconds * kSmallShare,
                {Pairs<CoreSystem>(workload, 1, wide.shape),
                 Pairs<CoreSystem>(small, 1, narrow.shape),
                 Pairs<MutexRival>(workload, 1, wide.shape),
                 Pairs<MutexRival>(small, 1, narrow.shape)});
    report.Figure(6, absl::StrCat(workload.name, "-core-wide"),
                  measured[0].per_second, "decisions/s");
    report.Figure(6, absl::StrCat(workload.name, "-core-narrow"),
                  measured[1].per_second, "decisions/s");
    report.Figure(6, absl::StrCat(workload.name, "-rival-narrow-over-wide"),
                  Ratios(measured[3].per_second, measured[2].per_second), "");
    // Times are the inverse of rates.
    candidates.push_back(
        {workload.name, Ratios(measured[1].per_second, measured[0].per_second),
         AtMost(2.0)});
  }
  report.Goal(6, "width-worst-of-four", candidates);
}

}  // namespace relais::bench
