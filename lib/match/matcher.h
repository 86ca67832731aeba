// The matching core: who gets whom, on the caller's thread.
//
// It speaks slots, class ids, kinds and order keys, and knows no domain word. A
// *lane* holds the waiting contacts of one requirement class and boost in the
// order of (rank key, arrival sequence), or those that are held for one agent.
// An *idle list* holds the free agents of one profile class, kind of work and
// order. The matrix tells, for each requirement class and profile class,
// whether they are eligible and how well they fit.
//
// Thread safety: every member may be called from any thread, for any slot,
// except where a comment names an owner. Sinks are called on the calling
// thread, after the decision they report.
//
// Invariants (those of the parts: lanes.h, agents.h, front_words.h)
//   M1  Only a compare-and-swap from a waiting (or, unpublished, a new) word
//       to reserved makes a decision, so no contact is given twice.
//   M4  Claims have one order: first the agent, last the contact. Nobody waits
//       for a claim; agents under another's claim are passed over.
//   M5  Publish, then look: whoever makes a contact waiting looks at the agents
//       afterwards; whoever makes an agent free looks at the lanes afterwards.
//       Publishing writes and the loads of a look are seq_cst. So of two
//       racing sides at least one sees the other (docs/concurrency.md).
//   M6  What others may change while an agent is claimed (units given back,
//       kinds, terms) is in its word; they change it without waiting, and
//       leave publishing to the claim's owner, who cannot release without
//       having seen the change (its CAS would fail).
//   M7  A look reads the front words of all classes it may take from, then of
//       the lanes of those that may be first. It takes the front of a lane only
//       when no other lane's or class's front word is smaller or equal without
//       having been looked into.
//   M8  An arrival may go to an agent without entering a lane only while it
//       holds that agent's claim and every front word of that agent's classes,
//       and of its own lane, is larger than its own key; and the agent, read
//       after them, is still told the same (W11).
//   M9  For agents whose terms say that there are ranks, "smaller" and "larger"
//       in M7 and M8 are of *places*: the rank of the class's cell with their
//       profile class, then the image of the key; contacts held for the agent
//       come before all ranks. Why that keeps the order: a rank is part of the
//       cell, so it is the same for all contacts of a class and an agent's
//       class of the moment, and a front word is a lower bound of the places of
//       its class as it is of their keys. The cell is read after the front
//       word. Whoever was published before the look has lowered that word after
//       its class's cells were written, so the look sees the rank that the
//       contact came under. If the class is given another content while a look
//       runs, what was read of its old rank can only make the look pass over
//       contacts that were published after it began; a contact that it would
//       take is judged by the cell read beside it, and that is read again
//       before the CAS (StillFits). Whether there are ranks is told with the
//       terms and confirmed with them; so no look that began without ranks can
//       take a contact for an agent who has any.
//   M10 A pull claims its agent as an arrival does and ends the claim by
//       Release, so M5 and M6 hold of it. It takes what it was asked for,
//       whatever stands before that; its decision says so, and order is
//       promised of the others. Contacts of classes that are pulled only are
//       given by pulls alone: their classes are in no row or column that a look
//       walks along (eligibility.h), and one that began when the class's id
//       stood for another is told by StillFits. So no look is owed to them.
//   M11 A class may drain kinds: while a contact of it waits, agents of the
//       profile classes that serve it are given none of these kinds, but for
//       contacts of classes that drain kinds themselves (so no two classes can
//       keep an agent from both). Both sides ask it: an agent's look leaves
//       such classes out, an arrival's such profile classes; agents stay
//       published for all kinds that they have room for. It begins with a
//       publication, whose front words a later look reads (W13). Its end widens
//       what others may do, so whoever makes the contact leave looks afterwards
//       on behalf of what waits of these kinds: a look that saw the contact
//       wait came before the CAS that took it away, so what was published
//       before that look is seen by the one after the CAS; of two who take the
//       last two away the second finds the class empty. Who takes one in a
//       decision looks at the end of its call, after its agent's release.
//   M12 Units that a kind may interrupt are told with the terms, and room is a
//       function of the word and the terms that it names. So work that may be
//       interrupted keeps nobody from being published or taken, an Update that
//       raises what may be interrupted publishes by M5 like one that gives
//       units back, and one that lowers it together with the units taken does
//       both in one change of the word. A call that looked by terms that were
//       replaced meanwhile reads the word again (TakeBest); what is told after
//       that reading overlaps the decision, and its caller undoes what no
//       longer fits.
//   M13 Once there are reserves (reserves.h) the agent's units are taken before
//       the contact's CAS, by a CAS of its word from the one that the look
//       began with, and given back if the contact is lost. So what others
//       change meanwhile (units given back, other terms) already finds the
//       contact's units in the word, and an agent who is about to be given an
//       e-mail is never added to those who stay free. A kind that a reserve
//       keeps from the agent is left out of its look as one without room; what
//       the look believed of the reserve is confirmed when the unit is taken.
//   M14 Whoever makes a reserve give looks at the agents who count in it
//       (LookForReserves), after the look that its call owes to its own agent
//       or contact: for each who may now take something it does what the
//       agent's release would do. Agents under another's claim are that claim's
//       owner's, who publishes and then looks with the reserve as it is then.
//
// Progress: lock-free. Each loop repeats only when another call has completed
// a step on the same word or list. A thread stopped anywhere hides at most the
// one agent that it has claimed, and the contact that it is submitting.
//
// Atomics: W1 words, W2 classes, W3, W5 terms, P*, F lists (their files), and
//   W4  exclusions of a contact. Their count: fetch_sub seq_cst after a cell
//       was emptied <-> load seq_cst where a contact and an agent are judged
//       (Excluded): emptying is a publication (M5), and whoever reads the lower
//       count sees the cell empty. Filling needs no order of its own: it comes
//       before the contact is returned or the agent published, and whoever sees
//       that (W1) sees the cell and a count that was raised before. So the load
//       of FindOwed, which has seen both, is relaxed: of an older count only a
//       question too many could come, which Excluded answers. Cells are
//       relaxed: of an older value only an exclusion too many could come, and
//       then the emptier's own look is still to come.
//   W7  the kind of a contact, relaxed: written before the word is published
//       (W1). Of a later contact in the slot, it is thrown away with the word.

