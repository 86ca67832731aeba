// Goal: whatever way two or three calls on the core interleave, no contact is
// given twice, no free agent is left beside an eligible waiting contact, and
// of two calls that exclude each other exactly one succeeds.
// Method: the real template code on ScheduledAtomic; every schedule with at
// most two preemptions (one for three calls) is executed and its end checked.

#include <cstdint>
#include <iostream>
#include <vector>

#include "gtest/gtest.h"
#include "lib/match/matcher.h"
#include "tests/interleaving/scheduled_atomic.h"

namespace relais::match {
namespace {

using interleaving::ForAllSchedules;
using interleaving::ScheduledAtomic;
using interleaving::Scheduler;
using Core = MatcherT<ScheduledAtomic>;
using Execute = std::function<void(const std::vector<Scheduler::Body>&)>;

class Sink : public DecisionSink {
 public:
  void OnLook() override {}
  void OnDecision(const Decision& decision) override {
    decisions.push_back(decision);
  }
  std::vector<Decision> decisions;
};

// A core with one requirement class, two lanes and one profile class.
struct Centre {
  Centre() : core(Sizes{4, 4, 1, 1, 2, 8}) {
    core.SetRequirementClass(0, 0);
    core.SetFit(0, 0, 1);
    core.SetProfileClass(0);
    core.SetLane(0, 0);
    core.SetLane(1, 0);
  }
  void Submit(std::uint32_t slot, std::int64_t key) {
    core.Submit(slot, core.Open(slot), 0, key, sink);
  }
  void Ready(std::uint32_t agent, std::uint32_t revision,
             std::uint32_t back = 0) {
    core.Update(agent, revision, {1, 0, 0}, back, sink);
  }
  void Withdraw(std::uint32_t agent, std::uint32_t revision) {
    core.Update(agent, revision, {0, 0, 0}, 0, sink);
  }
  // Ends the contact if it waits or is reserved.
  bool Cancel(std::uint32_t slot) {
    for (;;) {
      const ContactWord word = core.Contact(slot);
      if (word.phase() != ContactPhase::kWaiting &&
          word.phase() != ContactPhase::kReserved) {
        return false;
      }
      ContactWord ended;
      if (core.End(slot, word, &ended) == Result::kOk) return true;
    }
  }

  // What must hold when no call is in flight.
  void CheckQuiet() {
    bool free = false;
    for (std::uint32_t agent = 0; agent < 4; ++agent) {
      const AgentWord word = core.Agent(agent);
      EXPECT_FALSE(word.claimed()) << "agent " << agent << " is hidden";
      free |= word.free();
    }
    std::uint32_t waiting = 0;
    for (std::uint32_t slot = 0; slot < 4; ++slot) {
      if (core.Contact(slot).phase() == ContactPhase::kWaiting) ++waiting;
    }
    EXPECT_FALSE(free && waiting > 0) << "a lost match";
    EXPECT_EQ(core.Waiting(0) + core.Waiting(1), waiting);
    // Each contact's tag rises with each decision, so a decision made twice
    // would show the same word twice.
    for (std::size_t i = 0; i < sink.decisions.size(); ++i) {
      for (std::size_t j = i + 1; j < sink.decisions.size(); ++j) {
        EXPECT_FALSE(sink.decisions[i].contact == sink.decisions[j].contact &&
                     sink.decisions[i].word == sink.decisions[j].word)
            << "a contact given twice";
      }
    }
  }

