// Kills a relaisd again and again while clients work with it, and lets a
// checker that shares no code with it judge each time what is left.
//
// Thread safety: none; one thread.

#ifndef RELAIS_TESTS_CRASH_CRASH_RUN_H_
#define RELAIS_TESTS_CRASH_CRASH_RUN_H_

#include <cstdint>
#include <string>

namespace relais::crash {

struct CrashOptions {
  std::uint32_t kills = 30;
  int clients = 4;
  std::uint64_t seed = 1;
  std::string directory;  // exists; journal and logs go there
  std::string relaisd;
  std::string program;  // this program, to run as client
  std::string checker;  // check_crash.py
};

// Prints each kill, every problem and a summary. True if there was no problem.
bool RunCrashes(const CrashOptions& options);

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_CRASH_RUN_H_
