// The matching core: who gets whom, on the caller's thread.
//
// It speaks slots, class ids, kinds and order keys, and knows no domain word. A
// *lane* holds the waiting contacts of one requirement class and boost in the
// order of (rank key, arrival sequence). An *idle list* holds the free agents
// of one profile class and kind of work in the order of (order key, slot). The
// matrix tells, for each requirement class and profile class, whether they are
// eligible and how well they fit.
//
// Thread safety: every member may be called from any thread, for any slot,
// except where a comment names an owner. Sinks are called on the calling
// thread, after the decision they report.
//
// Invariants
//   M1  A contact's word alone says where it stands. Only a compare-and-swap
//       from a waiting word makes a decision, so no contact is given twice.
//   M2  A waiting contact's word names its node; that node was linked in its
//       lane before the word was written. So a waiting contact is in exactly
//       one lane, without a moment in none or in two.
//   M3  An agent's slot fields are written only by whoever set `claimed`. A
//       claim that ends with the agent free puts it into the idle list of
//       every kind it is open for before the word says so.
//   M4  Claims have one order: first the agent, last the contact. Nobody waits
//       for a claim; agents under another's claim are passed over.
//   M5  Publish, then look: whoever makes a contact waiting looks at the agents
//       afterwards; whoever makes an agent free looks at the lanes afterwards.
//       Publishing writes and the loads of a look are seq_cst. So of two
//       racing sides at least one sees the other (docs/concurrency.md).
//   M6  What others may change while an agent is claimed (load given back,
//       kinds, terms) is in its word; they change it without waiting, and
//       leave publishing to the claim's owner, who cannot release without
//       having seen the change (its CAS would fail).
//
// Progress: lock-free. Each loop repeats only when another call has completed
// a step on the same word or list. A thread stopped anywhere hides at most the
// one agent that it has claimed.
//
// Atomics (see docs/concurrency.md for the table with tests)
//   W1  words: CAS seq_cst <-> loads seq_cst. Publishing and looking.
//   W2  matrix cells, kinds, lane classes, class and lane counts: store
//       seq_cst <-> load seq_cst. A class is complete before the first word
//       that depends on it is published, and a look reads them after its own
//       publishing, so the single order makes them visible like M5. A class
//       that is redefined while a look runs is caught by reading the cell
//       again after a contact of it was seen (TakeBest).
//   W3  terms: store(release) by the one call that took the record from the
//       pool, before W1's CAS names it <-> load(acquire) after the word. The
//       record is given back only after a CAS took it out of the word, so
//       whatever was read of a recycled record cannot be acted on: acting
//       needs a CAS from the word that named it.
//   W5  pool of terms: head CAS (acq_rel) <-> load(acquire), with a tag.
//   W4  exclusion cells: CAS seq_cst before the contact is returned or the
//       agent published <-> load seq_cst in looks.

#ifndef RELAIS_LIB_MATCH_MATCHER_H_
#define RELAIS_LIB_MATCH_MATCHER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "lib/base/assert.h"
#include "lib/match/ordered_list.h"
#include "lib/match/state_word.h"

namespace relais::match {

inline constexpr int kKindCount = 8;
inline constexpr int kExclusionsMax = 8;

struct Sizes {
  std::uint32_t contacts = 0;
  std::uint32_t agents = 0;
  std::uint32_t requirement_classes = 0;
  std::uint32_t profile_classes = 0;
  std::uint32_t lanes = 0;
  // Threads that may be inside a call at once; nodes and terms are kept for
  // each.
  std::uint32_t calls_in_flight = 1'024;
};

// Where a contact stands or stood: what a return needs to find its place.
struct Position {
  std::uint32_t lane = 0;
  std::int64_t key = 0;
  std::uint64_t sequence = 0;
};

// An agent's terms, replaced whole by Update.
struct AgentTerms {
  std::uint8_t kinds = 0;      // open for; 0 = withdrawn
  std::int64_t order_key = 0;  // smaller is chosen first
  std::uint32_t profile_class = 0;
};

// One contact paired with one agent: both are taken.
struct Decision {
  std::uint32_t contact = 0;
  ContactWord word;  // reserved, with the agent as ref
  Position position;
  std::uint32_t agent = 0;
  std::int64_t agent_order_key = 0;
  std::uint32_t requirement_class = 0;
  std::uint32_t profile_class = 0;
  std::uint8_t fit_step = 0;
};

class DecisionSink {
 public:
  virtual ~DecisionSink() = default;
  // Right before a look that may lead to OnDecision.
  virtual void OnLook() = 0;
  virtual void OnDecision(const Decision& decision) = 0;
};

enum class Result : std::uint8_t {
  kOk,
  kStale,  // the word is no longer the one given: somebody was first
  kFull,   // no node is left
};

template <template <typename> class AtomicT>
class MatcherT {
 public:
  explicit MatcherT(const Sizes& sizes);

