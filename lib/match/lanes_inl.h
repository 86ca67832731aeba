// The bodies of LanesT. Included by lanes.h only.

#ifndef RELAIS_LIB_MATCH_LANES_INL_H_
#define RELAIS_LIB_MATCH_LANES_INL_H_

#include "lib/match/lanes.h"

namespace relais::match {

// Nodes beside the contacts' own: one for each contact that came back or was
// moved while its own was linked; a dead anchor for each list; and what calls
// in flight have taken and not yet linked, or unlinked and not yet freed.
inline std::uint32_t LanePoolNodes(std::uint32_t contacts, std::uint32_t lanes,
                                   std::uint32_t calls_in_flight) {
  return contacts + 2 * lanes + 8 * calls_in_flight;
}

template <template <typename> class AtomicT>
LanesT<AtomicT>::LanesT(std::uint32_t contacts, std::uint32_t lanes,
                        std::uint32_t calls_in_flight,
                        const EligibilityT<AtomicT>* classes)
    : lane_count_(lanes),
      homes_(contacts),
      lists_(&homes_, 2 * lanes, contacts,
             LanePoolNodes(contacts, lanes, calls_in_flight)),
      fronts_(lanes),
      classes_(classes),
      class_fronts_(classes == nullptr ? 0 : classes->requirement_classes()) {}

template <template <typename> class AtomicT>
ContactWord LanesT<AtomicT>::Open(std::uint32_t slot, std::uint64_t skip) {
  RELAIS_CHECK(slot < contact_count(), "a contact slot out of range");
  const ContactWord word = Contact(slot);
  RELAIS_CHECK(word.phase() == ContactPhase::kFree ||
                   word.phase() == ContactPhase::kEnded,
               "opened a slot whose contact lives");
  const ContactWord opened(ContactPhase::kNew, 0, word.tag() + 1 + skip);
  // relaxed: a new contact is its bringer's alone.
  homes_.slots[slot].word.store(opened.bits(), std::memory_order_relaxed);
  return opened;
}

template <template <typename> class AtomicT>
NodeIndex LanesT<AtomicT>::TakeNode(std::uint32_t list, std::uint32_t slot,
                                    std::uint64_t tag) {
  NodeIndex node = lists_.TakeFromPool(list, slot, tag);
  if (node == kNoNode) {
    lists_.SweepAll([this](const Found& found) { return Judge(found); });
    node = lists_.TakeFromPool(list, slot, tag);
  }
  return node;
}

template <template <typename> class AtomicT>
Result LanesT<AtomicT>::Push(std::uint32_t slot, ContactWord from, Position* at,
                             ContactWord* now) {
  if (slot >= contact_count() || at->lane >= lane_count_) {
    return Result::kOutOfRange;
  }
  if (from.phase() != ContactPhase::kNew) return Result::kNotAllowed;
  const std::uint32_t list = Appended(at->lane);
  const std::uint64_t tag = from.tag() + 1;
  NodeIndex node = slot + 1;
  if (!lists_.TakeOwn(node, list, slot, tag)) {
    node = TakeNode(list, slot, tag);
    if (node == kNoNode) return Result::kFull;
  }
  const ContactWord waiting = from.Next(ContactPhase::kWaiting, node);
  const bool stale = !Swap(slot, from, waiting);
  // A stale one is linked all the same, dead, since only walkers free nodes.
  const Linked linked = lists_.Append(list, node, at->key, at->sequence);
  if (stale) {
    EntryDied(node);
    return Result::kStale;
  }
  Complete(at->lane, node, linked);
  at->key = linked.key;
  at->sequence = linked.sequence;
  *now = waiting;
  return Result::kOk;
}

template <template <typename> class AtomicT>
Result LanesT<AtomicT>::Place(std::uint32_t slot, ContactWord from,
                              const Position& to, ContactWord* now) {
  if (slot >= contact_count() || to.lane >= lane_count_) {
    return Result::kOutOfRange;
  }
  if (from.phase() == ContactPhase::kFree ||
      from.phase() == ContactPhase::kEnded) {
    return Result::kNotAllowed;
  }
  if (Contact(slot) != from) return Result::kStale;
  const std::uint64_t tag = from.tag() + 1;
  const NodeIndex node = TakeNode(Placed(to.lane), slot, tag);
  if (node == kNoNode) return Result::kFull;
  const std::uint32_t left = from.phase() == ContactPhase::kWaiting
                                 ? lists_.ListOf(from.ref())
                                 : kListsCeiling;
  const Linked linked =
      lists_.Insert(Placed(to.lane), node, to.key, to.sequence);
  // The fronts first, so that the contact is found from the moment its word
  // says that it waits (L2).
  Complete(to.lane, node, linked);
  const ContactWord waiting = from.Next(ContactPhase::kWaiting, node);
  if (!Swap(slot, from, waiting)) {
    EntryDied(node);
    return Result::kStale;
  }
  if (left != kListsCeiling) {
    lists_.EntryDied(left, [this](const Found& f) { return Judge(f); });
  }
  *now = waiting;
  return Result::kOk;
}

template <template <typename> class AtomicT>
Result LanesT<AtomicT>::Change(std::uint32_t slot, ContactWord from,
                               ContactPhase phase, std::uint32_t ref,
                               ContactWord* now) {
  if (slot >= contact_count()) return Result::kOutOfRange;
  if (from.phase() == ContactPhase::kFree ||
      from.phase() == ContactPhase::kEnded) {
    return Result::kNotAllowed;
  }
  const bool waiting = from.phase() == ContactPhase::kWaiting;
  // Read while the word may still stand; if it does not, the CAS fails.
  const std::uint32_t list = waiting ? lists_.ListOf(from.ref()) : 0;
  *now = from.Next(phase, ref);
  if (!Swap(slot, from, *now)) return Result::kStale;
  if (waiting) {
    lists_.EntryDied(list, [this](const Found& f) { return Judge(f); });
  }
  return Result::kOk;
}

template <template <typename> class AtomicT>
void LanesT<AtomicT>::EntryDied(NodeIndex node) {
  // The node may have been recycled: then its entry was unlinked, and a sweep
  // of another list too many does no harm.
  const std::uint32_t list = lists_.ListOf(node);
  if (list < 2 * lane_count_) {
    lists_.EntryDied(list, [this](const Found& f) { return Judge(f); });
  }
}

template <template <typename> class AtomicT>
bool LanesT<AtomicT>::First(std::uint32_t lane, Found* first) {
  // Read before the lists (F2).
  const FrontWord seen = fronts_.Load(lane);
  // Of entries live or not live yet (F4).
  std::uint64_t image = FrontWord::kEmptyImage;
  const auto judge = [&](const Found& found) {
    const Verdict verdict = Judge(found);
    if (verdict != Verdict::kDead) {
      const std::uint64_t here = FrontWord::ImageOf(found.key);
      if (here < image) image = here;
    }
    return verdict;
  };
  bool any = lists_.FindFirst(Appended(lane), judge, first);
  Found placed;
  if (!lists_.Empty(Placed(lane)) &&
      lists_.FindFirst(Placed(lane), judge, &placed) &&
      (!any || placed.Before(*first))) {
    *first = placed;
    any = true;
  }
  if (image > seen.image() && fronts_.Raise(lane, seen, image) &&
      HasClass(lane)) {
    const std::uint32_t requirement_class = classes_->ClassOf(lane);
    // Otherwise another lane is the class's first.
    if (class_fronts_.Load(requirement_class).image() >= seen.image()) {
      FoldLanesOf(requirement_class);
    }
  }
  return any;
}

template <template <typename> class AtomicT>
template <class Accept>
bool LanesT<AtomicT>::Find(std::uint32_t lane, Accept accept, Found* found) {
  if (!First(lane, found)) return false;
  if (accept(found->owner)) return true;
  // The first is refused: further ones of both lists.
  const auto judge = [&](const Found& candidate) {
    const Verdict verdict = Judge(candidate);
    return verdict == Verdict::kTake && !accept(candidate.owner)
               ? Verdict::kPass
               : verdict;
  };
  bool taken = false;
  for (const std::uint32_t list : {Appended(lane), Placed(lane)}) {
    Found here;
    if (lists_.FindFirst(list, judge, &here) &&
        (!taken || here.Before(*found))) {
      *found = here;
      taken = true;
    }
  }
  return taken;
}

template <template <typename> class AtomicT>
typename LanesT<AtomicT>::Smallest LanesT<AtomicT>::FoldLanesOf(
    std::uint32_t requirement_class) {
  // Read before the lanes' words (F2).
  const FrontWord seen = class_fronts_.Load(requirement_class);
  Smallest smallest;
  classes_->ForEachRun(requirement_class,
                       [&](std::uint32_t lane, std::uint32_t count) {
                         fronts_.Fold(lane, count, &smallest);
                       });
  class_fronts_.Raise(requirement_class, seen, smallest.first.image());
  return smallest;
}

template <template <typename> class AtomicT>
void LanesT<AtomicT>::Complete(std::uint32_t lane, NodeIndex node,
                               const Linked& linked) {
  const auto is_live = [this](const Found& found) {
    return Judge(found) == Verdict::kTake;
  };
  if (!fronts_.Covered(lists_, linked, is_live)) {
    const std::uint64_t image = FrontWord::ImageOf(linked.key);
    fronts_.Lower(lane, image);
    if (HasClass(lane)) class_fronts_.Lower(classes_->ClassOf(lane), image);
  }
  fronts_.Confirm(lists_, node, linked);
}

template <template <typename> class AtomicT>
bool LanesT<AtomicT>::PositionOf(std::uint32_t slot, ContactWord waiting,
                                 Position* position) const {
  position->lane = lists_.ListOf(waiting.ref()) / 2;
  position->key = lists_.KeyOf(waiting.ref());
  position->sequence = lists_.SequenceOf(waiting.ref());
  // While the word stands the node is in use and its fields are the contact's.
  return Contact(slot) == waiting;
}

template <template <typename> class AtomicT>
void LanesT<AtomicT>::Clear(std::uint32_t lane) {
  lists_.Clear(Appended(lane));
  lists_.Clear(Placed(lane));
  Tidy(lane);
}

template <template <typename> class AtomicT>
std::uint32_t LanesT<AtomicT>::CountWaiting(std::uint32_t lane) {
  std::uint32_t count = 0;
  Found unused{};
  for (const std::uint32_t list : {Appended(lane), Placed(lane)}) {
    lists_.FindFirst(
        list,
        [&](const Found& found) {
          const Verdict verdict = Judge(found);
          if (verdict != Verdict::kTake) return verdict;
          ++count;
          return Verdict::kPass;
        },
        &unused);
  }
  return count;
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_LANES_INL_H_
