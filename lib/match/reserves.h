// Reserves: agents who stay free for one kind of work before contacts of other
// kinds are given to them.
//
// An agent *counts* in a reserve that its terms name while it has room for the
// kind that the reserve is for. That is a function of the agent's word and
// terms, whoever has claimed it: an agent who is only being looked at counts as
// before. A reserve *gives* while more than `keep` count and it has not been
// down to `keep` since `resume` counted. A contact of a kind that is held back
// is given to an agent who would not count afterwards only if every reserve
// concerned gives one of its units.
//
// Thread safety: every member may be called from any thread; Set by one caller
// at a time.
//
// Invariants
//   S1  Whoever changes an agent's word settles what the change does to the
//       counts: units are taken before a compare-and-swap after which the agent
//       counts no more (and are lost with it), and added after one by which it
//       begins to count. So count - taken is never above the number of agents
//       who count by their words.
//   S2  A unit for a contact that is held back is taken only if at least `keep`
//       remain then. By S1 so many other agents count at that instant, and it
//       is before the agent's word says that the contact is held, and that
//       before the contact's CAS.
//   S3  Whether it gives changes from false to true by a unit given back or
//       added alone, and that is a publication (matcher.h, M5): who did it
//       looks for the agents who count in it (Matcher::LookForReserves).
//   S4  `keeps` changes only with the count, never with a unit that is given
//       back: a decision that fails leaves no trace.
//   S5  A reserve gets another meaning only while no agent's terms name it and
//       all units are settled. What a slow call reads of the old one can only
//       lead to a CAS of an agent's word that fails.
//
// Progress: lock-free; each loop repeats only when another call has changed the
// same word.
//
// Atomics
//   S   the word. Units added or given back: CAS, fetch_sub seq_cst <-> load
//       seq_cst in looks (S3). Taking and losing one, relaxed: one word has one
//       order of changes, and whoever saw the agent's word after the loss (W1)
//       comes after the taking before it.
//   S6  what a reserve is for, relaxed: written before any terms name it (W1,
//       W3), and read after them.

#ifndef RELAIS_LIB_MATCH_RESERVES_H_
#define RELAIS_LIB_MATCH_RESERVES_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lib/base/cache_line.h"
#include "lib/match/agents.h"

namespace relais::match {

inline constexpr int kReservePlaces = 64;

struct ReserveTerms {
  std::uint8_t kind = 0;       // for which its agents stay free
  std::uint8_t held_back = 0;  // kinds; not its own
  std::uint32_t keep = 1;
  std::uint32_t resume = 2;  // above `keep`
  // Those eligible for it are in the reserve; its contacts are of `kind`.
  std::uint32_t requirement_class = 0;
};

// | keeps:1 | taken:31 | count:32 |
class ReserveWord {
 public:
  static constexpr std::uint64_t kTaken = std::uint64_t{1} << 32;
  static constexpr std::uint64_t kKeeps = std::uint64_t{1} << 63;

  constexpr explicit ReserveWord(std::uint64_t bits) : bits_(bits) {}
  constexpr ReserveWord(bool keeps, std::uint32_t taken, std::int32_t count)
      : bits_((keeps ? kKeeps : 0) | taken * kTaken |
              static_cast<std::uint32_t>(count)) {}
  constexpr std::uint64_t bits() const { return bits_; }
  constexpr bool keeps() const { return (bits_ & kKeeps) != 0; }
  constexpr std::uint32_t taken() const {
    return static_cast<std::uint32_t>((bits_ & ~kKeeps) / kTaken);
  }
  // Below 0 for a moment, if a unit is lost before it was added (S1).
  constexpr std::int32_t count() const {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits_));
  }
  constexpr bool Gives(std::uint32_t keep) const {
    return !keeps() && std::int64_t{count()} - taken() > std::int64_t{keep};
  }

 private:
  std::uint64_t bits_;
};

// What one call does to the counts by changing one agent's word.
struct ReserveChange {
  ReserveSet taken = 0;   // units taken and not settled yet
  ReserveSet lost = 0;    // where the agent counted, and does not any more
  ReserveSet gained = 0;  // where it begins to

