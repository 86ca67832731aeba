#include "tests/frozen_router/freezer.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace relais::frozen {
namespace {

constexpr int kHeldMax = 8;

// What one thread is at. Written by itself, also in its signal handler; read
// by the controlling thread. All in the default order: a test, not a fast path.
struct Slot {
  std::atomic<pthread_t> thread{};
  std::atomic<bool> in_call{false};
  std::atomic<int> allocating{0};
  std::atomic<const void*> at{nullptr};  // being taken
  std::array<std::atomic<const void*>, kHeldMax> held{};
  std::atomic<int> depth{0};
  std::atomic<const void*> last{nullptr};
  std::atomic<int> countdown{0};
  int thaw[2] = {-1, -1};
};

std::array<Slot, kThreadsMax> slots;
int stopped[2] = {-1, -1};
void (*call_when_stopped)() = nullptr;
thread_local Slot* self = nullptr;

using MutexCall = int (*)(pthread_mutex_t*);

MutexCall Next(const char* name) {
  return reinterpret_cast<MutexCall>(dlsym(RTLD_NEXT, name));
}

// Resolved before main, so that no call resolves them inside a lock.
struct Real {
  MutexCall lock = Next("pthread_mutex_lock");
  MutexCall try_lock = Next("pthread_mutex_trylock");
  MutexCall unlock = Next("pthread_mutex_unlock");
};
const Real& TheReal() {
  static const Real real;
  return real;
}
[[gnu::constructor]] void ResolveEarly() { TheReal(); }

void Handler(int) {
  const int saved = errno;
  char byte = 1;
  call_when_stopped();
  while (write(stopped[1], &byte, 1) != 1) {
  }
  while (read(self->thaw[0], &byte, 1) != 1) {
  }
  errno = saved;
}

void Took(pthread_mutex_t* mutex) {
  Slot* slot = self;
  if (slot == nullptr) return;
  const int depth = slot->depth;
  if (depth < kHeldMax) slot->held[static_cast<std::size_t>(depth)] = mutex;
  slot->depth = depth + 1;
  slot->last = mutex;
  slot->at = nullptr;
  if (slot->in_call && slot->countdown > 0 && --slot->countdown == 0) {
    pthread_kill(pthread_self(), SIGUSR1);
  }
}

void GaveBack(pthread_mutex_t* mutex) {
  Slot* slot = self;
  if (slot == nullptr) return;
  // Usually the last taken; any order is right.
  int depth = slot->depth;
  int found = depth - 1;
  while (found >= 0 && slot->held[static_cast<std::size_t>(found)] != mutex) {
    --found;
  }
  if (found < 0) return;  // taken before the thread entered
  for (int i = found; i + 1 < depth; ++i) {
    slot->held[static_cast<std::size_t>(i)] =
        slot->held[static_cast<std::size_t>(i) + 1].load();
  }
  slot->depth = depth - 1;
}

Where WhereIs(const Slot& slot) {
  if (!slot.in_call) return Where::kElsewhere;
  if (slot.allocating > 0) return Where::kAllocator;
  return slot.depth > 0 || slot.at != nullptr ? Where::kInLock
                                              : Where::kOutside;
}

bool Holds(const Slot& slot, const void* mutex) {
  for (int i = 0; i < slot.depth && i < kHeldMax; ++i) {
    if (slot.held[static_cast<std::size_t>(i)] == mutex) return true;
  }
  return false;
}

Where AwaitStopped(int number) {
  char byte = 0;
  while (read(stopped[0], &byte, 1) != 1) {
  }
  return WhereIs(slots[static_cast<std::size_t>(number)]);
}

struct Allocating {
  Allocating() {
    if (self != nullptr) ++self->allocating;
  }
  ~Allocating() {
    if (self != nullptr) --self->allocating;
  }
};

}  // namespace

void Prepare(void (*on_stopped)()) {
  call_when_stopped = on_stopped;
  if (stopped[0] >= 0) return;
  if (pipe(stopped) != 0) std::abort();
  for (Slot& slot : slots) {
    if (pipe(slot.thaw) != 0) std::abort();
  }
  struct sigaction action = {};
  action.sa_handler = Handler;
  action.sa_flags = SA_RESTART;
  if (sigaction(SIGUSR1, &action, nullptr) != 0) std::abort();
}

void Enter(int number) {
  self = &slots[static_cast<std::size_t>(number)];
  self->thread = pthread_self();
}
void BeginCall() {
  if (self != nullptr) self->in_call = true;
}
void EndCall() {
  if (self != nullptr) self->in_call = false;
}

Where Freeze(int number) {
  pthread_kill(slots[static_cast<std::size_t>(number)].thread, SIGUSR1);
  return AwaitStopped(number);
}

Where FreezeInLock(int number, int n) {
  slots[static_cast<std::size_t>(number)].countdown = n;
  return AwaitStopped(number);
}

void Thaw(int number) {
  const char byte = 1;
  while (write(slots[static_cast<std::size_t>(number)].thaw[1], &byte, 1) !=
         1) {
  }
}

bool StoppedBy(int number, int frozen) {
  const Slot& victim = slots[static_cast<std::size_t>(frozen)];
  int at = number;
  for (int steps = 0; steps < kThreadsMax; ++steps) {
    const void* mutex = slots[static_cast<std::size_t>(at)].at;
    if (mutex == nullptr) return false;
    if (Holds(victim, mutex) || victim.at == mutex) return true;
    int holder = -1;
    for (int i = 0; i < kThreadsMax; ++i) {
      if (Holds(slots[static_cast<std::size_t>(i)], mutex)) holder = i;
    }
    if (holder < 0) return false;
    at = holder;
  }
  return false;
}

const void* LockOf(int frozen) {
  return slots[static_cast<std::size_t>(frozen)].last;
}

}  // namespace relais::frozen

// --- What the C library has under these names --------------------------------

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  using relais::frozen::self;
  if (self != nullptr) self->at = mutex;
  const int result = relais::frozen::TheReal().lock(mutex);
  relais::frozen::Took(mutex);
  return result;
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  const int result = relais::frozen::TheReal().try_lock(mutex);
  if (result == 0) relais::frozen::Took(mutex);
  return result;
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  const int result = relais::frozen::TheReal().unlock(mutex);
  relais::frozen::GaveBack(mutex);
  return result;
}

void* __libc_malloc(std::size_t size);
void __libc_free(void* memory);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  const relais::frozen::Allocating here;
  return __libc_malloc(size);
}
void free(void* memory) noexcept {
  const relais::frozen::Allocating here;
  __libc_free(memory);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  const relais::frozen::Allocating here;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  const relais::frozen::Allocating here;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  const relais::frozen::Allocating here;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment,
                   std::size_t size) noexcept {
  const relais::frozen::Allocating here;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