  Core core;
  Sink sink;
};

void Report(const char* name, std::size_t executions) {
  std::cout << name << ": " << executions << " schedules\n";
  EXPECT_GT(executions, 100u);
}

TEST(MatcherInterleavingTest, SubmitAndReady) {
  Report("submit|ready", ForAllSchedules(2, 2, [](const Execute& run) {
           Centre centre;
           run({[&] { centre.Submit(0, 0); }, [&] { centre.Ready(0, 1); }});
           centre.CheckQuiet();
           EXPECT_EQ(centre.sink.decisions.size(), 1u);
         }));
}

TEST(MatcherInterleavingTest, TwoSubmitsAndOneAgent) {
  Report("submit|submit", ForAllSchedules(2, 2, [](const Execute& run) {
           Centre centre;
           centre.Ready(0, 1);
           run({[&] { centre.Submit(0, 5); }, [&] { centre.Submit(1, 5); }});
           centre.CheckQuiet();
           EXPECT_EQ(centre.sink.decisions.size(), 1u);
         }));
}

TEST(MatcherInterleavingTest, TwoAgentsAndOneContact) {
  Report("ready|ready", ForAllSchedules(2, 2, [](const Execute& run) {
           Centre centre;
           centre.Submit(0, 0);
           run({[&] { centre.Ready(0, 1); }, [&] { centre.Ready(1, 1); }});
           centre.CheckQuiet();
           EXPECT_EQ(centre.sink.decisions.size(), 1u);
         }));
}

TEST(MatcherInterleavingTest, SubmitCancelAndReady) {
  Report("submit|cancel|ready", ForAllSchedules(3, 1, [](const Execute& run) {
           Centre centre;
           centre.Submit(1, 0);
           bool cancelled = false;
           run({[&] { centre.Submit(0, 1); },
                [&] { cancelled = centre.Cancel(1); },
                [&] { centre.Ready(0, 1); }});
           EXPECT_TRUE(cancelled);
           // The agent may hold the cancelled contact, whose canceller gives
           // its unit back.
           if (centre.core.Agent(0).load() == 1 &&
               !centre.sink.decisions.empty() &&
               centre.sink.decisions.back().contact == 1) {
             centre.Ready(0, 2, 1);
           }
           centre.CheckQuiet();
           EXPECT_EQ(centre.core.Contact(0).phase(), ContactPhase::kReserved);
         }));
}

TEST(MatcherInterleavingTest, AcceptAndTimeout) {
  Report(
      "accept|timeout", ForAllSchedules(2, 2, [](const Execute& run) {
        Centre centre;
        centre.Ready(0, 1);
        centre.Submit(0, 0);
        const ContactWord reserved = centre.core.Contact(0);
        bool accepted = false;
        bool timed_out = false;
        run({[&] {
               ContactWord now;
               accepted = centre.core.Accept(0, reserved, &now) == Result::kOk;
             },
             [&] {
               ContactWord now;
               timed_out = centre.core.Return(0, reserved, &now) == Result::kOk;
               if (!timed_out) return;
               centre.core.LookForContact(0, now, centre.sink);
               centre.core.Update(0, 2, {0, 0, 0}, 1, centre.sink);
             }});
        EXPECT_NE(accepted, timed_out);
        centre.CheckQuiet();
        EXPECT_EQ(centre.core.Contact(0).phase(),
                  accepted ? ContactPhase::kAssigned : ContactPhase::kWaiting);
      }));
}

TEST(MatcherInterleavingTest, ReadyAndWithdraw) {
  Report("ready|withdraw", ForAllSchedules(2, 2, [](const Execute& run) {
           Centre centre;
           run({[&] { centre.Ready(0, 1); }, [&] { centre.Withdraw(0, 2); }});
           EXPECT_FALSE(centre.core.Agent(0).free());
           centre.Submit(0, 0);
           EXPECT_TRUE(centre.sink.decisions.empty());
           centre.CheckQuiet();
         }));
}

TEST(MatcherInterleavingTest, WithdrawMeetsAnArrival) {
  Report("submit|withdraw", ForAllSchedules(2, 2, [](const Execute& run) {
           Centre centre;
           centre.Ready(0, 1);
           run({[&] { centre.Submit(0, 0); }, [&] { centre.Withdraw(0, 2); }});
           centre.CheckQuiet();
           EXPECT_EQ(centre.core.Agent(0).kinds(), 0);
           EXPECT_EQ(centre.core.Agent(0).load(), centre.sink.decisions.size());
         }));
}

TEST(MatcherInterleavingTest, ReturnAndClaim) {
  Report("return|claim", ForAllSchedules(2, 2, [](const Execute& run) {
           Centre centre;
           centre.Ready(0, 1);
           centre.Submit(0, 0);
           centre.Submit(1, 1);
           const ContactWord reserved = centre.core.Contact(0);
           run({[&] {
                  ContactWord now;
                  ASSERT_EQ(centre.core.Return(0, reserved, &now), Result::kOk);
                  centre.core.LookForContact(0, now, centre.sink);
                },
                [&] { centre.Ready(1, 1); }});
           centre.CheckQuiet();
           EXPECT_EQ(centre.sink.decisions.size(), 2u);
         }));
}

TEST(MatcherInterleavingTest, MoveAndClaim) {
  Report(
      "move|claim", ForAllSchedules(2, 2, [](const Execute& run) {
        Centre centre;
        centre.Submit(0, 0);
        const ContactWord waiting = centre.core.Contact(0);
        run({[&] {
               ContactWord now;
               if (centre.core.Move(0, waiting, 1, -5, &now) == Result::kOk) {
                 centre.core.LookForContact(0, now, centre.sink);
               }
             },
             [&] { centre.Ready(0, 1); }});
        centre.CheckQuiet();
        EXPECT_EQ(centre.sink.decisions.size(), 1u);
      }));
}

TEST(MatcherInterleavingTest, TwoMovesLeaveOneEntry) {
  Report("move|move", ForAllSchedules(2, 2, [](const Execute& run) {
           Centre centre;
           centre.Submit(0, 0);
           const ContactWord waiting = centre.core.Contact(0);
           int moved = 0;
           const auto move = [&](std::int64_t key) {
             ContactWord now;
             if (centre.core.Move(0, waiting, 1, key, &now) == Result::kOk) {
               ++moved;
             }
           };
           run({[&] { move(-5); }, [&] { move(-7); }});
           EXPECT_EQ(moved, 1);
           centre.CheckQuiet();
           centre.Ready(0, 1);
           centre.Ready(1, 1);
           EXPECT_EQ(centre.sink.decisions.size(), 1u);
         }));
}

TEST(MatcherInterleavingTest, AnExclusionEndsWhileTheAgentBecomesFree) {
  Report("exclusion end|ready", ForAllSchedules(2, 2, [](const Execute& run) {
           Centre centre;
           centre.Submit(0, 0);
           const ContactWord waiting = centre.core.Contact(0);
           centre.core.SetExclusion(0, 0, 0, 1);
           run({[&] {
                  centre.core.SetExclusion(0, 0, Core::kNobody, 2);
                  centre.core.LookForContact(0, waiting, centre.sink);
                },
                [&] { centre.Ready(0, 1); }});
           centre.CheckQuiet();
           EXPECT_EQ(centre.sink.decisions.size(), 1u);
         }));
}

// An update that is overtaken by several later ones must not come into force,
// nor spoil what is in force.
TEST(MatcherInterleavingTest, AnOvertakenUpdateChangesNothing) {
  Report("update|updates", ForAllSchedules(2, 2, [](const Execute& run) {
           Centre centre;
           centre.core.SetFit(0, 0, 1);
           run({[&] {
                  centre.core.Update(0, 4, {1, 40, 0}, 0, centre.sink);
                },
                [&] {
                  for (std::uint32_t revision = 5; revision <= 8; ++revision) {
                    centre.core.Update(0, revision, {1, revision * 10, 0}, 0,
                                       centre.sink);
                  }
                }});
           centre.Submit(0, 0);
           ASSERT_EQ(centre.sink.decisions.size(), 1u);
           EXPECT_EQ(centre.sink.decisions[0].agent_order_key, 80);
           centre.CheckQuiet();
         }));
}

}  // namespace
}  // namespace relais::match
