#include "tests/crash/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace relais::crash {
namespace {

void CloseIfOpen(int* descriptor) {
  if (*descriptor >= 0) close(*descriptor);
  *descriptor = -1;
}

}  // namespace

absl::StatusOr<Child> Child::Start(const std::vector<std::string>& words,
                                   Told told) {
  std::array<int, 2> input = {-1, -1};
  std::array<int, 2> output = {-1, -1};
  if (pipe2(input.data(), O_CLOEXEC) != 0 ||
      pipe2(output.data(), O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "no pipe");
  }
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  const int target = told == Told::kErrors ? STDERR_FILENO : STDOUT_FILENO;
  const pid_t pid = fork();
  if (pid == 0) {
    // It does not outlive us, however we end.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(input[0], STDIN_FILENO);
    dup2(output[1], target);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(input[0]);
  close(output[1]);
  if (pid < 0) {
    close(input[1]);
    close(output[0]);
    return absl::UnavailableError(absl::StrCat(words[0], ": no process"));
  }
  return Child(pid, input[1], output[0]);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::exchange(other.input_, -1)),
      told_(std::exchange(other.told_, -1)),
      unread_(std::move(other.unread_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    End();
    pid_ = std::exchange(other.pid_, -1);
    input_ = std::exchange(other.input_, -1);
    told_ = std::exchange(other.told_, -1);
    unread_ = std::move(other.unread_);
  }
  return *this;
}

Child::~Child() { End(); }

void Child::End() {
  if (pid_ > 0) {
    Signal(SIGKILL);
    Wait();
  }
  CloseIfOpen(&input_);
  CloseIfOpen(&told_);
}

bool Child::Read(std::string* text) {
  if (told_ < 0) return false;
  std::array<char, 4096> buffer;
  ssize_t count = -1;
  do {
    count = read(told_, buffer.data(), buffer.size());
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    CloseIfOpen(&told_);
    return false;
  }
  text->append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

bool Child::ReadLine(std::string* line) {
  std::size_t end = unread_.find('\n');
  while (end == std::string::npos) {
    if (!Read(&unread_)) return false;
    end = unread_.find('\n');
  }
  *line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return true;
}

bool Child::Write(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t count = write(input_, text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += static_cast<std::size_t>(count);
  }
  return true;
}

void Child::CloseInput() { CloseIfOpen(&input_); }

void Child::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

int Child::Wait() {
  int status = 0;
  pid_t ended = -1;
  do {
    ended = waitpid(pid_, &status, 0);
  } while (ended < 0 && errno == EINTR);
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace relais::crash
