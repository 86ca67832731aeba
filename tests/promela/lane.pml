// The lane protocol of lib/match, for spin. README.md says what is modelled
// and what is not; run.py runs the configurations and the mutations.
//
// A configuration (config/*.pml, which includes this file) gives the sizes,
// who may serve what, what stands in the lanes at the beginning, and the calls
// that run at once. -DM_... plants one mutation.
//
// No parameter of an inline may be a conditional expression: spin replaces
// text.

// --- Memory and store buffers ------------------------------------------------
//
// Every shared word is a cell of mem. A caller's plain stores go to its buffer,
// in order; Drain moves the oldest to memory at any time; a load sees the
// caller's own buffer first; a read-modify-write drains the buffer and acts on
// memory in the same step. What only its owner can reach (the fields of a node
// that is not linked) is written directly.

#define NONE 255
// Lists: those that submits append to, one per lane; those that returns and
// moves insert into, one per lane; the idle lists, one per profile. A front
// stands for both lists of a lane, or for an idle list.
#define LISTS (2 * NL + NI)
#define FRONTS (NL + NI)
#define FrontOf(list) ((list) - NL * ((list) >= NL))
#define IsIdle(list) ((list) >= 2 * NL)
#define NODES (PRE + NP * POOL)  // PRE stand at the beginning
#define DEPTH 2

#define W_(c) (c)                     // a contact's word
#define A_(a) (NC + (a))              // an agent's word
#define F_(f) (NC + NA + (f))                      // a front word
#define H_(l) (NC + NA + FRONTS + (l))             // a list's head link
#define X_(n) (NC + NA + FRONTS + LISTS + (n))     // a node's next link
#define C_(n) (NC + NA + FRONTS + LISTS + NODES + (n))  // its `confirmed`
#define CELLS (NC + NA + FRONTS + LISTS + 2 * NODES)

short mem[CELLS];
byte buffered[NP];
byte fresh[NP];  // front + 1 that the caller read, until it changes
byte k;          // of loops inside a step, zero between steps
byte buffer_cell[NP * DEPTH];
short buffer_value[NP * DEPTH];

// A front word's version makes a CAS fail if any other succeeded since the word
// was read. Instead of counting, which would tell apart states that are the
// same, every change of a front forgets who had read it.
inline front_changed(front) {
  k = 0;
  do
  :: k < NP ->
     if
     :: fresh[k] == (front) + 1 -> fresh[k] = 0
     :: else
     fi;
     k++
  :: else -> break
  od;
  k = 0
}

inline drain_one(who) {
#ifdef M_FRONT_STORED
  if
  :: buffer_cell[(who) * DEPTH] >= F_(0) &&
     buffer_cell[(who) * DEPTH] < H_(0) ->
     front_changed(buffer_cell[(who) * DEPTH] - F_(0))
  :: else
  fi;
#endif
  mem[buffer_cell[(who) * DEPTH]] = buffer_value[(who) * DEPTH];
  buffer_cell[(who) * DEPTH] = buffer_cell[(who) * DEPTH + 1];
  buffer_value[(who) * DEPTH] = buffer_value[(who) * DEPTH + 1];
  buffer_cell[(who) * DEPTH + 1] = 0;
  buffer_value[(who) * DEPTH + 1] = 0;
  buffered[who]--
}

inline store(cell, value) {
  assert(buffered[id] < DEPTH);
  buffer_cell[id * DEPTH + buffered[id]] = cell;
  buffer_value[id * DEPTH + buffered[id]] = value;
  buffered[id]++
}

inline load(cell, target) {
  target = mem[cell];
  if
  :: buffered[id] > 0 && buffer_cell[id * DEPTH] == (cell) ->
     target = buffer_value[id * DEPTH]
  :: else
  fi;
  if
  :: buffered[id] > 1 && buffer_cell[id * DEPTH + 1] == (cell) ->
     target = buffer_value[id * DEPTH + 1]
  :: else
  fi
}

inline drain_all() {
  do
  :: buffered[id] > 0 -> drain_one(id)
  :: else -> break
  od
}

// Sets ok.
inline cas(cell, expected, desired) {
  drain_all();
  if
  :: mem[cell] == (expected) -> mem[cell] = desired; ok = 1
  :: else -> ok = 0
  fi
}

inline cas_front(front, desired) {
  drain_all();
  if
  :: fresh[id] == (front) + 1 ->
     mem[F_(front)] = desired;
     front_changed(front);
     ok = 1
  :: else -> ok = 0
  fi
}

// What a mutation makes of a cas: the same comparison, a plain store.
inline weak_cas(cell, expected, desired) {
  load(cell, scratch);
  if
  :: scratch == (expected) -> store(cell, desired); ok = 1
  :: else -> ok = 0
  fi;
  scratch = 0
}

// --- Words -------------------------------------------------------------------

