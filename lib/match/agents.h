// Agents' words and terms, and the index of idle agents.
//
// An idle list holds the free agents of one profile class, kind of work and
// order, sorted by (order key, slot), under one front word. The front words of
// the kinds of one profile class share a cache line, those of different
// classes do not. Agents stand in the lists of the orders in use, at first in
// those of order 0 alone: an order that nobody asks for costs nothing. The
// memory of the others is not touched before they are used.
//
// Thread safety: every member may be called from any thread, for any agent,
// except where a comment names the claim's owner.
//
// Invariants
//   A1  An agent's slot fields are written only by whoever set `claimed`.
//   A2  A claim that ends with the agent open for something links it into the
//       idle list of every kind that it has room for and lowers their front
//       words, then changes the word, which publishes.
//   A3  An idle entry is live while the word is unclaimed and has the entry's
//       tag. So every change of the word makes all its entries stale.
//   A4  An order comes into use in three steps: UseOrder; every agent is told
//       again, by an Update with a revision drawn after that; only then may
//       there be a contact of a class with this order. From then on every agent
//       who is open stands in the lists of this order: whoever publishes it by
//       a CAS from a word of before the telling fails, because the telling has
//       changed the word, and whoever read the word since loads the orders
//       after that (W10). Terms that were on their way have an older revision.
//       Until then an entry may have the key of terms that knew nothing of the
//       order; nobody reads these lists yet, and the telling makes it stale.
//
// Progress: lock-free. A thread stopped here hides at most the agent that it
// has claimed.
//
// Atomics: P*, F of ordered_list.h and front_words.h, and
//   W1  agent words: CAS seq_cst <-> loads seq_cst.
//   W3  terms that decide (profile class, cost, capacity, what may be
//       interrupted, whether there are ranks and whether the claim waits):
//       store(release) by the one call that
//       took the record, before W1's CAS names it <-> load(acquire) after the
//       word. Whoever reads a value of the record's next use has the CAS before
//       it that took the record out of the word, so a second reading of the
//       word (TakeBest), or a CAS from it, tells. Revision and order keys,
//       relaxed: what depends on them is confirmed by a CAS, or, for a
//       revision, is right for a later one as well. Reserves, relaxed: where
//       there are any, units are taken by a CAS from the word (matcher.h, M13);
//       and whoever passes over an agent for a value of the record's next use
//       had published before the word was changed, and that call looks.
//   W10 the orders in use, relaxed: they only grow, and who must know of one
//       has read a word that was changed after it came into use (A4).
//   W12 whether there are reserves, relaxed: it only grows, and whoever must
//       know of them has read a word that was changed after the first (its
//       terms name one), as W10. Until then no record's reserves are read.
//   W5  who has a record: of an agent's own two, `taken` CAS (acquire) <->
//       store(release): the taker has the CAS before it that took the record
//       out of the word. Of the pool, for calls that find both taken, B
//       (free_stack.h) says the same.

#ifndef RELAIS_LIB_MATCH_AGENTS_H_
#define RELAIS_LIB_MATCH_AGENTS_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "lib/base/assert.h"
#include "lib/match/front_words.h"
#include "lib/match/ordered_list.h"
#include "lib/match/state_word.h"

namespace relais::match {

inline constexpr int kKindCount = 8;
inline constexpr int kOrdersMax = 4;
// Keys of orders 1 and above may take all 64 bits, since ties are told apart by
// a second value: front words show the upper 44, from this one on.
inline constexpr int kFurtherImageShift = 20;

// A set of reserves (reserves.h), one bit for each.
using ReserveSet = std::uint64_t;

// An agent's terms, replaced whole by Matcher::Update.
struct AgentTerms {
  std::uint8_t kinds = 0;      // open for; 0 = withdrawn
  std::int64_t order_key = 0;  // smaller is chosen first; of order 0
  std::uint32_t profile_class = 0;
  std::uint8_t capacity = 1;  // units
  // The claim outlives OnDecision even if no room is left, so that what the
  // sink tells of the agent (Update) is in force before anybody else can take a
  // contact for it. For agents with limits that units alone do not keep.
  bool claim_until_told = false;
  // Units that a contact of each kind takes, at most 127; more than `capacity`:
  // none fits.
  std::array<std::uint8_t, kKindCount> cost = {1, 1, 1, 1, 1, 1, 1, 1};
  // Of orders 1 and above.
  std::array<std::int64_t, kOrdersMax - 1> further_order_keys = {};
  // Units of what it holds that a contact of each kind may interrupt, and that
  // such a contact finds free, therefore; with the capacity at most
  // AgentWord::kUsedMax.
  std::array<std::uint8_t, kKindCount> interruptible = {};
  // Some cell of its profile class may have a rank, now or later. False only if
  // none ever has while these terms are in force.
  bool ranked = false;
  // In which it counts while it has room for what they are for.
  ReserveSet reserves = 0;

