// A std::mutex that clang's thread-safety analysis understands.
//
//   Mutex mutex_;
//   int waiting_ RELAIS_GUARDED_BY(mutex_) = 0;
//   ...
//   MutexLock lock(mutex_);
//
// std::mutex and not absl::Mutex: the distribution's Abseil is not compiled
// with the thread sanitizer, which then reports races that are none. Every
// lock of the engine is listed in docs/concurrency.md with its longest hold;
// lib/match has none.

#ifndef RELAIS_LIB_BASE_MUTEX_H_
#define RELAIS_LIB_BASE_MUTEX_H_

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define RELAIS_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define RELAIS_THREAD_ANNOTATION(x)
#endif

#define RELAIS_CAPABILITY(name) RELAIS_THREAD_ANNOTATION(capability(name))
#define RELAIS_SCOPED_CAPABILITY RELAIS_THREAD_ANNOTATION(scoped_lockable)
#define RELAIS_GUARDED_BY(x) RELAIS_THREAD_ANNOTATION(guarded_by(x))
#define RELAIS_PT_GUARDED_BY(x) RELAIS_THREAD_ANNOTATION(pt_guarded_by(x))
#define RELAIS_ACQUIRED_BEFORE(...) \
  RELAIS_THREAD_ANNOTATION(acquired_before(__VA_ARGS__))
#define RELAIS_ACQUIRED_AFTER(...) \
  RELAIS_THREAD_ANNOTATION(acquired_after(__VA_ARGS__))
#define RELAIS_REQUIRES(...) \
  RELAIS_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define RELAIS_EXCLUDES(...) \
  RELAIS_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define RELAIS_ACQUIRE(...) \
  RELAIS_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELAIS_RELEASE(...) \
  RELAIS_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define RELAIS_TRY_ACQUIRE(...) \
  RELAIS_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define RELAIS_ASSERT_CAPABILITY(x) \
  RELAIS_THREAD_ANNOTATION(assert_capability(x))
#define RELAIS_RETURN_CAPABILITY(x) RELAIS_THREAD_ANNOTATION(lock_returned(x))
#define RELAIS_NO_THREAD_SAFETY_ANALYSIS \
  RELAIS_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace relais {

class RELAIS_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() RELAIS_ACQUIRE() { mutex_.lock(); }
  void Unlock() RELAIS_RELEASE() { mutex_.unlock(); }
  bool TryLock() RELAIS_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

// Holds a Mutex for a scope.
class RELAIS_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) RELAIS_ACQUIRE(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() RELAIS_RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits for a condition under a Mutex. A wait may end for no reason: loop.
class ConditionVariable {
 public:
  ConditionVariable() = default;
  ConditionVariable(const ConditionVariable&) = delete;
  ConditionVariable& operator=(const ConditionVariable&) = delete;

  void Wait(Mutex& mutex) RELAIS_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();  // the caller still holds it
  }
  // False if `timeout` passed first.
  template <typename Duration>
  bool WaitFor(Mutex& mutex, Duration timeout) RELAIS_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool notified =
        condition_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return notified;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace relais

#endif  // RELAIS_LIB_BASE_MUTEX_H_