// Contact: state 2 | tag 3 | reference (node or agent, plus one).
#define NEW 0
#define WAITING 1
#define RESERVED 2
#define ENDED 3
#define StateOf(w) ((w) & 3)
#define TagOf(w) (((w) >> 2) & 7)
#define RefOf(w) (((w) >> 5) - 1)
#define Word(state, tag, ref) ((state) | ((tag) << 2) | (((ref) + 1) << 5))

// Agent: claimed 1 | open 1 | units used 2 | tag. Every change raises the tag.
#define CLAIMED 1
#define OPEN 2
#define UNIT 4
#define NEXT_TAG 16
#define UsedOf(w) (((w) >> 2) & 3)
#define AgentTagOf(w) ((w) >> 4)
#define Idle(tag, used) (OPEN | ((used) << 2) | ((tag) << 4))
#define HasRoom(w) (((w) & OPEN) && UsedOf(w) < CAPACITY)

// Front word: the key (its version: see front_changed).
#define EMPTY 15
// Link: mark 1 | node plus one.
#define Link(n) ((((n) + 1) & 255) << 1)  // NONE: no successor
#define Target(link) (((link) >> 1) - 1)
#define IsNull(link) (((link) >> 1) == 0)
#define Marked(link) ((link) & 1)

// A node: entry (slot, tag, list), written before it is linked, and position
// (key, sequence). With nodes never used twice both stay as they are.
short entry[NODES];
byte position[NODES];
#define SlotOf(n) (entry[n] & 7)
#define EntryTag(n) ((entry[n] >> 3) & 31)
#define ListOf(n) (entry[n] >> 8)
#define Entry(slot, tag, list) ((slot) | ((tag) << 3) | ((list) << 8))
#define Position(key, sequence) (((key) << 4) | (sequence))
#define NodeKey(n) (position[n] >> 4)
#define WordCell(n) (SlotOf(n) + NC * IsIdle(ListOf(n)))  // W_ or A_
#define LiveWith(n, w)                                     \
  ((!IsIdle(ListOf(n)) && (w) == Word(WAITING, EntryTag(n), n)) || \
   (IsIdle(ListOf(n)) && !((w) & CLAIMED) && HasRoom(w) &&         \
    AgentTagOf(w) == EntryTag(n)))
#define Live(n) LiveWith(n, mem[WordCell(n)])
// Every change of a contact's word raises its tag. A node whose tag is above
// the word's is not yet live: its publisher still has to write the word.
#define NotYetWith(n, w)                             \
  ((!IsIdle(ListOf(n)) && EntryTag(n) > TagOf(w)) ||  \
   (IsIdle(ListOf(n)) && EntryTag(n) > AgentTagOf(w)))
#define IdleList(a) (2 * NL + PROFILE(a))
#define Higher(x, y) ((x) > (y) -> (x) : (y))
#define Lower(x, y) ((x) < (y) -> (x) : (y))

// --- What the properties need to know; the protocol does not read it ---------

byte ended_callers;
byte complete;        // contacts whose last publication is complete
byte complete_idle;   // agents likewise
byte in_lane;         // contacts that were linked and then waiting, or waiting
                      // and then linked
byte seen[NP];        // contacts complete when the caller's decision began
byte holder[NC];      // agent + 1
byte held[NA];        // contacts of the agent
byte property;        // of the assertion that fails, for the runner

#define DOUBLE_CLAIM 1
#define INVERSION 2
#define LOST_MATCH 3
#define NOT_IN_ONE_LANE 4
#define FRONT_ABOVE_ENTRY 5
#define INELIGIBLE 6
#define LEFT_CLAIMED 7
#define MODEL_BOUND 8
// -DONLY=p leaves one property.
#ifndef ONLY
#define ONLY 0
#endif
#define Check(what, condition)                            \
  if                                                      \
  :: (ONLY == 0 || ONLY == what) && !(condition) ->       \
     property = what;                                     \
     assert(property != what)                             \
  :: else                                                 \
  fi

byte g, h, cursor, count;  // of the checks, zero between steps

// No entry whose publication is complete stands below its list's front.
inline check_fronts() {
  g = 0;
  do
  :: g < NODES ->
     if
     :: entry[g] != 0 && Live(g) &&
        (IsIdle(ListOf(g)) -> (complete_idle >> SlotOf(g)) & 1
                            : (complete >> SlotOf(g)) & 1) ->
        Check(FRONT_ABOVE_ENTRY, mem[F_(FrontOf(ListOf(g)))] <= NodeKey(g))
     :: else
     fi;
     g++
  :: else -> break
  od;
  g = 0
}

