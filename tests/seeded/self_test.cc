// Goal: the auditor of the deterministic simulation can say no. Method: one
// mistake at a time is planted into router, journal, disk or server; some seed
// must be red, and for the reason that was planted.

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/seeded/seeded_run.h"

namespace relais::seeded {
namespace {

constexpr std::uint64_t kSeedsMax = 200;
constexpr std::uint64_t kSteps = 300;

class SeededSelfTest : public testing::TestWithParam<Planted> {};

TEST_P(SeededSelfTest, FindsWhatWasPlanted) {
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    SeededRun run(seed, GetParam());
    if (run.Run(kSteps).empty()) continue;
    // A mistake has consequences, of which another may be seen first.
    std::cout << "seed " << seed << ": " << run.violation() << "\n";
    if (absl::StartsWith(run.violation(), std::string(FindingOf(GetParam())))) {
      return;
    }
  }
  ADD_FAILURE() << "no seed of " << kSeedsMax << " is red for this reason";
}

TEST(SeededSelfTest, NothingPlantedIsGreen) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRun run(seed, Planted::kNothing);
    EXPECT_EQ(run.Run(kSteps), "");
  }
}

std::vector<Planted> AllPlanted() {
  std::vector<Planted> all;
  for (int i = 1; i <= static_cast<int>(Planted::kLast); ++i) {
    all.push_back(static_cast<Planted>(i));
  }
  return all;
}

// A centre of one queue, two agents who are free and may hold two contacts of
// 30 units, and three contacts.
class AuditedStateTest : public testing::Test {
 protected:
  static constexpr int kCost = 30;

  AuditedStateTest() {
    auto configuration = std::make_shared<Configuration>();
    configuration->routing_profiles.push_back({"all", 0xFF});
    RoutingProfile& profile = configuration->routing_profiles.back();
    profile.cost_units.fill(kCost);
    profile.contacts_max.fill(2);
    configuration->agents = {{"a", AgentGrade::kSenior, "all", {}},
                             {"b", AgentGrade::kSenior, "all", {}}};
    ContactQueue queue;
    queue.name = "q";
    queue.channels = 0xFF;
    configuration->queues.push_back(queue);
    detail_.configuration = configuration;
    Event applied;
    applied.type = EventType::kConfigurationApplied;
    applied.configuration_version = 1;
    EXPECT_EQ(Apply(applied), "");
    EXPECT_EQ(Apply(Available("a")), "");
    EXPECT_EQ(Apply(Available("b")), "");
    for (const char* id : {"x", "y", "z"}) {
      ContactDetail detail;
      detail.spec.id = id;
      detail.spec.queue = "q";
      detail.queue = queue;
      detail.rank_key_ms = 1'000;
      detail.arrival_sequence = state_.arrivals + 1;
      detail_.contact = std::make_shared<const ContactDetail>(detail);
      Event submitted = OfContact(EventType::kContactSubmitted, id);
      submitted.contact_version = 1;
      EXPECT_EQ(Apply(submitted), "");
    }
  }

  static Event Available(const char* agent) {
    Event event;
    event.type = EventType::kPresenceChanged;
    event.agent_id.Assign(agent);
    event.agent_version = 1;
    event.presence.state = PresenceState::kAvailable;
    event.idle_since_ms = 1'000;
    return event;
  }
  static Event OfContact(EventType type, const char* contact) {
    Event event;
    event.type = type;
    event.contact_id.Assign(contact);
    event.queue.Assign("q");
    event.arrival_ms = 1'000;
    return event;
  }
  static Event Created(const char* contact, const char* agent,
                       std::uint64_t place) {
    Event event = Available(agent);
    const Event of = OfContact(EventType::kReservationCreated, contact);
    event.type = of.type;
    event.contact_id = of.contact_id;
    event.queue = of.queue;
    event.arrival_ms = of.arrival_ms;
    event.agent_version = 2;
    event.contact_version = 2;
    event.attempt = 2;
    event.contact_state = ContactState::kReserved;
    event.work_state = WorkState::kReserved;
    event.rank_key_ms = 1'000;
    event.arrival_sequence = place;
    event.offer_expires_ms = 21'000;
    event.units = kCost;
    return event;
  }
  // For an agent who holds `place` - 1 others.
  static Event CreatedNext(const char* contact, const char* agent,
                           std::uint64_t place) {
    Event event = Created(contact, agent, place);
    event.agent_version = place + 1;
    return event;
  }
  std::string Apply(Event event) {
    event.sequence = ++sequence_;
    event.at_ms = 1'000;
    event.configuration_version = 1;
    return state_.Apply(event, detail_);
  }

  AuditedState state_;
  EventDetail detail_;
  std::uint64_t sequence_ = 0;
};

TEST_F(AuditedStateTest, AContactHasOneAgent) {
  EXPECT_EQ(Apply(Created("x", "a", 1)), "");
  EXPECT_EQ(Apply(Created("x", "b", 1)), "promise 1: the contact is held by a");
}

TEST_F(AuditedStateTest, AnAgentHasNoMoreOfAChannelThanItsMaximum) {
  EXPECT_EQ(Apply(CreatedNext("x", "a", 1)), "");
  EXPECT_EQ(Apply(CreatedNext("y", "a", 2)), "");
  EXPECT_EQ(Apply(CreatedNext("z", "a", 3)),
            "promise 1: the agent has no room: it is number 3 of its channel, "
            "at most 2 are allowed");
}

