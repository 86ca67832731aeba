// Processes that this one starts, with pipes to them; only these are ended.
//
// Thread safety: none; one thread.

#ifndef RELAIS_TESTS_CRASH_CHILD_H_
#define RELAIS_TESTS_CRASH_CHILD_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace relais::crash {

// A process and its pipes, killed and forgotten with the object.
class Child {
 public:
  // Which of its outputs comes through the pipe; the other is ours.
  enum class Told { kOutput, kErrors };

  // Runs the program words[0]. Its standard input is a pipe. An error names
  // what the system refused; a program that cannot be run ends with 127.
  static absl::StatusOr<Child> Start(const std::vector<std::string>& words,
                                     Told told);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  // Descriptor of what it tells; -1 after its end was read.
  int told() const { return told_; }
  // Reads what there is, blocking if there is nothing; false at the end.
  bool Read(std::string* text);
  // Up to the next line's end, which is left out; false at the end.
  bool ReadLine(std::string* line);
  // False if it no longer reads.
  bool Write(const std::string& text);
  void CloseInput();
  void Signal(int signal) const;
  // Waits for its end: its exit code, or 128 + the signal that ended it.
  int Wait();
  pid_t pid() const { return pid_; }

 private:
  Child(pid_t pid, int input, int told)
      : pid_(pid), input_(input), told_(told) {}
  void End();

  pid_t pid_ = -1;
  int input_ = -1;
  int told_ = -1;
  std::string unread_;  // behind the last line that was read
};

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_CHILD_H_
