// Who may serve what, and in which lanes contacts of a class stand.
//
// The matrix of cells by (requirement class, profile class), the same as bits
// by row and by column so that a look visits only what counts, and the lanes of
// each requirement class. A cell is 0, not eligible, or | rank:4 | fit:4 |: how
// well the agent fits (1 + step), and where the contact stands for it before
// keys are compared. A class that is *pulled only* has its bits apart from the
// others', where no look comes by; its cells are those of any class. A class
// may *drain* kinds: matcher.h, M11.
//
// Thread safety: any thread may read at any time. Changes: no two for the same
// class or lane at once, and SetLane one at a time in all (its caller's duty).
//
// Atomics
//   W2  bits that are set, and how many are used: RMW seq_cst <-> load seq_cst.
//       Setting one widens what somebody may take, which is a publication
//       (matcher.h, M5). Clearing one is none; fetch_and(release) for W11.
//   W8  what a bit leads to (cell, traits), relaxed: written before the bit is
//       set, and read after it, or after a contact or front word of the class
//       was seen. A class that is redefined while a look runs is caught by
//       reading the cell again then (Matcher::StillFits).
//   W11 cells and cleared bits of a profile class that becomes others':
//       store(release) <-> load(acquire). All agents of it were told otherwise
//       before, so a look that sees the new meaning finds the agent's word
//       changed when it reads that afterwards (Matcher::TakeBest,
//       TakeDirectly).
//   W13 whether any class drains, or did: store seq_cst before the class's
//       first contact is published <-> load seq_cst at the beginning of a look,
//       so that a look that begins after that publication asks who is drained.
//       Which kinds, relaxed, as W8. Bits of who is drained as W2.
//   W9  lanes of a class: store(release) <-> load(acquire): who sees a lane in
//       the run or chain sees what comes after it; who sees that a lane belongs
//       to another class sees the version that says so. That a look sees the
//       lane at all comes from the class's front word, which is lowered after
//       the lane was added.
//
// Progress: readers are lock-free; ForEachRun repeats only when SetLane took
// a lane away from the class meanwhile.

#ifndef RELAIS_LIB_MATCH_ELIGIBILITY_H_
#define RELAIS_LIB_MATCH_ELIGIBILITY_H_

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lib/match/ordered_list.h"

namespace relais::match {

template <template <typename> class AtomicT>
class EligibilityT {
 public:
  EligibilityT(std::uint32_t requirement_classes, std::uint32_t profile_classes,
               std::uint32_t lanes);

  std::uint32_t requirement_classes() const { return requirement_classes_; }
  std::uint32_t profile_classes() const { return profile_classes_; }
  std::uint32_t lanes() const {
    return static_cast<std::uint32_t>(lane_class_.size());
  }

  void SetRequirementClass(std::uint32_t requirement_class, std::uint8_t kind,
                           std::uint8_t order, bool pulled_only,
                           std::uint8_t drains);
  void SetCell(std::uint32_t requirement_class, std::uint32_t profile_class,
               std::uint8_t cell);
  void SetProfileClass(std::uint32_t profile_class);
  void SetLane(std::uint32_t lane, std::uint32_t requirement_class);

  std::uint8_t Cell(std::uint32_t requirement_class,
                    std::uint32_t profile_class) const {
    return cells_[static_cast<std::size_t>(requirement_class) *
                      profile_classes_ +
                  profile_class]
        .load(std::memory_order_acquire);  // W11
  }
  std::uint8_t Fit(std::uint32_t requirement_class,
                   std::uint32_t profile_class) const {
    return FitOf(Cell(requirement_class, profile_class));
  }
  static constexpr std::uint8_t FitOf(std::uint8_t cell) { return cell & 0xF; }
  static constexpr std::uint8_t RankOf(std::uint8_t cell) { return cell >> 4; }
  int KindOf(std::uint32_t requirement_class) const {
    return Traits(requirement_class) & 7;
  }
  int OrderOf(std::uint32_t requirement_class) const {
    return Traits(requirement_class) >> 3 & 3;
  }
  // Whether its contacts are of this kind, and given without being pulled.
  bool Is(std::uint32_t requirement_class, int kind, bool pulled) const {
    const unsigned traits = Traits(requirement_class);
    return (traits & 7) == static_cast<unsigned>(kind) &&
           (pulled || (traits & kPulledOnly) == 0);
  }
  // The kinds that it drains.
  std::uint8_t DrainsOf(std::uint32_t requirement_class) const {
    return drains_[requirement_class].load(std::memory_order_relaxed);  // W13
  }
  bool AnyDrains() const {
    return any_drains_.load(std::memory_order_seq_cst) != 0;  // W13
  }
  std::uint32_t ClassOf(std::uint32_t lane) const {
    return lane_class_[lane].load(std::memory_order_acquire);  // W9
  }

