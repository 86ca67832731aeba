// Ordered lists over one pool of recycled nodes: the lanes and the idle index.
//
// What it is: a lock-free singly linked list in the manner of Harris and
// Michael, kept in the order of (key, sequence), whose links are node indices
// with a mark and a tag, so that nodes are recycled at once without epochs or
// hazard pointers. The list holds entries, not objects: an entry is (slot,
// tag), and the caller's judge says, from the object's own word, whether an
// entry is live, not live yet, or dead for ever. Dead entries are unlinked by
// whoever walks past them.
//
// When to use: keys that almost always rise (append is O(1) through the tail
// hint), reads at the front, rare insertions by order (O(distance from the
// front or the hint)). When not: random keys over long lists.
//
// Thread safety: every member of OrderedLists may be called from any thread.
//
// Invariants
//   I1  A link location (a list's head or a node's next) changes only by
//       compare-and-swap while its node is linked, and every change raises its
//       tag. Equal link values read twice mean that nothing happened between.
//   I2  A node is unlinked only after its next was marked, and a marked next
//       never changes until the node is freed. So an unmarked next whose node
//       was reached through an unchanged link belongs to a linked node.
//   I3  Unmarked nodes of a list are in rising order of (key, sequence); only
//       entries of one contact, of which at most one is live, may be equal.
//   I4  The last node is never marked, but by Clear: an append always finds its
//       place behind the hint, and a drained list keeps one dead node as its
//       anchor.
//   I5  entry, key, sequence and lane of a node are written before it is
//       linked and not again until it is freed.
//
// Progress: a walk starts again only when a link that it had read has been
// changed by another thread's completed step, so some thread always advances
// (lock-free). A thread stopped anywhere leaves at most one node allocated
// and not linked; it hides no entry of another.
//
// Atomics (partners named once here, referred to by number below)
//   P1  link CAS (seq_cst)        <-> link loads (seq_cst): what a look reads
//       must be in the single order of all seq_cst operations, because
//       "publish, then look" relies on it; acquire/release come with it.
//   P2  node fields store(release) <-> load(acquire): a walker that sees a
//       field of a recycled node has the recycler's unlinking before it, so
//       its re-read of the link that led there (P1) cannot still match.
//   P3  generation store(release) <-> load(acquire): raised first when a node
//       is taken from the pool and when it is given back; a hint is believed
//       only if the generation still matches after the node's fields were read.
//   P4  free list head CAS (acq_rel) <-> load(acquire): the node's next.
//   P5  live, seq_cst: summary read by lookers before the list itself. Raised
//       before an entry is published and lowered after it died, so zero read
//       in a look means that every entry published before the look is dead.
//   P6  dead, relaxed: only decides when to sweep; no outcome depends on it.

#ifndef RELAIS_LIB_MATCH_ORDERED_LIST_H_
#define RELAIS_LIB_MATCH_ORDERED_LIST_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include "lib/base/assert.h"
#include "lib/base/cache_line.h"

namespace relais::match {

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex kNoNode = 0;
inline constexpr std::uint32_t kNodesCeiling = (1U << 24) - 1;

// Dead entries allowed beyond the live ones before a list is swept.
inline constexpr std::int32_t kDeadSlack = 4;

// (slot, tag) of a contact or an agent.
class Entry {
 public:
  constexpr Entry() = default;
  constexpr explicit Entry(std::uint64_t bits) : bits_(bits) {}
  constexpr Entry(std::uint32_t slot, std::uint64_t tag)
      : bits_(static_cast<std::uint64_t>(slot) << 40 |
              (tag & ((1ULL << 40) - 1))) {}
  constexpr std::uint64_t bits() const { return bits_; }
  constexpr std::uint32_t slot() const {
    return static_cast<std::uint32_t>(bits_ >> 40);
  }
  constexpr std::uint64_t tag() const { return bits_ & ((1ULL << 40) - 1); }

