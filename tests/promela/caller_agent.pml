  // An agent: made ready, released, handed over to; and return and move.

  // --- Ready (MatcherT::Update): the change claims the agent -----------------
ready:
  atomic {
    Shared;
    d_step { load(A_(a), aw); ok = !(aw & CLAIMED) };
    if
    :: !ok -> goto call_ended
    :: else
    fi
  };
  atomic {
    Shared;
    d_step { cas(A_(a), aw, (aw | CLAIMED | OPEN) + NEXT_TAG); aw = 0 };
    if
    :: !ok -> goto ready
    :: else -> goto take
    fi
  };

#ifdef EARLY_LOOK
  // --- Hand-over (MatcherT::TakeDirectly): the agent is claimed, the contact
  // is in no lane. It is taken if it stands before every lane of the agent.
hand_over:
  atomic {
    i = 0; l = 0;
    if
    :: !MAY_SERVE(a, 0) -> i = 1
    :: else
    fi
  };
hand_over_front:
  atomic {
    Shared;
    d_step {
      if
      :: !begun -> seen[id] = complete; begun = 1
      :: else
      fi;
      load(F_(i), v);
      ok = (v > CONTACT_KEY(c));
      v = 0; i++
    };
    do
    :: ok && i < NL && !MAY_SERVE(a, i) -> i++
    :: else -> break
    od;
    if
    :: !ok -> i = 0; begun = 0; goto submit_word
    :: ok && i < NL -> goto hand_over_front
    :: ok && i == NL -> i = 0; begun = 0
    fi
  };
  atomic {
    Shared;
    d_step {
      load(W_(c), w);
      cas(W_(c), w, Word(RESERVED, TagOf(w) + 2, a));
      assert(ok);
      check_claim(a, c, lane, Position(CONTACT_KEY(c), c));
      w = 0
    };
    l = NONE;
    goto add_units
  };
#endif

  // --- After a decision (MatcherT::AddUnits): the claim ends with the room ---
add_units:
  atomic {
    Shared;
    d_step { load(A_(a), aw) }
  };
  atomic {
    Shared;
    d_step {
      room = HasRoom(aw + UNIT);
      scratch = aw + UNIT + NEXT_TAG - (1 - room) * CLAIMED;
      cas(A_(a), aw, scratch);
      scratch = 0; aw = 0
    };
    if
    :: !ok -> goto add_units
    :: ok && l == NONE -> goto lane_tidied  // handed over: no lane
    :: ok && l != NONE -> goto tidy_lane
    fi
  };

  // --- Release (MatcherT::Release): nothing was found ------------------------
  // Node first, then the word, which is the publishing write
  // (AgentsT::Publish).
release:
  atomic {
    Shared;
    d_step { seen[id] = 0; load(A_(a), aw) };
    l = IdleList(a);
    n = NONE;
    goto link_last
  };
agent_word:
  atomic {
    Shared;
    d_step {
      w = Idle(AgentTagOf(aw) + 1, UsedOf(aw));
      complete_idle = complete_idle & ~(1 << a);
#ifdef M_AGENT_STORED
      weak_cas(A_(a), aw, w);
#else
      cas(A_(a), aw, w);
#endif
      // In these configurations nobody else changes a claimed agent's word.
      assert(ok);
      aw = w; w = 0
    };
    goto cover
  };

second_look:
#ifdef M_NO_SECOND_LOOK
  goto after_agent;
#endif
  purpose = SECOND_LOOK;
  goto look_at_lanes;

  // The second look found something.
claim_self:
  atomic {
    Shared;
    d_step {
      best = NONE; f = 0; second = 0; l = 0; fresh[id] = 0;
      cas(A_(a), aw, (aw | CLAIMED) + NEXT_TAG);
      aw = 0;
      if
      :: ok -> complete_idle = complete_idle & ~(1 << a)
      :: else
      fi
    };
    if
    :: ok -> goto take
    :: else
    fi
  };
after_agent:
  atomic {
    aw = 0;
    if
    :: c == NONE -> goto call_ended
    :: else -> goto look_at_agents
    fi
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
    };
    goto look
  };

  // --- Return and move (LanesT::Place, OrderedLists::Insert) -----------------
insert:
  atomic {
    Shared;
    d_step {
      l = NL + lane;
      load(W_(c), w);
      ok = (StateOf(w) == (op == RETURN -> RESERVED : WAITING))
    };
    if
    :: !ok -> goto call_ended
    :: else
    fi;
    d_step {
      take_node(c, TagOf(w) + 1);
      position[n] = Position(CONTACT_KEY(c), c)
    }
  };
#ifdef M_WORD_BEFORE_NODE
  goto insert_word;
#endif
find_place:
  atomic {
    Shared;
    d_step { p = NONE; cell = H_(l); load(cell, v); q = Target(v); v = 0 };
    if
    :: q == NONE -> goto insert_link
    :: else
    fi
  };
next_place:
  atomic {
    Shared;
    d_step { load(X_(q), v) };
    if
    :: !Marked(v) && position[q] < position[n] ->
       cell = X_(q); p = q; q = Target(v); v = 0;
       if
       :: q == NONE -> goto insert_link
       :: else -> goto next_place
       fi
    :: !Marked(v) && position[q] >= position[n] -> v = 0; goto insert_link
    :: Marked(v)
    fi
  };
  atomic {  // a marked node is in the way: unlink it
    Shared;
    d_step { cas(cell, Link(q), v & ~1); q = Target(v); v = 0; check_lanes() };
    if
    :: ok -> goto next_place
    :: else -> goto find_place
    fi
  };
insert_link:
  atomic {
    Shared;
    d_step {
      mem[X_(n)] = Link(q);  // private until the next line
      v = Link(q);
      cas(cell, v, Link(n));
      if
      :: q != NONE -> p = NONE  // not the last one: never covered
      :: else
      fi;
      v = 0; q = NONE; cell = 0
    };
    if
    :: !ok -> goto find_place
    :: else
    fi
  };
#ifdef M_WORD_BEFORE_NODE
  goto inserted;
insert_word:
#endif
  atomic {
    Shared;
    d_step {
#ifdef M_WORD_STORED
      weak_cas(W_(c), w, Word(WAITING, TagOf(w) + 1, n));
#else
      cas(W_(c), w, Word(WAITING, TagOf(w) + 1, n));
#endif
      if
      :: ok ->
         begin_publication(c);
         // The agent's unit stays taken: giving it back is another call.
         holder[c] = 0;
         in_lane = in_lane | (1 << c);
         check_lanes()
      :: else
      fi;
      w = 0
    };
    if
    :: !ok -> goto call_ended
    :: else
    fi
  };
#ifdef M_WORD_BEFORE_NODE
  goto find_place;
inserted:
#endif
#ifdef M_INSERT_COVERED
  atomic {
    Shared;
    d_step { load(F_(FrontOf(l)), v); ok = (v <= NodeKey(n)); v = 0 };
    if
    :: ok -> goto confirm
    :: else
    fi
  };
#endif
  goto cover;