#ifndef RELAIS_LIB_MATCH_MATCHER_H_
#define RELAIS_LIB_MATCH_MATCHER_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "lib/base/assert.h"
#include "lib/match/agents.h"
#include "lib/match/compared.h"
#include "lib/match/eligibility.h"
#include "lib/match/lanes.h"
#include "lib/match/reserves.h"
#include "lib/match/state_word.h"

namespace relais::match {

inline constexpr int kExclusionsMax = 8;
// In place of a class: the contact was held for the agent.
inline constexpr std::uint32_t kHeldClass = 0xFFFF'FFFF;

struct Sizes {
  std::uint32_t contacts = 0;
  std::uint32_t agents = 0;
  std::uint32_t requirement_classes = 0;
  std::uint32_t profile_classes = 0;
  std::uint32_t lanes = 0;
  // Threads that may be inside a call at once; nodes and terms are kept for
  // each.
  std::uint32_t calls_in_flight = 1'024;
  // Agent orders that may come into use, 1..kOrdersMax.
  int orders = 1;
  // Whether decisions tell what was compared. False for the benchmark of what
  // that costs.
  bool tells_compared = true;
};

// One contact paired with one agent: both are taken.
struct Decision {
  std::uint32_t contact = 0;
  ContactWord word;  // reserved, with the agent as ref
  Position position;
  std::uint32_t agent = 0;
  std::int64_t agent_order_key = 0;
  std::uint32_t requirement_class = 0;  // or kHeldClass
  std::uint32_t profile_class = 0;
  std::uint8_t fit_step = 0;
  std::uint8_t units = 0;  // to be given back with Update
  std::uint8_t order = 0;  // of agents, by which agent_order_key is
  std::uint8_t rank = 0;   // of the contact, for agents with ranks (M9)
  bool pulled = false;     // by Pull: the agent's own choice, order aside
  // What the agent's look compared, the contact's own lane among it if it was
  // found there; and, if the contact's look chose the agent, what that one did.
  // Null: there was no such look. Until OnDecision returns.
  const Compared* lanes = nullptr;
  const Compared* agents = nullptr;
};

class DecisionSink {
 public:
  virtual ~DecisionSink() = default;
  // Right before a look that may lead to OnDecision.
  virtual void OnLook() = 0;
  virtual void OnDecision(const Decision& decision) = 0;
};

// Which contacts a pull may take. Asked while it looks, on the calling thread,
// of contacts that wait; what is answered of one that is gone by then does no
// harm.
class PullFilter {
 public:
  virtual ~PullFilter() = default;
  virtual bool Wants(std::uint32_t contact) const = 0;
};

template <template <typename> class AtomicT>
class MatcherT {
 public:
  explicit MatcherT(const Sizes& sizes);

