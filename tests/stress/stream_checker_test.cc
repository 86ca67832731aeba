// Shows that the stress test can fail: its checker is given streams that were
// doctored, and the whole run is made on routers with a fault.

#include "tests/stress/stream_checker.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/centre.h"
#include "tests/reference/forwarding_router.h"
#include "tests/reference/reference_router.h"
#include "tests/stress/stress_run.h"

namespace relais::stress {
namespace {

using reference::BankConfiguration;
using reference::ReferenceRouter;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ContactSpec InMain(std::string_view id, Channel channel) {
  ContactSpec spec;
  spec.id = std::string(id);
  spec.queue = "main";
  spec.channel = channel;
  return spec;
}

// The stream of a centre that is told commands, one a second.
class StreamTest : public ::testing::Test {
 protected:
  explicit StreamTest(Configuration configuration = BankConfiguration())
      : centre_(reference::RouterFactories()[0], {}, std::move(configuration)) {
  }

  void Do(const std::string& command) {
    now_ms_ += 1'000;
    const std::uint64_t before = centre_.router().LastSequence();
    (void)centre_.Do(now_ms_, command);
    events_ = centre_.events();
    log_.calls.push_back({now_ms_, before, centre_.router().LastSequence()});
  }

  reference::Centre centre_;
  std::vector<Event> events_;
  InstantMs now_ms_ = 0;
  CallLog log_;
};

// A legal stream: c1 and c2 wait, ann takes c1, declines it and takes c2; bob
// takes c1, accepts and completes it; c2 is abandoned while reserved.
class DoctoredStreamTest : public StreamTest {
 protected:
  DoctoredStreamTest() {
    for (const std::string command :
         {"submit c1 main", "submit c2 main", "available ann",
          "decline ann 5000", "available bob", "accept bob", "complete c1",
          "abandon c2"}) {
      Do(command);
    }
  }

