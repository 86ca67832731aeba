// Ordered lists over recycled nodes: what the lanes and the idle index are
// made of.
//
// What it is: a lock-free singly linked list in the manner of Harris and
// Michael, kept in the order of (key, sequence), whose links are node indices
// with a mark and a tag, so that nodes are recycled at once without epochs or
// hazard pointers. The list holds entries, not objects: an entry is (owner,
// tag), and the caller's judge says, from the object's own word, whether an
// entry is live, not live yet, or dead for ever. Dead entries are unlinked by
// whoever walks past them.
//
// Nodes 1..own_count live inside the caller's objects (the Homes), so that an
// object and its entry share a cache line and nothing is allocated for it; the
// rest, for objects whose own node is still linked, come from a pool here.
//
// When to use: keys that almost always rise (append is O(1) through the tail
// hints), reads at the front, rare insertions by order (O(distance from the
// front or a hint)). When not: random keys over long lists.
//
// Thread safety: every member of OrderedLists may be called from any thread;
// an own node is taken by its object's owner only.
//
// Invariants
//   I1  A link location (a list's head or a node's next) changes only by
//       compare-and-swap while its node is linked, and every change raises its
//       tag. Equal link values read twice mean that nothing happened between.
//   I2  A node is unlinked only after its next was marked, and a marked next
//       never changes until the node is taken again. So an unmarked next whose
//       node was reached through an unchanged link belongs to a linked node.
//   I3  Unmarked nodes of a list are in rising order of (key, sequence); equals
//       stand in the order in which they were linked.
//   I4  The last node is marked only if it is the first as well: a drained list
//       becomes empty, in a longer one a dead last node stays, so that an
//       append finds its place behind the hint.
//   I5  owner, life, tag, key and sequence of a node are written before it is
//       linked and not again until it is freed. Each life of a node has a
//       generation of its own.
//
// Progress: a walk starts again only when a link that it had read has been
// changed by another thread's completed step, so some thread always advances
// (lock-free). A thread stopped anywhere leaves at most one node taken and not
// linked; it hides no entry of another.
//
// Atomics (partners named once here, referred to by number below)
//   P1  link CAS (seq_cst)        <-> link loads (seq_cst): what a look reads
//       must be in the single order of all seq_cst operations, because
//       "publish, then look" relies on it; acquire/release come with it.
//   P2  node fields store(release) <-> load(acquire): a walker that sees a
//       field of a recycled node has the recycler's unlinking before it, so
//       its re-read of the link that led there (P1) cannot still match; for who
//       asks for a contact's place, its re-read of the contact's word. A walk
//       may read the sequence relaxed: of another life it is thrown away with
//       the entry, whose word no longer fits.
//   P3  life and next: life is stored first when a node is taken, then its
//       fields and next (release); a walker loads next and the fields (acquire)
//       and then life, relaxed: if it still is the one expected, nothing before
//       was of a later life.
//   P5  whether an own node is free, relaxed: it is freed after it was
//   unlinked,
//       all links are changed by CAS, and each change of next has a later tag,
//       or the mark that the last life ended with does not stand in it.
//   B   the pool (free_stack.h).
//   P6  dead, sweep_at, turn, hints relaxed: only decide when to sweep, or
//   where
//       to begin; a hint is believed by P3.

#ifndef RELAIS_LIB_MATCH_ORDERED_LIST_H_
#define RELAIS_LIB_MATCH_ORDERED_LIST_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>

#include "lib/base/assert.h"
#include "lib/base/cache_line.h"
#include "lib/base/free_stack.h"
#include "lib/base/zeroed_array.h"

