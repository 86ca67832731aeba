// Shows that the stress test can fail: its checker is given streams that were
// doctored, and the whole run is made on routers with a fault.

#include "tests/stress/stream_checker.h"

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

// A legal stream: c1 and c2 wait, ann takes c1, declines it and takes c2; bob
// takes c1, accepts and completes it; c3 is cancelled while reserved.
class DoctoredStreamTest : public ::testing::Test {
 protected:
  DoctoredStreamTest() : centre_(reference::RouterFactories()[0]) {
    // The first events went to the constructor.
    Event applied;
    applied.sequence = 1;
    applied.type = EventType::kConfigurationApplied;
    events_.push_back(applied);
    Router& router = centre_.router();
    Submit("c1", 1'000);
    Submit("c2", 2'000);
    const auto presence = [&](const char* agent, PresenceState state) {
      (void)router.SetPresence(centre_.Agent(agent),
                               {state, NotReadyReason::kNone}, 3'000);
      Drain();
    };
    presence("ann", PresenceState::kAvailable);
    const auto view = centre_.ViewOf("ann");
    (void)router.Decline(view.handle, *router.FindContact("c1"), view.attempt,
                         5'000, 4'000);
    Drain();
    log_.published.push_back({"c1", 3, router.LastSequence()});
    presence("bob", PresenceState::kAvailable);
    const auto bob = centre_.ViewOf("bob");
    (void)router.Accept(bob.handle, *router.FindContact("c1"), bob.attempt,
                        5'000);
    Drain();
    (void)router.Complete(*router.FindContact("c1"), 6'000);
    Drain();
    (void)router.Cancel(*router.FindContact("c2"), EndReason::kAbandoned,
                        7'000);
    Drain();
  }

  void Submit(const std::string& id, InstantMs now_ms) {
    ContactSpec spec;
    spec.id = id;
    spec.queue = "main";
    ASSERT_TRUE(centre_.router().Submit(spec, now_ms).ok());
    Drain();
    log_.published.push_back({id, 1, centre_.router().LastSequence()});
  }

  void Drain() {
    for (const Event& event : centre_.Drain()) events_.push_back(event);
  }

  // As if another call had made events meanwhile: what was read before is
  // smaller than what is read now.
  std::vector<std::string> Check(
      const std::function<void(std::vector<Event>&)>& doctor) {
    std::vector<Event> events = events_;
    doctor(events);
    StreamChecker checker(BankConfiguration(), [](std::string_view id) {
      ContactSpec spec;
      spec.id = std::string(id);
      spec.queue = "main";
      return spec;
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

  reference::Centre centre_;
  std::vector<Event> events_;
  CallLog log_;
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
              Contains(HasSubstr("a second contact on one agent")));
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
                                    InstantMs now_ms) override {
    const Guard guard(mutex_);
    return ForwardingRouter::EndWrapUp(agent, now_ms);
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

TEST(StressSelfTest, ContactsThatNobodyIsOfferedAreSeen) {
  EXPECT_THAT(Violations<LosesSome>(20'000, nullptr),
              Contains(HasSubstr("free agent")));
}

}  // namespace
}  // namespace relais::stress