  // A CAS of the word has succeeded; all of `before & ~after` was taken.
  void Applied(ReserveSet before, ReserveSet after) {
    if (before == after) return;
    const ReserveSet out = before & ~after;
    const ReserveSet in = after & ~before;
    const ReserveSet both_ways = (out & gained) | (in & lost);
    lost = (lost | out) & ~both_ways;
    gained = (gained | in) & ~both_ways;
  }
};

template <template <typename> class AtomicT>
class ReservesT {
 public:
  // False: not settled (S5); another place must be found.
  bool Set(int reserve, const ReserveTerms& terms);
  bool Settled(int reserve) const {
    const ReserveWord word = Load(At(reserve));
    return word.count() == 0 && word.taken() == 0;
  }
  ReserveWord Now(int reserve) const { return Load(At(reserve)); }
  std::uint32_t ClassOf(int reserve) const {
    return At(reserve).requirement_class.load(std::memory_order_relaxed);  // S6
  }

  // Those in which an agent counts who is open for `open` and holds `used`.
  ReserveSet CountedIn(const AgentTerms& terms, std::uint8_t open,
                       std::uint32_t used) const;
  // Of those in which it counts the ones that do not give at this moment.
  ReserveSet Refusing(const AgentTerms& terms, std::uint8_t open,
                      std::uint32_t used) const;
  // Of `refusing` those that keep a contact of `kind` from the agent.
  ReserveSet KeptFrom(ReserveSet refusing, int kind, const AgentTerms& terms,
                      std::uint8_t open, std::uint32_t used) const {
    const ReserveSet held = refusing & HoldBack(kind);
    return held == 0
               ? 0
               : held & ~CountedIn(
                            terms, open,
                            used + terms.cost[static_cast<std::size_t>(kind)]);
  }
  // Of the kinds for which there is room those that reserves keep from the
  // agent at this moment.
  std::uint8_t Barred(const AgentTerms& terms, std::uint8_t open,
                      std::uint32_t used) const;

  // Takes a unit of each of `lost` that the change has not taken: from those
  // that hold back `kind` only if they give one. False: one does not, and what
  // was taken here is given back; `*opened` receives the reserves that give
  // since.
  bool TakeFor(int kind, ReserveSet lost, ReserveChange* change,
               ReserveSet* opened);
  // The same from all, whether they give or not.
  void Take(ReserveSet lost, ReserveChange* change);
  // Brings the counts up to date with the change; those that give since.
  ReserveSet Settle(ReserveChange* change);

 private:
  struct alignas(kCacheLineBytes) Reserve {
    AtomicT<std::uint64_t> word{ReserveWord(true, 0, 0).bits()};  // S
    AtomicT<std::uint32_t> keep{0};                               // S6
    AtomicT<std::uint32_t> resume{0};                             // S6
    AtomicT<std::uint32_t> requirement_class{0};                  // S6
  };

  template <class Visit>
  static void ForEach(ReserveSet set, Visit visit) {
    for (; set != 0; set &= set - 1) visit(std::countr_zero(set));
  }
  static ReserveSet Only(int reserve) { return ReserveSet{1} << reserve; }
  const Reserve& At(int reserve) const {
    return reserves_[static_cast<std::size_t>(reserve)];
  }
  Reserve& At(int reserve) {
    return reserves_[static_cast<std::size_t>(reserve)];
  }
  static ReserveWord Load(const Reserve& reserve) {
    return ReserveWord(reserve.word.load(std::memory_order_seq_cst));  // S
  }
  static std::uint32_t KeepOf(const Reserve& reserve) {
    return reserve.keep.load(std::memory_order_relaxed);  // S6
  }
  ReserveSet ForKind(int kind) const {
    return for_kind_[static_cast<std::size_t>(kind)].load(
        std::memory_order_relaxed);  // S6
  }
  ReserveSet HoldBack(int kind) const {
    return hold_back_[static_cast<std::size_t>(kind)].load(
        std::memory_order_relaxed);  // S6
  }
  static bool TryTake(Reserve& reserve);
  // True: it gives since.
  static bool GiveBack(Reserve& reserve);
  static bool Add(Reserve& reserve);
  static void Lose(Reserve& reserve);