namespace relais::match {

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex kNoNode = 0;
inline constexpr std::uint32_t kNodesCeiling = (1U << 24) - 1;
inline constexpr std::uint32_t kListsCeiling = (1U << 23) - 1;

// Dead entries inside a list that are always tolerated before a sweep.
inline constexpr std::uint32_t kDeadSlack = 8;

// Whether zero bytes are a default-constructed AtomicT.
template <template <typename> class AtomicT>
inline constexpr bool kZeroIsInitial = false;
template <>
inline constexpr bool kZeroIsInitial<std::atomic> = true;

enum class Verdict : std::uint8_t {
  kTake,  // live, and what the caller looks for
  kPass,  // live but not for the caller, or not live yet
  kDead,  // never live again: may be unlinked
};

template <template <typename> class AtomicT>
struct ListNode {
  AtomicT<std::uint64_t> next{0};
  AtomicT<std::uint64_t> life{0};  // | list:23 | used:1 | generation:40 |
  AtomicT<std::uint64_t> tag{0};   // of the entry
  AtomicT<std::int64_t> key{0};
  AtomicT<std::uint64_t> sequence{0};  // in the pool: the next free node
  // The low half of the life whose publication is complete (front_words.h).
  AtomicT<std::uint32_t> confirmed{0};
  AtomicT<std::uint32_t> owner{0};
};

// One entry as a walk saw it. Without initial values: arrays of it are filled
// as far as needed.
struct Found {
  NodeIndex node;
  std::uint32_t owner;
  std::uint64_t life;
  std::uint64_t tag;
  std::int64_t key;
  std::uint64_t sequence;

  std::uint32_t list() const { return static_cast<std::uint32_t>(life >> 41); }
  bool Before(const Found& other) const {
    return key != other.key ? key < other.key : sequence < other.sequence;
  }
};

// What linking did.
struct Linked {
  std::int64_t key;
  std::uint64_t sequence;
  std::uint64_t life;  // of the node
  // Linked as the last one, behind `before` (kNoNode: the list was empty).
  bool last;
  Found before;
};

// Homes has `ListNode<AtomicT>& OwnNode(NodeIndex)` for 1..own_count.
template <template <typename> class AtomicT, class Homes>
class OrderedLists {
 public:
  using Node = ListNode<AtomicT>;

  OrderedLists(Homes* homes, std::uint32_t lists, std::uint32_t own_count,
               std::uint32_t pool_count)
      : homes_(homes),
        own_count_(own_count),
        pool_count_(pool_count),
        lists_(lists),
        pool_(pool_count) {
    RELAIS_CHECK(std::uint64_t{own_count} + pool_count <= kNodesCeiling &&
                     lists <= kListsCeiling,
                 "too many nodes or lists for a link");
  }

  // Takes the own node if it is free; by its object's owner only.
  bool TakeOwn(NodeIndex own, std::uint32_t list, std::uint32_t owner,
               std::uint64_t tag);
  // A node of the pool, or kNoNode.
  NodeIndex TakeFromPool(std::uint32_t list, std::uint32_t owner,
                         std::uint64_t tag);

  // Links `node` at the end. Its key and sequence are raised to those of the
  // last node; the sequence above it.
  Linked Append(std::uint32_t list, NodeIndex node, std::int64_t key,
                std::uint64_t sequence);
  // Links `node` at the place of (key, sequence), behind equals.
  Linked Insert(std::uint32_t list, NodeIndex node, std::int64_t key,
                std::uint64_t sequence);

  // Whether the list has no entry at all, dead ones included.
  bool Empty(std::uint32_t list) const {
    return Load(lists_[list].head).index() == kNoNode;
  }
  // The first entry that `judge` takes; unlinks what it calls dead.
  template <class Judge>
  bool FindFirst(std::uint32_t list, Judge judge, Found* found);

  // An entry somewhere in `list` has died and nobody walks there. Sweeps the
  // list when the dead may outnumber the living, which makes removal O(1)
  // amortised and bounds memory also where nobody looks.
  template <class Judge>
  void EntryDied(std::uint32_t list, Judge judge);
  // Unlinks every dead entry of every list; for an exhausted pool.
  template <class Judge>
  void SweepAll(Judge judge) {
    for (std::uint32_t list = 0; list < lists_.size(); ++list) {
      Sweep(list, judge);
    }
  }