  std::int64_t OrderKey(int order) const {
    return order == 0 ? order_key
                      : further_order_keys[static_cast<std::size_t>(order - 1)];
  }
  // The kinds of `open` that it has room for while `used` units are taken.
  std::uint8_t KindsWithRoom(std::uint8_t open, std::uint32_t used) const {
    if (interrupts()) return KindsThatFit(open, used);
    if (used > capacity) return 0;
    // All eight comparisons at once: a byte's high bit stays where its cost
    // (at most 127, as what is free) does not exceed what is free; the
    // multiplication gathers the eight bits.
    constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
    constexpr std::uint64_t kHighs = kOnes << 7;
    const std::uint64_t free_units = (capacity - used) * kOnes | kHighs;
    const std::uint64_t fits =
        (free_units - std::bit_cast<std::uint64_t>(cost)) & kHighs;
    return static_cast<std::uint8_t>((fits >> 7) * 0x0102'0408'1020'4080 >> 56 &
                                     open);
  }
  // Whether some kind may interrupt something.
  bool interrupts() const {
    return std::bit_cast<std::uint64_t>(interruptible) != 0;
  }

 private:
  // One by one, in wider sums.
  std::uint8_t KindsThatFit(std::uint8_t open, std::uint32_t used) const {
    unsigned fits = 0;
    for (std::size_t i = 0; i < kKindCount; ++i) {
      if (used + cost[i] <= std::uint32_t{capacity} + interruptible[i]) {
        fits |= 1U << i;
      }
    }
    return static_cast<std::uint8_t>(fits & open);
  }
};

template <template <typename> class AtomicT>
class AgentsT {
 public:
  AgentsT(std::uint32_t agents, std::uint32_t profile_classes, int orders,
          std::uint32_t calls_in_flight);

  std::uint32_t agent_count() const {
    return static_cast<std::uint32_t>(homes_.slots.size());
  }

  // From now on agents are published in this order, too (A4).
  void UseOrder(int order) {
    orders_in_use_.fetch_or(1U << order, std::memory_order_relaxed);  // W10
  }
  bool UsesOrder(int order) const { return (OrdersInUse() >> order & 1) != 0; }
  // From now on terms may name reserves.
  void UseReserves() {
    uses_reserves_.store(1, std::memory_order_relaxed);  // W12
  }
  // Asked after the agent's word was read.
  bool UsesReserves() const {
    return uses_reserves_.load(std::memory_order_relaxed) != 0;  // W12
  }
  // The image of an order key.
  static std::uint64_t ImageOf(int order, std::int64_t key) {
    return FrontWord::ImageOf(order == 0 ? key : key >> kFurtherImageShift);
  }

  AgentWord Agent(std::uint32_t slot) const {
    return AgentWord(
        homes_.slots[slot].word.load(std::memory_order_seq_cst));  // W1
  }
  bool Swap(std::uint32_t slot, AgentWord from, AgentWord to) {
    std::uint64_t expected = from.bits();
    // relaxed on failure: the word found is not used.
    return homes_.slots[slot].word.compare_exchange_strong(
        expected, to.bits(), std::memory_order_seq_cst,  // W1
        std::memory_order_relaxed);
  }

  // --- Terms ----------------------------------------------------------------

