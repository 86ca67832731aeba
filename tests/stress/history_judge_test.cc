// Shows that the histories' judge can say no: a legal history is doctored in
// one place, and each fault is rejected by its name. And whole runs, on the
// reference and on a router with a fault.

#include "tests/stress/history_judge.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/forwarding_router.h"
#include "tests/reference/reference_router.h"
#include "tests/stress/doctored.h"
#include "tests/stress/history_run.h"

namespace relais::stress {
namespace {

using reference::ReferenceRouter;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Configuration SmallConfiguration() {
  Configuration configuration;
  configuration.name = "small";
  configuration.skills = {{"french", ""}};
  configuration.routing_profiles = {{"all", 0xFF}};
  configuration.agents = {{"ann", AgentGrade::kSenior, "all", {{"french", 9}}},
                          {"bob", AgentGrade::kSenior, "all", {}}};
  ContactQueue queue;
  queue.name = "main";
  queue.channels = 0xFF;
  queue.offer_timeout_ms = 1'000;
  queue.decline_retry_ms = 500;
  configuration.queues.push_back(queue);
  queue.name = "french";
  queue.requirement.all_of = {{"french", 5}};
  configuration.queues.push_back(queue);
  return configuration;
}

ContactSpec SmallSpecOf(std::string_view id) {
  ContactSpec spec;
  spec.id = std::string(id);
  spec.queue = id == "c3" ? "french" : "main";
  return spec;
}

// c1, c2 and c3 wait; ann takes c1, bob c2. ann accepts and completes c1 and
// takes c3, the french one. c2 is abandoned while bob's phone rings. c4 comes,
// bob declines it and nobody else is free.
class DoctoredHistoryTest : public DoctoredTest {
 protected:
  DoctoredHistoryTest() : DoctoredTest(SmallConfiguration(), SmallSpecOf) {
    for (const char* contact : {"c1", "c2", "c3"}) Submit(contact);
    SetAvailable("ann");
    SetAvailable("bob");
    Answer(CallKind::kAccept, "c1", "ann");
    Answer(CallKind::kComplete, "c1", "ann");
    Answer(CallKind::kCancel, "c2", "");
    Submit("c4");
    Answer(CallKind::kDecline, "c4", "bob");
    Look("ann");
    round_.quiet = clock_.Draw();
  }

  void Look(const std::string& agent) {
    Call(CallKind::kGetAgent, "", agent, [&](InstantMs, CallRecord& call) {
      call.agent_handle = *router_->FindAgent(agent);
      call.version = router_->GetAgent(call.agent_handle)->version;
    });
  }

  void Answer(CallKind kind, const std::string& contact,
              const std::string& agent) {
    Call(kind, contact, agent, [&](InstantMs now_ms, CallRecord& call) {
      const ContactHandle handle = *router_->FindContact(contact);
      call.attempt = router_->GetContact(contact)->attempt;
      const auto answer =
          kind == CallKind::kComplete ? router_->Complete(handle, now_ms)
          : kind == CallKind::kCancel
              ? router_->Cancel(handle, EndReason::kAbandoned, now_ms)
          : kind == CallKind::kAccept
              ? router_->Accept(*router_->FindAgent(agent), handle,
                                call.attempt, now_ms)
              : router_->Decline(*router_->FindAgent(agent), handle,
                                 call.attempt, std::nullopt, now_ms);
      ASSERT_TRUE(answer.ok()) << answer.status();
      call.version = answer->version;
    });
  }

