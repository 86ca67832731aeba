#include "tests/interleaving/weak_memory.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/interleaving/arena.h"

namespace relais::interleaving {
namespace {

constexpr std::uint32_t kIndexBits = 12;
constexpr std::uint32_t kIndexMask = (1U << kIndexBits) - 1;
constexpr std::uint32_t kEpochMax = (1U << (32 - kIndexBits)) - 1;
// Between appended messages, so that others fit between.
constexpr std::uint16_t kStampStep = 16;

bool Acquires(std::memory_order order) {
  return order != std::memory_order_relaxed &&
         order != std::memory_order_release;
}
bool Releases(std::memory_order order) {
  return order == std::memory_order_release ||
         order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

[[noreturn]] void TooLarge(const char* what) {
  std::fprintf(stderr, "one execution has too many %s\n", what);
  std::abort();
}

}  // namespace

void Memory::View::Raise(int number, std::uint16_t stamp) {
  if (number < 0) return;
  while (size <= number) at[static_cast<std::size_t>(size++)] = 0;
  std::uint16_t& own = at[static_cast<std::size_t>(number)];
  own = std::max(own, stamp);
}

void Memory::View::Join(const View& other) {
  last = std::max(last, other.last);
  while (size < other.size) at[static_cast<std::size_t>(size++)] = 0;
  for (int i = 0; i < other.size; ++i) {
    const auto n = static_cast<std::size_t>(i);
    at[n] = std::max(at[n], other.at[n]);
  }
}

void Memory::View::CopyFrom(const View& other) {
  last = other.last;
  size = other.size;
  std::copy_n(other.at.begin(), other.size, at.begin());
}

Memory::Memory(Chooser& chooser)
    : chooser_(chooser), index_of_(Arena::kBytes, 0), locations_(256) {}

void Memory::Reset(Options options) {
  options_ = options;
  if (++epoch_ > kEpochMax) {
    std::fill(index_of_.begin(), index_of_.end(), 0);
    epoch_ = 1;
  }
  location_count_ = 0;
  written_ = 0;
  view_count_ = 0;
  marks_.fill({});
  last_number_ = 0;
  histories_ = 0;
  order_ = 0;
  for (Thread& thread : threads_) {
    thread.view.last = 0;
    thread.view.size = 0;
    thread.accesses = 0;
    thread.hash = 0;
  }
}

Memory::Location& Memory::At(std::uint32_t place, std::uint64_t initial) {
  std::uint32_t& cell = index_of_[place];
  if (cell >> kIndexBits == epoch_) return locations_[cell & kIndexMask];
  if (location_count_ > kIndexMask) TooLarge("locations");
  if (location_count_ == locations_.size()) {
    locations_.resize(2 * location_count_);
  }
  cell = epoch_ << kIndexBits | static_cast<std::uint32_t>(location_count_);
  Location& location = locations_[location_count_++];
  location.place = place;
  location.number = -1;
  location.messages.clear();
  Message first;
  first.value = initial;
  location.messages.push_back(first);
  return location;
}

std::size_t Memory::Oldest(const Thread& thread, const Location& location,
                           std::memory_order order) const {
  const std::uint16_t seen = thread.view.Of(location.number);
  std::size_t i = location.messages.size() - 1;
  while (i > 0) {
    const Message& message = location.messages[i];
    if (message.stamp <= seen) break;
    if (order == std::memory_order_seq_cst && message.number != 0 &&
        (!options_.late_loads || message.number <= thread.view.last)) {
      break;
    }
    --i;
  }
  return i;
}

void Memory::Read(Thread& thread, const Location& location,
                  const Message& message, std::memory_order order) {
  ++thread.accesses;
  thread.hash = Mix(thread.hash, Mix(location.place, message.id));
  thread.view.Raise(location.number, message.stamp);
  if (Acquires(order) && message.view >= 0) {
    thread.view.Join(views_[static_cast<std::size_t>(message.view)]);
  }
}

int Memory::NewView() {
  if (static_cast<std::size_t>(view_count_) == views_.size()) {
    views_.resize(views_.size() + 256);
  }
  return view_count_++;
}

void Memory::Put(int thread, Location& location, std::size_t index,
                 std::uint64_t value, std::memory_order order, bool modified) {
  Thread& self = threads_[static_cast<std::size_t>(thread)];
  if (location.number < 0) {
    if (written_ == kWrittenMax) TooLarge("locations written");
    location.number = written_++;
  }
  auto& messages = location.messages;
  Message message;
  message.value = value;
  message.modified = modified;
  message.id = Mix(static_cast<std::uint64_t>(thread) + 1, ++self.accesses);
  const Message& before = messages[index - 1];
  if (index == messages.size()) {
    if (before.stamp > 0xFFFF - 2 * kStampStep) TooLarge("stores");
    message.stamp = static_cast<std::uint16_t>(before.stamp + kStampStep);
  } else {
    const Message& after = messages[index];
    message.stamp =
        static_cast<std::uint16_t>((before.stamp + after.stamp) / 2);
    histories_ ^= Mix(location.place, Mix(before.id, after.id));
    histories_ ^= Mix(location.place, Mix(message.id, after.id));
  }
  histories_ ^= Mix(location.place, Mix(before.id, message.id));
  self.hash = Mix(self.hash, Mix(location.place, message.id));
  self.view.Raise(location.number, message.stamp);
  if (order == std::memory_order_seq_cst) {
    message.number = ++last_number_;
    self.view.last = message.number;
    if (options_.late_loads) order_ = Mix(order_, message.id);
  }
  const int kept = modified ? before.view : -1;
  if (Releases(order)) {
    message.view = NewView();
    View& attached = views_[static_cast<std::size_t>(message.view)];
    attached.CopyFrom(self.view);
    if (kept >= 0) attached.Join(views_[static_cast<std::size_t>(kept)]);
  } else {
    message.view = kept;
  }
  messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(index),
                  message);
}

void Memory::Append(int thread, Location& location, std::uint64_t value,
                    std::memory_order order) {
  const Message last = location.messages.back();
  Read(threads_[static_cast<std::size_t>(thread)], location, last, order);
  Put(thread, location, location.messages.size(), value, order, true);
}

Memory::Outcome Memory::Load(int thread, std::uint32_t place,
                             std::uint64_t initial, std::memory_order order) {
  Location& location = At(place, initial);
  Thread& self = threads_[static_cast<std::size_t>(thread)];
  const std::size_t newest = location.messages.size() - 1;
  const std::size_t oldest = Oldest(self, location, order);
  std::size_t chosen = newest;
  if (oldest < newest) {
    chosen -= static_cast<std::size_t>(
        chooser_.ChooseWeak(static_cast<int>(newest - oldest + 1)));
  }
  Outcome outcome;
  outcome.value = location.messages[chosen].value;
  outcome.newest = location.messages[newest].value;
  outcome.weak = chosen != newest;
  Read(self, location, location.messages[chosen], order);
  return outcome;
}

Memory::Outcome Memory::Store(int thread, std::uint32_t place,
                              std::uint64_t initial, std::uint64_t value,
                              std::memory_order order) {
  Location& location = At(place, initial);
  Thread& self = threads_[static_cast<std::size_t>(thread)];
  const auto& messages = location.messages;
  Outcome outcome;
  outcome.value = value;
  outcome.newest = messages.back().value;
  std::array<std::size_t, 16> places;
  std::size_t count = 0;
  places[count++] = messages.size();
  if (order != std::memory_order_seq_cst) {
    const std::uint16_t seen = self.view.Of(location.number);
    for (std::size_t i = messages.size() - 1;
         i > 0 && messages[i].stamp > seen && count < places.size(); --i) {
      if (messages[i].modified) continue;
      if (messages[i].stamp - messages[i - 1].stamp < 2) continue;
      places[count++] = i;
    }
  }
  std::size_t chosen = 0;
  if (count > 1) {
    chosen =
        static_cast<std::size_t>(chooser_.ChooseWeak(static_cast<int>(count)));
  }
  outcome.weak = chosen != 0;
  Put(thread, location, places[chosen], value, order, false);
  return outcome;
}

Memory::Outcome Memory::CompareExchange(int thread, std::uint32_t place,
                                        std::uint64_t initial,
                                        std::uint64_t expected,
                                        std::uint64_t desired,
                                        std::memory_order success,
                                        std::memory_order failure) {
  Location& location = At(place, initial);
  Thread& self = threads_[static_cast<std::size_t>(thread)];
  const std::size_t newest = location.messages.size() - 1;
  const std::size_t oldest = Oldest(self, location, failure);
  // What a failure may read; the last message is what comes without a choice.
  std::array<std::size_t, 16> readable;
  std::size_t count = 0;
  readable[count++] = newest;
  for (std::size_t i = newest; i-- > oldest && count < readable.size();) {
    if (location.messages[i].value != expected) readable[count++] = i;
  }
  std::size_t chosen = 0;
  if (count > 1) {
    chosen =
        static_cast<std::size_t>(chooser_.ChooseWeak(static_cast<int>(count)));
  }
  Outcome outcome;
  outcome.value = location.messages[readable[chosen]].value;
  outcome.newest = location.messages[newest].value;
  outcome.weak = chosen != 0;
  if (chosen == 0 && outcome.value == expected) {
    outcome.swapped = true;
    Append(thread, location, desired, success);
  } else {
    Read(self, location, location.messages[readable[chosen]], failure);
  }
  return outcome;
}

void Memory::Mark(int thread, int mark) {
  MarkState& state = marks_[static_cast<std::size_t>(mark)];
  if (state.number < 0) {
    if (written_ == kWrittenMax) TooLarge("locations written");
    state.number = written_++;
  }
  threads_[static_cast<std::size_t>(thread)].view.Raise(state.number,
                                                        ++state.stamp);
}

bool Memory::Knows(int thread, int mark) const {
  const MarkState& state = marks_[static_cast<std::size_t>(mark)];
  return state.number < 0 || threads_[static_cast<std::size_t>(thread)].view.Of(
                                 state.number) >= state.stamp;
}

std::uint64_t Memory::Hash() const {
  std::uint64_t hash = Mix(histories_, order_);
  for (const Thread& thread : threads_) hash = Mix(hash, thread.hash);
  return hash;
}

}  // namespace relais::interleaving