  // Whether the word has bits for all that these terms admit.
  static bool Counts(const AgentTerms& terms) {
    if (!terms.interrupts()) return true;
    std::uint32_t most = 0;
    for (const std::uint8_t units : terms.interruptible) {
      most = most < units ? units : most;
    }
    return terms.capacity + most <= AgentWord::kUsedMax;
  }
  // Of a word that is confirmed by a CAS from it, or read again.
  AgentTerms TermsOf(std::uint32_t agent, AgentWord word) const;
  std::uint32_t RevisionOf(std::uint32_t agent, AgentWord word) const {
    return RecordAt(agent, word.terms())
        .revision.load(std::memory_order_relaxed);  // W3
  }
  // A record with these terms, for the agent's next word; to be freed by who
  // takes it out of the word, or never got it in.
  std::uint32_t TakeTerms(std::uint32_t agent, std::uint32_t revision,
                          const AgentTerms& terms);
  void FreeTerms(std::uint32_t agent, std::uint32_t index);

  // --- Idle index -----------------------------------------------------------

  // By the claim's owner: links the agent for `kinds`, then ends the claim by
  // a CAS from `word`. On success the publication is complete and `*published`
  // the word; on failure nothing is published.
  bool Publish(std::uint32_t agent, AgentWord word, const AgentTerms& terms,
               std::uint8_t kinds, AgentWord* published);
  // By the claim's owner, after the claim: accounts for the stale entries, but
  // for the one in `tidied`, a list whose first agent it was.
  static constexpr std::uint32_t kNoList = kListsCeiling;
  void Unpublish(std::uint32_t agent, std::uint32_t tidied = kNoList);

  FrontWord Front(std::uint32_t profile_class, int kind, int order) const {
    return fronts_.Load(FrontIndex(profile_class, kind, order));
  }
  // The first idle agent of the list that `accept(agent, word)` does not
  // refuse, and the word that it had.
  template <class Accept>
  bool Find(std::uint32_t profile_class, int kind, int order, Accept accept,
            Found* found, AgentWord* word);
  // Mends the front word after the list's first agent was claimed.
  void Tidy(std::uint32_t profile_class, int kind, int order) {
    Found unused{};
    AgentWord unused_word;
    Find(
        profile_class, kind, order,
        [](std::uint32_t, AgentWord) { return true; }, &unused, &unused_word);
  }

  std::uint32_t pool_nodes_touched() const { return lists_.pool_touched(); }

 private:
  static std::uint32_t ListsEach(int orders) {
    return static_cast<std::uint32_t>(orders * kKindCount);
  }
  // An agent's own records are numbers 0 and 1, those of the pool follow.
  static constexpr std::uint32_t kOwnTerms = 2;
  static constexpr std::uint32_t kClaimUntilTold = 1U << 8;
  static constexpr std::uint32_t kRanked = 1U << 9;
  static constexpr std::uint32_t kInterrupts = 1U << 10;
  struct TermsRecord {  // W3
    AtomicT<std::uint32_t> revision{0};
    AtomicT<std::uint32_t> profile_class{0};
    AtomicT<std::int64_t> order_key{0};
    AtomicT<std::uint64_t> cost{0};  // a byte for each kind
    // | interrupts:1 | ranked:1 | claim_until_told:1 | capacity:8 |
    AtomicT<std::uint32_t> capacity{0};
    // Of an own record: whether it is taken (W5). Of the pool's: the next free
    // one, index + 1.
    AtomicT<std::uint32_t> link{0};
  };
  using FurtherKeys = std::array<AtomicT<std::int64_t>, kOrdersMax - 1>;
  struct alignas(kCacheLineBytes) Slot {
    AtomicT<std::uint64_t> word{0};
    // By the claim's owner only (A1): where its idle entries are.
    std::uint32_t published_class = 0;
    std::uint8_t published_kinds = 0;
    std::uint8_t published_orders = 0;
    ListNode<AtomicT> node;  // kind 0, order 0
    alignas(kCacheLineBytes) std::array<TermsRecord, kOwnTerms> terms{};
  };
  struct Homes {
    Homes(std::uint32_t agents, int orders)
        : slots(agents), further(std::size_t{agents} * ListsEach(orders)) {}
    // Own nodes: 1 + (order * agents + agent) * kinds + kind, so that those of
    // orders that are not in use lie together, untouched.
    NodeIndex IndexOf(std::uint32_t agent, int kind, int order) const {
      return 1 +
             (static_cast<std::uint32_t>(order) *
                  static_cast<std::uint32_t>(slots.size()) +
              agent) *
                 kKindCount +
             static_cast<std::uint32_t>(kind);
    }
    ListNode<AtomicT>& OwnNode(NodeIndex node) {
      const std::uint32_t which = node - 1;
      const std::uint32_t agent = which / kKindCount;
      return which % kKindCount == 0 && agent < slots.size() ? slots[agent].node
                                                             : further[which];
    }
    mutable ZeroedArray<Slot, kZeroIsInitial<AtomicT>> slots;
    mutable ZeroedArray<ListNode<AtomicT>, kZeroIsInitial<AtomicT>> further;
  };
  using Lists = OrderedLists<AtomicT, Homes>;

