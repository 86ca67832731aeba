// Shows that the histories' judge can say no about rings and about agents who
// are changed one by one: a legal history is doctored in one place, and each
// fault is rejected by its name.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/stress/doctored.h"
#include "tests/stress/history_judge.h"
#include "tests/stress/history_replay.h"

namespace relais::stress {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "loans" asks for level 5, after 30 ticks for 3 with a boost of 100.
Configuration RingConfiguration(DurationMs widen_after_ms = 30) {
  Configuration configuration;
  configuration.name = "rings";
  configuration.skills = {{"loans", ""}};
  configuration.routing_profiles = {{"all", 0xFF}};
  configuration.agents = {{"ann", AgentGrade::kSenior, "all", {{"loans", 9}}},
                          {"bob", AgentGrade::kSenior, "all", {{"loans", 3}}}};
  ContactQueue queue;
  queue.name = "main";
  queue.channels = 0xFF;
  configuration.queues.push_back(queue);
  queue.name = "loans";
  queue.requirement.all_of = {{"loans", 5}};
  queue.plan = "wider";
  configuration.queues.push_back(queue);
  configuration.bullseye_plans = {{.name = "wider",
                                   .rings = {{.widen_after_ms = widen_after_ms,
                                              .lower_all_by = 2,
                                              .raise_boost_ms = 100}}}};
  return configuration;
}

ContactSpec RingSpecOf(std::string_view id) {
  ContactSpec spec;
  spec.id = std::string(id);
  spec.queue = id == "x" ? "loans" : "main";
  return spec;
}

// y comes, then x, which asks for loans; x is widened. Bob becomes available
// and takes x, which its boost puts before y.
class DoctoredRingTest : public DoctoredTest {
 protected:
  DoctoredRingTest() : DoctoredTest(RingConfiguration(), RingSpecOf) {
    for (const char* id : {"y", "x"}) Submit(id);
    for (int i = 0; i < 40; ++i) clock_.Draw();
    RunDue();
    SetAvailable("bob");
    round_.quiet = clock_.Draw();
  }

  void RunDue() {
    Call(CallKind::kRunDue, "", "", [this](InstantMs now_ms, CallRecord&) {
      router_->RunDue(now_ms, 100);
    });
  }
  void Change(const std::string& agent, std::vector<AgentSkill> skills) {
    Call(CallKind::kChangeAgent, "", agent,
         [&](InstantMs now_ms, CallRecord& call) {
           call.change.skills = std::move(skills);
           const auto answer = router_->ChangeAgent(*router_->FindAgent(agent),
                                                    call.change, now_ms);
           ASSERT_TRUE(answer.ok()) << answer.status();
           call.version = answer->version;
           call.configuration_version = answer->configuration_version;
         });
    round_.quiet = clock_.Draw();
  }