  // --- Classes, lanes, matrix (idempotent; no two calls for the same class
  //     may run at once, SetLane one at a time in all)
  //     -------------------------

  // From now on agents are published in `order` as well; order 0 always was.
  // Every agent must be told again (Update) before a contact of a class with
  // this order is brought (agents.h, A4).
  Result UseOrder(int order);
  bool UsesOrder(int order) const { return agents_.UsesOrder(order); }
  // (Re)defines a requirement class: contacts of it are of `kind` and choose
  // agents by `order`, which is in use, or, `pulled_only`, are given to nobody
  // but by Pull; `drains` are the kinds, its own left out, that agents who may
  // serve it are not given while one waits. May be redefined only while no
  // contact of it is alive; its cells are set anew then.
  Result SetRequirementClass(std::uint32_t requirement_class, std::uint8_t kind,
                             std::uint8_t order = 0, bool pulled_only = false,
                             std::uint8_t drains = 0);
  // `fit` is 0 (not eligible) or 1 + step, step 0..7. Contacts of a smaller
  // `rank`, 0..15, come first for agents of the profile class, whatever their
  // keys; agents who may have a rank above 0 must say so in their terms before.
  Result SetFit(std::uint32_t requirement_class, std::uint32_t profile_class,
                std::uint8_t fit, std::uint8_t rank = 0);
  Result SetProfileClass(std::uint32_t profile_class);
  // The lane begins to serve this class. No contact may be in it, nor be
  // brought to it meanwhile. Neighbours are found together: give the lanes of
  // a class in rising order, those of a routing group from a multiple of 8.
  Result SetLane(std::uint32_t lane, std::uint32_t requirement_class);

  // --- Reserves -------------------------------------------------------------

  // Gives a reserve another meaning. No agent's terms may name it, and every
  // call in which one did must be over; kNotAllowed: one is not. Nobody counts
  // in it then, and it does not give. One call at a time. Afterwards agents who
  // are eligible for its class are told of it, by terms that name it.
  Result SetReserve(int reserve, const ReserveTerms& terms);
  bool ReserveSettled(int reserve) const { return reserves_.Settled(reserve); }
  ReserveWord ReserveNow(int reserve) const { return reserves_.Now(reserve); }
  // The reserves that keep a contact of `kind`, for which it has room, from the
  // agent at this moment.
  ReserveSet KeptFrom(std::uint32_t agent, int kind) const;
  bool IsEligible(std::uint32_t requirement_class,
                  std::uint32_t profile_class) const {
    return eligibility_.Fit(requirement_class, profile_class) != 0;
  }
  // 0 to 7; 0 of a pair that is not eligible.
  std::uint8_t FitStep(std::uint32_t requirement_class,
                       std::uint32_t profile_class) const {
    return StepOf(eligibility_.Fit(requirement_class, profile_class));
  }

  // --- Contacts -------------------------------------------------------------

