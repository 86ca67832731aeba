// Where the real bank's calls lie, if they do: they are free to use but not
// part of this project.

#ifndef RELAIS_TESTS_LOAD_REAL_CALLS_H_
#define RELAIS_TESTS_LOAD_REAL_CALLS_H_

#include <cstdlib>
#include <fstream>
#include <string>

namespace relais::load {

inline constexpr char kNoRealCalls[] =
    "the bank's call records are not here: set RELAIS_BANK_CSV, or put "
    "bank_calls_1999_02.csv into ../shared/data";

// Empty if absent. Tests run in the root of the repository.
inline std::string RealCallsPath() {
  const char* from_environment = std::getenv("RELAIS_BANK_CSV");
  const std::string path = from_environment != nullptr
                               ? from_environment
                               : "../shared/data/bank_calls_1999_02.csv";
  return std::ifstream(path).good() ? path : "";
}

}  // namespace relais::load

#endif  // RELAIS_TESTS_LOAD_REAL_CALLS_H_