  // Unlinks every entry of a list that nobody links into meanwhile and that
  // has no live entry, the anchor included.
  void Clear(std::uint32_t list);

  // Where a node stands. Meaningful only while the caller knows the node to be
  // in use (re-reads the word that names it afterwards).
  std::uint32_t ListOf(NodeIndex node) const {
    return static_cast<std::uint32_t>(
        At(node).life.load(std::memory_order_acquire) >> 41);  // P3
  }
  std::int64_t KeyOf(NodeIndex node) const {
    return At(node).key.load(std::memory_order_acquire);  // P2
  }
  std::uint64_t SequenceOf(NodeIndex node) const {
    return At(node).sequence.load(std::memory_order_acquire);  // P2
  }
  Node& At(NodeIndex index) const {
    return index <= own_count_ ? homes_->OwnNode(index)
                               : pool_[index - own_count_ - 1];
  }

  // Pool nodes ever taken; for tests of the bound.
  std::uint32_t pool_touched() const {
    const std::uint32_t fresh = fresh_.load(std::memory_order_relaxed);
    return fresh < pool_count_ ? fresh : pool_count_;
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

  static constexpr std::uint64_t kGenerationMask = (1ULL << 40) - 1;
  static constexpr std::uint64_t kUsed = 1ULL << 40;
  static constexpr std::uint64_t Life(std::uint32_t list,
                                      std::uint64_t generation) {
    return static_cast<std::uint64_t>(list) << 41 | kUsed |
           (generation & kGenerationMask);
  }

  // The last nodes that were linked at the end, the latest first found.
  static constexpr std::uint32_t kHints = 4;
  struct alignas(kCacheLineBytes) List {
    AtomicT<std::uint64_t> head{0};
    std::array<AtomicT<std::uint64_t>, kHints>
        hints{};                     // index:24 | generation:40
    AtomicT<std::uint32_t> turn{0};  // of hints: the next to be written
    AtomicT<std::uint32_t> dead{0};
    AtomicT<std::uint32_t> sweep_at{0};
  };

  // Where a node belongs: `link` holds `next`; `before` is the node there, if
  // it is not the list's head.
  struct Place {
    AtomicT<std::uint64_t>* link = nullptr;
    Link next;
    Found before{};
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
    // relaxed on failure: the link found is not used.
    return location.compare_exchange_strong(expected, to.bits(),
                                            std::memory_order_seq_cst,  // P1
                                            std::memory_order_relaxed);
  }

  void Begin(Node& node, std::uint32_t list, std::uint32_t owner,
             std::uint64_t tag);
  void Free(NodeIndex index);
  Found Read(NodeIndex index, const Node& node) const;
  Place StartOf(std::uint32_t list, std::int64_t key, std::uint64_t sequence);
  bool StartAt(std::uint32_t list, std::uint64_t hint, std::int64_t key,
               std::uint64_t sequence, Place* place);
  // The place behind every node not after (key, sequence).
  Place FindPlace(std::uint32_t list, std::int64_t key, std::uint64_t sequence);
  bool LinkAt(std::uint32_t list, NodeIndex node, const Place& place);
  // Unlinks the marked node `current` that `link` leads to.
  bool Unlink(AtomicT<std::uint64_t>& link, Link current, Link next);
  template <class Judge>
  void Sweep(std::uint32_t list, Judge judge);

  Homes* const homes_;
  const std::uint32_t own_count_;
  const std::uint32_t pool_count_;
  mutable ZeroedArray<List, kZeroIsInitial<AtomicT>> lists_;
  mutable ZeroedArray<Node, kZeroIsInitial<AtomicT>> pool_;
  // The index is of all nodes.
  alignas(kCacheLineBytes) FreeStack<AtomicT> free_;
  alignas(kCacheLineBytes) AtomicT<std::uint32_t> fresh_{0};
};

}  // namespace relais::match

#include "lib/match/ordered_list_inl.h"

#endif  // RELAIS_LIB_MATCH_ORDERED_LIST_H_
