  // A look (MatcherT::FindContactFor, FindAgentFor; LanesT::Find;
  // OrderedLists::FindFirst): the fronts of the mask, then the lists of the
  // smallest.
look:
  atomic {
    i = 0; f = EMPTY; second = EMPTY; l = NONE; begun = 0;
    q = NONE; best = NONE; p = NONE; v = 0; w = 0; cell = 0;
    goto next_front
  };
next_front:
  atomic {
    do
    :: i < FRONTS && !((mask >> i) & 1) -> i++
    :: else -> break
    od;
    if
    :: i < FRONTS -> goto read_front
    :: i == FRONTS && l == NONE ->
       i = 0; l = 0; f = 0; second = 0; goto found_nothing
    :: i == FRONTS && l != NONE -> i = 0; goto read_head
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
      :: v < f ->
         second = f; f = v; fresh[id] = i + 1;
         l = i + NL * (i >= NL)  // the first list of front i
      :: v >= f && v < second -> second = v
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
      cell = H_(l);
      v = 0
    };
    if
    :: q == NONE -> goto list_ended
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
      ok = LiveWith(q, w);
      if
      :: ok && (best == NONE || position[q] < position[best]) -> best = q
      :: else
      fi
    };
    if
    :: ok -> goto list_ended
    :: else
    fi
  };
next_node:
  atomic {
    Shared;
#ifndef M_NEXT_BEFORE_WORD
    d_step { load(X_(q), v) };
#endif
#ifdef UNLINK
    if
    :: !IsNull(v) && MayUnlink(q, w) ->
       w = 0;
       if
       :: Marked(v) -> goto unlink
       :: else -> goto mark
       fi
    :: else
    fi;
#endif
    cell = X_(q);
    q = Target(v);
    v = 0; w = 0;
    if
    :: q == NONE -> goto list_ended
    :: else -> goto judge
    fi
  };

#ifdef UNLINK
  // A dead node that is not the last one: mark it, then let the link that led
  // here pass it. Anybody may do the second step.
mark:
  atomic {
    Shared;
    d_step { cas(X_(q), v, v | 1) };
    if
    :: !ok -> v = 0; goto next_node
    :: else -> v = v | 1
    fi
  };
unlink:
  atomic {
    Shared;
    d_step {
      cas(cell, Link(q), v & ~1);
      q = Target(v);
      v = 0;
      check_lanes()
    };
    if
    :: ok -> goto judge
    :: else -> goto read_head
    fi
  };
#endif

  // The other list of the lane; then the front that was read before the walk is
  // raised (FrontWords::Raise).
list_ended:
  atomic {
    w = 0; v = 0; q = NONE; cell = 0;
#ifdef PLACED
    if
    :: l < NL -> l = l + NL; goto read_head
    :: else
    fi
#endif
  };
  atomic {
    Shared;
    d_step {
      scratch = (best == NONE -> EMPTY : NodeKey(best));
      if
      :: scratch > f ->
#ifdef M_RAISE_WITHOUT_VERSION
         if
         :: mem[F_(FrontOf(l))] == f -> fresh[id] = FrontOf(l) + 1
         :: else
         fi;
#endif
         cas_front(FrontOf(l), scratch);
         check_fronts()
      :: else
      fi;
#ifdef M_KEYS_COMPARED_ONCE
      ok = (best != NONE);
#else
      ok = (scratch <= f || scratch < second);
#endif
      scratch = 0; fresh[id] = 0
    };
    if
    :: purpose == TIDY_LANE -> goto lane_tidied
    :: purpose == TIDY_AGENT -> goto take
#ifdef EARLY_LOOK
    :: purpose == TIDY_EARLY -> begun = 0; goto hand_over
#endif
    :: purpose == SECOND_LOOK && ok -> goto claim_self
    :: purpose >= TAKE && purpose <= FIND_EARLY && ok -> goto claim
    :: purpose != TIDY_LANE && purpose != TIDY_AGENT &&
       purpose != TIDY_EARLY && !ok -> goto look
    fi
  };

  // Agent first, contact last.
claim:
  atomic {
    Shared;
    d_step {
      if
      :: purpose == TAKE ->
         load(W_(SlotOf(best)), w);
#ifdef M_CLAIM_WITHOUT_VERSION
         ok = (StateOf(w) == WAITING);
         if
         :: ok ->
            cas(W_(SlotOf(best)), w, Word(RESERVED, TagOf(w) + 1, a));
            v = RefOf(w);  // where the contact really stands
            check_claim(a, SlotOf(best), FrontOf(ListOf(v)), position[v]);
            v = 0
         :: else
         fi
#else
         ok = LiveWith(best, w);
         if
         :: ok ->
#ifdef M_CLAIM_STORED
            weak_cas(W_(SlotOf(best)), w, Word(RESERVED, TagOf(w) + 1, a));
#else
            cas(W_(SlotOf(best)), w, Word(RESERVED, TagOf(w) + 1, a));
#endif
            check_claim(a, SlotOf(best), FrontOf(l), position[best])
         :: else
         fi
#endif
      :: else ->
         load(A_(SlotOf(best)), w);
         ok = LiveWith(best, w);
         if
         :: ok ->
            a = SlotOf(best);
            cas(A_(a), w, (w | CLAIMED) + NEXT_TAG);
            complete_idle = complete_idle & ~(1 << a)
         :: else
         fi
      fi;
      w = 0; best = NONE; f = 0; second = 0
    };
    if
    :: !ok -> goto look
    :: ok && purpose == TAKE -> l = FrontOf(l); goto add_units
    :: ok && purpose == FIND -> purpose = TIDY_AGENT; goto tidy
    :: ok && purpose == FIND_EARLY -> purpose = TIDY_EARLY; goto tidy
    fi
  };

  // Walk once more from the head, to mend the front (LanesT::Tidy).
tidy_lane:
  purpose = TIDY_LANE;
tidy:
  atomic {
    Shared;
    d_step {
      l = FrontOf(l);
      load(F_(l), v);
      f = v; v = 0;
      fresh[id] = l + 1;
      second = EMPTY;
      l = l + NL * (l >= NL)
    };
    goto read_head
  };
lane_tidied:
  atomic {
    best = NONE; f = 0; second = 0; l = 0;
    if
    :: room -> room = 0; goto take
    :: else -> goto after_agent
    fi
  };

found_nothing:
  atomic {
    if
    :: purpose == TAKE -> goto release
    :: purpose == FIND -> goto call_ended
    :: purpose == FIND_EARLY -> goto submit_word
    :: purpose == SECOND_LOOK -> goto after_agent
    fi
  };
