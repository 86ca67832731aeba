// One caller of lib/match: submit, cancel and what it looks for. Included by
// lane.pml; the rest is in caller_agent.pml and caller_look.pml.
//
// Each atomic block that begins with Shared is one access to shared memory (and
// what is private to the caller beside it); other callers and drains come
// between any two. The other blocks touch only the caller's own variables.
// Shared is always true; it reads a global variable, so that spin's partial
// order reduction does not take the block for a private one.

#define SUBMIT 1
#define CANCEL 2
#define RETURN 3
#define MOVE 4
#define READY 5

// What a look is for.
#define SECOND_LOOK 1  // at the lanes, after the agent was published
#define TIDY_AGENT 2   // mends an idle front after a claim, then TAKE
#define TIDY_LANE 3    // mends a lane's front after a decision
#define TAKE 4         // at the lanes, for the agent this caller has claimed
#define FIND 5         // at the idle lists, for a published contact
#define FIND_EARLY 6   // the same before it is published: hand-over
#define TIDY_EARLY 7   // TIDY_AGENT, then the hand-over

#define Shared property == 0

#ifdef M_UNLINK_NOT_YET
#define MayUnlink(n, w) 1
#else
#define MayUnlink(n, w) (!NotYetWith(n, w))
#endif

inline take_node(slot_, tag) {
  n = PRE + id * POOL + used_nodes;
  used_nodes++;
  Check(MODEL_BOUND, used_nodes <= POOL && (tag) < 8);
  entry[n] = Entry(slot_, tag, l)
}

