// The rest of a caller: how an agent's claim ends, return and move.

#ifdef DIRECT
#include "caller_direct.pml"
#endif

  // --- The claim of agent a ends ---------------------------------------------
release:
  atomic {
    Shared;
    d_step { seen[id] = 0; load(A_(a), aw) };
    if
    :: HasRoom(aw + took * UNIT) -> goto publish_agent
    :: else
    fi
  };
  atomic {
    Shared;
    d_step { cas(A_(a), aw, (aw & ~CLAIMED) + took * UNIT + NEXT_TAG) };
    if
    :: !ok -> goto release
    :: else
    fi;
    goto after_agent
  };

  // Node first, then the word; the word is the publishing write.
publish_agent:
  atomic { l = IdleList(a); n = NONE; goto link_last };

agent_word:
  atomic {
    Shared;
    d_step {
      w = Idle(AgentTagOf(aw) + 1, UsedOf(aw) + took);
      complete_idle = complete_idle & ~(1 << a);
#ifdef M_AGENT_STORED
      weak_cas(A_(a), aw, w);
#else
      cas(A_(a), aw, w);
#endif
      // Nobody but this caller changes the word before it is published.
      assert(ok);
      aw = w; w = 0; took = 0
    };
    if
    :: p == NONE -> goto lower
    :: else -> goto after_link
    fi
  };

second_look:
#ifdef M_NO_SECOND_LOOK
  goto after_agent;
#endif
  purpose = PEEK_SECOND;
  goto look_at_lanes;

after_agent:
  atomic {
    took = 0; aw = 0;
    if
    :: c == NONE -> goto call_ended
    :: else -> goto look_at_agents
    fi
  };

  // --- Return and move: at the sorted place ----------------------------------
insert:
  atomic {
    Shared;
    d_step {
      l = lane;
      load(W_(c), w);
      ok = (StateOf(w) == (op == RETURN -> RESERVED : WAITING))
    };
    if
    :: !ok -> goto call_ended
    :: else
    fi;
    d_step {
      n = PRE + id * POOL + used_nodes;
      used_nodes++;
      Check(MODEL_BOUND, used_nodes <= POOL);
      entry[n] = Entry(c, TagOf(w) + 1, l);
      position[n] = Position(CONTACT_KEY(c), c)
    }
  };
#ifdef M_WORD_BEFORE_NODE
  goto insert_word;
#endif
find_place:
  atomic {
    Shared;
    d_step { cell = H_(l); load(cell, v); q = Target(v); v = 0 };
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
       cell = X_(q); q = Target(v); v = 0;
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
      cas(W_(c), w, Word(WAITING, TagOf(w) + 1, n));
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
#ifdef M_RETURN_QUIET
  atomic {
    Shared;
    d_step { load(F_(l), v); ok = (v <= NodeKey(n)); v = 0 };
    if
    :: ok -> goto confirm
    :: else
    fi
  };
#endif
  goto lower;