  // --- Classes, lanes, matrix (idempotent; no two calls for the same class
  //     may run at once) ------------------------------------------------------

  // (Re)defines a requirement class: contacts of it are of `kind`. A class may
  // be redefined only while no contact of it is alive.
  void SetRequirementClass(std::uint32_t requirement_class, std::uint8_t kind);
  // `fit` is 0 (not eligible) or 1 + step, step 0..7.
  void SetFit(std::uint32_t requirement_class, std::uint32_t profile_class,
              std::uint8_t fit);
  void SetProfileClass(std::uint32_t profile_class);
  // The lane begins to serve this class. No contact may be in it, nor be
  // brought to it meanwhile.
  void SetLane(std::uint32_t lane, std::uint32_t requirement_class);

  // --- Contacts -------------------------------------------------------------

  ContactWord Contact(std::uint32_t slot) const {
    return ContactWord(
        contacts_[slot].word.load(std::memory_order_seq_cst));  // W1
  }
  // Free or ended -> new. By the slot's owner only.
  ContactWord Open(std::uint32_t slot);
  // New -> waiting at the end of `lane`, then looks. The key is raised to that
  // of the lane's last entry if it is smaller. kStale: ended meanwhile.
  Result Submit(std::uint32_t slot, ContactWord from, std::uint32_t lane,
                std::int64_t key, DecisionSink& sink);
  // Reserved or assigned -> waiting at its old place. Does not look; `now`
  // receives the word to look with.
  Result Return(std::uint32_t slot, ContactWord from, ContactWord* now);
  // Waiting -> waiting in another lane at (key, its sequence). Does not look.
  Result Move(std::uint32_t slot, ContactWord from, std::uint32_t lane,
              std::int64_t key, ContactWord* now);
  // Reserved -> assigned.
  Result Accept(std::uint32_t slot, ContactWord from, ContactWord* now);
  // New, waiting, reserved or assigned -> ended.
  Result End(std::uint32_t slot, ContactWord from, ContactWord* now);
  // Finds an agent for the contact if it still has this waiting word. Also for
  // whoever widened what others may do with it (an exclusion ended).
  void LookForContact(std::uint32_t slot, ContactWord waiting,
                      DecisionSink& sink);
  // The place of a contact whose word is `word`; false if it changed.
  bool PositionOf(std::uint32_t slot, ContactWord word,
                  Position* position) const;

  // Keeps `agent` from being given the contact, or, with kNobody, empties the
  // cell. Cells belong to the slot, not to one contact of it, and are managed
  // by the caller, who numbers the changes: a change whose number is below the
  // cell's last is ignored, so that two callers may come in any order.
  static constexpr std::uint32_t kNobody = 0xFFFF'FFFF;
  void SetExclusion(std::uint32_t slot, int cell, std::uint32_t agent,
                    std::uint64_t number);

  // --- Agents ---------------------------------------------------------------

  AgentWord Agent(std::uint32_t slot) const {
    return AgentWord(agents_[slot].word.load(std::memory_order_seq_cst));  // W1
  }
  // Applies `terms` unless later ones were applied already, gives back `load`,
  // and finds contacts for the agent if it is free then. Revisions of one
  // agent rise with each call made for it.
  void Update(std::uint32_t agent, std::uint32_t revision,
              const AgentTerms& terms, std::uint32_t load_back,
              DecisionSink& sink);

  // --- Figures --------------------------------------------------------------

  std::uint32_t Waiting(std::uint32_t lane) const { return lanes_.Live(lane); }
  std::uint32_t lane_nodes_touched() const { return lanes_.nodes_touched(); }
  std::uint32_t idle_nodes_touched() const { return idle_.nodes_touched(); }

