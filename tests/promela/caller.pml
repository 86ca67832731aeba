// One caller of lib/match: the steps of a call. Included by lane.pml.
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
#define PEEK_FIRST 1   // ready, before the agent is published
#define PEEK_SECOND 2  // the second look, after it was published
#define TAKE 3         // the agent is claimed by this caller
#define FIND 4         // a contact's look: at the idle lists
#define FIND_EARLY 5   // before the contact is published (hand-over, mutation)

#define Shared property == 0

#ifdef M_UNLINK_NOT_YET
#define MayUnlink(n, w) 1
#else
#define MayUnlink(n, w) (!NotYetWith(n, w))
#endif

proctype Caller(byte id; byte op; byte slot; byte lane; byte op2; byte slot2;
                byte lane2) {
  byte c = NONE;     // the contact of this call
  byte a = NONE;     // the agent this caller has claimed, or makes ready
  byte n = NONE;     // own node
  byte p = NONE;     // predecessor, or NONE for the head
  byte q = NONE;     // node under the walker
  byte l;            // list being linked into, or walked
  byte mask;         // lists to look at
  byte purpose;
  byte used_nodes;
  byte i;
  byte took;
  byte cell;         // of a link
  bit ok;
  bit at_head;
  bit begun;         // the decision has begun
  bit taken;         // the look has its entry and walks on for the raise
  bit looked;        // the look before the publishing (mutation)
  short f;           // front word as read before the walk
  short v;
  short w;           // entry's word as read
  short aw;          // agent's word as read
  short scratch;

next_call:
  atomic {
    c = NONE; a = NONE; n = NONE; looked = 0;
    l = lane;
    if
    :: op == 0 -> goto finished
    :: op == READY -> a = slot; goto ready
    :: op == CANCEL -> c = slot; goto cancel
    :: op == SUBMIT -> c = slot; goto submit
    :: else -> c = slot; goto insert
    fi
  }

call_ended:
  atomic {
    op = op2; slot = slot2; lane = lane2;
    op2 = 0; slot2 = 0; lane2 = 0;
    i = 0; took = 0; p = NONE; q = NONE; mask = 0; purpose = 0; l = 0;
    cell = 0; at_head = 0; taken = 0; f = 0; v = 0; w = 0; aw = 0; ok = 0;
    goto next_call
  }

  // --- Cancel: one CAS -------------------------------------------------------
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
    d_step { cas(W_(c), w, Word(ENDED, TagOf(w) + 1, 0)) };
    if
    :: ok -> goto call_ended
    :: else -> goto cancel
    fi
  }

  // --- Submit ----------------------------------------------------------------
submit:
#ifdef DIRECT
  purpose = FIND_EARLY;
  goto find;
#endif
#ifdef M_CONTACT_LOOKS_FIRST
  purpose = FIND_EARLY;
  looked = 1;
  goto find;
#endif
submit_word:
  atomic {
    Shared;
    d_step {  // S1
      n = PRE + id * POOL + used_nodes;
      used_nodes++;
      Check(MODEL_BOUND, used_nodes <= POOL);
      l = lane;
      load(W_(c), w);
      entry[n] = Entry(c, TagOf(w) + 1, l);
      in_lane = in_lane & ~(1 << c);
      begin_publication(c);
      cas(W_(c), w, Word(WAITING, TagOf(w) + 1, n));
      assert(ok);
      w = 0
    }
  };

  // S2, of contacts and of idle agents: link node n behind the last of list l.
link_last:
  atomic {
    Shared;
    d_step {
      if
      :: n == NONE ->  // an idle agent's
         n = PRE + id * POOL + used_nodes;
         used_nodes++;
         Check(MODEL_BOUND, used_nodes <= POOL);
         entry[n] = Entry(a, AgentTagOf(aw) + 1, l)
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
    d_step {
      load(X_(p), v);
      cell = X_(p)
    };
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
      if
      :: l < NL -> position[n] = Position(CONTACT_KEY(c), c)
      :: else -> position[n] = Position(1, a)
      fi;
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
#endif
      if
      :: ok && l < NL -> in_lane = in_lane | (1 << c)
      :: else
      fi;
      v = 0; cell = 0
    };
    if
    :: ok && l < NL && p != NONE -> goto after_link
    :: ok && l < NL && p == NONE -> goto lower
    :: ok && l >= NL -> goto agent_word
    :: !ok && p == NONE -> goto link_last
    :: !ok && p != NONE -> goto find_last
    fi
  };

  // S3: is the front already low, and safe from whoever read it before?
after_link:
#ifdef M_S3_REMOVED
  goto confirm;
