// The last events, kept for those who read them.
//
// Readers pull: each has a number of its own and takes what is there from it
// on, so a slow reader costs no memory; when what it wants is no longer kept
// it is told OUT_OF_RANGE and may start again. Events are kept as the bytes
// that go over the wire, made once for all readers.
//
// Thread safety: Append and WakeAll are for one thread; the rest for any.
// Limit: `capacity` events; one event is about 250 bytes here.

#ifndef RELAIS_SERVER_EVENT_LOG_H_
#define RELAIS_SERVER_EVENT_LOG_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/mutex.h"
#include "relais/v1/event.pb.h"

namespace relais::server {

// Somebody who waits for more events.
class EventWatcher {
 public:
  virtual ~EventWatcher() = default;
  // There may be more. Must not block nor call AddWatcher or RemoveWatcher.
  virtual void OnMore() = 0;
};

class EventLog {
 public:
  explicit EventLog(std::size_t capacity);

  // Events in order of sequence; numbers may not go back.
  void Append(const v1::Event& event);
  // Tells all watchers that there may be more.
  void WakeAll();

  // The last number given, 0 before the first.
  std::uint64_t LastSequence() const {
    // Acquire, with the release in Append: a reader that sees the number also
    // sees what was done before the event was appended.
    return last_sequence_.load(std::memory_order_acquire);
  }
  // The oldest number that Read still has; LastSequence() + 1 if none.
  std::uint64_t OldestSequence() const;

  struct Batch {
    std::string bytes;  // a serialized WatchEventsResponse; empty if none
    std::uint64_t next_sequence = 0;  // where to go on
    std::size_t count = 0;
  };
  // Events from a number on, at most about `bytes_max` bytes of them.
  // OUT_OF_RANGE if `from` is no longer kept or beyond the next number.
  absl::StatusOr<Batch> Read(std::uint64_t from, std::size_t bytes_max) const;

  void AddWatcher(EventWatcher* watcher);
  // When it returns, the watcher is not called any more.
  void RemoveWatcher(EventWatcher* watcher);

 private:
  struct Entry {
    std::uint64_t sequence;
    std::string bytes;
  };

  std::uint64_t OldestLocked() const RELAIS_REQUIRES(mutex_);

  const std::size_t capacity_;
  std::atomic<std::uint64_t> last_sequence_{0};

  mutable Mutex mutex_;
  std::deque<Entry> entries_ RELAIS_GUARDED_BY(mutex_);

  Mutex watchers_mutex_;  // held while watchers are called
  std::vector<EventWatcher*> watchers_ RELAIS_GUARDED_BY(watchers_mutex_);
};

}  // namespace relais::server

#endif  // RELAIS_SERVER_EVENT_LOG_H_