TEST_F(AuditedStateTest, AnAgentHasNoMoreThanItsUnits) {
  for (auto& [id, agent] : state_.agents) {
    for (RoutingProfile* profile : {&agent.profile, &agent.profile_before}) {
      profile->capacity_units = 89;
      profile->contacts_max = {};
    }
  }
  EXPECT_EQ(Apply(CreatedNext("x", "a", 1)), "");
  EXPECT_EQ(Apply(CreatedNext("y", "a", 2)), "");
  EXPECT_EQ(Apply(CreatedNext("z", "a", 3)),
            "promise 1: the agent has no room: its 30 units make 90 of 89");
}

TEST_F(AuditedStateTest, AContactTakesWhatItsChannelCosts) {
  Event created = Created("x", "a", 1);
  ++created.units;
  EXPECT_EQ(Apply(created), "promise 1: its units is 31 and should be 30");
}

// x and y are in handling, z comes first and takes their room.
TEST(AuditedAgentTest, WhatMustGiveWayIsTheLastAndGoesOnAsTheFirst) {
  AuditedAgent agent;
  RoutingProfile profile;
  profile.capacity_units = 60;
  profile.may_interrupt.at(0) = SetOf(Channel::kEmail);
  agent.held = {{"x", Channel::kEmail, WorkState::kHandling, 2, 30, 0},
                {"y", Channel::kEmail, WorkState::kHandling, 2, 30, 0}};
  EXPECT_EQ(agent.ToInterrupt(profile, ""), nullptr);
  agent.held.push_back({"z", Channel::kVoice, WorkState::kHandling, 2, 30, 0});
  EXPECT_EQ(agent.ToInterrupt(profile, "z"), &agent.held[1]);
  EXPECT_EQ(agent.ToInterrupt(profile, "y"), &agent.held[0]);
  agent.held[0].interrupted = true;
  agent.held[1].interrupted = true;
  EXPECT_EQ(agent.ToResume(profile), &agent.held[0]);
  agent.held[0].units = 40;
  EXPECT_EQ(agent.ToResume(profile), &agent.held[1]);
  agent.held[2].interrupted = true;
  EXPECT_EQ(agent.ToResume(profile), &agent.held[2]);
}

TEST_F(AuditedStateTest, OnlyWhatMustGiveWayIsInterrupted) {
  EXPECT_EQ(Apply(Created("x", "a", 1)), "");
  AuditedAgent& agent = state_.agents["a"];
  agent.held[0].state = WorkState::kHandling;
  state_.contacts["x"].state = ContactState::kAssigned;
  Event event = Created("x", "a", 1);
  event.type = EventType::kContactInterrupted;
  event.contact_version = 0;
  event.agent_version = 3;
  event.work_state = WorkState::kHandling;
  EXPECT_EQ(Apply(event), "promise 4: that is not what gives way");
  event.agent_version = 4;
  EXPECT_EQ(Apply(event), "it is interrupted already");
  event.type = EventType::kContactResumed;
  EXPECT_EQ(Apply(event), "");
  EXPECT_EQ(Apply(event), "it is not interrupted");
}

// While a configuration is applied agents have the old capacity or the new.
TEST_F(AuditedStateTest, EitherProfileCountsWhileOneIsApplied) {
  state_.agents["a"].profile_before.cost_units.fill(70);
  Event created = Created("x", "a", 1);
  created.units = 70;
  EXPECT_EQ(Apply(created), "");
  EXPECT_EQ(Apply(CreatedNext("y", "a", 2)), "");
  EXPECT_THAT(Apply(CreatedNext("z", "a", 3)),
              testing::StartsWith("promise 1: the agent has no room"));
}

TEST_F(AuditedStateTest, AWrapUpIsThatOfOneContact) {
  EXPECT_EQ(Apply(Created("x", "a", 1)), "");
  Event over = Available("a");
  over.type = EventType::kWrapUpEnded;
  over.contact_id.Assign("x");
  over.agent_version = 3;
  over.attempt = 2;
  over.units = kCost;
  EXPECT_EQ(Apply(over), "that wrap-up is none");
  state_.agents["a"].held[0].state = WorkState::kWrapUp;
  Event other = over;
  other.contact_id.Assign("y");
  EXPECT_EQ(Apply(other), "that wrap-up is none");
  EXPECT_EQ(Apply(over), "");
}

TEST_F(AuditedStateTest, AReservationEndsOnce) {
  EXPECT_EQ(Apply(Created("x", "a", 1)), "");
  Event accepted = Created("x", "a", 1);
  accepted.type = EventType::kReservationAccepted;
  accepted.contact_version = 3;
  accepted.agent_version = 3;
  accepted.contact_state = ContactState::kAssigned;
  accepted.work_state = WorkState::kHandling;
  EXPECT_EQ(Apply(accepted), "");
  EXPECT_THAT(Apply(accepted),
              testing::StartsWith("promise 1: that reservation does not"));
}

TEST_F(AuditedStateTest, NumbersAndVersionsHaveNoGaps) {
  Event created = Created("x", "a", 1);
  created.contact_version = 3;
  EXPECT_EQ(Apply(created), "its contact_version is 3 and should be 2");
  ++sequence_;
  EXPECT_THAT(Apply(Created("y", "b", 2)),
              testing::StartsWith("its number is"));
}

INSTANTIATE_TEST_SUITE_P(All, SeededSelfTest, testing::ValuesIn(AllPlanted()),
                         [](const auto& info) {
                           return std::string(PlantedName(info.param));
                         });

}  // namespace
}  // namespace relais::seeded