  // Calls visit(requirement_class) for each there ever was.
  template <class Visit>
  void ForEachRequirement(Visit visit) const {
    const std::uint32_t used =
        requirements_used_.load(std::memory_order_seq_cst);  // W2
    for (std::uint32_t c = 0; c < used; ++c) visit(c);
  }
  // Calls visit(requirement_class) for each that `profile_class` serves, but
  // for those that are pulled only.
  template <class Visit>
  void ForEachRequirementOf(std::uint32_t profile_class, Visit visit) const {
    ForEachBit(serves_, static_cast<std::size_t>(profile_class) * row_words_,
               requirements_used_, visit);
  }
  // The same for those alone.
  template <class Visit>
  void ForEachPulledOnlyOf(std::uint32_t profile_class, Visit visit) const {
    ForEachBit(pulls_, static_cast<std::size_t>(profile_class) * row_words_,
               requirements_used_, visit);
  }
  // Calls visit(requirement_class) for each that `profile_class` serves, pulled
  // only or not, and that drains kinds.
  template <class Visit>
  void ForEachDrainingOf(std::uint32_t profile_class, Visit visit) const {
    ForEachBit(drained_, static_cast<std::size_t>(profile_class) * row_words_,
               requirements_used_, visit);
  }
  // Calls visit(profile_class) for each that serves `requirement_class`; for
  // none if that is pulled only.
  template <class Visit>
  void ForEachProfileOf(std::uint32_t requirement_class, Visit visit) const {
    ForEachBit(served_by_,
               static_cast<std::size_t>(requirement_class) * column_words_,
               profiles_used_, visit);
  }
  // Calls visit(first, count) for each run of neighbouring lanes of the class;
  // for some twice if lanes are being taken away at the same moment.
  template <class Visit>
  void ForEachRun(std::uint32_t requirement_class, Visit visit) const;

 private:
  using Bits = ZeroedArray<AtomicT<std::uint64_t>, kZeroIsInitial<AtomicT>>;

