#include "bench/journal/program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace relais::bench {
namespace {

constexpr char kPortFile[] = "/port";
constexpr char kSaidFile[] = "/said";

std::string Read(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Program>> Program::Start(
    const std::string& path, const std::string& directory,
    std::vector<std::string> flags) {
  flags.insert(flags.begin(),
               {path, "--listen=127.0.0.1:0",
                absl::StrCat("--port-file=", directory, kPortFile)});
  std::vector<char*> words;
  words.reserve(flags.size() + 1);
  for (std::string& flag : flags) words.push_back(flag.data());
  words.push_back(nullptr);
  const std::string said = absl::StrCat(directory, kSaidFile);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, said.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC,
                                   S_IRUSR | S_IWUSR);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  std::unique_ptr<Program> program(new Program());
  const int error = posix_spawn(&program->pid_, path.c_str(), &actions, nullptr,
                                words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    program->pid_ = -1;
    return absl::UnavailableError(absl::StrCat(
        path, " cannot be started: ", std::generic_category().message(error)));
  }
  const absl::Status status = program->AwaitPort(directory);
  if (!status.ok()) return status;
  return program;
}

absl::Status Program::AwaitPort(const std::string& directory) {
  constexpr int kLooksMax = 3'000;
  constexpr timespec kBetween = {0, 10'000'000};
  for (int i = 0; i < kLooksMax; ++i) {
    const std::string port = Read(directory + kPortFile);
    if (!port.empty()) {
      address_ = absl::StrCat("127.0.0.1:", port.substr(0, port.find('\n')));
      return absl::OkStatus();
    }
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return absl::UnavailableError(
          absl::StrCat("relaisd ended: ", Read(directory + kSaidFile)));
    }
    nanosleep(&kBetween, nullptr);
  }
  return absl::UnavailableError("relaisd does not serve after 30 s");
}

Program::~Program() {
  if (pid_ < 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

}  // namespace relais::bench
