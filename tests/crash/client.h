// One client process: a platform that submits and cancels contacts, and the
// agents who answer them, with several calls in flight and everything that it
// is told in a synced log of its own.

#ifndef RELAIS_TESTS_CRASH_CLIENT_H_
#define RELAIS_TESTS_CRASH_CLIENT_H_

#include <cstdint>
#include <string>

namespace relais::crash {

struct ClientOptions {
  int number = 0;  // from 0; its agents and contacts carry it
  std::uint64_t seed = 0;
  std::string log;
};

// Works until standard input ends. Each line there is the address of the
// server's next life. For each acknowledgement, once it is synced, one byte
// goes to standard output. Returns the exit code.
int RunClient(const ClientOptions& options);

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_CLIENT_H_
