// A thread that a signal stops at any instant, until it is thawed.
//
// Thread safety: Enter belongs to the thread, the rest to one controlling
// thread.

#ifndef RELAIS_TESTS_FROZEN_FREEZER_H_
#define RELAIS_TESTS_FROZEN_FREEZER_H_

#include <pthread.h>

#include <array>

namespace relais::frozen {

// A pipe of single bytes; both ends may be used in a signal handler.
class Pipe {
 public:
  Pipe();
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void Write() const;
  void Read() const;
  // False: nothing came within that time.
  bool ReadWithin(int milliseconds) const;

 private:
  std::array<int, 2> ends_{};
};

class Freezer {
 public:
  // Installs the signal's handler.
  Freezer();
  // The calling thread can be frozen from now on.
  void Enter(int number);
  // Returns when the thread stands.
  void Freeze(int number);
  void Thaw();

  static constexpr int kThreads = 3;

 private:
  static void Handler(int);

  static Freezer* the_one_;
  std::array<pthread_t, kThreads> threads_{};
  Pipe stopped_;
  Pipe thawed_;
};

}  // namespace relais::frozen

#endif  // RELAIS_TESTS_FROZEN_FREEZER_H_