// A waiting contact that was published is reached in exactly one lane.
inline check_lanes() {
  g = 0;
  do
  :: g < NC ->
     if
     :: StateOf(mem[W_(g)]) == WAITING && ((in_lane >> g) & 1) ->
        count = 0;
        h = 0;
        do
        :: h < 2 * NL ->
           cursor = Target(mem[H_(h)]);
           do
           :: cursor != NONE ->
              if
              :: SlotOf(cursor) == g && Live(cursor) -> count++
              :: else
              fi;
              cursor = Target(mem[X_(cursor)])
           :: else -> break
           od;
           h++
        :: else -> break
        od;
        Check(NOT_IN_ONE_LANE, count == 1)
     :: else
     fi;
     g++
  :: else -> break
  od;
  g = 0; h = 0; cursor = 0; count = 0
}

// At the instant in which `who` gets contact `y`, which stands in `lane` at
// `at`.
inline check_claim(who, y, lane, at) {
  Check(DOUBLE_CLAIM, holder[y] == 0);
  Check(DOUBLE_CLAIM, held[who] < CAPACITY);
  Check(INELIGIBLE, MAY_SERVE(who, lane));
  holder[y] = (who) + 1;
  held[who]++;
  g = 0;
  do
  :: g < NC ->
     if
     :: g != (y) && ((seen[id] >> g) & 1) && StateOf(mem[W_(g)]) == WAITING ->
        h = RefOf(mem[W_(g)]);
        Check(INVERSION,
              !MAY_SERVE(who, FrontOf(ListOf(h))) ||
              (NodeKey(h) >= ((at) >> 4) &&
               (FrontOf(ListOf(h)) != (lane) || position[h] > (at))));
        h = 0
     :: else
     fi;
     g++
  :: else -> break
  od;
  g = 0
}

// Contact c is being published anew.
inline begin_publication(c) {
  complete = complete & ~(1 << (c));
  g = 0;
  do
  :: g < NP -> seen[g] = seen[g] & ~(1 << (c)); g++
  :: else -> break
  od;
  g = 0
}

inline check_end() {
  g = 0;
  do
  :: g < NA ->
     Check(LEFT_CLAIMED, !(mem[A_(g)] & CLAIMED));
     Check(DOUBLE_CLAIM, held[g] == UsedOf(mem[A_(g)]));
     h = 0;
     do
     :: h < NC ->
        Check(LOST_MATCH,
              StateOf(mem[W_(h)]) != WAITING || !HasRoom(mem[A_(g)]) ||
              !MAY_SERVE(g, FrontOf(ListOf(RefOf(mem[W_(h)])))));
        h++
     :: else -> break
     od;
     g++
  :: else -> break
  od;
  check_lanes();
  check_fronts()
}

#include "caller.pml"

#define Empty(who) ((who) >= NP || buffered[(who) % NP] == 0)
#define BuffersEmpty (Empty(0) && Empty(1) && Empty(2) && Empty(3))

proctype Drain() {
end:
  do
  :: d_step { buffered[0] > 0 -> drain_one(0) }
#if NP > 1
  :: d_step { buffered[1] > 0 -> drain_one(1) }
#endif
#if NP > 2
  :: d_step { buffered[2] > 0 -> drain_one(2) }
#endif
#if NP > 3
  :: d_step { buffered[3] > 0 -> drain_one(3) }
#endif
  :: d_step { ended_callers == NP && BuffersEmpty -> check_end() };
     break
  od
}

// --- What stands there at the beginning --------------------------------------

// Contact c waits in lane l, published with node n, behind node `behind` (NONE
// = first). Contacts must be added in their order.
inline given_waiting(c, l, n, behind) {
  entry[n] = Entry(c, 1, l);
  position[n] = Position(CONTACT_KEY(c), c);
  given_linked(l, n, behind);
  mem[W_(c)] = Word(WAITING, 1, n);
  complete = complete | (1 << (c));
  in_lane = in_lane | (1 << (c))
}

inline given_linked(l, n, behind) {
  if
  :: (behind) == NONE ->
     mem[H_(l)] = Link(n);
     mem[F_(FrontOf(l))] = NodeKey(n)
  :: else -> mem[X_(behind)] = Link(n)
  fi;
  mem[C_(n)] = 1
}

// Contact c was taken from lane l by agent a, which has no room left; its node
// is dead.
inline given_reserved(c, l, n, behind, a) {
  given_waiting(c, l, n, behind);
  mem[W_(c)] = Word(RESERVED, 2, a);
  mem[A_(a)] = Idle(1, 1);
  holder[c] = (a) + 1;
  held[a] = 1;
  complete = complete & ~(1 << (c))
}

inline given_idle(a, n, behind) {
  entry[n] = Entry(a, 1, IdleList(a));
  position[n] = Position(1, a);
  given_linked(IdleList(a), n, behind);
  mem[A_(a)] = Idle(1, 0);
  complete_idle = complete_idle | (1 << (a))
}

init {
  atomic {
    g = 0;
    do
    :: g < FRONTS -> mem[F_(g)] = EMPTY; g++
    :: else -> break
    od;
    g = 0;
    GIVEN;
    run Drain();
    RUN
  }
}