 private:
  std::uint64_t bits_ = 0;
};

enum class Verdict : std::uint8_t {
  kTake,  // live, and what the caller looks for
  kPass,  // live but not for the caller, or not live yet
  kDead,  // never live again: may be unlinked
};

struct Found {
  NodeIndex node = kNoNode;
  Entry entry;
  std::int64_t key = 0;
  std::uint64_t sequence = 0;
};

template <template <typename> class AtomicT>
class OrderedLists {
 public:
  OrderedLists(std::uint32_t lists, std::uint32_t nodes)
      : list_count_(lists),
        node_count_(nodes),
        lists_(std::make_unique<List[]>(lists)),
        nodes_(std::make_unique<Node[]>(nodes + 1)) {
    RELAIS_CHECK(nodes <= kNodesCeiling, "too many nodes for a link");
  }

  // A node for `entry` in `list`, or kNoNode if the pool is empty.
  NodeIndex Allocate(std::uint32_t list, Entry entry);
  // Gives back a node that was never linked.
  void Free(NodeIndex node);

  // Links `node` at the end. Its key becomes max(key, the last one's); its
  // sequence is drawn by `draw()` after the last node was read and drawn again
  // until it is larger, so I3 holds whatever order two callers draw in.
  // `before_link(key, sequence)` is called before each attempt.
  template <class Draw, class BeforeLink>
  void Append(std::uint32_t list, NodeIndex node, std::int64_t key, Draw draw,
              BeforeLink before_link);
  // Links `node` at the place of (key, sequence), behind equals.
  void Insert(std::uint32_t list, NodeIndex node, std::int64_t key,
              std::uint64_t sequence);

  // The first entry that `judge` takes; unlinks what it calls dead.
  template <class Judge>
  bool FindFirst(std::uint32_t list, Judge judge, Found* found);

  // Counts of live entries, an upper bound (P5).
  void AddLive(std::uint32_t list) {
    lists_[list].live.fetch_add(1, std::memory_order_seq_cst);
  }
  std::uint32_t Live(std::uint32_t list) const {
    return lists_[list].live.load(std::memory_order_seq_cst);
  }
  // An entry of `list` has died. Sweeps the list when the dead outnumber the
  // living, which makes removal O(1) amortised and bounds memory.
  template <class Judge>
  void EntryDied(std::uint32_t list, Judge judge);
  // Unlinks every dead entry of every list; for an exhausted pool.
  template <class Judge>
  void SweepAll(Judge judge) {
    for (std::uint32_t list = 0; list < list_count_; ++list) {
      Sweep(list, judge);
    }
  }

  // Unlinks every entry of a list that nobody links into meanwhile and that
  // has no live entry, the anchor included.
  void Clear(std::uint32_t list);

  // The list that `node` was allocated for. Meaningful only while the caller
  // knows the node to be in use (re-reads the word that names it afterwards).
  std::uint32_t ListOf(NodeIndex node) const {
    return nodes_[node].list.load(std::memory_order_acquire);  // P2
  }
  std::int64_t KeyOf(NodeIndex node) const {
    return nodes_[node].key.load(std::memory_order_acquire);  // P2
  }
  std::uint64_t SequenceOf(NodeIndex node) const {
    return nodes_[node].sequence.load(std::memory_order_acquire);  // P2
  }

  std::uint32_t node_count() const { return node_count_; }
  // Nodes ever taken from the fresh part of the pool; for tests of the bound.
  std::uint32_t nodes_touched() const {
    const std::uint32_t fresh = fresh_.load(std::memory_order_relaxed);
    return fresh < node_count_ ? fresh : node_count_;
  }

 private:
  // | mark:1 | index:24 | tag:39 |
  class Link {
   public:
    constexpr Link() = default;
    constexpr explicit Link(std::uint64_t bits) : bits_(bits) {}
    constexpr Link(NodeIndex index, std::uint64_t tag)
        : bits_(static_cast<std::uint64_t>(index) << 39 |
                (tag & ((1ULL << 39) - 1))) {}
    constexpr std::uint64_t bits() const { return bits_; }
    constexpr bool marked() const { return (bits_ >> 63) != 0; }
    constexpr NodeIndex index() const {
      return static_cast<NodeIndex>(bits_ >> 39) & kNodesCeiling;
    }
    constexpr std::uint64_t tag() const { return bits_ & ((1ULL << 39) - 1); }
    constexpr Link To(NodeIndex index) const { return Link(index, tag() + 1); }
    constexpr Link Marked() const {
      return Link(Link(index(), tag() + 1).bits() | 1ULL << 63);
    }
    friend constexpr bool operator==(Link, Link) = default;

