// Threads of a test that can be stopped at any instant, and what they hold.
//
// A thread that has entered is stopped by a signal whose handler reads a pipe
// until it is thawed. So that a test knows whether it was stopped inside a
// lock, the test program has its own pthread_mutex_lock, trylock and unlock
// and its own malloc and free, which note what the thread is at and pass the
// call on; the library is the one that is shipped. (std::mutex, and with it
// relais::Mutex, calls these by name.)
//
// Thread safety: Enter belongs to the thread itself, the rest to one
// controlling thread.

#ifndef RELAIS_TESTS_FROZEN_ROUTER_FREEZER_H_
#define RELAIS_TESTS_FROZEN_ROUTER_FREEZER_H_

#include <cstdint>

namespace relais::frozen {

inline constexpr int kThreadsMax = 32;

// Installs the handler and the pipes; before any thread enters. `on_stopped` is
// called at the instant itself, by the thread that stops, in a signal handler.
void Prepare(void (*on_stopped)());

// The calling thread is thread `number` from now on, once or again.
void Enter(int number);
// Around each call into the Router, by the thread itself; nothing for a thread
// that has not entered.
void BeginCall();
void EndCall();

enum class Where : std::uint8_t {
  kElsewhere,  // not inside a call
  kAllocator,  // inside malloc or free, whose lock is not the Router's
  kOutside,    // inside a call, outside its locks
  kInLock,     // inside a call, holding, taking or giving back a lock
};

// Stops the thread at this instant, and tells where that was.
Where Freeze(int number);
// Has the thread stop itself right after taking its n-th lock inside a call
// from now, and waits until it has.
Where FreezeInLock(int number, int n);
void Thaw(int number);

// Whether the thread waits for a lock that the frozen one holds or is at, or
// for one whose holder does, and so on.
bool StoppedBy(int number, int frozen);
// The lock that the frozen thread took last; to tell locks apart.
const void* LockOf(int frozen);

}  // namespace relais::frozen

#endif  // RELAIS_TESTS_FROZEN_ROUTER_FREEZER_H_
