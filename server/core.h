// What the services share. No gRPC here.

#ifndef RELAIS_SERVER_CORE_H_
#define RELAIS_SERVER_CORE_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/base/mutex.h"
#include "lib/runtime/clock.h"
#include "lib/runtime/runtime.h"
#include "relais/router.h"
#include "server/disk_guard.h"
#include "server/event_log.h"
#include "server/offer_hub.h"

namespace relais::server {

// Something that stays open until it is told that the server stops.
class ClosableStream {
 public:
  virtual ~ClosableStream() = default;
  // Any thread; must not block.
  virtual void Close() = 0;
};

// Thread safety: any thread.
class OpenStreams {
 public:
  // False if there are too many, or the server stops.
  bool Add(ClosableStream* stream) {
    MutexLock lock(mutex_);
    if (closed_ || streams_.size() >= kStreamsMax) return false;
    streams_.push_back(stream);
    return true;
  }
  void Remove(ClosableStream* stream) {
    MutexLock lock(mutex_);
    std::erase(streams_, stream);
  }
  void CloseAll() {
    MutexLock lock(mutex_);
    closed_ = true;
    for (ClosableStream* stream : streams_) stream->Close();
  }

 private:
  // A gateway needs one stream for all its agents; a desktop has its own:
  // more than 10,000 agents (the Router's default limit), and readers.
  static constexpr std::size_t kStreamsMax = 12'000;

  Mutex mutex_;
  bool closed_ RELAIS_GUARDED_BY(mutex_) = false;
  std::vector<ClosableStream*> streams_ RELAIS_GUARDED_BY(mutex_);
};

// Counts the calls that are being answered, so that the server can wait for
// them when it stops. Thread safety: any thread.
class CallGate {
 public:
  // False: the server stops, answer UNAVAILABLE. Otherwise Leave must follow.
  bool Enter() {
    MutexLock lock(mutex_);
    if (closed_) return false;
    ++count_;
    return true;
  }
  void Leave() {
    MutexLock lock(mutex_);
    if (--count_ == 0 && closed_) none_left_.NotifyAll();
  }
  // Takes no more calls and waits until those taken are answered, for at most
  // about `patience`.
  void CloseAndWait(std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    MutexLock lock(mutex_);
    closed_ = true;
    while (count_ > 0) {
      const auto left = until - std::chrono::steady_clock::now();
      if (left <= left.zero() || !none_left_.WaitFor(mutex_, left)) return;
    }
  }

 private:
  Mutex mutex_;
  ConditionVariable none_left_;
  bool closed_ RELAIS_GUARDED_BY(mutex_) = false;
  std::size_t count_ RELAIS_GUARDED_BY(mutex_) = 0;
};

// All pointers outlive the services.
struct Core {
  Router* router = nullptr;
  runtime::Runtime* runtime = nullptr;
  const runtime::Clock* clock = nullptr;
  double time_scale = 1;  // how much faster than the wall the clock runs
  EventLog* log = nullptr;
  OfferHub* hub = nullptr;  // the Runtime's thread alone
  DiskGuard* disk = nullptr;
  // Of this process; a later one on the same journal has a larger one.
  std::uint64_t epoch = 0;
  Limits limits;
  std::string version;
  CallGate calls;
  OpenStreams streams;

  // OK, or what the journal's disk has no room for.
  absl::Status AllowsNewContacts() const {
    return disk == nullptr ? absl::OkStatus() : disk->AllowsNewContacts();
  }
  absl::Status AllowsChanges() const {
    return disk == nullptr ? absl::OkStatus() : disk->AllowsChanges();
  }
};

}  // namespace relais::server

#endif  // RELAIS_SERVER_CORE_H_
