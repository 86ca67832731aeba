#include "lib/engine/decision_log.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <tuple>

#include "lib/match/agents.h"
#include "lib/match/front_word.h"
#include "lib/policy/deciding_rule.h"

namespace relais {
namespace {

using match::Compared;
using match::ComparedFront;
using match::FrontWord;

constexpr std::uint64_t kImageMask = FrontWord::kEmptyImage;
static_assert(ComparedEntry::kNotFound == ComparedFront::kNotFound);
static_assert(match::kComparedMax == kComparedPerDecisionMax);

constexpr std::size_t kHeadWords = sizeof(DecisionHead) / 8;
constexpr std::size_t kEntryWords = sizeof(ComparedEntry) / 8;
static_assert(sizeof(DecisionHead) % 8 == 0);

std::uint16_t ClassOf(std::uint32_t requirement_class) {
  return static_cast<std::uint16_t>(requirement_class);
}
static_assert(match::kHeldClass % (1U << 16) == ComparedEntry::kHeldClass);
static_assert(kRequirementClassesCeiling < ComparedEntry::kHeldClass &&
              kProfileClassesCeiling < (1U << 16));

ComparedEntry LaneEntry(const ComparedFront& front) {
  ComparedEntry entry;
  const std::uint64_t rank = front.place >> FrontWord::kImageBits;
  entry.key =
      front.is_found() ? front.key : FrontWord::KeyOf(front.place & kImageMask);
  entry.found = front.found;
  entry.of = ClassOf(front.of);
  entry.rank = static_cast<std::uint8_t>(rank == 0 ? 0 : rank - 1);
  return entry;
}

ComparedEntry AgentEntry(const ComparedFront& front, int order) {
  ComparedEntry entry;
  const std::int64_t image = FrontWord::KeyOf(front.place & kImageMask);
  constexpr std::int64_t kScale = std::int64_t{1} << match::kFurtherImageShift;
  entry.key = front.is_found() ? front.key : image * (order == 0 ? 1 : kScale);
  entry.found = front.found;
  entry.of = static_cast<std::uint16_t>(front.of);
  // The place begins with the number of fit steps below the best.
  entry.rank =
      static_cast<std::uint8_t>(7 - (front.place >> FrontWord::kImageBits));
  return entry;
}

// The others in their order; the chosen one is left out.
struct Others {
  std::array<const ComparedFront*, match::kComparedMax> front;
  std::size_t size = 0;
  std::uint32_t beyond = 0;
};

Others OthersOf(const Compared* compared, std::uint32_t chosen) {
  Others others;
  if (compared == nullptr) return others;
  others.beyond = compared->others();
  for (std::size_t i = 0; i < compared->size(); ++i) {
    const ComparedFront& front = (*compared)[i];
    if (front.found == chosen) continue;
    std::size_t at = others.size++;
    for (; at > 0; --at) {
      // Of one place, whoever was not looked at may come before the other.
      const ComparedFront& before = *others.front[at - 1];
      if (std::tuple(before.place, before.is_found(), before.key) <=
          std::tuple(front.place, front.is_found(), front.key)) {
        break;
      }
      others.front[at] = others.front[at - 1];
    }
    others.front[at] = &front;
  }
  return others;
}

// The chosen contact's lane and the lanes after it, the chosen agent's class
// and the classes after it. Each of the two keeps at least four places if both
// have so many.
class ComparedWriter {
 public:
  ComparedWriter(const match::Decision& decision, DecisionHead* head)
      : decision_(decision),
        lanes_(OthersOf(decision.lanes, decision.position.lane)),
        agents_(OthersOf(decision.agents, decision.agent)) {
    constexpr std::size_t kHalf = kComparedPerDecisionMax / 2;
    const bool held = decision.requirement_class == match::kHeldClass;
    const bool chosen = decision.agents != nullptr && !held;
    const std::size_t agents = chosen ? 1 + agents_.size : 0;
    const std::size_t lanes = std::min(
        1 + lanes_.size, kComparedPerDecisionMax - std::min(agents, kHalf));
    const std::size_t agent_places =
        std::min(agents, kComparedPerDecisionMax - lanes);
    head->lanes = static_cast<std::uint8_t>(lanes);
    head->agents = static_cast<std::uint8_t>(agent_places);
    head->others = static_cast<std::uint32_t>(lanes_.beyond + agents_.beyond +
                                              (1 + lanes_.size - lanes) +
                                              (agents - agent_places));
    const ComparedEntry next_lane =
        lanes > 1 ? LaneEntry(*lanes_.front[0]) : ComparedEntry();
    head->contact_rule =
        policy::ContactRule(Contact(), lanes > 1 ? &next_lane : nullptr);
    if (decision.pulled) {
      head->contact_rule = DecidingRule::kPulled;
      head->agent_rule = DecidingRule::kPulled;
      return;
    }
    if (!chosen) {
      head->agent_rule = held ? DecidingRule::kHeld : DecidingRule::kNone;
      return;
    }
    const ComparedEntry next_agent =
        agent_places > 1 ? AgentEntry(*agents_.front[0], decision.order)
                         : ComparedEntry();
    head->agent_rule =
        policy::AgentRule(Agent(), agent_places > 1 ? &next_agent : nullptr);
  }