  static void Drop(Round& round, EventType type) {
    std::erase_if(round.events, [type](const StreamEvent& one) {
      return one.event.type == type;
    });
    std::uint64_t sequence = 0;
    for (StreamEvent& one : round.events) one.event.sequence = ++sequence;
  }
};

TEST_F(DoctoredRingTest, LegalHistoryPasses) {
  EXPECT_THAT(Judged([](Round&) {}), IsEmpty());
  EXPECT_EQ(Find(round_, EventType::kReservationCreated).contact_id.view(),
            "x");
  EXPECT_EQ(Find(round_, EventType::kReservationCreated).ring, 1);
}

TEST_F(DoctoredRingTest, AnotherRing) {
  EXPECT_THAT(Judged([](Round& round) {
                Event& created = Find(round, EventType::kReservationCreated);
                created.ring = 0;
                created.rank_key_ms += 100;
              }),
              Contains(HasSubstr("(ring: 1 and 0)")));
}

TEST_F(DoctoredRingTest, AKeyWithoutItsBoost) {
  EXPECT_THAT(
      Judged([](Round& round) {
        for (StreamEvent& one : round.events) {
          if (one.event.ring == 1) one.event.rank_key_ms += 100;
        }
      }),
      ElementsAre(HasSubstr("a rank key that is not that of its ring")));
}

TEST_F(DoctoredRingTest, ReservedForWhomOnlyALaterRingSuits) {
  EXPECT_THAT(Judged([](Round& round) {
                Drop(round, EventType::kContactWidened);
                Event& created = Find(round, EventType::kReservationCreated);
                created.ring = 0;
                created.rank_key_ms += 100;
                --created.contact_version;
                --created.attempt;
              }),
              Contains(HasSubstr("without eligibility")));
}

TEST_F(DoctoredRingTest, WidenedTooEarly) {
  EXPECT_THAT(Judged([](Round&) {}, RingConfiguration(1'000)),
              ElementsAre(HasSubstr("a deadline of")));
}

TEST_F(DoctoredRingTest, NeverWidened) {
  EXPECT_THAT(Judged([](Round& round) {
                round.events.resize(
                    Find(round, EventType::kContactWidened).sequence - 1);
                round.calls.pop_back();
              }),
              Contains(HasSubstr("a deadline of contact x is overdue")));
}

// y's own key is before x's, but for the boost of x's ring.
TEST_F(DoctoredRingTest, PassedOverInItsRing) {
  EXPECT_THAT(Judged([](Round& round) {
                Event& created = Find(round, EventType::kReservationCreated);
                const Event& y = round.events[1].event;
                created.contact_id = y.contact_id;
                created.contact = y.contact;
                created.queue = y.queue;
                created.arrival_ms = y.arrival_ms;
                created.rank_key_ms = y.arrival_ms;
                created.arrival_sequence = 1;
                created.ring = 0;
                created.lane += 1;
                created.contact_version = created.attempt = 2;
              }),
              Contains(HasSubstr("inversion: contact x (ring 1")));
}

// What an agent has counts from its change on, and no longer before.
TEST_F(DoctoredRingTest, AChangeOfAnAgentCounts) {
  Submit("z");
  Change("ann", {{"loans", 2}});
  SetAvailable("ann");
  round_.quiet = clock_.Draw();
  EXPECT_THAT(Judged([](Round&) {}), IsEmpty());
  // The fit step is that of the level before.
  EXPECT_THAT(Judged([](Round& round) {
                Find(round, EventType::kAgentChanged).agent_version += 1;
              }),
              Contains(HasSubstr("not the event that the reference makes")));
  EXPECT_THAT(Judged([](Round& round) {
                for (CallRecord& call : round.calls) {
                  if (call.kind == CallKind::kChangeAgent) call.agent = "bob";
                }
              }),
              Contains(HasSubstr("a change of another agent")));
}

// Of two configurations that may be in force the later one lists bob again.
TEST_F(DoctoredRingTest, WhoIsNotListedKeepsWhatItHad) {
  const Configuration before = RingConfiguration();
  Configuration without = before;
  without.agents.pop_back();
  Configuration later = before;
  later.agents.back().skills = {{"loans", 9}};
  HistoryReplay replay(before, RingSpecOf,
                       [](InstantMs, Tick) { return false; });
  replay.Follows(&without, &before);
  replay.Follows(&later, &without);
  for (const EventType type :
       {EventType::kContactSubmitted, EventType::kPresenceChanged}) {
    for (const StreamEvent& one : round_.events) {
      if (one.event.type != type) continue;
      Cause cause{.in_force = {&before}};
      for (const CallRecord& call : round_.calls) {
        if (static_cast<InstantMs>(call.begin) == one.event.at_ms) {
          cause.call = &call;
        }
      }
      ASSERT_EQ(replay.Apply(one.event, cause), "");
    }
  }
  const AgentHandle bob = Find(round_, EventType::kPresenceChanged).agent;
  const auto could_serve = [&](const Configuration& configuration) {
    return replay.CouldServe(replay.NumberOf("x"), bob, Channel::kVoice,
                             {.in_force = {&configuration}});
  };
  EXPECT_FALSE(could_serve(before));
  EXPECT_TRUE(could_serve(later));
  EXPECT_FALSE(could_serve(without));
}

}  // namespace
}  // namespace relais::stress
