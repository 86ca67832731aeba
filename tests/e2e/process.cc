#include "tests/e2e/process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "gtest/gtest.h"
#include "lib/base/assert.h"

namespace relais::e2e {
namespace {

// Starts a program with both outputs on a pipe.
pid_t StartProgram(const std::vector<std::string>& words, int* output) {
  int ends[2];
  RELAIS_CHECK(pipe(ends) == 0, "a pipe");
  std::vector<char*> arguments;
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  RELAIS_CHECK(pid >= 0, "a process");
  if (pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  *output = ends[0];
  return pid;
}

int WaitFor(pid_t pid) {
  int status = 0;
  RELAIS_CHECK(waitpid(pid, &status, 0) == pid, "our own child");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Reads what there is; false at the end.
bool ReadSome(int output, std::string* text) {
  char buffer[4096];
  const ssize_t count = read(output, buffer, sizeof(buffer));
  if (count <= 0) return false;
  text->append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  RELAIS_CHECK(value != nullptr, "run this test through ctest");
  return value;
}

}  // namespace

std::string RelaisdPath() { return FromEnvironment("RELAISD"); }
std::string RelaisctlPath() { return FromEnvironment("RELAISCTL"); }

Finished RunProgram(const std::vector<std::string>& words) {
  Finished finished;
  int output = -1;
  const pid_t pid = StartProgram(words, &output);
  while (ReadSome(output, &finished.output)) {
  }
  close(output);
  finished.exit_code = WaitFor(pid);
  return finished;
}

Relaisd::Relaisd(const std::string& configuration,
                 const std::vector<std::string>& flags) {
  std::vector<std::string> words = {RelaisdPath(), "--listen", "127.0.0.1:0"};
  if (!configuration.empty()) {
    config_file_ = ::testing::TempDir() + "/relais_e2e_" +
                   std::to_string(getpid()) + ".yaml";
    std::ofstream(config_file_) << configuration;
    words.insert(words.end(), {"--config", config_file_});
  }
  words.insert(words.end(), flags.begin(), flags.end());
  if (std::find(flags.begin(), flags.end(), "--journal") == flags.end()) {
    words.insert(words.end(), {"--journal", "memory"});
  }
  pid_ = StartProgram(words, &output_);
  const std::string marker = " serves on ";
  while (address_.empty() && ReadSome(output_, &said_)) {
    const std::size_t at = said_.find(marker);
    const std::size_t end = said_.find('\n', at);
    if (at == std::string::npos || end == std::string::npos) continue;
    address_ = said_.substr(at + marker.size(), end - at - marker.size());
  }
  if (address_.empty()) {
    std::fprintf(stderr, "%s", said_.c_str());
    RELAIS_CHECK(false, "relaisd serves");
  }
}

Relaisd::~Relaisd() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    WaitFor(pid_);
    close(output_);
  }
  if (!config_file_.empty()) std::remove(config_file_.c_str());
}

void Relaisd::Signal(int signal) { kill(pid_, signal); }

Finished Relaisd::Wait() {
  while (ReadSome(output_, &said_)) {
  }
  close(output_);
  Finished finished{WaitFor(pid_), said_};
  pid_ = -1;
  return finished;
}

}  // namespace relais::e2e