  std::array<Reserve, kReservePlaces> reserves_;
  // By kind: those that are for it, and those that hold it back.
  std::array<AtomicT<ReserveSet>, kKindCount> for_kind_ = {};   // S6
  std::array<AtomicT<ReserveSet>, kKindCount> hold_back_ = {};  // S6
};

template <template <typename> class AtomicT>
bool ReservesT<AtomicT>::Set(int reserve, const ReserveTerms& terms) {
  Reserve& here = At(reserve);
  for (int kind = 0; kind < kKindCount; ++kind) {
    const auto put = [&](AtomicT<ReserveSet>& set, bool in) {
      const ReserveSet before = set.load(std::memory_order_relaxed);  // S6
      set.store(in ? before | Only(reserve) : before & ~Only(reserve),
                std::memory_order_relaxed);  // S6
    };
    const auto at = static_cast<std::size_t>(kind);
    put(for_kind_[at], kind == terms.kind);
    put(hold_back_[at], (terms.held_back >> kind & 1) != 0);
  }
  here.keep.store(terms.keep, std::memory_order_relaxed);      // S6
  here.resume.store(terms.resume, std::memory_order_relaxed);  // S6
  here.requirement_class.store(terms.requirement_class,
                               std::memory_order_relaxed);  // S6
  // Nobody counts in it yet. A CAS, since a slow call may be about to take a
  // unit, which it will give back.
  std::uint64_t seen = here.word.load(std::memory_order_relaxed);  // S
  const ReserveWord word(seen);
  return word.count() == 0 && word.taken() == 0 &&
         here.word.compare_exchange_strong(seen, ReserveWord(true, 0, 0).bits(),
                                           std::memory_order_relaxed,
                                           std::memory_order_relaxed);  // S
}

template <template <typename> class AtomicT>
ReserveSet ReservesT<AtomicT>::CountedIn(const AgentTerms& terms,
                                         std::uint8_t open,
                                         std::uint32_t used) const {
  if (terms.reserves == 0) return 0;
  ReserveSet counted = 0;
  for (unsigned rest = terms.KindsWithRoom(open, used); rest != 0;
       rest &= rest - 1) {
    counted |= ForKind(std::countr_zero(rest));
  }
  return counted & terms.reserves;
}

template <template <typename> class AtomicT>
ReserveSet ReservesT<AtomicT>::Refusing(const AgentTerms& terms,
                                        std::uint8_t open,
                                        std::uint32_t used) const {
  ReserveSet refusing = 0;
  ForEach(CountedIn(terms, open, used), [&](int reserve) {
    if (!Load(At(reserve)).Gives(KeepOf(At(reserve)))) {
      refusing |= Only(reserve);
    }
  });
  return refusing;
}

template <template <typename> class AtomicT>
std::uint8_t ReservesT<AtomicT>::Barred(const AgentTerms& terms,
                                        std::uint8_t open,
                                        std::uint32_t used) const {
  const ReserveSet refusing = Refusing(terms, open, used);
  if (refusing == 0) return 0;
  std::uint8_t barred = 0;
  for (unsigned rest = terms.KindsWithRoom(open, used); rest != 0;
       rest &= rest - 1) {
    const int kind = std::countr_zero(rest);
    if (KeptFrom(refusing, kind, terms, open, used) != 0) {
      barred |= static_cast<std::uint8_t>(1U << kind);
    }
  }
  return barred;
}