  // As if another call had made events meanwhile: what was read before is
  // smaller than what is read now.
  std::vector<std::string> Check(
      const std::function<void(std::vector<Event>&)>& doctor) {
    std::vector<Event> events = events_;
    doctor(events);
    StreamChecker checker(BankConfiguration(), [](std::string_view id) {
      return InMain(id, Channel::kVoice);
    });
    for (const Event& event : events) checker.Add(event);
    checker.CheckConservation(10'000);
    checker.CheckOrder({log_});
    pairs_ordered_ = checker.pairs_ordered();
    return checker.violations();
  }

  Event& Find(std::vector<Event>& events, EventType type, int which = 0) {
    for (Event& event : events) {
      if (event.type == type && which-- == 0) return event;
    }
    ADD_FAILURE() << "no such event";
    return events.front();
  }

  static void Swap(Event& a, Event& b) {
    std::swap(a.contact_id, b.contact_id);
    std::swap(a.rank_key_ms, b.rank_key_ms);
    std::swap(a.arrival_sequence, b.arrival_sequence);
  }

  std::uint64_t pairs_ordered_ = 0;
};

TEST_F(DoctoredStreamTest, LegalStreamPasses) {
  EXPECT_THAT(Check([](auto&) {}), IsEmpty());
}

TEST_F(DoctoredStreamTest, Gap) {
  EXPECT_THAT(Check([](auto& events) { events.erase(events.begin() + 4); }),
              Contains(HasSubstr("gap")));
}

TEST_F(DoctoredStreamTest, VersionsOutOfOrder) {
  EXPECT_THAT(Check([&](auto& events) {
                ++Find(events, EventType::kReservationDeclined).agent_version;
              }),
              Contains(HasSubstr("agent's version")));
  EXPECT_THAT(Check([&](auto& events) {
                ++Find(events, EventType::kReservationDeclined).contact_version;
              }),
              Contains(HasSubstr("contact's version")));
}

TEST_F(DoctoredStreamTest, TwoAgentsOnOneContact) {
  // bob gets c2, which ann holds.
  EXPECT_THAT(Check([&](auto& events) {
                Event& created =
                    Find(events, EventType::kReservationCreated, 2);
                created.contact_id.Assign("c2");
              }),
              Contains(HasSubstr("a second agent on one contact")));
}

TEST_F(DoctoredStreamTest, TwoContactsOnOneAgent) {
  // bob's offer goes to ann, who is reserved.
  EXPECT_THAT(Check([&](auto& events) {
                Event& created =
                    Find(events, EventType::kReservationCreated, 2);
                created.agent_id.Assign("ann");
              }),
              Contains(HasSubstr("no room for it beside 1 others")));
}

TEST_F(DoctoredStreamTest, ReservationEndsTwice) {
  EXPECT_THAT(Check([&](auto& events) {
                const Event declined =
                    Find(events, EventType::kReservationDeclined);
                events.push_back(declined);
              }),
              Contains(HasSubstr("does not stand")));
}

TEST_F(DoctoredStreamTest, OfferWithoutTheSkill) {
  EXPECT_THAT(
      Check([&](auto& events) {
        // dot writes only.
        Find(events, EventType::kReservationCreated).agent_id.Assign("dot");
      }),
      Contains(HasSubstr("without the skill or channel")));
}

TEST_F(DoctoredStreamTest, FreeAgentBesideWaitingContact) {
  // The stream stops when bob is available and c1 waits.
  EXPECT_THAT(Check([&](auto& events) {
                std::size_t keep = 0;
                while (events[keep].type != EventType::kPresenceChanged ||
                       events[keep].agent_id.view() != "bob") {
                  ++keep;
                }
                events.resize(keep + 1);
              }),
              Contains(AllOf(HasSubstr("free agent bob"), HasSubstr("c1"))));
}

TEST_F(DoctoredStreamTest, OldestSkipped) {
  // ann takes c2 first and c1 later, long after both were published.
  const auto skip = [&](auto& events) {
    events.resize(static_cast<std::size_t>(
        Find(events, EventType::kReservationDeclined).sequence - 1));
    Event& first = Find(events, EventType::kReservationCreated);
    Event second = first;
    second.contact_id.Assign("c2");
    second.rank_key_ms = 2'000;
    second.arrival_sequence = 2;
    Swap(first, second);
    first.began_after_sequence = first.sequence - 1;
    second.agent_id.Assign("bob");
    second.agent_version = 2;
    Event bob = Find(events, EventType::kPresenceChanged);
    bob.agent_id.Assign("bob");
    bob.sequence = first.sequence + 1;
    second.sequence = bob.sequence + 1;
    second.began_after_sequence = bob.sequence;
    events.push_back(bob);
    events.push_back(second);
  };
  EXPECT_THAT(Check(skip), Contains(HasSubstr("inversion")));
  EXPECT_EQ(pairs_ordered_, 1U);
  // Without proof that c1 was published when the decision began: silent.
  EXPECT_THAT(
      Check([&](auto& events) {
        skip(events);
        Find(events, EventType::kReservationCreated).began_after_sequence = 2;
      }),
      IsEmpty());
  EXPECT_EQ(pairs_ordered_, 0U);
}

// --- Several contacts --------------------------------------------------------

// Chats in queue main. ann has 100 units, a chat takes 30 and two are the most;
// c1 and c2 are hers, c3 waits.
class SeveralContactsTest : public StreamTest {
 protected:
  static Configuration Chats() {
    Configuration configuration = BankConfiguration();
    configuration.agents.resize(1);
    RoutingProfile& profile = configuration.routing_profiles[0];
    profile.cost_units.fill(30);
    profile.contacts_max.fill(2);
    return configuration;
  }

  SeveralContactsTest() : StreamTest(Chats()) {
    for (const std::string command :
         {"available ann", "submit c1 main chat", "submit c2 main chat",
          "submit c3 main chat"}) {
      Do(command);
    }
  }

  // The last event of this type, which may be changed.
  Event& Last(EventType type) {
    for (std::size_t i = events_.size(); i-- > 0;) {
      if (events_[i].type == type) return events_[i];
    }
    ADD_FAILURE() << "no such event";
    return events_.front();
  }