 private:
  struct alignas(kCacheLineBytes) ContactSlot {
    AtomicT<std::uint64_t> word{0};
    // The place to return to. Written by the thread whose CAS reserved the
    // contact, before its sink hears of it; read by whoever ends that
    // reservation, who has heard of it through the sink.
    AtomicT<std::uint32_t> lane{0};
    AtomicT<std::int64_t> key{0};
    AtomicT<std::uint64_t> sequence{0};
    std::array<AtomicT<std::uint64_t>, kExclusionsMax> excluded{};  // W4
  };
  struct TermsRecord {  // W3
    AtomicT<std::uint32_t> revision{0};
    AtomicT<std::uint32_t> profile_class{0};
    AtomicT<std::int64_t> order_key{0};
    AtomicT<std::uint32_t> next{0};  // in the pool; index + 1
  };
  struct alignas(kCacheLineBytes) AgentSlot {
    AtomicT<std::uint64_t> word{0};
    // By the claim's owner only: where its idle entries are.
    std::uint32_t published_class = 0;
    std::uint8_t published_kinds = 0;
  };
  struct Choice {
    Found found;
    std::uint32_t list = 0;
    std::uint8_t fit = 0;
    std::uint32_t requirement_class = 0;
    std::uint64_t word = 0;
  };
  enum class Taking : std::uint8_t { kTook, kAgain, kNothing };

  std::uint8_t Fit(std::uint32_t requirement_class,
                   std::uint32_t profile_class) const {
    return fit_[static_cast<std::size_t>(requirement_class) *
                    sizes_.profile_classes +
                profile_class]
        .load(std::memory_order_seq_cst);  // W2
  }
  std::uint32_t IdleList(std::uint32_t profile_class, int kind) const {
    return profile_class * kKindCount + static_cast<std::uint32_t>(kind);
  }
  bool SwapContact(std::uint32_t slot, ContactWord from, ContactWord to) {
    std::uint64_t expected = from.bits();
    return contacts_[slot].word.compare_exchange_strong(
        expected, to.bits(), std::memory_order_seq_cst,
        std::memory_order_seq_cst);  // W1
  }
  bool SwapAgent(std::uint32_t slot, AgentWord from, AgentWord to) {
    std::uint64_t expected = from.bits();
    return agents_[slot].word.compare_exchange_strong(
        expected, to.bits(), std::memory_order_seq_cst,
        std::memory_order_seq_cst);  // W1
  }

  Verdict JudgeContact(const Found& found) const;
  Verdict JudgeAgent(const Found& found) const;
  bool Excluded(std::uint32_t contact, std::uint32_t agent) const;
  AgentTerms TermsOf(AgentWord word) const;
  std::uint32_t TakeTerms(std::uint32_t revision, const AgentTerms& terms);
  void FreeTerms(std::uint32_t index);
  NodeIndex AllocateLaneNode(std::uint32_t lane, Entry entry);
  // Links a node for the contact's next word at `position`, then swaps.
  Result Publish(std::uint32_t slot, ContactWord from, const Position& position,
                 ContactWord* now);
  void LaneEntryDied(std::uint32_t lane);
  void IdleEntryDied(std::uint32_t list);

  bool FindAgentFor(std::uint32_t contact, std::uint32_t requirement_class,
                    Choice* best);
  bool FindContactFor(std::uint32_t agent, const AgentTerms& terms,
                      Choice* best);
  // By the claim's owner.
  void Unpublish(std::uint32_t agent);
  void PublishIdle(std::uint32_t agent, AgentWord word,
                   const AgentTerms& terms);
  Taking TakeBest(std::uint32_t agent, AgentWord word, const AgentTerms& terms,
                  DecisionSink& sink);
  void GiveBackUnit(std::uint32_t agent);
  // Serves the agent while it is free, then ends the claim.
  void Release(std::uint32_t agent, DecisionSink& sink);

  const Sizes sizes_;
  const std::unique_ptr<ContactSlot[]> contacts_;
  const std::unique_ptr<AgentSlot[]> agents_;
  const std::unique_ptr<AtomicT<std::uint8_t>[]> fit_;
  const std::unique_ptr<AtomicT<std::uint8_t>[]> kind_;
  const std::unique_ptr<AtomicT<std::uint32_t>[]> lane_class_;
  AtomicT<std::uint32_t> profile_count_{0};
  AtomicT<std::uint32_t> lane_count_{0};
  // One record for each agent, and one for each call in flight.
  const std::uint32_t terms_count_;
  const std::unique_ptr<TermsRecord[]> terms_;
  alignas(kCacheLineBytes) AtomicT<std::uint64_t> free_terms_{0};  // W5
  // Arrival sequence. relaxed: only its uniqueness and rise per location are
  // used; OrderedLists draws again where order between threads matters.
  alignas(kCacheLineBytes) AtomicT<std::uint64_t> sequence_{0};
  OrderedLists<AtomicT> lanes_;
  OrderedLists<AtomicT> idle_;
};

using Matcher = MatcherT<std::atomic>;

}  // namespace relais::match

#include "lib/match/matcher_agents_inl.h"
#include "lib/match/matcher_inl.h"

namespace relais::match {
extern template class MatcherT<std::atomic>;
}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_H_