  static CallRecord& FindCall(Round& round, CallKind kind,
                              std::string_view contact) {
    for (CallRecord& call : round.calls) {
      if (call.kind == kind && call.contact == contact) return call;
    }
    ADD_FAILURE() << "no such call";
    return round.calls.front();
  }
  // From the first event of this type on, and calls begun after it, nothing
  // has happened.
  static void CutFrom(Round& round, EventType type, std::string_view contact) {
    const Event first = Find(round, type, contact);
    round.events.resize(first.sequence - 1);
    std::erase_if(round.calls, [&](const CallRecord& call) {
      return call.begin > static_cast<Tick>(first.at_ms);
    });
  }
  // The first reservation of one contact names another, at its place.
  static void NameAnother(Round& round, std::string_view contact,
                          std::string_view other) {
    Event as = Find(round, EventType::kReservationCreated, other);
    SwapContacts(Find(round, EventType::kReservationCreated, contact), as);
  }
  static void SwapContacts(Event& a, Event& b) {
    std::swap(a.contact_id, b.contact_id);
    std::swap(a.contact, b.contact);
    std::swap(a.arrival_ms, b.arrival_ms);
    std::swap(a.rank_key_ms, b.rank_key_ms);
    std::swap(a.arrival_sequence, b.arrival_sequence);
  }
};

TEST_F(DoctoredHistoryTest, LegalHistoryPasses) {
  EXPECT_THAT(Judged([](Round&) {}), IsEmpty());
  EXPECT_GT(pairs_ordered_, 0U);
}

TEST_F(DoctoredHistoryTest, TwoReservationsSwapped) {
  EXPECT_THAT(Judged([](Round& round) {
                SwapContacts(Find(round, EventType::kReservationCreated, "c1"),
                             Find(round, EventType::kReservationCreated, "c2"));
              }),
              Contains(AllOf(HasSubstr("inversion"), HasSubstr("contact c1"))));
}

TEST_F(DoctoredHistoryTest, SwappedButPublishedMeanwhileIsAllowed) {
  // Were c1's submit still running when ann's decision began, nobody could
  // say that it had to be seen.
  const auto violations = Judged([](Round& round) {
    SwapContacts(Find(round, EventType::kReservationCreated, "c1"),
                 Find(round, EventType::kReservationCreated, "c2"));
    FindCall(round, CallKind::kSubmit, "c1").end = kNever;
  });
  EXPECT_THAT(violations, ::testing::Each(Not(HasSubstr("inversion"))));
}

TEST_F(DoctoredHistoryTest, IneligibleAgentReserved) {
  EXPECT_THAT(Judged([](Round& round) { NameAnother(round, "c2", "c3"); }),
              Contains(HasSubstr("without eligibility")));
}

TEST_F(DoctoredHistoryTest, CancelledContactReserved) {
  EXPECT_THAT(Judged([](Round& round) { NameAnother(round, "c4", "c2"); }),
              ElementsAre(HasSubstr("contact that is not alive")));
}

TEST_F(DoctoredHistoryTest, ReservedContactReservedAgain) {
  EXPECT_THAT(Judged([](Round& round) { NameAnother(round, "c2", "c1"); }),
              ElementsAre(HasSubstr("contact that is reserved")));
}

TEST_F(DoctoredHistoryTest, BusyAgentReserved) {
  EXPECT_THAT(
      Judged([](Round& round) {
        Event& created = Find(round, EventType::kReservationCreated, "c2");
        created.agent_id.Assign("ann");
        created.agent = Find(round, EventType::kReservationCreated, "c1").agent;
      }),
      ElementsAre(HasSubstr("agent who holds 1 contacts and has no room")));
}

TEST_F(DoctoredHistoryTest, OtherUnits) {
  EXPECT_THAT(Judged([](Round& round) {
                --Find(round, EventType::kReservationCreated, "c2").units;
              }),
              ElementsAre(HasSubstr("the units are others")));
}

TEST_F(DoctoredHistoryTest, EventDropped) {
  const auto drop = [](Round& round) {
    const std::uint64_t sequence =
        Find(round, EventType::kReservationAccepted, "c1").sequence;
    round.events.erase(round.events.begin() +
                       static_cast<std::ptrdiff_t>(sequence - 1));
  };
  EXPECT_THAT(Judged(drop), ElementsAre(HasSubstr("a gap after number")));
  // Also if the numbers were closed up.
  EXPECT_THAT(Judged([&](Round& round) {
                drop(round);
                std::uint64_t sequence = 0;
                for (StreamEvent& one : round.events) {
                  one.event.sequence = ++sequence;
                }
              }),
              ElementsAre(HasSubstr("ended for that reason")));
}

TEST_F(DoctoredHistoryTest, MatchLeftUnseen) {
  EXPECT_THAT(Judged([](Round& round) {
                CutFrom(round, EventType::kReservationCreated, "c2");
              }),
              Contains(AllOf(HasSubstr("free agent bob"), HasSubstr("c2"))));
}

TEST_F(DoctoredHistoryTest, DeclinedContactOfferedTooEarly) {
  EXPECT_THAT(Judged([this](Round& round) {
                Event again = Find(round, EventType::kReservationCreated, "c4");
                const Event& declined =
                    Find(round, EventType::kReservationDeclined, "c4");
                again.sequence = round.events.size() + 1;
                again.at_ms = declined.at_ms;
                again.contact_version = declined.contact_version + 1;
                again.attempt = again.contact_version;
                again.agent_version = declined.agent_version + 1;
                round.events.push_back({again, clock_.Draw()});
              }),
              ElementsAre(HasSubstr("agent who declined it")));
}

TEST_F(DoctoredHistoryTest, DeadlineRunTooEarly) {
  EXPECT_THAT(
      Judged([this](Round& round) {
        CutFrom(round, EventType::kReservationDeclined, "c4");
        CallRecord run;
        run.begin = clock_.Draw();
        run.end = clock_.Draw();
        std::erase_if(round.calls, [](const CallRecord& call) {
          return call.kind == CallKind::kDecline;
        });
        round.calls.push_back(run);
        Event event = Find(round, EventType::kReservationCreated, "c4");
        event.type = EventType::kReservationNoAnswer;
        event.sequence = round.events.size() + 1;
        event.at_ms = static_cast<InstantMs>(run.begin);
        ++event.contact_version;
        event.contact_state = ContactState::kWaiting;
        round.events.push_back({event, clock_.Draw()});
      }),
      ElementsAre(AllOf(HasSubstr("a deadline of"), HasSubstr("run at"))));
}

TEST_F(DoctoredHistoryTest, DeadlineNeverRun) {
  EXPECT_THAT(Judged([](Round& round) { round.quiet += 2'000; }),
              Contains(HasSubstr("a deadline of contact c3 is overdue")));
}

TEST_F(DoctoredHistoryTest, EventOfNoCall) {
  EXPECT_THAT(Judged([](Round& round) {
                Find(round, EventType::kContactSubmitted, "c2").at_ms += 1;
              }),
              ElementsAre(HasSubstr("no call of this time")));
  EXPECT_THAT(Judged([](Round& round) {
                Find(round, EventType::kReservationDeclined, "c4").at_ms =
                    static_cast<InstantMs>(
                        FindCall(round, CallKind::kSubmit, "c4").begin);
              }),
              ElementsAre(HasSubstr("its call cannot cause")));
}

TEST_F(DoctoredHistoryTest, AnswerWithoutItsEvent) {
  EXPECT_THAT(Judged([](Round& round) {
                ++FindCall(round, CallKind::kAccept, "c1").version;
              }),
              ElementsAre(HasSubstr("no event tells of it")));
}

TEST_F(DoctoredHistoryTest, RefusedThoughItStood) {
  EXPECT_THAT(Judged([this](Round& round) {
                CallRecord refused = FindCall(round, CallKind::kAccept, "c1");
                refused.contact = "c3";
                refused.attempt = 2;
                refused.begin = clock_.Draw();
                refused.end = clock_.Draw();
                refused.code = absl::StatusCode::kFailedPrecondition;
                round.calls.push_back(refused);
              }),
              ElementsAre(HasSubstr("refused what was possible")));
}

TEST_F(DoctoredHistoryTest, ShownLongAfterwards) {
  EXPECT_THAT(Judged([](Round& round) { --round.calls.back().version; }),
              ElementsAre(HasSubstr("shown at the wrong time")));
}

TEST_F(DoctoredHistoryTest, ResultingStateIsAnother) {
  EXPECT_THAT(
      Judged([](Round& round) {
        ++Find(round, EventType::kReservationDeclined, "c4").idle_since_ms;
      }),
      ElementsAre(HasSubstr("not the event that the reference makes "
                            "(idle_since_ms")));
}

// --- Whole runs --------------------------------------------------------------

// Every fifth contact is looked for with a requirement that nobody meets, so
// it waits beside agents who could serve it.
class LosesSome final : public reference::ForwardingRouter {
 public:
  using ForwardingRouter::ForwardingRouter;
  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                       InstantMs now_ms) override {
    ContactSpec strict = spec;
    if (spec.id.back() % 5 == 0) {
      strict.requirement.all_of = {{"s0", 10}, {"s1", 10}, {"s2", 10}};
    }
    return ForwardingRouter::Submit(strict, now_ms);
  }
};

// Urgent contacts are brought without their priority, so others pass them.
class ForgetsPriority final : public reference::ForwardingRouter {
 public:
  using ForwardingRouter::ForwardingRouter;
  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                       InstantMs now_ms) override {
    ContactSpec plain = spec;
    plain.priority = 0;
    return ForwardingRouter::Submit(plain, now_ms);
  }
};

// Changes what all profiles say of capacity.
template <void (*change)(RoutingProfile&)>
class OtherCapacity final : public reference::ForwardingRouter {
 public:
  using ForwardingRouter::ForwardingRouter;
  absl::StatusOr<ApplyOutcome> Apply(const Configuration& configuration,
                                     InstantMs now_ms) override {
    Configuration other = configuration;
    for (RoutingProfile& profile : other.routing_profiles) change(profile);
    return ForwardingRouter::Apply(other, now_ms);
  }
};

void MoreUnits(RoutingProfile& profile) {
  profile.capacity_units = std::min(profile.capacity_units + 5, 100);
}
void NoMaxima(RoutingProfile& profile) { profile.contacts_max = {}; }
void OneAtATime(RoutingProfile& profile) {
  profile.contacts_max.fill(1);
  profile.contacts_max[static_cast<std::size_t>(Channel::kVoice)] = 0;
}

template <typename Subject>
std::vector<std::string> Violations(std::uint64_t* pairs) {
  HistoryRun run(1, 1);
  auto router = ReferenceRouter::Create(run.Options());
  EXPECT_TRUE(router.ok());
  Subject subject(router->get());
  run.Run(&subject, 300, [&] { return run.rounds() >= 20; });
  if (pairs != nullptr) *pairs = run.judge().pairs_ordered();
  return run.judge().violations();
}

TEST(HistoryRunTest, ReferencePasses) {
  std::uint64_t pairs = 0;
  EXPECT_THAT(Violations<reference::ForwardingRouter>(&pairs), IsEmpty());
  EXPECT_GT(pairs, 1'000U);
}

TEST(HistoryRunTest, ContactsThatNobodyIsOfferedAreSeen) {
  EXPECT_THAT(Violations<LosesSome>(nullptr),
              Contains(AnyOf(HasSubstr("free agent"), HasSubstr("inversion"))));
}

TEST(HistoryRunTest, UnitsTooManyAreSeen) {
  EXPECT_THAT(Violations<OtherCapacity<MoreUnits>>(nullptr),
              Contains(HasSubstr("has no room for it")));
}

TEST(HistoryRunTest, MaximaUndercutAreSeen) {
  EXPECT_THAT(Violations<OtherCapacity<NoMaxima>>(nullptr),
              Contains(HasSubstr("has no room for it")));
}

TEST(HistoryRunTest, RoomThatIsNotUsedIsSeen) {
  EXPECT_THAT(Violations<OtherCapacity<OneAtATime>>(nullptr),
              Contains(AnyOf(HasSubstr("free agent"), HasSubstr("inversion"))));
}

TEST(HistoryRunTest, ForgottenPriorityIsSeen) {
  // By the key that is not its priority's, or by a key that nobody of this
  // arrival can have, whichever comes first.
  EXPECT_THAT(Violations<ForgetsPriority>(nullptr),
              Contains(AnyOf(HasSubstr("(priority"), HasSubstr("a rank key"))));
}

}  // namespace
}  // namespace relais::stress