  unsigned OrdersInUse() const {
    return orders_ == 1
               ? 1
               : orders_in_use_.load(std::memory_order_relaxed);  // W10
  }
  // The same number for the list and its front word: kinds of one class and
  // order together.
  std::uint32_t FrontIndex(std::uint32_t profile_class, int kind,
                           int order) const {
    return (static_cast<std::uint32_t>(order) * profile_classes_ +
            profile_class) *
               kKindCount +
           static_cast<std::uint32_t>(kind);
  }
  TermsRecord& RecordAt(std::uint32_t agent, std::uint32_t index) const {
    return index < kOwnTerms ? homes_.slots[agent].terms[index]
                             : pool_[index - kOwnTerms];
  }
  // Of what is kept beside the records.
  std::size_t BesideAt(std::uint32_t agent, std::uint32_t index) const {
    return index < kOwnTerms
               ? std::size_t{agent} * kOwnTerms + index
               : std::size_t{agent_count()} * kOwnTerms + index - kOwnTerms;
  }
  FurtherKeys& FurtherKeysAt(std::uint32_t agent, std::uint32_t index) const {
    return further_keys_[BesideAt(agent, index)];
  }
  AtomicT<ReserveSet>& ReservesAt(std::uint32_t agent,
                                  std::uint32_t index) const {
    return reserves_[BesideAt(agent, index)];
  }
  std::uint32_t TakeRecord(std::uint32_t agent);
  Verdict Judge(const Found& found, AgentWord* word) const;
  Linked LinkIdle(std::uint32_t agent, std::uint32_t list, NodeIndex own,
                  std::uint32_t tag, std::int64_t key, NodeIndex* node);

  const std::uint32_t profile_classes_;
  const int orders_;
  AtomicT<std::uint32_t> orders_in_use_{1};  // a bit for each
  AtomicT<std::uint32_t> uses_reserves_{0};
  mutable Homes homes_;
  Lists lists_;
  FrontWords<AtomicT> fronts_;
  // One record for each call in flight.
  mutable ZeroedArray<TermsRecord, kZeroIsInitial<AtomicT>> pool_;
  // Of orders 1 and above, if there are any.
  mutable ZeroedArray<FurtherKeys, kZeroIsInitial<AtomicT>> further_keys_;
  // A byte for each kind; of a record that says kInterrupts (W3). Others leave
  // its memory untouched.
  mutable ZeroedArray<AtomicT<std::uint64_t>, kZeroIsInitial<AtomicT>>
      interruptible_;
  // Of all records; not touched before there are reserves.
  mutable ZeroedArray<AtomicT<ReserveSet>, kZeroIsInitial<AtomicT>> reserves_;
  alignas(kCacheLineBytes) FreeStack<AtomicT> free_terms_;
};

}  // namespace relais::match

#include "lib/match/agents_inl.h"

#endif  // RELAIS_LIB_MATCH_AGENTS_H_