   private:
    std::uint64_t bits_ = 0;
  };

  struct Node {
    AtomicT<std::uint64_t> next{0};
    AtomicT<std::uint64_t> entry{0};
    AtomicT<std::int64_t> key{0};
    AtomicT<std::uint64_t> sequence{0};
    AtomicT<std::uint32_t> list{0};
    AtomicT<std::uint32_t> generation{0};
  };

  struct alignas(kCacheLineBytes) List {
    AtomicT<std::uint64_t> head{0};
    AtomicT<std::uint64_t> hint{0};  // index << 32 | generation
    AtomicT<std::uint32_t> live{0};
    AtomicT<std::int32_t> dead{0};
  };

  // Where a node belongs: `link` holds `next`, and the node before (if any)
  // has (key, sequence).
  struct Place {
    AtomicT<std::uint64_t>* link = nullptr;
    Link next;
    bool has_before = false;
    std::int64_t key = 0;
    std::uint64_t sequence = 0;
  };

  static bool Before(std::int64_t key_a, std::uint64_t sequence_a,
                     std::int64_t key_b, std::uint64_t sequence_b) {
    return key_a != key_b ? key_a < key_b : sequence_a < sequence_b;
  }

  static Link Load(const AtomicT<std::uint64_t>& location) {
    return Link(location.load(std::memory_order_seq_cst));  // P1
  }
  static bool Swap(AtomicT<std::uint64_t>& location, Link from, Link to) {
    std::uint64_t expected = from.bits();
    return location.compare_exchange_strong(expected, to.bits(),
                                            std::memory_order_seq_cst,
                                            std::memory_order_seq_cst);  // P1
  }

  Place StartOf(std::uint32_t list, std::int64_t key, std::uint64_t sequence);
  // The place behind every node not after (key, sequence).
  Place FindPlace(std::uint32_t list, std::int64_t key, std::uint64_t sequence);
  bool LinkAt(std::uint32_t list, NodeIndex node, const Place& place);
  // Unlinks the marked node `current` that `link` leads to.
  bool Unlink(std::uint32_t list, AtomicT<std::uint64_t>& link, Link current,
              Link next);
  template <class Judge>
  void Sweep(std::uint32_t list, Judge judge);