#endif
#ifndef M_S3_CONFIRMED_ONLY
  atomic {
    Shared;
    d_step { load(WordCell(p), w); ok = LiveWith(p, w); w = 0 };
    if
    :: !ok -> goto lower
    :: else
    fi
  };
#endif
#ifndef M_S3_LIVE_ONLY
  atomic {
    Shared;
    d_step { load(C_(p), v); ok = (v != 0); v = 0 };
    if
    :: !ok -> goto lower
    :: else
    fi
  };
#endif
  goto confirm;

lower:
#ifdef M_S3_REMOVED
  goto confirm;
#endif
  atomic {
    Shared;
    d_step { p = NONE; load(F_(l), f); fresh[id] = l + 1 };
#if defined(M_LOWER_ONLY_IF_ABOVE)
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
      ok = (fresh[id] == l + 1);
      if
      :: ok -> store(F_(l), v)
      :: else
      fi;
#else
      cas_front(l, v);
#endif
      fresh[id] = 0; f = 0; v = 0
    };
    if
    :: !ok -> goto lower
    :: else
    fi
  };

confirm:
  atomic {
    Shared;
    d_step {  // S4
      p = NONE;
      store(C_(n), 1);
      // Others may have taken the entry and published a later one.
      if
      :: Live(n) && l < NL -> complete = complete | (1 << c)
      :: Live(n) && l >= NL -> complete_idle = complete_idle | (1 << a)
      :: else
      fi;
      check_fronts();
      check_lanes();
      n = NONE
    };
    if
    :: l >= NL -> goto second_look
    :: l < NL && a != NONE -> goto take
    :: l < NL && a == NONE && looked -> goto call_ended
    :: l < NL && a == NONE && !looked
    fi
  };

  // --- S5: the contact's look ------------------------------------------------
look_at_agents:
  atomic {
    Shared;
    d_step {
      a = NONE;
      load(W_(c), w);
      ok = (StateOf(w) == WAITING && !looked);
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
         :: MAY_SERVE(i, lane) -> mask = mask | (1 << IdleList(i))
         :: else
         fi;
         i++
      :: else -> break
      od;
      i = 0
    }
  };
  goto look;

  // --- Ready -----------------------------------------------------------------
ready:
  atomic {
    Shared;
    d_step { load(A_(a), aw) };
    purpose = PEEK_FIRST;
    goto look_at_lanes
  };

take:
  purpose = TAKE;
look_at_lanes:
  atomic {
    skip;
    d_step {
      mask = 0;
      i = 0;
      do
      :: i < NL ->
         if
         :: MAY_SERVE(a, i) -> mask = mask | (1 << i)
         :: else
         fi;
         i++
      :: else -> break
      od;
      i = 0
    }
  };

  // --- A look: the smallest front, then that list from its head --------------
look:
  atomic {
    skip;
    d_step {
      i = 0; f = EMPTY; l = NONE; taken = 0; begun = 0;
      q = NONE; p = NONE; at_head = 0; v = 0; w = 0
    }
  };
next_front:
  atomic {
    do
    :: i < LISTS && !((mask >> i) & 1) -> i++
    :: else -> break
    od;
    if
    :: i < LISTS -> goto read_front
    :: i == LISTS && l == NONE -> i = 0; l = 0; f = 0; goto found_nothing
    :: i == LISTS && l != NONE -> i = 0; goto read_head
    fi
  };
read_front:
  atomic {
    Shared;
    d_step {
      if
      :: !begun ->
         fresh[id] = 0;
         seen[id] = (purpose == TAKE -> complete : 0)
      :: else
      fi;
      begun = 1;
      load(F_(i), v);
      if
      :: v < f -> f = v; l = i; fresh[id] = l + 1
      :: else
      fi;
      v = 0;
      i++
    };
    goto next_front
  };
read_head:
  atomic {
    Shared;
    d_step {
      load(H_(l), v);
      q = Target(v);
      at_head = 1;
      v = 0
    };
    if
    :: q == NONE -> goto raise
    :: else
    fi
  };
judge:
#ifdef M_NEXT_BEFORE_WORD
  atomic { Shared; d_step { load(X_(q), v) } };
#endif
  atomic {
    Shared;
    d_step {
      load(WordCell(q), w);
      ok = LiveWith(q, w)
    };
    if
    :: ok && (taken || NodeKey(q) > f) -> goto raise
    :: ok && !taken && NodeKey(q) <= f && purpose >= TAKE -> goto claim
    :: ok && !taken && NodeKey(q) <= f && purpose < TAKE -> goto claim_self
    :: !ok
    fi
  };
