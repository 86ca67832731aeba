// What relais-journal-bench measures, each into the report.

#ifndef RELAIS_BENCH_JOURNAL_MEASURES_H_
#define RELAIS_BENCH_JOURNAL_MEASURES_H_

#include <string>

#include "bench/core/compare.h"
#include "bench/core/report.h"

namespace relais::bench {

struct JournalOptions {
  Options common;
  std::string directory;  // on the medium that is measured
  std::string relaisd;    // the program; for the latency of answers
};

void AppendGoal(const JournalOptions& options, Report& report);    // goal 13
void RecoveryGoal(const JournalOptions& options, Report& report);  // goal 14
void AnswerLatency(const JournalOptions& options, Report& report);

}  // namespace relais::bench

#endif  // RELAIS_BENCH_JOURNAL_MEASURES_H_