  const std::uint32_t list_count_;
  const std::uint32_t node_count_;
  const std::unique_ptr<List[]> lists_;
  const std::unique_ptr<Node[]> nodes_;
  // In the form of a Link without mark (P4).
  alignas(kCacheLineBytes) AtomicT<std::uint64_t> free_{0};
  alignas(kCacheLineBytes) AtomicT<std::uint32_t> fresh_{0};
};

template <template <typename> class AtomicT>
NodeIndex OrderedLists<AtomicT>::Allocate(std::uint32_t list, Entry entry) {
  NodeIndex index = kNoNode;
  std::uint64_t head = free_.load(std::memory_order_acquire);  // P4
  while (Link(head).index() != kNoNode) {
    const Link first(head);
    // The node may have been taken since; then the tag differs and the CAS
    // fails, so a wrong `next` is never installed.
    const Link next(nodes_[first.index()].next.load(std::memory_order_acquire));
    if (free_.compare_exchange_weak(head, first.To(next.index()).bits(),
                                    std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      index = first.index();
      break;
    }
  }
  if (index == kNoNode) {
    // relaxed: the fresh part is handed out once per index, nothing to see.
    if (fresh_.load(std::memory_order_relaxed) >= node_count_) return kNoNode;
    const std::uint32_t fresh = fresh_.fetch_add(1, std::memory_order_relaxed);
    if (fresh >= node_count_) return kNoNode;
    index = fresh + 1;
  }
  Node& node = nodes_[index];
  // relaxed: this thread alone owns the node until it is linked.
  node.generation.store(node.generation.load(std::memory_order_relaxed) + 1,
                        std::memory_order_release);           // P3
  node.list.store(list, std::memory_order_release);           // P2
  node.entry.store(entry.bits(), std::memory_order_release);  // P2
  return index;
}

template <template <typename> class AtomicT>
void OrderedLists<AtomicT>::Free(NodeIndex index) {
  Node& node = nodes_[index];
  // A hint may still name this node. Its generation goes first, so that whoever
  // reads the unmarked next stored below finds the hint outdated.
  node.generation.store(node.generation.load(std::memory_order_relaxed) + 1,
                        std::memory_order_release);            // P3
  std::uint64_t head = free_.load(std::memory_order_acquire);  // P4
  for (;;) {
    // relaxed load: only the owner writes the next of an unlinked node. The
    // tag goes on rising (I1), so a walker still holding this node notices.
    const Link old(node.next.load(std::memory_order_relaxed));
    node.next.store(old.To(Link(head).index()).bits(),
                    std::memory_order_release);
    if (free_.compare_exchange_weak(head, Link(head).To(index).bits(),
                                    std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return;
    }
  }
}

template <template <typename> class AtomicT>
typename OrderedLists<AtomicT>::Place OrderedLists<AtomicT>::StartOf(
    std::uint32_t list, std::int64_t key, std::uint64_t sequence) {
  Place place;
  const std::uint64_t hint =
      lists_[list].hint.load(std::memory_order_acquire);  // P3
  const NodeIndex index = static_cast<NodeIndex>(hint >> 32);
  if (index != kNoNode) {
    Node& node = nodes_[index];
    place.next = Load(node.next);
    place.key = node.key.load(std::memory_order_acquire);            // P2
    place.sequence = node.sequence.load(std::memory_order_acquire);  // P2
    // The generation is read last: if it still is the hint's, what was read
    // above is this list's, and any later change of `next` fails our CAS (I1).
    if (node.generation.load(std::memory_order_acquire) ==
            static_cast<std::uint32_t>(hint) &&  // P3
        !place.next.marked() &&
        Before(place.key, place.sequence, key, sequence)) {
      place.link = &node.next;
      place.has_before = true;
      return place;
    }
  }
  place.link = &lists_[list].head;
  place.next = Load(*place.link);
  place.has_before = false;
  return place;
}

template <template <typename> class AtomicT>
typename OrderedLists<AtomicT>::Place OrderedLists<AtomicT>::FindPlace(
    std::uint32_t list, std::int64_t key, std::uint64_t sequence) {
  for (;;) {
    Place place = StartOf(list, key, sequence);
    for (;;) {
      if (place.next.index() == kNoNode) return place;
      Node& node = nodes_[place.next.index()];
      const Link next = Load(node.next);
      const std::int64_t node_key =
          node.key.load(std::memory_order_acquire);  // P2
      const std::uint64_t node_sequence =
          node.sequence.load(std::memory_order_acquire);  // P2
      if (Load(*place.link) != place.next) break;         // start again
      if (next.marked()) {
        if (!Unlink(list, *place.link, place.next, next)) break;
        place.next = place.next.To(next.index());
        continue;
      }
      if (Before(key, sequence, node_key, node_sequence)) return place;
      place.link = &node.next;
      place.next = next;
      place.has_before = true;
      place.key = node_key;
      place.sequence = node_sequence;
    }
  }
}

template <template <typename> class AtomicT>
bool OrderedLists<AtomicT>::LinkAt(std::uint32_t list, NodeIndex index,
                                   const Place& place) {
  Node& node = nodes_[index];
  // relaxed load: the owner's own value, kept for its tag.
  const Link old(node.next.load(std::memory_order_relaxed));
  node.next.store(old.To(place.next.index()).bits(), std::memory_order_release);
  // Read before linking: afterwards the node may be recycled at any time.
  const std::uint32_t generation =
      node.generation.load(std::memory_order_relaxed);
  if (!Swap(*place.link, place.next, place.next.To(index))) return false;
  if (place.next.index() == kNoNode) {
    lists_[list].hint.store(
        static_cast<std::uint64_t>(index) << 32 | generation,
        std::memory_order_release);  // P3
  }
  return true;
}

template <template <typename> class AtomicT>
template <class Draw, class BeforeLink>
void OrderedLists<AtomicT>::Append(std::uint32_t list, NodeIndex index,
                                   std::int64_t key, Draw draw,
                                   BeforeLink before_link) {
  Node& node = nodes_[index];
  std::uint64_t sequence = 0;
  for (;;) {
    const Place place =
        FindPlace(list, std::numeric_limits<std::int64_t>::max(),
                  std::numeric_limits<std::uint64_t>::max());
    std::int64_t placed_key = key;
    if (place.has_before && place.key > key) placed_key = place.key;
    // The last node drew its sequence before it was linked, so one draw after
    // having read it is enough.
    if (sequence == 0 || (place.has_before && sequence <= place.sequence)) {
      sequence = draw();
    }
    node.key.store(placed_key, std::memory_order_release);     // P2
    node.sequence.store(sequence, std::memory_order_release);  // P2
    before_link(placed_key, sequence);
    if (LinkAt(list, index, place)) return;
  }
}

template <template <typename> class AtomicT>
void OrderedLists<AtomicT>::Insert(std::uint32_t list, NodeIndex index,
                                   std::int64_t key, std::uint64_t sequence) {
  Node& node = nodes_[index];
  node.key.store(key, std::memory_order_release);            // P2
  node.sequence.store(sequence, std::memory_order_release);  // P2
  while (!LinkAt(list, index, FindPlace(list, key, sequence))) {
  }
}

template <template <typename> class AtomicT>
bool OrderedLists<AtomicT>::Unlink(std::uint32_t list,
                                   AtomicT<std::uint64_t>& link, Link current,
                                   Link next) {
  if (!Swap(link, current, current.To(next.index()))) return false;
  // relaxed: P6.
  lists_[list].dead.fetch_sub(1, std::memory_order_relaxed);
  Free(current.index());
  return true;
}

template <template <typename> class AtomicT>
template <class Judge>
bool OrderedLists<AtomicT>::FindFirst(std::uint32_t list, Judge judge,
                                      Found* found) {
  for (;;) {
    AtomicT<std::uint64_t>* link = &lists_[list].head;
    Link current = Load(*link);
    for (;;) {
      if (current.index() == kNoNode) return false;
      Node& node = nodes_[current.index()];
      const Link next = Load(node.next);
      Found here;
      here.node = current.index();
      here.entry = Entry(node.entry.load(std::memory_order_acquire));  // P2
      here.key = node.key.load(std::memory_order_acquire);             // P2
      here.sequence = node.sequence.load(std::memory_order_acquire);   // P2
      if (Load(*link) != current) break;  // start again
      if (next.marked()) {
        if (!Unlink(list, *link, current, next)) break;
        current = current.To(next.index());
        continue;
      }
      const Verdict verdict = judge(here);
      if (verdict == Verdict::kTake) {
        *found = here;
        return true;
      }
      if (verdict == Verdict::kDead && next.index() != kNoNode) {
        // Whether this or another's change came first, the node is read again.
        Swap(node.next, next, next.Marked());
        continue;
      }
      link = &node.next;
      current = next;
    }
  }
}

template <template <typename> class AtomicT>
void OrderedLists<AtomicT>::Clear(std::uint32_t list) {
  for (;;) {
    AtomicT<std::uint64_t>& head = lists_[list].head;
    const Link first = Load(head);
    if (first.index() == kNoNode) return;
    const Link next = Load(nodes_[first.index()].next);
    if (Load(head) != first) continue;  // a looker has unlinked it
    if (next.marked()) {
      Unlink(list, head, first, next);
    } else {
      Swap(nodes_[first.index()].next, next, next.Marked());
    }
  }
}

template <template <typename> class AtomicT>
template <class Judge>
void OrderedLists<AtomicT>::EntryDied(std::uint32_t list, Judge judge) {
  List& counters = lists_[list];
  const std::uint32_t live =
      counters.live.fetch_sub(1, std::memory_order_seq_cst) - 1;  // P5
  // relaxed: P6.
  const std::int32_t dead =
      counters.dead.fetch_add(1, std::memory_order_relaxed) + 1;
  if (dead > kDeadSlack && static_cast<std::int64_t>(dead) > live) {
    Sweep(list, judge);
  }
}

template <template <typename> class AtomicT>
template <class Judge>
void OrderedLists<AtomicT>::Sweep(std::uint32_t list, Judge judge) {
  Found unused;
  FindFirst(
      list,
      [&judge](const Found& found) {
        const Verdict verdict = judge(found);
        return verdict == Verdict::kDead ? Verdict::kDead : Verdict::kPass;
      },
      &unused);
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_ORDERED_LIST_H_