  // Calls put(entry) for each that the head counts.
  template <class Put>
  void ForEach(const DecisionHead& head, Put put) const {
    put(Contact());
    for (std::size_t i = 1; i < head.lanes; ++i) {
      put(LaneEntry(*lanes_.front[i - 1]));
    }
    if (head.agents == 0) return;
    put(Agent());
    for (std::size_t i = 1; i < head.agents; ++i) {
      put(AgentEntry(*agents_.front[i - 1], decision_.order));
    }
  }

 private:
  ComparedEntry Contact() const {
    return {decision_.position.key, decision_.position.lane,
            ClassOf(decision_.requirement_class), decision_.rank, 0};
  }
  ComparedEntry Agent() const {
    return {decision_.agent_order_key, decision_.agent,
            static_cast<std::uint16_t>(decision_.profile_class),
            decision_.fit_step, 0};
  }

  const match::Decision& decision_;
  const Others lanes_;
  const Others agents_;
};

using HeadWords = std::array<std::uint64_t, kHeadWords>;
using EntryWords = std::array<std::uint64_t, kEntryWords>;

// The id stands behind the entries that there are, so that a short record is
// on few cache lines.
std::size_t IdPlace(const DecisionHead& head) {
  return kHeadWords +
         kEntryWords * std::min(kComparedPerDecisionMax,
                                std::size_t{head.lanes} + head.agents);
}

// What a record has of the event that tells of its reservation.
DecisionHead HeadOf(const Event& reservation, std::uint32_t queue) {
  DecisionHead record;
  record.contact_base_tag = reservation.contact.base_tag;
  record.contact_slot = reservation.contact.slot;
  record.agent_generation = reservation.agent.generation;
  record.agent_slot = reservation.agent.slot;
  record.at_ms = reservation.at_ms;
  record.configuration_version = reservation.configuration_version;
  record.attempt = static_cast<std::uint32_t>(reservation.attempt);
  record.queue = queue;
  record.ring = reservation.ring;
  record.fit_step = reservation.fit_step;
  return record;
}

}  // namespace

DecisionLog::DecisionLog(std::uint32_t contacts, std::uint32_t agents,
                         std::uint32_t records, bool enabled)
    : enabled_(enabled),
      standing_(contacts),
      ended_(records),
      agents_(agents) {}

template <class Put>
void DecisionLog::PutId(std::string_view id, std::size_t at, Put put) {
  const std::size_t size = std::min(id.size(), kIdBytesMax);
  put(at, size);
  for (std::size_t begin = 0; begin < size; begin += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, id.data() + begin,
                std::min<std::size_t>(8, size - begin));
    put(++at, word);
  }
}

template <class Words>
std::string DecisionLog::IdAt(const Words& words, std::size_t at) {
  const auto size = std::min<std::size_t>(words[at], kIdBytesMax);
  std::string id(size, '\0');
  std::memcpy(id.data(), &words[at + 1], size);
  return id;
}

DecisionLog::Kept DecisionLog::ToKept(const Cells::Words& words) {
  Kept kept;
  HeadWords head;
  std::copy_n(words.begin(), kHeadWords, head.begin());
  static_cast<DecisionHead&>(kept.record) = std::bit_cast<DecisionHead>(head);
  const std::size_t id = IdPlace(kept.record);
  for (std::size_t at = kHeadWords; at < id; at += kEntryWords) {
    EntryWords entry;
    std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(at), kEntryWords,
                entry.begin());
    kept.record.compared[(at - kHeadWords) / kEntryWords] =
        std::bit_cast<ComparedEntry>(entry);
  }
  kept.contact_id = IdAt(words, id);
  return kept;
}

template <class Entries>
auto DecisionLog::Filling(const DecisionHead& head, std::string_view id,
                          const Entries& entries) {
  return [&head, id, &entries](auto put) {
    std::size_t at = 0;
    for (const std::uint64_t word : std::bit_cast<HeadWords>(head)) {
      put(at++, word);
    }
    entries([&](const ComparedEntry& entry) {
      for (const std::uint64_t word : std::bit_cast<EntryWords>(entry)) {
        put(at++, word);
      }
    });
    PutId(id, at, put);
  };
}

void DecisionLog::Write(const match::Decision& decision, const Event& created,
                        std::uint32_t queue) {
  if (!enabled_) return;
  DecisionHead record = HeadOf(created, queue);
  record.order = static_cast<AgentOrder>(decision.order);
  const ComparedWriter compared(decision, &record);
  const auto entries = [&](auto put) { compared.ForEach(record, put); };
  standing_.Write(record.contact_slot,
                  Filling(record, created.contact_id.view(), entries));
}

void DecisionLog::WriteRestored(const Event& reservation, std::uint32_t queue) {
  DecisionHead record = HeadOf(reservation, queue);
  record.contact_rule = DecidingRule::kRestored;
  record.agent_rule = DecidingRule::kRestored;
  standing_.Write(record.contact_slot,
                  Filling(record, reservation.contact_id.view(), [](auto) {}));
}