  ContactWord Contact(std::uint32_t slot) const { return lanes_.Contact(slot); }
  // Free or ended -> new. By the slot's owner only.
  ContactWord Open(std::uint32_t slot) { return lanes_.Open(slot); }
  // New -> reserved, or waiting at the end of the lane; looks. Key and sequence
  // are raised to those of the lane's last entry. By the slot's owner only.
  // kStale: ended meanwhile.
  Result Submit(std::uint32_t slot, ContactWord from, const Position& at,
                DecisionSink& sink);
  // The same for a contact of `kind` that is held for one agent, in whose lane
  // it has the place that its key and sequence say.
  Result SubmitHeld(std::uint32_t slot, ContactWord from, std::uint32_t agent,
                    std::uint8_t kind, std::int64_t key, std::uint64_t sequence,
                    DecisionSink& sink);
  // Reserved or assigned -> waiting at `at`, where the decision found it. Does
  // not look; `now` receives the word to look with.
  Result Return(std::uint32_t slot, ContactWord from, const Position& at,
                ContactWord* now);
  // Waiting -> waiting at `to`. Does not look; LookAfterDrain is owed.
  Result Move(std::uint32_t slot, ContactWord from, const Position& to,
              ContactWord* now);
  // Reserved -> assigned.
  Result Accept(std::uint32_t slot, ContactWord from, ContactWord* now);
  // New, waiting, reserved or assigned -> ended. If it waited, LookAfterDrain
  // is owed.
  Result End(std::uint32_t slot, ContactWord from, ContactWord* now);
  // For whoever rebuilds a state: free -> new with a tag raised by `skip` more;
  // new -> reserved by, or assigned to, the agent, whose units are taken. By
  // the slot's owner only, and before the agent was opened for anything.
  ContactWord OpenAt(std::uint32_t slot, std::uint64_t skip) {
    return lanes_.Open(slot, skip);
  }
  Result Hold(std::uint32_t slot, ContactWord from, std::uint8_t kind,
              ContactPhase phase, std::uint32_t agent, std::uint32_t units,
              ContactWord* now);
  // Also of an agent whose contact has ended and who still wraps up.
  Result TakeUnits(std::uint32_t agent, std::uint32_t units);
  // Finds an agent for the contact if it still has this waiting word. Also for
  // whoever widened what others may do with it (an exclusion ended).
  void LookForContact(std::uint32_t slot, ContactWord waiting,
                      DecisionSink& sink);
  // What a contact that waits in this lane keeps from agents who may serve it.
  std::uint8_t DrainsOfLane(std::uint32_t lane) const {
    return lane < sizes_.lanes && eligibility_.AnyDrains()
               ? eligibility_.DrainsOf(eligibility_.ClassOf(lane))
               : std::uint8_t{0};
  }
  // For whoever made a contact leave a lane of these drains (asked before):
  // finds agents for what waits of these kinds, in the order of (key,
  // sequence). Each step but the last is a decision. 0: nothing to do.
  void LookAfterDrain(std::uint8_t drains, DecisionSink& sink);
  // The place of a waiting contact whose word is `word`; false if it changed.
  bool PositionOf(std::uint32_t slot, ContactWord word,
                  Position* position) const {
    return lanes_.PositionOf(slot, word, position);
  }
  // The class that a lane of contacts serves: while one waits in it, that
  // contact's.
  std::uint32_t ClassOfLane(std::uint32_t lane) const {
    return lane < sizes_.lanes ? eligibility_.ClassOf(lane) : kHeldClass;
  }
  // The lane of the contacts that are held for this agent.
  std::uint32_t OwnLane(std::uint32_t agent) const {
    return sizes_.lanes + agent;
  }

  // Keeps `agent` from being given the contact, or, with kNobody, empties the
  // cell. Cells belong to the slot, not to one contact of it, and are managed
  // by the caller, who numbers the changes: a change whose number is not above
  // the cell's last is ignored (kStale), so that two callers may come in any
  // order.
  static constexpr std::uint32_t kNobody = 0xFFFF'FFFF;
  Result SetExclusion(std::uint32_t slot, int cell, std::uint32_t agent,
                      std::uint64_t number);

  // --- Agents ---------------------------------------------------------------

