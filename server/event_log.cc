#include "server/event_log.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "lib/base/assert.h"
#include "relais/v1/contact_service.pb.h"

namespace relais::server {
namespace {

using google::protobuf::io::CodedOutputStream;
using google::protobuf::io::StringOutputStream;

// The tag of WatchEventsResponse.events: its number, length-delimited.
constexpr std::uint32_t kEventsTag =
    v1::WatchEventsResponse::kEventsFieldNumber << 3 | 2;

// The event as one element of WatchEventsResponse.events, so that a response
// is the concatenation of its elements.
std::string AsElement(const v1::Event& event) {
  std::string bytes;
  {
    StringOutputStream stream(&bytes);
    CodedOutputStream coded(&stream);
    coded.WriteTag(kEventsTag);
    coded.WriteVarint32(static_cast<std::uint32_t>(event.ByteSizeLong()));
    event.SerializeWithCachedSizes(&coded);
  }
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace

EventLog::EventLog(std::size_t capacity) : capacity_(capacity) {
  RELAIS_CHECK(capacity > 0, "a log that keeps nothing cannot be read");
}

void EventLog::Append(const v1::Event& event) {
  RELAIS_CHECK(event.sequence() > LastSequence(), "events come in order");
  Entry entry{event.sequence(), AsElement(event)};
  MutexLock lock(mutex_);
  if (entries_.size() == capacity_) entries_.pop_front();
  entries_.push_back(std::move(entry));
  last_sequence_.store(event.sequence(), std::memory_order_release);
}

void EventLog::WakeAll() {
  MutexLock lock(watchers_mutex_);
  for (EventWatcher* watcher : watchers_) watcher->OnMore();
}

std::uint64_t EventLog::OldestLocked() const {
  return entries_.empty() ? LastSequence() + 1 : entries_.front().sequence;
}

std::uint64_t EventLog::OldestSequence() const {
  MutexLock lock(mutex_);
  return OldestLocked();
}

absl::StatusOr<EventLog::Batch> EventLog::Read(std::uint64_t from,
                                               std::size_t bytes_max) const {
  MutexLock lock(mutex_);
  const std::uint64_t next = LastSequence() + 1;
  if (from > next) {
    return absl::OutOfRangeError(absl::StrCat(
        "event ", from, " lies in the future; the next one is ", next));
  }
  if (from < OldestLocked()) {
    return absl::OutOfRangeError(
        absl::StrCat("event ", from, " is no longer kept; the oldest kept is ",
                     OldestLocked()));
  }
  Batch batch;
  batch.next_sequence = from;
  auto entry = std::lower_bound(
      entries_.begin(), entries_.end(), from,
      [](const Entry& e, std::uint64_t value) { return e.sequence < value; });
  for (; entry != entries_.end(); ++entry) {
    if (batch.count > 0 &&
        batch.bytes.size() + entry->bytes.size() > bytes_max) {
      break;
    }
    batch.bytes += entry->bytes;
    batch.next_sequence = entry->sequence + 1;
    ++batch.count;
  }
  return batch;
}

void EventLog::AddWatcher(EventWatcher* watcher) {
  MutexLock lock(watchers_mutex_);
  watchers_.push_back(watcher);
}

void EventLog::RemoveWatcher(EventWatcher* watcher) {
  MutexLock lock(watchers_mutex_);
  std::erase(watchers_, watcher);
}

}  // namespace relais::server
