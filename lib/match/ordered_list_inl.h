// The bodies of OrderedLists. Included by ordered_list.h only.

#ifndef RELAIS_LIB_MATCH_ORDERED_LIST_INL_H_
#define RELAIS_LIB_MATCH_ORDERED_LIST_INL_H_

#include "lib/match/ordered_list.h"

namespace relais::match {

template <template <typename> class AtomicT, class Homes>
void OrderedLists<AtomicT, Homes>::Begin(Node& node, std::uint32_t list,
                                         std::uint32_t owner,
                                         std::uint64_t tag) {
  // relaxed loads: this thread alone owns the node until it is linked.
  node.life.store(Life(list, node.life.load(std::memory_order_relaxed) + 1),
                  std::memory_order_release);          // P3
  node.tag.store(tag, std::memory_order_release);      // P2
  node.owner.store(owner, std::memory_order_release);  // P2
  // Unmarked again, with a later tag (I1), and after life (P3).
  node.next.store(
      Link(node.next.load(std::memory_order_relaxed)).To(kNoNode).bits(),
      std::memory_order_release);
}

template <template <typename> class AtomicT, class Homes>
bool OrderedLists<AtomicT, Homes>::TakeOwn(NodeIndex own, std::uint32_t list,
                                           std::uint32_t owner,
                                           std::uint64_t tag) {
  Node& node = At(own);
  if ((node.life.load(std::memory_order_relaxed) & kUsed) != 0) {  // P5
    return false;
  }
  Begin(node, list, owner, tag);
  return true;
}

template <template <typename> class AtomicT, class Homes>
NodeIndex OrderedLists<AtomicT, Homes>::TakeFromPool(std::uint32_t list,
                                                     std::uint32_t owner,
                                                     std::uint64_t tag) {
  NodeIndex index = free_.Pop([this](NodeIndex free_one) {
    return static_cast<NodeIndex>(
        At(free_one).sequence.load(std::memory_order_relaxed));  // B
  });
  if (index == kNoNode) {
    // relaxed: the fresh part is handed out once per index, nothing to see.
    if (fresh_.load(std::memory_order_relaxed) >= pool_count_) return kNoNode;
    const std::uint32_t fresh = fresh_.fetch_add(1, std::memory_order_relaxed);
    if (fresh >= pool_count_) return kNoNode;
    index = own_count_ + fresh + 1;
  }
  Begin(At(index), list, owner, tag);
  return index;
}

template <template <typename> class AtomicT, class Homes>
void OrderedLists<AtomicT, Homes>::Free(NodeIndex index) {
  Node& node = At(index);
  // A hint may still name this node; from here on it finds it outdated. An own
  // node may be taken again by its owner right after this.
  // relaxed load: whoever unlinked the node alone frees it.
  node.life.store(node.life.load(std::memory_order_relaxed) & ~kUsed,
                  std::memory_order_relaxed);  // P5
  if (index <= own_count_) return;
  free_.Push(index, [&node](NodeIndex next) {
    node.sequence.store(next, std::memory_order_release);  // P2, B
  });
}

template <template <typename> class AtomicT, class Homes>
Found OrderedLists<AtomicT, Homes>::Read(NodeIndex index,
                                         const Node& node) const {
  Found found{};
  found.node = index;
  found.owner = node.owner.load(std::memory_order_acquire);        // P2
  found.key = node.key.load(std::memory_order_acquire);            // P2
  found.sequence = node.sequence.load(std::memory_order_relaxed);  // P2
  found.tag = node.tag.load(std::memory_order_acquire);            // P2
  found.life = node.life.load(std::memory_order_relaxed);          // P3
  return found;
}

template <template <typename> class AtomicT, class Homes>
bool OrderedLists<AtomicT, Homes>::StartAt(std::uint32_t list,
                                           std::uint64_t hint, std::int64_t key,
                                           std::uint64_t sequence,
                                           Place* place) {
  const auto index = static_cast<NodeIndex>(hint >> 40);
  if (index == kNoNode) return false;
  Node& node = At(index);
  const Link next = Load(node.next);
  const Found before = Read(index, node);
  // Read() reads the life last: if it still is the hint's, what was read before
  // is this list's, and any later change of next fails our CAS (I1).
  if (before.life != Life(list, hint) || next.marked() ||
      Before(key, sequence, before.key, before.sequence)) {
    return false;
  }
  place->link = &node.next;
  place->next = next;
  place->before = before;
  return true;
}

template <template <typename> class AtomicT, class Homes>
typename OrderedLists<AtomicT, Homes>::Place
OrderedLists<AtomicT, Homes>::StartOf(std::uint32_t list, std::int64_t key,
                                      std::uint64_t sequence) {
  Place place;
  List& of = lists_[list];
  // relaxed: P6.
  const std::uint32_t turn = of.turn.load(std::memory_order_relaxed);
  for (std::uint32_t i = 1; i <= kHints; ++i) {
    const std::uint64_t hint =
        of.hints[(turn - i) % kHints].load(std::memory_order_relaxed);  // P6
    if (StartAt(list, hint, key, sequence, &place)) return place;
  }
  place.link = &of.head;
  place.next = Load(*place.link);
  return place;
}

template <template <typename> class AtomicT, class Homes>
typename OrderedLists<AtomicT, Homes>::Place
OrderedLists<AtomicT, Homes>::FindPlace(std::uint32_t list, std::int64_t key,
                                        std::uint64_t sequence) {
  for (;;) {
    Place place = StartOf(list, key, sequence);
    for (;;) {
      if (place.next.index() == kNoNode) return place;
      Node& node = At(place.next.index());
      const Link next = Load(node.next);
      const Found here = Read(place.next.index(), node);
      if (Load(*place.link) != place.next) break;  // start again
      if (next.marked()) {
        if (!Unlink(*place.link, place.next, next)) break;
        place.next = place.next.To(next.index());
        continue;
      }
      if (Before(key, sequence, here.key, here.sequence)) return place;
      place.link = &node.next;
      place.next = next;
      place.before = here;
    }
  }
}

template <template <typename> class AtomicT, class Homes>
bool OrderedLists<AtomicT, Homes>::LinkAt(std::uint32_t list, NodeIndex index,
                                          const Place& place) {
  Node& node = At(index);
  // relaxed loads: the owner's own values. Read before linking: afterwards the
  // node may be recycled at any time.
  const Link old(node.next.load(std::memory_order_relaxed));
  const std::uint64_t generation =
      node.life.load(std::memory_order_relaxed) & kGenerationMask;
  node.next.store(old.To(place.next.index()).bits(), std::memory_order_release);
  if (!Swap(*place.link, place.next, place.next.To(index))) return false;
  if (place.next.index() == kNoNode) {
    List& of = lists_[list];
    // relaxed: P6; two at once lose a hint.
    const std::uint32_t turn = of.turn.load(std::memory_order_relaxed);
    of.hints[turn % kHints].store(
        static_cast<std::uint64_t>(index) << 40 | generation,
        std::memory_order_relaxed);  // P6
    of.turn.store(turn + 1, std::memory_order_relaxed);
  }
  return true;
}

template <template <typename> class AtomicT, class Homes>
Linked OrderedLists<AtomicT, Homes>::Append(std::uint32_t list, NodeIndex index,
                                            std::int64_t key,
                                            std::uint64_t sequence) {
  Node& node = At(index);
  // relaxed: its own.
  const std::uint64_t life = node.life.load(std::memory_order_relaxed);
  for (;;) {
    const Place place =
        FindPlace(list, std::numeric_limits<std::int64_t>::max(),
                  std::numeric_limits<std::uint64_t>::max());
    Linked linked{key, sequence, life, true, place.before};
    if (place.before.node != kNoNode) {
      if (linked.key < place.before.key) linked.key = place.before.key;
      if (linked.sequence <= place.before.sequence) {
        linked.sequence = place.before.sequence + 1;
      }
    }
    node.key.store(linked.key, std::memory_order_release);            // P2
    node.sequence.store(linked.sequence, std::memory_order_release);  // P2
    if (LinkAt(list, index, place)) return linked;
  }
}

template <template <typename> class AtomicT, class Homes>
Linked OrderedLists<AtomicT, Homes>::Insert(std::uint32_t list, NodeIndex index,
                                            std::int64_t key,
                                            std::uint64_t sequence) {
  Node& node = At(index);
  // relaxed: its own.
  const std::uint64_t life = node.life.load(std::memory_order_relaxed);
  node.key.store(key, std::memory_order_release);            // P2
  node.sequence.store(sequence, std::memory_order_release);  // P2
  for (;;) {
    const Place place = FindPlace(list, key, sequence);
    if (LinkAt(list, index, place)) {
      return {key, sequence, life, place.next.index() == kNoNode, place.before};
    }
  }
}

template <template <typename> class AtomicT, class Homes>
bool OrderedLists<AtomicT, Homes>::Unlink(AtomicT<std::uint64_t>& link,
                                          Link current, Link next) {
  if (!Swap(link, current, current.To(next.index()))) return false;
  Free(current.index());
  return true;
}

template <template <typename> class AtomicT, class Homes>
template <class Judge>
bool OrderedLists<AtomicT, Homes>::FindFirst(std::uint32_t list, Judge judge,
                                             Found* found) {
  for (;;) {
    AtomicT<std::uint64_t>* link = &lists_[list].head;
    Link current = Load(*link);
    for (;;) {
      if (current.index() == kNoNode) return false;
      Node& node = At(current.index());
      const Link next = Load(node.next);
      const Found here = Read(current.index(), node);
      if (Load(*link) != current) break;  // start again
      if (next.marked()) {
        if (!Unlink(*link, current, next)) break;
        current = current.To(next.index());
        continue;
      }
      const Verdict verdict = judge(here);
      if (verdict == Verdict::kTake) {
        // Whoever takes this one will read the next.
        if (next.index() != kNoNode) __builtin_prefetch(&At(next.index()), 1);
        *found = here;
        return true;
      }
      if (verdict == Verdict::kDead) {
        // Whether this or another's change comes first, the node is read again.
        if (next.index() != kNoNode || link == &lists_[list].head) {
          if (Swap(node.next, next, next.Marked()) &&
              Unlink(*link, current, next)) {
            current = current.To(next.index());
          }
          continue;
        }
        // The end of the list was read before the verdict. Between the two an
        // entry may have been linked behind this one while it lived, and relies
        // on being seen by whoever finds it dead (front_words.h, F3).
        if (Load(node.next) != next) continue;
      }
      link = &node.next;
      current = next;
    }
  }
}

template <template <typename> class AtomicT, class Homes>
void OrderedLists<AtomicT, Homes>::Clear(std::uint32_t list) {
  for (;;) {
    AtomicT<std::uint64_t>& head = lists_[list].head;
    const Link first = Load(head);
    if (first.index() == kNoNode) return;
    Node& node = At(first.index());
    const Link next = Load(node.next);
    if (Load(head) != first) continue;  // a looker has unlinked it
    if (next.marked()) {
      Unlink(head, first, next);
    } else {
      Swap(node.next, next, next.Marked());
    }
  }
}

template <template <typename> class AtomicT, class Homes>
template <class Judge>
void OrderedLists<AtomicT, Homes>::EntryDied(std::uint32_t list, Judge judge) {
  List& counters = lists_[list];
  // relaxed: P6.
  const std::uint32_t dead =
      counters.dead.fetch_add(1, std::memory_order_relaxed) + 1;
  if (dead >= kDeadSlack &&
      dead >= counters.sweep_at.load(std::memory_order_relaxed)) {
    Sweep(list, judge);
  }
}

template <template <typename> class AtomicT, class Homes>
template <class Judge>
void OrderedLists<AtomicT, Homes>::Sweep(std::uint32_t list, Judge judge) {
  List& counters = lists_[list];
  counters.dead.store(0, std::memory_order_relaxed);  // P6
  std::uint32_t kept = 0;
  Found unused{};
  FindFirst(
      list,
      [&](const Found& found) {
        if (judge(found) == Verdict::kDead) return Verdict::kDead;
        ++kept;
        return Verdict::kPass;
      },
      &unused);
  // As many may die as lived, so a sweep costs O(1) for each that died or came
  // since the last.
  counters.sweep_at.store(kept, std::memory_order_relaxed);  // P6
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_ORDERED_LIST_INL_H_