  AgentWord Agent(std::uint32_t slot) const { return agents_.Agent(slot); }
  // Applies `terms` unless later ones were applied already, gives back
  // `units_back`, and finds contacts for the agent while it has room then.
  // Revisions of one agent rise with each call made for it; kStale: this one
  // is not later than what is in force (units were given back all the same).
  // kNotAllowed: more units than are taken; nothing was changed.
  Result Update(std::uint32_t agent, std::uint32_t revision,
                const AgentTerms& terms, std::uint32_t units_back,
                DecisionSink& sink);
  // The agent takes the contact of those that `filter` wants which stands first
  // for it, by its own order, among those that it is eligible and has room for;
  // then finds it more like any call that had claimed it. Looks past contacts
  // that are not wanted: O(those before it in their lanes). kStale: somebody
  // else has claimed the agent, and this call took nothing. kNotAllowed:
  // nothing is there for it.
  Result Pull(std::uint32_t agent, const PullFilter& filter,
              DecisionSink& sink);
  // The same of one contact, if it still has this waiting word (else kStale).
  Result PullContact(std::uint32_t agent, std::uint32_t slot,
                     ContactWord waiting, DecisionSink& sink);
  // Whether it could take a contact of some kind now, if nobody claimed it.
  bool HasRoom(std::uint32_t agent) const {
    const AgentWord word = Agent(agent);
    return agents_.TermsOf(agent, word)
               .KindsWithRoom(word.kinds(), word.used()) != 0;
  }

  // --- Figures --------------------------------------------------------------

  // By walking: O(waiting).
  std::uint32_t Waiting(std::uint32_t lane) {
    return lanes_.CountWaiting(lane);
  }
  std::uint32_t lane_nodes_touched() const {
    return lanes_.pool_nodes_touched();
  }
  std::uint32_t idle_nodes_touched() const {
    return agents_.pool_nodes_touched();
  }

 private:
  // A contact that a look found for an agent.
  struct ContactChoice {
    Found found{};
    std::uint32_t lane = 0;
    std::uint32_t requirement_class = 0;
    std::uint8_t cell = 0;  // of a held contact 0
  };
  // The two smallest of many places (M9), and the class of the first.
  struct Nearest {
    static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};
    std::uint64_t first = kNowhere;
    std::uint64_t second = kNowhere;
    std::uint32_t front = 0;  // a class or kHeldClass

    void Add(std::uint64_t place, std::uint32_t of) {
      if (place >= second) return;
      if (place >= first) {
        second = place;
        return;
      }
      second = first;
      first = place;
      front = of;
    }
  };
  // An idle agent that a look found for a contact.
  struct AgentChoice {
    Found found{};
    AgentWord word;
    std::uint32_t profile_class = 0;
    std::uint8_t fit = 0;
  };
  enum class Taking : std::uint8_t { kNothing, kAgain, kTook, kReleased };
  // For which contact a claim was made, and what was compared to choose the
  // agent; null if there was nothing to choose.
  struct ClaimedFor {
    std::uint32_t contact = 0;
    const Compared* agents = nullptr;
  };

  // The caller's, and the kinds for which a look is owed when the call ends
  // (M11), and the reserves that give since (M14).
  struct Sink {
    DecisionSink& told;
    std::uint8_t owed = 0;
    ReserveSet opened = 0;