proctype Caller(byte id; byte op; byte slot; byte lane) {
  byte c = NONE;     // the contact of this call
  byte a = NONE;     // the agent this caller has claimed
  byte n = NONE;     // own node
  byte p = NONE;     // predecessor, or NONE for the head
  byte q = NONE;     // node under the walker
  byte best = NONE;  // first live node of the front's lists
  byte l;            // list being linked into, or walked
  byte mask;         // fronts to look at
  byte purpose;
  byte used_nodes;
  byte i;
  byte cell;         // of a link
  bit ok;
  bit begun;         // the decision has begun
  bit room;          // the agent has room left after the decision
  byte f;            // front word as read before the walk
  byte second;       // the smallest of the other fronts
  short v;
  short w;           // an entry's word as read
  short aw;          // the agent's word as read
  short scratch;

  atomic {
    l = lane;
    if
    :: op == READY -> a = slot; goto ready
    :: op == CANCEL -> c = slot; goto cancel
    :: op == SUBMIT -> c = slot; goto submit
    :: op == RETURN || op == MOVE -> c = slot; goto insert
    fi
  };

  // --- Cancel: one CAS (MatcherT::End) ---------------------------------------
cancel:
  atomic {
    Shared;
    d_step { load(W_(c), w) };
    if
    :: StateOf(w) != WAITING -> goto call_ended
    :: else
    fi
  };
  atomic {
    Shared;
    d_step { cas(W_(c), w, Word(ENDED, TagOf(w) + 1, 0)); w = 0 };
    if
    :: ok -> goto call_ended
    :: else -> goto cancel
    fi
  };

  // --- Submit (MatcherT::SubmitTo, LanesT::Push) -----------------------------
submit:
#ifdef EARLY_LOOK
  purpose = FIND_EARLY;
  goto find;
#endif
submit_word:
  atomic {
    Shared;
    d_step {
      l = lane;
      load(W_(c), w);
      take_node(c, TagOf(w) + 1);
      in_lane = in_lane & ~(1 << c);
      begin_publication(c);
      cas(W_(c), w, Word(WAITING, TagOf(w) + 1, n));
      assert(ok);
      w = 0
    }
  };

  // Of contacts and of idle agents: link node n behind the last of list l
  // (OrderedLists::Append).
link_last:
  atomic {
    Shared;
    d_step {
      if
      :: n == NONE -> take_node(a, AgentTagOf(aw) + 1)
      :: else
      fi;
      load(H_(l), v);
      p = Target(v);
      cell = H_(l);
      v = 0
    };
    if
    :: p == NONE -> goto try_link
    :: else
    fi
  };
find_last:
  atomic {
    Shared;
    d_step { load(X_(p), v); cell = X_(p) };
    if
    :: !IsNull(v) -> p = Target(v); v = 0; goto find_last
    :: else
    fi
  };
try_link:
  atomic {
    Shared;
    d_step {
      // Nobody reaches an unlinked node: its position needs no step of its own.
      position[n] = (IsIdle(l) -> Position(1, a)
                               : Position(CONTACT_KEY(c), c));
      if
      :: p != NONE ->
         position[n] = Position(
             Higher(NodeKey(n), NodeKey(p)),
             Higher(position[n] & 15, (position[p] & 15) + 1))
      :: else
      fi;
#ifdef M_LINK_STORED
      weak_cas(cell, 0, Link(n));
#else
      cas(cell, 0, Link(n));
      if
      :: ok && !IsIdle(l) -> in_lane = in_lane | (1 << c)
      :: else
      fi;
#endif
      v = 0; cell = 0
    };
    if
    :: ok && !IsIdle(l) -> goto cover
    :: ok && IsIdle(l) -> goto agent_word
    :: !ok && p == NONE -> goto link_last
    :: !ok && p != NONE -> goto find_last
    fi
  };

  // Is the front already low, and safe from whoever read it before
  // (FrontWords::Covered)? p is the node before, NONE if n is not the last.
cover:
  if
  :: p == NONE -> goto lower
  :: else
  fi;
#ifndef M_COVERED_IF_LIVE
  atomic {
    Shared;
    d_step { load(C_(p), v); ok = (v != 0); v = 0 };
    if
    :: !ok -> goto lower
    :: else
    fi
  };
#endif
#ifndef M_COVERED_IF_CONFIRMED
  atomic {
    Shared;
    d_step { load(WordCell(p), w); ok = LiveWith(p, w); w = 0 };
    if
    :: !ok -> goto lower
    :: else
    fi
  };
#endif
  goto confirm;

lower:  // FrontWords::Lower
#ifdef M_NEVER_LOWERED
  goto confirm;
#endif
  atomic {
    Shared;
    d_step { p = NONE; load(F_(FrontOf(l)), f); fresh[id] = FrontOf(l) + 1 };
#ifdef M_LOWERED_ONLY_IF_ABOVE
    if
    :: f <= NodeKey(n) -> goto confirm
    :: else
    fi
#endif
  };
  atomic {
    Shared;
    d_step {
      v = Lower(f, NodeKey(n));
#ifdef M_FRONT_STORED
      ok = (fresh[id] == FrontOf(l) + 1);
      if
      :: ok -> store(F_(FrontOf(l)), v)
      :: else
      fi;
#else
      cas_front(FrontOf(l), v);
#endif
      fresh[id] = 0; f = 0; v = 0
    };
    if
    :: !ok -> goto lower
    :: else
    fi
  };

confirm:  // FrontWords::Confirm: the publication is complete
  atomic {
    Shared;
    d_step {
      p = NONE;
      store(C_(n), 1);
      // Others may have taken the entry and published a later one.
      if
      :: Live(n) && !IsIdle(l) -> complete = complete | (1 << c)
      :: Live(n) && IsIdle(l) -> complete_idle = complete_idle | (1 << a)
      :: else
      fi;
      if
      :: !IsIdle(l) -> in_lane = in_lane | (1 << c)
      :: else
      fi;
      check_fronts();
      check_lanes();
      n = NONE
    };
    if
    :: IsIdle(l) -> goto second_look
    :: !IsIdle(l) && a != NONE -> goto take
    :: !IsIdle(l) && a == NONE -> goto look_at_agents
    fi
  };

  // --- The contact's look (MatcherT::LookForContact, ClaimAgentFor) ----------
look_at_agents:
#ifdef M_CONTACT_LOOKS_ONLY_FIRST
  goto call_ended;
#endif
  atomic {
    Shared;
    d_step {
      a = NONE;
      load(W_(c), w);
      ok = (StateOf(w) == WAITING);
      w = 0
    };
    if
    :: !ok -> goto call_ended
    :: else
    fi;
    purpose = FIND
  };
find:
  atomic {
    skip;
    d_step {
      mask = 0;
      i = 0;
      do
      :: i < NA ->
         if
         :: MAY_SERVE(i, lane) -> mask = mask | (1 << FrontOf(IdleList(i)))
         :: else
         fi;
         i++
      :: else -> break
      od;
      i = 0
    };
    goto look
  };

#include "caller_agent.pml"
#include "caller_look.pml"

call_ended:
  atomic {
    Shared;
    d_step {
      ended_callers++;
      seen[id] = 0;
      c = 0; a = 0; n = 0; p = 0; q = 0; best = 0; l = 0; mask = 0;
      purpose = 0; used_nodes = 0; i = 0; cell = 0; ok = 0; begun = 0;
      room = 0; f = 0; second = 0; v = 0; w = 0; aw = 0
    }
  }
}
