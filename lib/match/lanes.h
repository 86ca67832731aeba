// Lanes: where contacts wait, and the contacts' words.
//
// A lane is a priority queue whose keys almost always rise: two ordered lists,
// one for what was appended, one for what came back or was moved in, under one
// front word. Appending and taking the first are O(1), a return costs
// O(returns waiting in that lane), removal is one CAS of the contact's word
// from any thread, and the entry is unlinked later by whoever walks past it,
// or by a sweep if nobody does.
//
// Thread safety: every member may be called from any thread, for any slot,
// except Open and Push, which belong to the slot's owner.
//
// Invariants
//   L1  A contact's word alone says where it stands. Only a compare-and-swap
//       from a waiting word takes it, so no contact is taken twice.
//   L2  A waiting contact's word names its node. For Place (a return, a
//       move, or a contact that is held for one agent)
//       the node was linked and the fronts were lowered before the word was
//       changed, so the contact is in exactly one lane, without a moment in
//       none or in two, and is found from that change on. For Push, which
//       nobody else can overtake, the word comes first and completing the front
//       words publishes.
//   L3  The front word of a lane is a lower bound (front_words.h).
//   L4  Order in a lane is (key, sequence). An appended entry takes the last
//       appended entry's key if its own is smaller, and a sequence above it.
//
// Progress: lock-free. A thread stopped in Push hides the contact that it is
// submitting, stopped elsewhere nothing.
//
// Atomics: P*, F of ordered_list.h and front_words.h, and
//   W1  contact words: CAS seq_cst <-> loads seq_cst. Open's store is relaxed:
//       the contact is not published by it.

#ifndef RELAIS_LIB_MATCH_LANES_H_
#define RELAIS_LIB_MATCH_LANES_H_

#include <atomic>
#include <cstdint>

#include "lib/base/assert.h"
#include "lib/match/eligibility.h"
#include "lib/match/front_words.h"
#include "lib/match/ordered_list.h"
#include "lib/match/state_word.h"

namespace relais::match {

enum class Result : std::uint8_t {
  kOk,
  kStale,       // the word or revision is not the present one: somebody was
                // first, or it was done already
  kFull,        // no node is left
  kOutOfRange,  // a slot, lane, class, kind or cell that does not exist
  kNotAllowed,  // not from this phase, or more given back than was taken
};

// Where a contact stands or stood: what a return needs to find its place.
struct Position {
  std::uint32_t lane = 0;
  std::int64_t key = 0;
  std::uint64_t sequence = 0;
};

template <template <typename> class AtomicT>
class LanesT {
 public:
  // `calls_in_flight`: threads that may be inside a call at once. `classes`
  // tells which of the first lanes belong together; lanes beyond those it knows
  // stand alone, as all do without it.
  LanesT(std::uint32_t contacts, std::uint32_t lanes,
         std::uint32_t calls_in_flight,
         const EligibilityT<AtomicT>* classes = nullptr);

  std::uint32_t contact_count() const {
    return static_cast<std::uint32_t>(homes_.slots.size());
  }
  std::uint32_t lane_count() const { return lane_count_; }

  ContactWord Contact(std::uint32_t slot) const {
    return ContactWord(
        homes_.slots[slot].word.load(std::memory_order_seq_cst));  // W1
  }

  // Free or ended -> new; its tag is raised by `skip` more.
  ContactWord Open(std::uint32_t slot, std::uint64_t skip = 0);
  // New -> waiting at the end of the lane. `at` says where and `at`, `now`
  // receive what it became.
  Result Push(std::uint32_t slot, ContactWord from, Position* at,
              ContactWord* now);
  // New, waiting, reserved or assigned -> waiting at its place in `to.lane`.
  Result Place(std::uint32_t slot, ContactWord from, const Position& to,
               ContactWord* now);
  // New -> reserved by `agent` without having been in a lane. The tag rises by
  // two, as if it had waited: whoever numbers a contact's history by its tags
  // finds the same numbers either way.
  bool TakeNew(std::uint32_t slot, ContactWord from, std::uint32_t agent,
               ContactWord* now) {
    *now = ContactWord(ContactPhase::kReserved, agent, from.tag() + 2);
    return Swap(slot, from, *now);
  }
  // Any phase of a contact alive -> `phase`, with `ref`. Out of a lane this is
  // removal.
  Result Change(std::uint32_t slot, ContactWord from, ContactPhase phase,
                std::uint32_t ref, ContactWord* now);

