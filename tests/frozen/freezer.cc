#include "tests/frozen/freezer.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/assert.h"

namespace relais::frozen {

Pipe::Pipe() { RELAIS_CHECK(pipe(ends_.data()) == 0, "no pipe"); }

Pipe::~Pipe() {
  close(ends_[0]);
  close(ends_[1]);
}

void Pipe::Write() const {
  const char byte = 1;
  while (write(ends_[1], &byte, 1) != 1) {
  }
}

void Pipe::Read() const {
  char byte = 0;
  while (read(ends_[0], &byte, 1) != 1) {
  }
}

bool Pipe::ReadWithin(int milliseconds) const {
  pollfd wanted{ends_[0], POLLIN, 0};
  if (poll(&wanted, 1, milliseconds) != 1) return false;
  Read();
  return true;
}

Freezer* Freezer::the_one_ = nullptr;

Freezer::Freezer() {
  the_one_ = this;
  struct sigaction action = {};
  action.sa_handler = &Freezer::Handler;
  action.sa_flags = SA_RESTART;
  RELAIS_CHECK(sigaction(SIGUSR1, &action, nullptr) == 0, "no handler");
}

void Freezer::Handler(int) {
  const int saved = errno;
  the_one_->stopped_.Write();
  the_one_->thawed_.Read();
  errno = saved;
}

void Freezer::Enter(int number) {
  threads_[static_cast<std::size_t>(number)] = pthread_self();
}

void Freezer::Freeze(int number) {
  pthread_kill(threads_[static_cast<std::size_t>(number)], SIGUSR1);
  stopped_.Read();
}

void Freezer::Thaw() { thawed_.Write(); }

}  // namespace relais::frozen
