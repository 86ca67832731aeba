// Runs our programs as a user would: by name, with arguments, over a port.

#ifndef RELAIS_TESTS_E2E_PROCESS_H_
#define RELAIS_TESTS_E2E_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace relais::e2e {

struct Finished {
  int exit_code = -1;  // 128 + n if signal n ended it
  std::string output;  // standard output and error together
};

// Runs a program to its end.
Finished RunProgram(const std::vector<std::string>& words);

// relaisd on a free loopback port, ready when the constructor returns. What it
// says to standard error is kept.
class Relaisd {
 public:
  // With a configuration (YAML, may be empty) and more flags. Without a journal
  // unless "--journal" is among them.
  explicit Relaisd(const std::string& configuration,
                   const std::vector<std::string>& flags = {});
  ~Relaisd();

  const std::string& address() const { return address_; }
  void Signal(int signal);
  // Waits for its end.
  Finished Wait();

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string config_file_;
  std::string address_;
  std::string said_;
};

// Paths of the programs, given by the build.
std::string RelaisdPath();
std::string RelaisctlPath();

}  // namespace relais::e2e

#endif  // RELAIS_TESTS_E2E_PROCESS_H_