  // The lanes of a class: a run of neighbours, then a chain of single ones.
  // | version:12 | chain + 1:20 | run length:12 | run first:20 |
  struct Lanes {
    explicit Lanes(std::uint64_t bits)
        : first(bits & 0xF'FFFF),
          length(bits >> 20 & 0xFFF),
          chain(bits >> 32 & 0xF'FFFF),
          version(bits >> 52) {}
    std::uint64_t bits() const {
      return first | length << 20 | chain << 32 | (version & 0xFFF) << 52;
    }
    std::uint64_t first;
    std::uint64_t length;
    std::uint64_t chain;
    std::uint64_t version;
  };

  // | pulled only:1 | order:2 | kind:3 |
  static constexpr unsigned kPulledOnly = 1U << 5;
  std::uint8_t Traits(std::uint32_t requirement_class) const {
    return traits_[requirement_class].load(std::memory_order_relaxed);  // W8
  }
  template <class Visit>
  static void ForEachBit(const Bits& bits, std::size_t begin,
                         const AtomicT<std::uint32_t>& used, Visit visit) {
    const std::uint32_t words =
        (used.load(std::memory_order_seq_cst) + 63) / 64;  // W2
    for (std::uint32_t w = 0; w < words; ++w) {
      std::uint64_t word =
          bits[begin + w].load(std::memory_order_seq_cst);  // W2
      for (; word != 0; word &= word - 1) {
        visit(w * 64 + static_cast<std::uint32_t>(std::countr_zero(word)));
      }
    }
  }
  void SetDrained(std::size_t at, std::uint64_t in_row, bool drained);
  static void RaiseTo(AtomicT<std::uint32_t>& used, std::uint32_t count);
  void TakeLaneAway(std::uint32_t lane, std::uint32_t requirement_class);

  const std::uint32_t requirement_classes_;
  const std::uint32_t profile_classes_;
  const std::size_t row_words_;
  const std::size_t column_words_;
  mutable ZeroedArray<AtomicT<std::uint8_t>, kZeroIsInitial<AtomicT>> cells_;
  mutable ZeroedArray<AtomicT<std::uint8_t>, kZeroIsInitial<AtomicT>> traits_;
  mutable ZeroedArray<AtomicT<std::uint8_t>, kZeroIsInitial<AtomicT>> drains_;
  mutable Bits serves_;     // by profile class
  mutable Bits pulls_;      // likewise, of classes that are pulled only
  mutable Bits drained_;    // likewise, of classes that drain kinds
  mutable Bits served_by_;  // by requirement class
  mutable Bits lanes_of_;   // by requirement class
  mutable ZeroedArray<AtomicT<std::uint32_t>, kZeroIsInitial<AtomicT>>
      lane_class_;
  // The next of the chain + 1, and whether the lane serves a class.
  mutable ZeroedArray<AtomicT<std::uint32_t>, kZeroIsInitial<AtomicT>>
      lane_next_;
  mutable ZeroedArray<AtomicT<std::uint8_t>, kZeroIsInitial<AtomicT>>
      lane_used_;
  AtomicT<std::uint32_t> requirements_used_{0};
  AtomicT<std::uint32_t> profiles_used_{0};
  AtomicT<std::uint8_t> any_drains_{0};
};

template <template <typename> class AtomicT>
EligibilityT<AtomicT>::EligibilityT(std::uint32_t requirement_classes,
                                    std::uint32_t profile_classes,
                                    std::uint32_t lanes)
    : requirement_classes_(requirement_classes),
      profile_classes_(profile_classes),
      row_words_((requirement_classes + 63) / 64),
      column_words_((profile_classes + 63) / 64),
      cells_(static_cast<std::size_t>(requirement_classes) * profile_classes),
      traits_(requirement_classes),
      drains_(requirement_classes),
      serves_(profile_classes * row_words_),
      pulls_(profile_classes * row_words_),
      drained_(profile_classes * row_words_),
      served_by_(requirement_classes * column_words_),
      lanes_of_(requirement_classes),
      lane_class_(lanes),
      lane_next_(lanes),
      lane_used_(lanes) {}

template <template <typename> class AtomicT>
void EligibilityT<AtomicT>::RaiseTo(AtomicT<std::uint32_t>& used,
                                    std::uint32_t count) {
  // relaxed: only compared.
  std::uint32_t seen = used.load(std::memory_order_relaxed);
  while (seen < count &&
         !used.compare_exchange_weak(seen, count,
                                     std::memory_order_seq_cst,  // W2
                                     std::memory_order_relaxed)) {
  }
}

template <template <typename> class AtomicT>
void EligibilityT<AtomicT>::SetRequirementClass(std::uint32_t requirement_class,
                                                std::uint8_t kind,
                                                std::uint8_t order,
                                                bool pulled_only,
                                                std::uint8_t drains) {
  const unsigned traits = kind | static_cast<unsigned>(order) << 3 |
                          (pulled_only ? kPulledOnly : 0U);
  traits_[requirement_class].store(static_cast<std::uint8_t>(traits),
                                   std::memory_order_relaxed);          // W8
  drains_[requirement_class].store(drains, std::memory_order_relaxed);  // W13
  if (drains != 0) any_drains_.store(1, std::memory_order_seq_cst);     // W13
  RaiseTo(requirements_used_, requirement_class + 1);
}

template <template <typename> class AtomicT>
void EligibilityT<AtomicT>::SetProfileClass(std::uint32_t profile_class) {
  RaiseTo(profiles_used_, profile_class + 1);
}

template <template <typename> class AtomicT>
void EligibilityT<AtomicT>::SetCell(std::uint32_t requirement_class,
                                    std::uint32_t profile_class,
                                    std::uint8_t value) {
  const std::size_t at = profile_class * row_words_ + requirement_class / 64;
  const bool pulled_only = (Traits(requirement_class) & kPulledOnly) != 0;
  auto& row = pulled_only ? pulls_[at] : serves_[at];
  auto& other_row = pulled_only ? serves_[at] : pulls_[at];
  auto& column =
      served_by_[requirement_class * column_words_ + profile_class / 64];
  const std::uint64_t in_row = 1ULL << (requirement_class % 64);
  const std::uint64_t in_column = 1ULL << (profile_class % 64);
  auto& cell =
      cells_[static_cast<std::size_t>(requirement_class) * profile_classes_ +
             profile_class];
  cell.store(value, std::memory_order_release);  // W11
  // Of the class that had the id before. relaxed: a look that sees it still
  // finds no contact there, or one that the cell read again tells of.
  if ((other_row.load(std::memory_order_relaxed) & in_row) != 0) {
    other_row.fetch_and(~in_row, std::memory_order_relaxed);
    column.fetch_and(~in_column, std::memory_order_relaxed);
  }
  SetDrained(at, in_row, value != 0 && DrainsOf(requirement_class) != 0);
  if (value != 0) {
    row.fetch_or(in_row, std::memory_order_seq_cst);  // W2
    if (pulled_only) return;
    column.fetch_or(in_column, std::memory_order_seq_cst);  // W2
  } else {
    row.fetch_and(~in_row, std::memory_order_release);  // W11
    // relaxed: whoever finds an agent by its class asks the agent's word.
    column.fetch_and(~in_column, std::memory_order_relaxed);
  }
}

template <template <typename> class AtomicT>
void EligibilityT<AtomicT>::SetDrained(std::size_t at, std::uint64_t in_row,
                                       bool drained) {
  auto& row = drained_[at];
  // relaxed: by the class's one changer only; a bit too many leads to a class
  // whose cell and kinds are asked.
  const bool was = (row.load(std::memory_order_relaxed) & in_row) != 0;
  if (drained && !was) row.fetch_or(in_row, std::memory_order_seq_cst);  // W2
  if (!drained && was) row.fetch_and(~in_row, std::memory_order_relaxed);
}

template <template <typename> class AtomicT>
void EligibilityT<AtomicT>::SetLane(std::uint32_t lane,
                                    std::uint32_t requirement_class) {
  // relaxed: by SetLane's one caller only.
  if (lane_used_[lane].load(std::memory_order_relaxed) != 0) {
    TakeLaneAway(lane, lane_class_[lane].load(std::memory_order_relaxed));
  }
  lane_used_[lane].store(1, std::memory_order_relaxed);
  lane_class_[lane].store(requirement_class, std::memory_order_release);  // W9
  auto& place = lanes_of_[requirement_class];
  Lanes lanes(place.load(std::memory_order_relaxed));
  if (lanes.length == 0) {
    lanes.first = lane;
    lanes.length = 1;
  } else if (lane == lanes.first + lanes.length && lanes.length < 0xFFF) {
    ++lanes.length;
  } else {
    lane_next_[lane].store(static_cast<std::uint32_t>(lanes.chain),
                           std::memory_order_release);  // W9
    lanes.chain = lane + 1;
  }
  place.store(lanes.bits(), std::memory_order_release);  // W9
}

template <template <typename> class AtomicT>
void EligibilityT<AtomicT>::TakeLaneAway(std::uint32_t lane,
                                         std::uint32_t requirement_class) {
  // relaxed loads: by SetLane's one caller only.
  auto& place = lanes_of_[requirement_class];
  Lanes lanes(place.load(std::memory_order_relaxed));
  if (lane >= lanes.first && lane < lanes.first + lanes.length) {
    // What stood behind it in the run goes to the chain.
    const std::uint64_t end = lanes.first + lanes.length;
    lanes.length = lane - lanes.first;
    for (std::uint64_t other = lane + 1; other < end; ++other) {
      lane_next_[other].store(static_cast<std::uint32_t>(lanes.chain),
                              std::memory_order_relaxed);  // W9
      lanes.chain = other + 1;
    }
  } else if (lanes.chain == lane + 1) {
    lanes.chain = lane_next_[lane].load(std::memory_order_relaxed);
  } else {
    auto before = static_cast<std::uint32_t>(lanes.chain) - 1;
    while (lane_next_[before].load(std::memory_order_relaxed) != lane + 1) {
      before = lane_next_[before].load(std::memory_order_relaxed) - 1;
    }
    lane_next_[before].store(lane_next_[lane].load(std::memory_order_relaxed),
                             std::memory_order_relaxed);  // W9
  }
  ++lanes.version;
  place.store(lanes.bits(), std::memory_order_release);  // W9
}

template <template <typename> class AtomicT>
template <class Visit>
void EligibilityT<AtomicT>::ForEachRun(std::uint32_t requirement_class,
                                       Visit visit) const {
  const auto& place = lanes_of_[requirement_class];
  std::uint64_t seen = place.load(std::memory_order_acquire);  // W9
  for (;;) {
    const Lanes lanes(seen);
    visit(static_cast<std::uint32_t>(lanes.first),
          static_cast<std::uint32_t>(lanes.length));
    if (lanes.chain == 0) return;
    auto next = static_cast<std::uint32_t>(lanes.chain);
    // A lane that was taken away leads into another class's chain; the version
    // tells it afterwards, and the class of each lane stops the walk.
    while (next != 0 && ClassOf(next - 1) == requirement_class) {
      visit(next - 1, 1U);
      next = lane_next_[next - 1].load(std::memory_order_acquire);  // W9
    }
    const std::uint64_t again = place.load(std::memory_order_acquire);  // W9
    if (Lanes(again).version == lanes.version) return;
    seen = again;
  }
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_ELIGIBILITY_H_