  // A reservation more, as it would come next.
  void Give(const std::string& contact, std::uint64_t agent_version) {
    Event created = Last(EventType::kReservationCreated);
    created.sequence = events_.size() + 1;
    created.contact_id.Assign(contact);
    created.rank_key_ms += 1'000;
    ++created.arrival_sequence;
    created.agent_version = agent_version;
    events_.push_back(created);
  }

  std::vector<std::string> Check(const Configuration& configuration = Chats()) {
    StreamChecker checker(configuration, [](std::string_view id) {
      return InMain(id, Channel::kChat);
    });
    for (const Event& event : events_) checker.Add(event);
    checker.CheckConservation(now_ms_);
    checker.CheckOrder({log_});
    return checker.violations();
  }
};

TEST_F(SeveralContactsTest, AreLegal) {
  for (const std::string command :
       {"accept ann c1", "accept ann c2", "complete c1", "complete c2",
        "wrapped ann c2", "accept ann c3", "break ann"}) {
    Do(command);
  }
  EXPECT_THAT(Check(), IsEmpty());
}

TEST_F(SeveralContactsTest, OneMoreThanTheMaximum) {
  Give("c3", 4);
  EXPECT_THAT(Check(),
              ::testing::ElementsAre(HasSubstr("no room for it beside 2")));
}

TEST_F(SeveralContactsTest, OneUnitMoreThanThereAre) {
  Configuration configuration = Chats();
  configuration.routing_profiles[0].contacts_max = {};
  configuration.routing_profiles[0].capacity_units = 89;
  Give("c3", 4);
  EXPECT_THAT(Check(configuration),
              ::testing::ElementsAre(HasSubstr("no room for it beside 2")));
  configuration.routing_profiles[0].capacity_units = 90;
  EXPECT_THAT(Check(configuration), IsEmpty());
}

TEST_F(SeveralContactsTest, OtherUnitsThanTheChannelCosts) {
  ++Last(EventType::kReservationCreated).units;
  EXPECT_THAT(Check(), Contains(HasSubstr("a contact of 30 units takes")));
}

TEST_F(SeveralContactsTest, RoomBesideAWaitingContact) {
  events_.resize(Last(EventType::kReservationCreated).sequence - 1);
  EXPECT_THAT(Check(), Contains(AllOf(HasSubstr("free agent ann beside"),
                                      HasSubstr("contact c2"))));
}

TEST_F(SeveralContactsTest, WrapUpKeepsItsUnits) {
  Do("accept ann c1");
  Do("complete c1");
  Give("c3", 6);
  EXPECT_THAT(Check(), Contains(HasSubstr("no room for it beside 2")));
}

TEST_F(SeveralContactsTest, AWrapUpThatIsNone) {
  for (const std::string command :
       {"accept ann c1", "accept ann c2", "complete c1", "wrapped ann"}) {
    Do(command);
  }
  Last(EventType::kWrapUpEnded).contact_id.Assign("c2");
  EXPECT_THAT(Check(), Contains(HasSubstr("a wrap-up that was none")));
}

TEST_F(SeveralContactsTest, AWorkStateThatDoesNotFollow) {
  Do("accept ann c1");
  Last(EventType::kReservationAccepted).work_state = WorkState::kReserved;
  EXPECT_THAT(Check(), Contains(HasSubstr("does not follow")));
}

TEST_F(SeveralContactsTest, KeptByWhoHasLeft) {
  Do("break ann");
  EXPECT_THAT(Check(), IsEmpty());
  events_.resize(Last(EventType::kReservationRescinded).sequence - 1);
  EXPECT_THAT(Check(), Contains(HasSubstr("ann, who has left, keeps c2")));
}

TEST_F(SeveralContactsTest, GivenToWhoHasLeftAndNotTakenBack) {
  Do("abandon c3");
  Do("accept ann c2");
  // The pause met the decision on c2.
  Event left = Last(EventType::kPresenceChanged);
  left.presence = {PresenceState::kNotReady, NotReadyReason::kBreak};
  left.work_state = WorkState::kReserved;
  left.agent_version = 3;
  const std::size_t at = Last(EventType::kReservationCreated).sequence - 1;
  events_.insert(events_.begin() + static_cast<std::ptrdiff_t>(at), left);
  for (std::size_t i = at; i < events_.size(); ++i) {
    events_[i].sequence = i + 1;
    if (i > at && !events_[i].agent_id.empty()) {
      ++events_[i].agent_version;
      events_[i].presence = left.presence;
    }
  }
  EXPECT_THAT(Check(), Contains(HasSubstr("kept a reservation")));
}

// A decision that had begun before may still come; one that began later not.
TEST_F(SeveralContactsTest, OfferedOnAChannelClosedByNoAnswer) {
  now_ms_ = 21'000;
  Do("run");  // c1's offer is over at 22 s
  const Event closed = Last(EventType::kReservationNoAnswer);
  const Event given = Last(EventType::kReservationCreated);
  Event again = given;
  again.contact_id.Assign("c3");
  again.sequence = events_.size() + 1;
  again.rank_key_ms += 1'000;
  ++again.arrival_sequence;
  again.agent_version = closed.agent_version + 1;
  again.no_answer_channels = closed.no_answer_channels;
  again.work_state = WorkState::kReserved;
  again.began_after_sequence = closed.sequence - 1;
  events_.push_back(again);
  EXPECT_THAT(Check(), IsEmpty());
  events_.back().began_after_sequence = events_.size();
  EXPECT_THAT(Check(), Contains(HasSubstr("closed by no answer")));
}

// --- The whole run, on the reference behind a lock --------------------------

class LockedRouter : public reference::ForwardingRouter {
 public:
  using ForwardingRouter::ForwardingRouter;
  using Guard = std::lock_guard<std::recursive_mutex>;

