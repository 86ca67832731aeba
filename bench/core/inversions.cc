#include "bench/core/inversions.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "absl/strings/str_format.h"

namespace relais::bench {
namespace {

// A contact between its publication and its end, as far as it is certain.
struct Life {
  std::uint64_t from = 0;   // published
  std::uint64_t until = 0;  // taken or cancelled
  bool published = false;
  bool ended = false;
  bool decided = false;
  Place place;
  std::uint64_t decision_end = 0;
  std::uint32_t agent = 0;
};

struct Waiting {
  std::int64_t key;
  std::uint64_t sequence;
  std::uint32_t lane;
  std::uint32_t life;
  bool operator<(const Waiting& other) const {
    if (key != other.key) return key < other.key;
    if (sequence != other.sequence) return sequence < other.sequence;
    return life < other.life;
  }
};

// Ends before checks before beginnings at the same instant: nothing that is
// not certain counts.
struct Event {
  enum class Kind : std::uint8_t { kEnd, kCheck, kBegin };
  std::uint64_t at;
  std::uint32_t life;
  Kind kind;
  bool operator<(const Event& other) const {
    if (at != other.at) return at < other.at;
    return kind < other.kind;
  }
};

class Finder {
 public:
  explicit Finder(const World& world)
      : world_(world), waiting_(world.classes()) {}

  SearchResult Find(const std::vector<std::vector<LogEntry>>& logs) {
    for (const auto& log : logs) {
      for (const LogEntry& entry : log) Note(entry);
    }
    std::vector<Event> events;
    for (std::uint32_t i = 0; i < lives_.size(); ++i) AddEvents(i, &events);
    std::sort(events.begin(), events.end());
    for (const Event& event : events) Apply(event);
    return result_;
  }

 private:
  void Note(const LogEntry& entry) {
    const auto [place, is_new] =
        numbers_.try_emplace(Id{entry.contact, entry.published},
                             static_cast<std::uint32_t>(lives_.size()));
    if (is_new) lives_.emplace_back();
    Life& life = lives_[place->second];
    if (entry.kind == LogEntry::Kind::kPublished) {
      if (life.published) ++result_.conservation_errors;
      life.published = true;
      life.from = entry.instant;
      return;
    }
    if (life.ended) ++result_.conservation_errors;
    life.ended = true;
    life.until = entry.instant;
    if (entry.kind == LogEntry::Kind::kDecided) {
      ++result_.decisions;
      life.decided = true;
      life.place = entry.place;
      life.decision_end = entry.end;
      life.agent = entry.agent;
    }
  }

  // A cancelled contact's place is not known (the core may have raised its
  // key), so it can only be overlooked, never overtaken.
  void AddEvents(std::uint32_t i, std::vector<Event>* events) {
    const Life& life = lives_[i];
    if (!life.published || !life.ended) ++result_.conservation_errors;
    if (!life.decided) return;
    events->push_back({life.decision_end, i, Event::Kind::kCheck});
    if (!life.published || life.from >= life.until) return;
    events->push_back({life.from, i, Event::Kind::kBegin});
    events->push_back({life.until, i, Event::Kind::kEnd});
  }

  Waiting EntryOf(std::uint32_t i) const {
    const Place& place = lives_[i].place;
    return {place.key, place.sequence, place.lane, i};
  }

  void Apply(const Event& event) {
    const Life& life = lives_[event.life];
    std::set<Waiting>& waiting = waiting_[World::class_of(life.place.lane)];
    switch (event.kind) {
      case Event::Kind::kBegin:
        waiting.insert(EntryOf(event.life));
        return;
      case Event::Kind::kEnd:
        waiting.erase(EntryOf(event.life));
        return;
      case Event::Kind::kCheck:
        Check(event.life);
        return;
    }
  }

  void Check(std::uint32_t taken) {
    const Life& y = lives_[taken];
    const std::size_t length = world_.shape.classes_per_profile;
    const std::size_t row = world_.profile_of_agent[y.agent] * length;
    for (std::size_t i = row; i < row + length; ++i) {
      for (const Waiting& x : waiting_[world_.classes_of_profile[i]]) {
        if (x.key > y.place.key) break;
        if (x.key == y.place.key &&
            (x.lane != y.place.lane || x.sequence >= y.place.sequence)) {
          continue;
        }
        // Published during the decision: may be missed.
        if (lives_[x.life].from >= y.until) continue;
        ++result_.found;
        if (result_.first.empty()) Describe(x, y);
        return;
      }
    }
  }

  void Describe(const Waiting& x, const Life& y) {
    result_.first = absl::StrFormat(
        "agent %d was given lane %d key %d sequence %d in a decision of "
        "cycles %d to %d, while lane %d key %d sequence %d waited from cycle "
        "%d to %d",
        y.agent, y.place.lane, y.place.key, y.place.sequence, y.until,
        y.decision_end, x.lane, x.key, x.sequence, lives_[x.life].from,
        lives_[x.life].until);
  }

  struct Id {
    std::uint32_t contact;
    std::uint64_t published;
    bool operator==(const Id&) const = default;
  };
  struct HashId {
    std::size_t operator()(const Id& id) const {
      return (id.published * 0x9E37'79B9'7F4A'7C15ULL) ^
             (static_cast<std::uint64_t>(id.contact) << 17);
    }
  };

  const World& world_;
  std::vector<Life> lives_;
  std::unordered_map<Id, std::uint32_t, HashId> numbers_;
  std::vector<std::set<Waiting>> waiting_;  // by class
  SearchResult result_;
};

}  // namespace

SearchResult FindInversions(const World& world,
                            const std::vector<std::vector<LogEntry>>& logs) {
  return Finder(world).Find(logs);
}

}  // namespace relais::bench
