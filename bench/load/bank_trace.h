// Reads the call records of a bank's call centre (CSV, one call a line; the
// columns are listed in docs/load.md) and sorts them into what is offered to
// a router and what is not, each with its reason.
//
// Nothing is dropped silently: every row is either offered or a DirtyRow.
//
// Thread safety: pure functions and plain values.

#ifndef RELAIS_BENCH_LOAD_BANK_TRACE_H_
#define RELAIS_BENCH_LOAD_BANK_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "relais/types.h"

namespace relais::load {

// A call that stood in the bank's queue or was answered by an agent.
struct BankCall {
  std::string id;    // "date/vru_line/call_id", unique
  std::string date;  // YYYY-MM-DD
  std::string type;
  int priority = 0;
  bool answered = false;  // else the customer hung up while queueing
  bool queued = false;
  std::int64_t arrival_s = 0;        // since midnight: q_start, else vru_exit
  std::int64_t queue_s = 0;          // q_time
  std::int64_t service_start_s = 0;  // since midnight, answered only
  std::int64_t service_s = 0;        // ser_time, answered only
  std::string server;                // answered only
};

enum class Dirt {
  kPhantom,
  kHangInIvr,         // hung up without having queued
  kNoServer,          // answered by nobody named
  kNoService,         // named server, but no service start
  kQueueStartDayOff,  // the queue begins on another day than the IVR ends
  kRepeated,          // (date, vru_line, call_id) seen before
  kUnreadable,        // a field that is no number, time or known word
  kNegativeVruTime,   // counted only: the call is played
};
inline constexpr int kDirtKinds = 8;
// What it is called in the output, and whether such a row is still played.
const char* DirtName(Dirt dirt);
bool IsPlayed(Dirt dirt);

struct DirtyRow {
  std::size_t line = 0;  // in the file, the header being line 1
  std::string id;        // "date/vru_line/call_id", as far as readable
  std::string date;
  Dirt dirt = Dirt::kPhantom;
  std::string detail;  // which field and value, where it helps
};

struct BankTrace {
  std::size_t rows = 0;
  std::vector<BankCall> calls;  // offered, in the file's order
  std::vector<DirtyRow> dirty;  // in the file's order
};

// INVALID_ARGUMENT if a column is missing or named twice, naming all such
// columns, or if the file has no header. `name` is the file's, for messages.
absl::StatusOr<BankTrace> ReadBankTrace(std::istream& in,
                                        const std::string& name);
// As above; NOT_FOUND if the file cannot be opened.
absl::StatusOr<BankTrace> ReadBankTraceFile(const std::string& path);

// Says what was not played: per reason the number of rows in the file and on
// the date, and the date's first rows by name, `names_max` of them.
std::string DirtReport(const BankTrace& trace, const std::string& date,
                       std::size_t names_max);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_BANK_TRACE_H_
