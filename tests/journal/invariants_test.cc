// Each invariant is broken once, by hand, in a state or in a history that is
// sound otherwise.

#include "lib/journal/invariants.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/fold.h"
#include "tests/journal/centre.h"
#include "tests/journal/describe.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Problems(const LiveState& state) {
  std::vector<std::string> problems;
  CheckInvariants(state, [&problems](absl::string_view problem) {
    problems.emplace_back(problem);
  });
  return problems;
}

// "c1" waits, "c2" is reserved by "a2", "c3" in handling by "a3", "c4" ended.
class InvariantsTest : public ::testing::Test {
 protected:
  InvariantsTest() {
    for (const char* agent : {"a1", "a2", "a3"}) centre_.Ready(agent);
    for (const char* id : {"c1", "c2", "c3", "c4"}) centre_.Submit(id);
    centre_.Reserve("c2", "a2");
    centre_.Reserve("c3", "a3");
    centre_.Do(centre_.Accepted("c3", "a3"));
    centre_.Do(centre_.Ended("c4", EndReason::kAbandoned));
    state_ = centre_.state();
  }

  Centre centre_;
  LiveState state_;
};

TEST_F(InvariantsTest, HoldAfterEveryEventOfAHistory) {
  EXPECT_THAT(Problems(state_), IsEmpty());
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    History history(seed);
    Fold fold({5'000, 50});
    EntityHistories entities(&fold.state());
    std::vector<std::string> problems;
    const auto tell = [&problems](absl::string_view problem) {
      problems.emplace_back(problem);
    };
    for (int i = 0; i < 600; ++i) {
      const NumberedEvent next = history.Next();
      ASSERT_TRUE(fold.Apply(next.event, next.detail, nullptr).ok());
      entities.Add(next.event, true, tell);
      CheckInvariants(fold.state(), tell);
      ASSERT_THAT(problems, IsEmpty())
          << "seed " << seed << ", " << Describe(next);
    }
    entities.CompareWithLive(tell);
    EXPECT_THAT(problems, IsEmpty()) << "seed " << seed;
  }
}

struct Damage {
  const char* said;
  std::function<void(LiveState*)> damage;
};

TEST_F(InvariantsTest, EachOfHoldersAndHeldIsTold) {
  const Damage cases[] = {
      {"contact \"c1\" is waiting, but held by agent \"a1\"",
       [](LiveState* s) { s->contacts["c1"].agent_id = "a1"; }},
      {"contact \"c3\" is assigned, but held by no agent",
       [](LiveState* s) { s->contacts["c3"].agent_id.clear(); }},
      {"contact \"c2\" is reserved by agent \"a2\", who is not there",
       [](LiveState* s) { s->agents.erase("a2"); }},
      {"contact \"c2\" is reserved by agent \"a2\" (attempt 9)",
       [](LiveState* s) { s->contacts["c2"].attempt = 9; }},
      {"contact \"c3\" is assigned by agent \"a3\" (attempt 2), who does not "
       "hold it so",
       [](LiveState* s) { s->agents["a3"].held.clear(); }},
      {"contact \"c3\" is assigned by agent \"a3\" (attempt 2), who does not "
       "hold it so",
       [](LiveState* s) {
         s->agents["a3"].held[0].state = WorkState::kReserved;
       }},
      {"contact \"c3\" is held twice: by agents \"a1\" and \"a3\"",
       [](LiveState* s) { s->agents["a1"] = s->agents["a3"]; }},
      {"agent \"a1\" is handling contact \"c9\", which is not alive",
       [](LiveState* s) {
         s->agents["a1"] = s->agents["a3"];
         s->agents["a1"].held[0].contact_id = "c9";
       }},
      {"agent \"a1\" is reserved with contact \"c1\", which is waiting by "
       "agent \"\"",
       [](LiveState* s) {
         s->agents["a1"] = s->agents["a2"];
         s->agents["a1"].held[0].contact_id = "c1";
       }},
      {"contact \"c3\" is held twice: by agents \"a3\" and \"a3\"",
       [](LiveState* s) {
         auto& held = s->agents["a3"].held;
         held.push_back(held[0]);
       }},
      {"agent \"a3\" is over capacity: holds 2 contacts of 201 units; at most "
       "200",
       [](LiveState* s) {
         s->agents["a3"].held.push_back(
             {"w", Channel::kChat, WorkState::kWrapUp, 2, 101, 9'000});
       }},
      {"agent \"a1\" is over capacity: holds 26 contacts of 26 units; at "
       "most 200",
       [](LiveState* s) {
         s->agents["a1"].held.assign(
             26, {"w", Channel::kChat, WorkState::kWrapUp, 2, 1, 9'000});
       }},
  };
  for (const Damage& c : cases) {
    LiveState damaged = state_;
    c.damage(&damaged);
    EXPECT_THAT(Problems(damaged), Contains(HasSubstr(c.said)));
  }
}

TEST_F(InvariantsTest, EachOfContactsAndTotalsIsTold) {
  const Damage cases[] = {
      {"is alive with version 0",
       [](LiveState* s) { s->contacts["c1"].version = 0; }},
      {"contact \"c1\" has 9 declines; at most 8",
       [](LiveState* s) { s->contacts["c1"].declines.resize(9); }},
      {"in queue \"q0\", which is not there",
       [](LiveState* s) { s->queues.erase("q0"); }},
      {"was offered 1 contacts",
       [](LiveState* s) { s->queues["q0"].offered_total = 1; }},
      {"contact \"c4\" has ended twice",
       [](LiveState* s) { s->ended.push_back(s->ended.front()); }},
      {"contact \"c4\" is alive, and has ended",
       [](LiveState* s) { s->contacts["c4"] = s->contacts["c1"]; }},
      {"contact \"c4\" has ended without a reason",
       [](LiveState* s) { s->ended.front().end_reason = EndReason::kNone; }},
      {"agent \"b\" has 65 declines; at most 64",
       [](LiveState* s) {
         for (int i = 0; i < 65; ++i) {
           LiveContact& contact = s->contacts[absl::StrCat("d", i)];
           contact = s->contacts["c1"];
           contact.declines.push_back({"b", 1});
         }
       }},
  };
  for (const Damage& c : cases) {
    LiveState damaged = state_;
    c.damage(&damaged);
    EXPECT_THAT(Problems(damaged), Contains(HasSubstr(c.said)));
  }
}

TEST_F(InvariantsTest, HalfAnEndIsAllowed) {
  const std::uint64_t attempt = centre_.contact("c2").attempt;
  centre_.Do(centre_.RescindedByEnd("c2", "a2", attempt));
  EXPECT_EQ(centre_.contact("c2").agent_id, "");
  EXPECT_THAT(Problems(centre_.state()), IsEmpty());
  Centre other;
  other.Ready("a2");
  other.Submit("c2");
  other.Reserve("c2", "a2");
  other.Do(other.Ended("c2", EndReason::kAbandoned));
  EXPECT_EQ(other.work("a2"), WorkState::kReserved);
  EXPECT_THAT(Problems(other.state()), IsEmpty());
}

// --- Histories ---------------------------------------------------------------

class EntityHistoriesTest : public ::testing::Test {
 protected:
  Event Make(EventType type, std::uint64_t contact_version,
             std::uint64_t agent_version) {
    Event event;
    event.sequence = ++sequence_;
    event.type = type;
    event.contact_id.Assign("c");
    event.contact_version = contact_version;
    if (agent_version != 0) event.agent_id.Assign("a");
    event.agent_version = agent_version;
    return event;
  }
  Event Created(std::uint64_t contact_version, std::uint64_t agent_version) {
    Event event =
        Make(EventType::kReservationCreated, contact_version, agent_version);
    event.contact_state = ContactState::kReserved;
    event.work_state = WorkState::kReserved;
    return event;
  }
  void Add(const Event& event, bool from_beginning = false) {
    histories_.Add(event, from_beginning,
                   [this](absl::string_view p) { problems_.emplace_back(p); });
  }
  std::vector<std::string> Take() { return std::exchange(problems_, {}); }

  LiveState live_;
  EntityHistories histories_{&live_};
  std::vector<std::string> problems_;
  std::uint64_t sequence_ = 0;
};

TEST_F(EntityHistoriesTest, AVersionFollowsTheOneBefore) {
  Add(Make(EventType::kContactSubmitted, 2, 0));
  EXPECT_THAT(Take(), Contains("event 1: version 2 of contact \"c\" comes "
                               "after 0"));
  Add(Created(4, 7));
  EXPECT_THAT(Take(), Contains("event 2: version 4 of contact \"c\" comes "
                               "after 2"));
  Event accepted = Make(EventType::kReservationAccepted, 5, 9);
  Add(accepted);
  EXPECT_THAT(Take(),
              Contains("event 3: version 9 of agent \"a\" comes after 7"));
}

TEST_F(EntityHistoriesTest, WhatBeganEarlierIsTakenUnlessThereIsNoEarlier) {
  Add(Created(3, 7), false);
  EXPECT_THAT(Take(), IsEmpty());
  histories_.Forget();
  Add(Created(4, 8), true);
  EXPECT_EQ(Take().size(), 2);
}

TEST_F(EntityHistoriesTest, AHeldContactIsNotTakenAgain) {
  Add(Created(2, 1));
  Event again = Created(3, 1);
  again.agent_id.Assign("b");
  Add(again);
  EXPECT_THAT(Take(), Contains("event 2 (reservation_created) by agent \"b\": "
                               "contact \"c\" is reserved by agent \"a\""));
}

// What an agent held before the first event of it that is known may be
// anything; from its first event on, everything is known.
TEST_F(EntityHistoriesTest, EachStepFindsTheContactAsTheOneBeforeLeftIt) {
  const auto of = [this](EventType type, const char* contact,
                         std::uint64_t agent_version, WorkState work) {
    Event event = Make(type, 0, agent_version);
    event.contact_id.Assign(contact);
    event.work_state = work;
    event.units = 10;
    return event;
  };
  const auto said = [](int event, const char* type, const char* contact,
                       const char* is, const char* before) {
    return absl::StrCat("event ", event, " (", type, ") of contact \"", contact,
                        "\": agent \"a\" is ", is, " with it, not ", before);
  };
  Add(of(EventType::kPresenceChanged, "", 1, WorkState::kIdle));
  Add(of(EventType::kReservationCreated, "d", 2, WorkState::kReserved));
  Add(of(EventType::kReservationCreated, "e", 3, WorkState::kReserved));
  EXPECT_THAT(Take(), IsEmpty());
  Add(of(EventType::kReservationCreated, "e", 4, WorkState::kReserved));
  EXPECT_THAT(Take(), Contains(said(4, "reservation_created", "e", "reserved",
                                    "idle")));
  Event ended = of(EventType::kContactEnded, "e", 5, WorkState::kReserved);
  ended.contact_state = ContactState::kEnded;
  Add(ended);
  EXPECT_THAT(Take(),
              Contains(said(5, "contact_ended", "e", "reserved", "handling")));
  Add(of(EventType::kReservationAccepted, "f", 6, WorkState::kHandling));
  EXPECT_THAT(Take(), Contains(said(6, "reservation_accepted", "f", "idle",
                                    "reserved")));
  Add(of(EventType::kWrapUpEnded, "d", 7, WorkState::kReserved));
  EXPECT_THAT(Take(),
              Contains(said(7, "wrap_up_ended", "d", "reserved", "wrap_up")));
  // Of a later beginning: what was held before may be.
  histories_.Forget();
  Add(of(EventType::kWrapUpEnded, "x", 30, WorkState::kHandling));
  Add(of(EventType::kReservationDeclined, "y", 31, WorkState::kHandling));
  EXPECT_THAT(Take(), IsEmpty());
  Add(of(EventType::kReservationCreated, "z", 32, WorkState::kReserved));
  Add(of(EventType::kWrapUpEnded, "z", 33, WorkState::kHandling));
  EXPECT_THAT(Take(),
              Contains(said(11, "wrap_up_ended", "z", "reserved", "wrap_up")));
}

TEST_F(EntityHistoriesTest, AnAgentIsNotGivenMoreThanItHas) {
  const auto created = [this](const char* contact, std::uint64_t version,
                              std::uint8_t units) {
    Event event = Created(2, version);
    event.contact_id.Assign(contact);
    event.units = units;
    return event;
  };
  Add(created("d", 1, 60));
  Add(created("e", 2, 40));
  EXPECT_THAT(Take(), IsEmpty());
  Add(created("f", 3, 4));
  EXPECT_THAT(Take(),
              Contains("event 3 (reservation_created) of contact \"f\": agent "
                       "\"a\" is over capacity: holds 104 units; it has 100"));
  // Of format version 1: all of the agent.
  histories_.Forget();
  Add(created("g", 7, 0));
  EXPECT_THAT(Take(), IsEmpty());
  Add(created("h", 8, 0));
  EXPECT_THAT(Take(), Contains(HasSubstr("holds 200 units; it has 100")));
  // Whatever it held before the events that are missing.
  Add(created("i", 10, 4));
  Take();
  Add(created("j", 11, 4));
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(EntityHistoriesTest, OnlyTheHolderAccepts) {
  Add(Created(2, 1));
  Event accepted = Make(EventType::kReservationAccepted, 3, 1);
  accepted.agent_id.Assign("b");
  Add(accepted);
  EXPECT_EQ(Take().size(), 1);
}

TEST_F(EntityHistoriesTest, LiveRecordsAreThoseOfTheLastEvents) {
  const auto compare = [this] {
    histories_.CompareWithLive(
        [this](absl::string_view p) { problems_.emplace_back(p); });
    return Take();
  };
  Add(Created(2, 1));
  EXPECT_THAT(compare(), Contains(HasSubstr("contact \"c\" is alive by its")));
  live_.contacts["c"].version = 2;
  live_.contacts["c"].state = ContactState::kReserved;
  EXPECT_THAT(compare(), Contains(HasSubstr("agent \"a\" has no live record")));
  live_.agents["a"].version = 1;
  live_.agents["a"].held = {
      {"c", Channel::kVoice, WorkState::kReserved, 2, 100, 0}};
  EXPECT_THAT(compare(), IsEmpty());
  live_.agents["a"].version = 2;
  live_.contacts["c"].state = ContactState::kAssigned;
  EXPECT_EQ(compare().size(), 2);
  Event ended = Make(EventType::kContactEnded, 3, 0);
  ended.contact_state = ContactState::kEnded;
  Add(ended);
  EXPECT_THAT(compare(),
              Contains("contact \"c\" ended with event 2, but has a live "
                       "record"));
  Event removed = Make(EventType::kAgentRemoved, 0, 2);
  removed.contact_id.Assign("");
  Add(removed);
  EXPECT_THAT(compare(), Contains("agent \"a\" was removed with event 3, but "
                                  "has a live record"));
}

}  // namespace
}  // namespace relais::journal