walk_on:
  atomic {
    Shared;
#ifndef M_NEXT_BEFORE_WORD
    d_step { load(X_(q), v) };
#endif
#ifdef UNLINK
    if
    :: at_head && !taken && !IsNull(v) && MayUnlink(q, w) ->
       w = 0;
       if
       :: Marked(v) -> goto pass_head
       :: else -> goto mark
       fi
    :: else
    fi;
#endif
    q = Target(v);
    at_head = 0;
    v = 0; w = 0;
    if
    :: q == NONE -> goto raise
    :: else -> goto judge
    fi
  };

#ifdef UNLINK
  // A dead node at the head that is not the last one: mark it, then pass the
  // head on. Anybody may do the second step.
mark:
  atomic {
    Shared;
    d_step { cas(X_(q), v, v | 1) };
    if
    :: !ok -> v = 0; goto walk_on
    :: else -> v = v | 1
    fi
  };
pass_head:
  atomic {
    Shared;
    d_step {
      cas(H_(l), Link(q), v & ~1);
      at_head = ok;
      q = Target(v);
      v = 0;
      check_lanes()
    };
    goto judge
  };
#endif

  // Entry q is live and at the front. Its word is w.
claim:
  atomic {
    Shared;
    d_step {
      at_head = 0;
      if
      :: l < NL ->
#ifdef M_CLAIM_WITHOUT_VERSION
         drain_all();
         w = mem[W_(SlotOf(q))];
         ok = (StateOf(w) == WAITING);
         if
         :: ok ->
            mem[W_(SlotOf(q))] = Word(RESERVED, TagOf(w) + 1, a);
            v = RefOf(w);  // where the contact really stands
            check_claim(a, SlotOf(q), ListOf(v), position[v]);
            v = 0
         :: else
         fi
#else
         cas(W_(SlotOf(q)), w, Word(RESERVED, TagOf(w) + 1, a));
         if
         :: ok -> check_claim(a, SlotOf(q), l, position[q])
         :: else
         fi
#endif
      :: else ->
         cas(A_(SlotOf(q)), w, (w | CLAIMED) + NEXT_TAG);
         if
         :: ok -> a = SlotOf(q); complete_idle = complete_idle & ~(1 << a)
         :: else
         fi
      fi;
      w = 0
    };
    if
    :: !ok -> goto look
    :: else -> taken = 1
    fi
  };
#ifdef M_FRONT_READ_AGAIN
  atomic { Shared; d_step { load(F_(l), f); fresh[id] = l + 1 } };
#endif
#ifdef M_NEXT_BEFORE_WORD
  atomic { Shared; d_step { load(X_(q), v) } };
#endif
  goto walk_on;

  // The walk ended at q, live, or found nobody: raise the front that was read
  // before it.
raise:
  atomic {
    Shared;
    d_step {
      w = 0; v = 0;
      scratch = (q == NONE -> EMPTY : NodeKey(q));
      if
      :: scratch > f ->
#ifdef M_RAISE_WITHOUT_VERSION
         if
         :: mem[F_(l)] == f -> fresh[id] = l + 1
         :: else
         fi;
#endif
         cas_front(l, scratch);
         check_fronts()
      :: else
      fi;
      scratch = 0; fresh[id] = 0
    };
    if
    :: !taken -> goto look
    :: else
    fi
  };
  atomic {  // found
    taken = 0; q = NONE; f = 0; l = 0; at_head = 0;
    if
    :: purpose == TAKE -> took = 1; goto release
    :: purpose == FIND -> goto take
#ifdef DIRECT
    :: purpose == FIND_EARLY -> goto found_early
#else
    :: purpose == FIND_EARLY -> goto submit_word
#endif
    fi
  };

  // A peek found something: the agent is claimed before anything is taken.
claim_self:
  atomic {
    Shared;
    d_step {
      q = NONE; f = 0; l = 0; at_head = 0; w = 0; fresh[id] = 0;
      cas(A_(a), aw, (aw | CLAIMED | OPEN) + NEXT_TAG);
      if
      :: ok -> complete_idle = complete_idle & ~(1 << a)
      :: else
      fi
    };
    if
    :: ok -> goto take
    :: else -> goto after_agent
    fi
  };

found_nothing:
  atomic {
    if
    :: purpose == TAKE -> goto release
    :: purpose == FIND -> goto call_ended
    :: purpose == PEEK_FIRST -> goto publish_agent
    :: purpose == PEEK_SECOND -> goto after_agent
    :: purpose == FIND_EARLY -> goto submit_word
    fi
  };

#include "caller_agent.pml"

finished:
  atomic {
    Shared;
    d_step { ended_callers++; used_nodes = 0; ok = 0 }
  }
}