template <template <typename> class AtomicT>
bool ReservesT<AtomicT>::TakeFor(int kind, ReserveSet lost,
                                 ReserveChange* change, ReserveSet* opened) {
  const ReserveSet hold_back = HoldBack(kind);
  ReserveSet took = 0;
  bool refused = false;
  // All calls in the same order: whoever is refused by one gives back lower
  // ones only, so of calls that refuse each other the highest goes on.
  ForEach(lost & ~change->taken, [&](int reserve) {
    if (refused) return;
    if ((hold_back & Only(reserve)) == 0) {
      At(reserve).word.fetch_add(ReserveWord::kTaken,
                                 std::memory_order_relaxed);  // S
    } else if (!TryTake(At(reserve))) {
      refused = true;
      return;
    }
    took |= Only(reserve);
  });
  if (!refused) {
    change->taken |= took;
    return true;
  }
  ForEach(took, [&](int reserve) {
    if (GiveBack(At(reserve))) *opened |= Only(reserve);
  });
  return false;
}

template <template <typename> class AtomicT>
void ReservesT<AtomicT>::Take(ReserveSet lost, ReserveChange* change) {
  ForEach(lost & ~change->taken, [&](int reserve) {
    At(reserve).word.fetch_add(ReserveWord::kTaken,
                               std::memory_order_relaxed);  // S
  });
  change->taken |= lost;
}

template <template <typename> class AtomicT>
ReserveSet ReservesT<AtomicT>::Settle(ReserveChange* change) {
  ReserveSet opened = 0;
  if ((change->taken | change->gained) == 0) return opened;
  ForEach(change->taken & change->lost,
          [&](int reserve) { Lose(At(reserve)); });
  ForEach(change->taken & ~change->lost, [&](int reserve) {
    if (GiveBack(At(reserve))) opened |= Only(reserve);
  });
  ForEach(change->gained, [&](int reserve) {
    if (Add(At(reserve))) opened |= Only(reserve);
  });
  *change = {};
  return opened;
}

template <template <typename> class AtomicT>
bool ReservesT<AtomicT>::TryTake(Reserve& reserve) {
  std::uint64_t seen = reserve.word.load(std::memory_order_relaxed);  // S
  for (;;) {
    if (!ReserveWord(seen).Gives(KeepOf(reserve))) return false;
    if (reserve.word.compare_exchange_weak(seen, seen + ReserveWord::kTaken,
                                           std::memory_order_relaxed,
                                           std::memory_order_relaxed)) {
      return true;  // S
    }
  }
}

template <template <typename> class AtomicT>
bool ReservesT<AtomicT>::GiveBack(Reserve& reserve) {
  const std::uint64_t seen = reserve.word.fetch_sub(
      ReserveWord::kTaken, std::memory_order_seq_cst);  // S
  const std::uint32_t keep = KeepOf(reserve);
  return !ReserveWord(seen).Gives(keep) &&
         ReserveWord(seen - ReserveWord::kTaken).Gives(keep);
}

template <template <typename> class AtomicT>
bool ReservesT<AtomicT>::Add(Reserve& reserve) {
  const std::uint32_t keep = KeepOf(reserve);
  const auto resume = static_cast<std::int32_t>(
      reserve.resume.load(std::memory_order_relaxed));                // S6
  std::uint64_t seen = reserve.word.load(std::memory_order_relaxed);  // S
  for (;;) {
    const ReserveWord word(seen);
    const std::int32_t count = word.count() + 1;
    const ReserveWord next(word.keeps() && count < resume, word.taken(), count);
    // relaxed on failure: the CAS tells.
    if (reserve.word.compare_exchange_weak(seen, next.bits(),
                                           std::memory_order_seq_cst,  // S
                                           std::memory_order_relaxed)) {
      return !word.Gives(keep) && next.Gives(keep);
    }
  }
}

template <template <typename> class AtomicT>
void ReservesT<AtomicT>::Lose(Reserve& reserve) {
  const auto keep = static_cast<std::int32_t>(KeepOf(reserve));
  std::uint64_t seen = reserve.word.load(std::memory_order_relaxed);  // S
  for (;;) {
    const ReserveWord word(seen);
    const std::int32_t count = word.count() - 1;
    const ReserveWord next(word.keeps() || count <= keep, word.taken() - 1,
                           count);
    // That it gives no more is no publication.
    if (reserve.word.compare_exchange_weak(seen, next.bits(),
                                           std::memory_order_relaxed,  // S
                                           std::memory_order_relaxed)) {
      return;
    }
  }
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_RESERVES_H_