  // The smallest image that a waiting contact of the lane may have.
  FrontWord Front(std::uint32_t lane) const { return fronts_.Load(lane); }
  // The same for all lanes of a class.
  FrontWord ClassFront(std::uint32_t requirement_class) const {
    return class_fronts_.Load(requirement_class);
  }
  // The two smallest front words of the lanes of a class. Mends the class's.
  using Smallest = typename FrontWords<AtomicT>::Smallest;
  Smallest FoldLanesOf(std::uint32_t requirement_class);
  // The first contact of the lane; mends the front words on the way.
  bool First(std::uint32_t lane, Found* first);
  // Looks for the first contact of the lane that `accept(slot)` does not
  // refuse, and mends the front word on the way.
  template <class Accept>
  bool Find(std::uint32_t lane, Accept accept, Found* found);
  // Waiting, as `found` by Find -> reserved by `agent`. Tidy follows.
  bool Take(const Found& found, std::uint32_t agent, ContactWord* now) {
    const ContactWord from(ContactPhase::kWaiting, found.node, found.tag);
    *now = from.Next(ContactPhase::kReserved, agent);
    return Swap(found.owner, from, *now);
  }
  // Unlinks what was taken and mends the front word.
  void Tidy(std::uint32_t lane) {
    Found unused{};
    Find(
        lane, [](std::uint32_t) { return true; }, &unused);
  }

  // The place of a contact whose word is `waiting`; false if it changed.
  bool PositionOf(std::uint32_t slot, ContactWord waiting,
                  Position* position) const;
  // Empties a lane that has no contact and gets none meanwhile.
  void Clear(std::uint32_t lane);

  // Counts by walking: O(waiting). For figures and tests.
  std::uint32_t CountWaiting(std::uint32_t lane);
  std::uint32_t pool_nodes_touched() const { return lists_.pool_touched(); }

  // Fields of the slot that lookers read with the contact; the kind is written
  // before the contact is published (P2), the exclusions by CAS (W4).
  AtomicT<std::uint32_t>& KindOf(std::uint32_t slot) {
    return homes_.slots[slot].kind;
  }
  AtomicT<std::uint32_t>& ExclusionsOf(std::uint32_t slot) {
    return homes_.slots[slot].exclusions;
  }

 private:
  struct alignas(kCacheLineBytes) Slot {
    AtomicT<std::uint64_t> word{0};
    ListNode<AtomicT> node;
    AtomicT<std::uint32_t> kind{0};
    AtomicT<std::uint32_t> exclusions{0};
  };
  static_assert(!kZeroIsInitial<AtomicT> || sizeof(Slot) == kCacheLineBytes,
                "a waiting contact costs one cache line");
  struct Homes {
    explicit Homes(std::uint32_t contacts) : slots(contacts) {}
    ListNode<AtomicT>& OwnNode(NodeIndex node) { return slots[node - 1].node; }
    mutable ZeroedArray<Slot, kZeroIsInitial<AtomicT>> slots;
  };
  using Lists = OrderedLists<AtomicT, Homes>;

  static std::uint32_t Appended(std::uint32_t lane) { return 2 * lane; }
  static std::uint32_t Placed(std::uint32_t lane) { return 2 * lane + 1; }

  bool Swap(std::uint32_t slot, ContactWord from, ContactWord to) {
    std::uint64_t expected = from.bits();
    // relaxed on failure: the word found is not used.
    return homes_.slots[slot].word.compare_exchange_strong(
        expected, to.bits(), std::memory_order_seq_cst,  // W1
        std::memory_order_relaxed);
  }
  Verdict Judge(const Found& found) const {
    const ContactWord word = Contact(found.owner);
    if (word == ContactWord(ContactPhase::kWaiting, found.node, found.tag)) {
      return Verdict::kTake;
    }
    // Linked before its word was changed (L2): not yet, or never.
    return found.tag > word.tag() ? Verdict::kPass : Verdict::kDead;
  }
  NodeIndex TakeNode(std::uint32_t list, std::uint32_t slot, std::uint64_t tag);
  void EntryDied(NodeIndex node);
  void Complete(std::uint32_t lane, NodeIndex node, const Linked& linked);
  bool HasClass(std::uint32_t lane) const {
    return classes_ != nullptr && lane < classes_->lanes();
  }

  const std::uint32_t lane_count_;
  mutable Homes homes_;
  Lists lists_;
  FrontWords<AtomicT> fronts_;
  const EligibilityT<AtomicT>* const classes_;
  FrontWords<AtomicT> class_fronts_;
};

}  // namespace relais::match

#include "lib/match/lanes_inl.h"

#endif  // RELAIS_LIB_MATCH_LANES_H_