    void OnLook() { told.OnLook(); }
    void OnDecision(const Decision& decision) { told.OnDecision(decision); }
  };
  // Room of an agent, by kind; of `drained` only for classes that drain.
  struct Kinds {
    std::uint8_t room = 0;
    std::uint8_t drained = 0;
  };
  // body(sink), and the looks that it has come to owe.
  template <class Body>
  Result Within(DecisionSink& told, Body body);
  void PayDrains(Sink& sink);
  // A contact of the class was taken out of its lanes.
  void NoteTaken(std::uint32_t requirement_class, Sink& sink);
  bool AnyWaits(std::uint32_t requirement_class);
  // The kinds that agents of this profile class are drained of now.
  std::uint8_t DrainedOf(std::uint32_t profile_class);
  // The first contact of the class whom an agent could take at once.
  bool FindOwed(std::uint32_t requirement_class, Found* first);
  void LookFor(std::uint32_t slot, ContactWord waiting, Sink& sink);
  bool Excluded(std::uint32_t contact, std::uint32_t agent);
  bool Serves(std::uint32_t requirement_class, Kinds kinds) const {
    const int kind = eligibility_.KindOf(requirement_class);
    return (kinds.room >> kind & 1) != 0 &&
           ((kinds.drained >> kind & 1) == 0 ||
            eligibility_.DrainsOf(requirement_class) != 0);
  }
  // Calls visit(requirement_class) for each that the agent may serve now.
  template <class Visit>
  void ForEachClassOf(const AgentTerms& terms, Kinds kinds, Visit visit) const;
  // The place of a key's image, with and without ranks: of a contact of a class
  // that has this cell with the agent's, or of one that is held for it.
  template <bool kRanked>
  static std::uint64_t PlaceOf(std::uint32_t requirement_class,
                               std::uint8_t cell, std::uint64_t image);
  // The same of a front word of the class, which is read before the cell.
  template <bool kRanked>
  std::uint64_t PlaceOfFront(std::uint32_t requirement_class,
                             const AgentTerms& terms, FrontWord front) const;
  // The smallest of their fronts and of the agent's own lane.
  template <bool kRanked>
  Nearest SmallestFronts(std::uint32_t agent, const AgentTerms& terms,
                         Kinds kinds, Compared* compared) const;
  bool FindIn(std::uint32_t lane, std::uint32_t agent, std::uint8_t kinds,
              const PullFilter* filter, Found* found);
  // `compared`, here and below: where it is told, or null.
  bool FindContactFor(std::uint32_t agent, const AgentTerms& terms,
                      std::uint8_t room, ContactChoice* best,
                      Compared* compared = nullptr) {
    const Kinds kinds{room, DrainedOf(terms.profile_class)};
    return terms.ranked
               ? FindContact<true>(agent, terms, kinds, best, compared)
               : FindContact<false>(agent, terms, kinds, best, compared);
  }
  template <bool kRanked>
  bool FindContact(std::uint32_t agent, const AgentTerms& terms, Kinds kinds,
                   ContactChoice* best, Compared* compared);
  // Once more what was compared (compared.h), `place` being the chosen one's.
  template <bool kRanked>
  [[gnu::noinline]] void CompareAgain(std::uint64_t place, std::uint32_t agent,
                                      const AgentTerms& terms, Kinds kinds,
                                      Compared* compared);
  // The first agent for contacts of the class whom `suits(agent, word)` does
  // not refuse; `asks_drains`: nor that of a profile class that is drained of
  // its kind.
  template <class Suits>
  bool FindAgent(std::uint32_t requirement_class, bool asks_drains, Suits suits,
                 AgentChoice* best, Compared* compared);
  bool FindAgentFor(std::uint32_t contact, std::uint32_t requirement_class,
                    AgentChoice* best, Compared* compared) {
    const int kind = eligibility_.KindOf(requirement_class);
    return FindAgent(
        requirement_class, true,
        [&](std::uint32_t agent, AgentWord word) {
          return !Excluded(contact, agent) &&
                 (!agents_.UsesReserves() ||
                  (Takeable(agents_.TermsOf(agent, word), word) >> kind & 1) !=
                      0);
        },
        best, compared);
  }
  bool ClaimFound(const AgentChoice& choice, std::uint32_t requirement_class,
                  AgentWord* claimed);
  // The kinds of which the agent may be given a contact now: those that it has
  // room for, but what reserves keep from it.
  std::uint8_t Takeable(const AgentTerms& terms, AgentWord word) const {
    const std::uint8_t room = terms.KindsWithRoom(word.kinds(), word.used());
    return terms.reserves == 0
               ? room
               : room & ~reserves_.Barred(terms, word.kinds(), word.used());
  }
  // Of a cell's fit, which is 0 of what is not eligible.
  static std::uint8_t StepOf(std::uint8_t fit) {
    return fit == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(fit - 1);
  }
  ReserveSet CountedIn(const AgentTerms& terms, AgentWord word) const {
    return reserves_.CountedIn(terms, word.kinds(), word.used());
  }
  bool StillFits(const ContactChoice& choice, const AgentTerms& terms, int kind,
                 bool pulled) const;
  Result UpdateTo(std::uint32_t agent, std::uint32_t revision,
                  const AgentTerms& terms, std::uint32_t units_back,
                  Sink& sink);
  // Finds an agent for a contact that may stand in `lane` and claims it.
  bool ClaimAgentFor(std::uint32_t contact, std::uint32_t lane, int kind,
                     std::uint32_t* agent, AgentWord* claimed,
                     Compared* compared);
  bool TryClaim(std::uint32_t contact, std::uint32_t requirement_class,
                std::uint32_t* agent, AgentWord* claimed, bool* again,
                Compared* compared);
  Result SubmitTo(std::uint32_t slot, ContactWord from, Position at, int kind,
                  Sink& sink);
  // M8; by the claim's owner. True: the contact is no longer new, and the
  // claim has ended.
  bool TakeDirectly(std::uint32_t slot, ContactWord from, const Position& at,
                    int kind, std::uint32_t agent, AgentWord word,
                    const Compared* agents, Sink& sink, Result* result);
  // By the claim's owner, right before the contact's CAS, if there are reserves
  // (M13): the units that a contact of `kind` costs. False: the word is not
  // `word` any more, or a reserve does not give and the contact is not pulled;
  // nothing was taken.
  bool TakeUnitsFirst(std::uint32_t agent, AgentWord word,
                      const AgentTerms& terms, int kind, bool pulled,
                      ReserveChange* change, Sink& sink);
  // The contact was lost.
  void GiveUnitsBack(std::uint32_t agent, std::uint32_t units,
                     ReserveChange* change, Sink& sink);
  // By the claim's owner, who last saw `word`: raises the units; ends the claim
  // if no room is left and the terms do not ask to keep it.
  bool AddUnits(std::uint32_t agent, AgentWord word, const AgentTerms& terms,
                std::uint32_t units, Sink& sink);
  Taking TakeBest(std::uint32_t agent, AgentWord word, const AgentTerms& terms,
                  std::uint8_t kinds, const ClaimedFor* claimed_for,
                  Sink& sink);
  // The last steps of both: the contact that was found, for an agent who had
  // this word and these terms then. kNothing: look again.
  Taking TakeChosen(const ContactChoice& choice, std::uint32_t agent,
                    AgentWord word, const AgentTerms& terms, bool pulled,
                    const Compared* lanes, const ClaimedFor* claimed_for,
                    Sink& sink);
  // Claims the agent, takes what `find(terms, kinds, &choice)` finds, and
  // releases the agent.
  template <class Find>
  Result PullBy(std::uint32_t agent, Find find, Sink& sink);
  template <bool kRanked>
  bool FindWanted(std::uint32_t agent, const AgentTerms& terms, Kinds kinds,
                  const PullFilter& filter, ContactChoice* best);
  // Serves the agent while it has room, then ends the claim. `claimed_for` may
  // be null.
  void Release(std::uint32_t agent, Sink& sink,
               const ClaimedFor* claimed_for = nullptr);
  // For each agent who counts in one of them and may take something (M14).
  void LookForReserves(Sink& sink);
  bool ClaimForReserve(int reserve, std::uint32_t* agent, bool* again);
  Compared* Telling(Compared* compared) const {
    return sizes_.tells_compared ? compared : nullptr;
  }
  static Decision Describe(const ContactChoice& choice, std::uint32_t agent,
                           const AgentTerms& terms, ContactWord word, int kind,
                           int order);

  // A cell: | number:47 | agent + 1:17 |, 0 in the low part for nobody.
  static constexpr int kExcludedAgentBits = 17;

  const Sizes sizes_;
  EligibilityT<AtomicT> eligibility_;
  LanesT<AtomicT> lanes_;
  AgentsT<AtomicT> agents_;
  ReservesT<AtomicT> reserves_;
  mutable ZeroedArray<std::array<AtomicT<std::uint64_t>, kExclusionsMax>,
                      kZeroIsInitial<AtomicT>>
      excluded_;  // W4
};

using Matcher = MatcherT<std::atomic>;

}  // namespace relais::match

#include "lib/match/matcher_agents_inl.h"
#include "lib/match/matcher_drain_inl.h"
#include "lib/match/matcher_inl.h"
#include "lib/match/matcher_pull_inl.h"
#include "lib/match/matcher_reserves_inl.h"

namespace relais::match {
extern template class MatcherT<std::atomic>;
}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_H_