std::optional<DecisionLog::Kept> DecisionLog::OfSlot(std::uint32_t slot) const {
  Cells::Words words;
  if (standing_.Read(slot, &words) == 0) return std::nullopt;
  return ToKept(words);
}

void DecisionLog::KeepEnded(const std::optional<Kept>& kept) {
  if (!kept.has_value()) return;
  const std::uint64_t number =
      next_.fetch_add(1, std::memory_order_relaxed);  // T3
  // False: a thread is inside this cell for as long as the ring takes for a
  // turn; the record is dropped.
  const DecisionRecord& record = kept->record;
  const auto entries = [&record](auto put) {
    for (std::size_t i = 0; i < std::size_t{record.lanes} + record.agents;
         ++i) {
      put(record.compared[i]);
    }
  };
  ended_.TryWrite(number % ended_.size(), number,
                  Filling(record, kept->contact_id, entries));
}

void DecisionLog::KeepEnded(ContactHandle contact) {
  const auto kept = OfSlot(contact.slot);
  if (kept.has_value() && kept->record.contact() == contact) KeepEnded(kept);
}

std::optional<DecisionLog::Kept> DecisionLog::Ended(
    std::uint64_t number) const {
  Cells::Words words;
  if (ended_.Read(number % ended_.size(), &words) != Cells::StampOf(number)) {
    return std::nullopt;
  }
  return ToKept(words);
}

std::optional<DecisionLog::Kept> DecisionLog::FindEnded(
    ContactHandle contact, std::uint64_t attempt) const {
  const std::uint64_t next = next_.load(std::memory_order_relaxed);  // T3
  const std::uint64_t oldest = next > ended_.size() ? next - ended_.size() : 0;
  for (std::uint64_t number = next; number > oldest; --number) {
    auto kept = Ended(number - 1);
    if (kept.has_value() && kept->record.contact() == contact &&
        (attempt == 0 || kept->record.attempt == attempt)) {
      return kept;
    }
  }
  return std::nullopt;
}

std::vector<DecisionLog::Kept> DecisionLog::Newest(InstantMs since_ms,
                                                   std::uint32_t slots,
                                                   std::size_t limit) const {
  // What tells a decision, and where its record is.
  struct Seen {
    InstantMs at_ms;
    std::uint32_t slot;
    std::uint64_t base_tag;
    std::uint32_t attempt;
    bool ended;
    std::uint64_t number;
    auto Identity() const { return std::tie(at_ms, slot, base_tag, attempt); }
  };
  std::vector<Seen> seen;
  const auto add = [&](const std::optional<Kept>& kept, bool ended,
                       std::uint64_t number) {
    if (!kept.has_value() || kept->record.at_ms < since_ms) return;
    const DecisionRecord& record = kept->record;
    seen.push_back({record.at_ms, record.contact_slot, record.contact_base_tag,
                    record.attempt, ended, number});
  };
  // First these: what ends meanwhile is in the ring then.
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    add(OfSlot(slot), false, slot);
  }
  const std::uint64_t next = next_.load(std::memory_order_relaxed);  // T3
  const std::uint64_t oldest = next > ended_.size() ? next - ended_.size() : 0;
  for (std::uint64_t number = oldest; number < next; ++number) {
    add(Ended(number), true, number);
  }
  std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) {
    return a.Identity() > b.Identity();
  });
  // A slot's cell tells of what has ended until the next decision there.
  seen.erase(std::unique(seen.begin(), seen.end(),
                         [](const Seen& a, const Seen& b) {
                           return a.Identity() == b.Identity();
                         }),
             seen.end());
  std::vector<Kept> newest;
  for (const Seen& one : seen) {
    if (newest.size() == limit) break;
    auto kept = one.ended ? Ended(one.number)
                          : OfSlot(static_cast<std::uint32_t>(one.number));
    // Another one by now: this one has just ended.
    if (!kept.has_value() || kept->record.attempt != one.attempt ||
        kept->record.contact_base_tag != one.base_tag) {
      kept = FindEnded({one.slot, one.base_tag}, one.attempt);
    }
    if (kept.has_value()) newest.push_back(*std::move(kept));
  }
  return newest;
}

void DecisionLog::NameAgent(AgentHandle agent, std::string_view id) {
  agents_.Write(agent.slot, [&](auto put) {
    put(0, agent.generation);
    PutId(id, 1, put);
  });
}

std::string DecisionLog::AgentId(std::uint32_t slot) const {
  Names::Words words;
  if (slot >= agents_.size() || agents_.Read(slot, &words) == 0) return "";
  return IdAt(words, 1);
}

std::string DecisionLog::AgentId(AgentHandle agent) const {
  Names::Words words;
  if (agent.slot >= agents_.size() || agents_.Read(agent.slot, &words) == 0 ||
      words[0] != agent.generation) {
    return "";
  }
  return IdAt(words, 1);
}

}  // namespace relais