  absl::StatusOr<ApplyOutcome> Apply(const Configuration& configuration,
                                     InstantMs now_ms) override {
    const Guard guard(mutex_);
    return ForwardingRouter::Apply(configuration, now_ms);
  }
  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                       InstantMs now_ms) override {
    const Guard guard(mutex_);
    return ForwardingRouter::Submit(spec, now_ms);
  }
  absl::StatusOr<Outcome> Cancel(ContactHandle contact, EndReason reason,
                                 InstantMs now_ms) override {
    const Guard guard(mutex_);
    return ForwardingRouter::Cancel(contact, reason, now_ms);
  }
  absl::StatusOr<Outcome> Complete(ContactHandle contact,
                                   InstantMs now_ms) override {
    const Guard guard(mutex_);
    return ForwardingRouter::Complete(contact, now_ms);
  }
  absl::StatusOr<ContactHandle> FindContact(
      std::string_view id) const override {
    const Guard guard(mutex_);
    return ForwardingRouter::FindContact(id);
  }
  absl::StatusOr<ContactView> GetContact(std::string_view id) const override {
    const Guard guard(mutex_);
    return ForwardingRouter::GetContact(id);
  }
  absl::StatusOr<AgentView> GetAgent(AgentHandle agent) const override {
    const Guard guard(mutex_);
    return ForwardingRouter::GetAgent(agent);
  }
  absl::StatusOr<Outcome> SetPresence(AgentHandle agent, Presence presence,
                                      InstantMs now_ms) override {
    const Guard guard(mutex_);
    return ForwardingRouter::SetPresence(agent, presence, now_ms);
  }
  absl::StatusOr<Outcome> Accept(AgentHandle agent, ContactHandle contact,
                                 std::uint64_t attempt,
                                 InstantMs now_ms) override {
    const Guard guard(mutex_);
    return ForwardingRouter::Accept(agent, contact, attempt, now_ms);
  }
  absl::StatusOr<Outcome> Decline(AgentHandle agent, ContactHandle contact,
                                  std::uint64_t attempt,
                                  std::optional<DurationMs> retry_after_ms,
                                  InstantMs now_ms) override {
    const Guard guard(mutex_);
    return ForwardingRouter::Decline(agent, contact, attempt, retry_after_ms,
                                     now_ms);
  }
  absl::StatusOr<Outcome> EndWrapUp(AgentHandle agent,
                                    std::string_view contact_id,
                                    InstantMs now_ms) override {
    const Guard guard(mutex_);
    return ForwardingRouter::EndWrapUp(agent, contact_id, now_ms);
  }
  std::size_t RunDue(InstantMs now_ms, std::size_t limit) override {
    const Guard guard(mutex_);
    return ForwardingRouter::RunDue(now_ms, limit);
  }
  std::size_t DrainEvents() override {
    const Guard guard(mutex_);
    return ForwardingRouter::DrainEvents();
  }
  std::uint64_t LastSequence() const override {
    const Guard guard(mutex_);
    return ForwardingRouter::LastSequence();
  }
  CommitTicket LastTicket() const override {
    const Guard guard(mutex_);
    return ForwardingRouter::LastTicket();
  }

 private:
  mutable std::recursive_mutex mutex_;
};

// Offers to whoever is there.
class ForgetsRequirements final : public LockedRouter {
 public:
  using LockedRouter::LockedRouter;
  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                       InstantMs now_ms) override {
    ContactSpec bare = spec;
    bare.requirement.all_of.clear();
    return LockedRouter::Submit(bare, now_ms);
  }
};

// Every fifth contact is looked for with a requirement that nobody meets, so
// it waits beside agents who could serve it.
class LosesSome final : public LockedRouter {
 public:
  using LockedRouter::LockedRouter;
  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                       InstantMs now_ms) override {
    ContactSpec strict = spec;
    // By id, so that a repeated submit has the same content.
    if (spec.id.back() % 5 == 0) {
      strict.requirement.all_of = {{"s0", 10}, {"s1", 10}, {"s2", 10}};
    }
    return LockedRouter::Submit(strict, now_ms);
  }
};

// Gives each agent a little more than its profile says.
class GivesMoreUnits final : public LockedRouter {
 public:
  using LockedRouter::LockedRouter;
  absl::StatusOr<ApplyOutcome> Apply(const Configuration& configuration,
                                     InstantMs now_ms) override {
    Configuration more = configuration;
    for (RoutingProfile& profile : more.routing_profiles) {
      profile.capacity_units = std::min(profile.capacity_units + 5, 100);
    }
    return LockedRouter::Apply(more, now_ms);
  }
};

// Counts units only.
class ForgetsMaxima final : public LockedRouter {
 public:
  using LockedRouter::LockedRouter;
  absl::StatusOr<ApplyOutcome> Apply(const Configuration& configuration,
                                     InstantMs now_ms) override {
    Configuration without = configuration;
    for (RoutingProfile& profile : without.routing_profiles) {
      profile.contacts_max = {};
    }
    return LockedRouter::Apply(without, now_ms);
  }
};

template <typename Subject>
std::vector<std::string> Violations(std::uint64_t operations,
                                    std::uint64_t* pairs) {
  StressRun run;
  auto router = ReferenceRouter::Create(run.Options());
  EXPECT_TRUE(router.ok());
  Subject subject(router->get());
  run.Run(&subject, operations, 1);
  EXPECT_EQ(run.checker().submitted(), run.accepted_submits());
  if (pairs != nullptr) *pairs = run.checker().pairs_ordered();
  return run.checker().violations();
}

TEST(StressSelfTest, ReferenceBehindALockPasses) {
  std::uint64_t pairs = 0;
  EXPECT_THAT(Violations<LockedRouter>(12'000, &pairs), IsEmpty());
  EXPECT_GT(pairs, 100U);
}

TEST(StressSelfTest, OffersWithoutTheSkillAreSeen) {
  EXPECT_THAT(Violations<ForgetsRequirements>(6'000, nullptr),
              Contains(HasSubstr("without the skill")));
}

TEST(StressSelfTest, UnitsTooManyAreSeen) {
  EXPECT_THAT(Violations<GivesMoreUnits>(20'000, nullptr),
              Contains(HasSubstr("no room for it")));
}

TEST(StressSelfTest, MaximaUndercutAreSeen) {
  EXPECT_THAT(Violations<ForgetsMaxima>(20'000, nullptr),
              Contains(HasSubstr("no room for it")));
}

TEST(StressSelfTest, ContactsThatNobodyIsOfferedAreSeen) {
  EXPECT_THAT(Violations<LosesSome>(20'000, nullptr),
              Contains(HasSubstr("free agent")));
}

}  // namespace
}  // namespace relais::stress
