// Goal: what an agent's record keeps of its contacts, and what it has room for.
// Method: small lists by hand; room against a naive count for many of them.

#include "lib/engine/holdings.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"

namespace relais {
namespace {

using ::testing::ElementsAre;

Holding& Add(Holdings& holdings, const std::string& id, WorkState state,
             std::uint8_t units = 20, Channel channel = Channel::kChat) {
  Holding& added = holdings.Add();
  added.state = state;
  added.units = units;
  added.contact = {static_cast<std::uint32_t>(holdings.list().size()), 100};
  added.reserved_tag = 102;
  added.reservation.contact_id.Assign(id);
  added.reservation.attempt = 2;
  added.reservation.channel = channel;
  return added;
}

std::vector<std::string> IdsOf(const Holdings& holdings) {
  std::vector<std::string> ids;
  for (const Holding& one : holdings.list()) {
    ids.emplace_back(one.reservation.contact_id.view());
  }
  return ids;
}

TEST(HoldingsTest, KeepsTheOrderAndTheLowestFreePlace) {
  Holdings holdings;
  EXPECT_TRUE(holdings.empty());
  for (const char* id : {"a", "b", "c"}) {
    Add(holdings, id, WorkState::kReserved);
  }
  EXPECT_EQ(holdings.list()[2].place, 2);
  holdings.Remove(holdings.list()[1]);
  EXPECT_THAT(IdsOf(holdings), ElementsAre("a", "c"));
  // Each place has a deadline of its own.
  EXPECT_EQ(Add(holdings, "d", WorkState::kReserved).place, 1);
  EXPECT_EQ(Add(holdings, "e", WorkState::kReserved).place, 3);
  EXPECT_THAT(IdsOf(holdings), ElementsAre("a", "c", "d", "e"));
}

TEST(HoldingsTest, HasRoomForAsManyAsAnyCapacityAdmits) {
  Holdings holdings;
  for (std::size_t i = 0; i < kContactsPerAgentMax; ++i) {
    EXPECT_EQ(Add(holdings, "c", WorkState::kReserved).place, i);
  }
  EXPECT_DEATH(holdings.Add(), "more contacts than any capacity");
}

TEST(HoldingsTest, FindsByTheReservation) {
  Holdings holdings;
  Add(holdings, "a", WorkState::kReserved);
  Holding& other = Add(holdings, "b", WorkState::kHandling);
  other.reserved_tag = 104;
  EXPECT_EQ(holdings.Find(ContactHandle{2, 100}, 104), &holdings.list()[1]);
  EXPECT_EQ(holdings.Find(ContactHandle{2, 100}, 102), nullptr);
  EXPECT_EQ(holdings.Find(ContactHandle{1, 101}, 102), nullptr);
  EXPECT_EQ(holdings.Find(std::string_view("a"), 2), &holdings.list()[0]);
  EXPECT_EQ(holdings.Find(std::string_view("a"), 3), nullptr);
}

// An id may be given again while the contact before is wrapped up.
TEST(HoldingsTest, AnIdIsFoundOfWhatIsNotWrappedUp) {
  Holdings holdings;
  Add(holdings, "a", WorkState::kWrapUp);
  EXPECT_EQ(holdings.Find(std::string_view("a"), 2), nullptr);
  Add(holdings, "a", WorkState::kReserved);
  EXPECT_EQ(holdings.Find(std::string_view("a"), 2), &holdings.list()[1]);
  EXPECT_EQ(holdings.FindWrapUp("a"), &holdings.list()[0]);
}

TEST(HoldingsTest, FindsTheWrapUpThatEndsFirst) {
  Holdings holdings;
  EXPECT_EQ(holdings.FindWrapUp(""), nullptr);
  for (const auto& [id, ends_ms] : std::vector<std::pair<const char*, int>>{
           {"a", 30'000}, {"b", 10'000}, {"c", 10'000}, {"d", 20'000}}) {
    Holding& added = Add(holdings, id, WorkState::kWrapUp, 4);
    added.wrap_up_ends_ms = ends_ms;
    added.deadline_version = static_cast<std::uint64_t>(ends_ms);
  }
  Add(holdings, "e", WorkState::kHandling);
  const std::vector<Holding>& list = holdings.list();
  EXPECT_EQ(holdings.FindWrapUp(""), &list[1]) << "of equals the first";
  EXPECT_EQ(holdings.FindWrapUp("c"), &list[2]);
  EXPECT_EQ(holdings.FindWrapUp("a"), &list[0]);
  EXPECT_EQ(holdings.FindWrapUp("e"), nullptr) << "in handling";
  EXPECT_EQ(holdings.FindWrapUpAt(3, 20'000), &list[3]);
  EXPECT_EQ(holdings.FindWrapUpAt(3, 10'000), nullptr) << "an older deadline";
  EXPECT_EQ(holdings.FindWrapUpAt(4, 0), nullptr);
}

TEST(HoldingsTest, WorkStateAndWhatPresenceWaitsFor) {
  struct Case {
    std::vector<WorkState> states;
    WorkState work;
    bool busy;
  };
  const auto r = WorkState::kReserved;
  const auto h = WorkState::kHandling;
  const auto w = WorkState::kWrapUp;
  const Case cases[] = {
      {{}, WorkState::kIdle, false},
      {{r}, r, false},
      {{r, r}, r, false},
      {{w}, w, true},
      {{r, w}, w, true},
      {{w, r}, w, true},
      {{h}, h, true},
      {{r, h}, h, true},
      {{w, h, r}, h, true},
      {{h, w}, h, true},
      {{r, w, h}, h, true},
  };
  for (const Case& one : cases) {
    Holdings holdings;
    for (const WorkState state : one.states) Add(holdings, "c", state);
    EXPECT_EQ(holdings.work_state(), one.work);
    EXPECT_EQ(holdings.busy(), one.busy);
    EXPECT_EQ(holdings.units(), 20 * one.states.size());
  }
}

TEST(HoldingsTest, CapacityIsThatOfTheProfile) {
  RoutingProfile profile;
  profile.channels = 0xFF;
  profile.contacts_max[2] = 3;
  profile.load_order = LoadOrder::kPack;
  const AgentCapacity capacity = CapacityOf(profile);
  EXPECT_EQ(capacity.units, 100);
  EXPECT_THAT(capacity.cost, ElementsAre(100, 50, 34, 100, 100, 50, 50, 100));
  EXPECT_THAT(capacity.contacts_max, ElementsAre(0, 0, 3, 0, 0, 0, 0, 0));
  EXPECT_EQ(capacity.load_order, LoadOrder::kPack);
}

TEST(HoldingsTest, ContactsMaxIsTheMostThatFits) {
  AgentCapacity capacity = CapacityOf(RoutingProfile{});
  EXPECT_EQ(ContactsMax(capacity, SetOf(Channel::kVoice)), 1);
  EXPECT_EQ(ContactsMax(capacity, SetOf(Channel::kChat)), 2);
  EXPECT_EQ(ContactsMax(capacity, 0xFF), 2);
  EXPECT_EQ(ContactsMax(capacity, 0), 1);
  capacity.cost.fill(4);
  EXPECT_EQ(ContactsMax(capacity, 0xFF), kContactsPerAgentMax);
  capacity.cost.fill(1);
  EXPECT_EQ(ContactsMax(capacity, 0xFF), kContactsPerAgentMax);
  capacity.cost.fill(100);
  capacity.units = 40;
  EXPECT_EQ(ContactsMax(capacity, 0xFF), 1);
}

// Voice may interrupt chat and e-mail, chat e-mail.
AgentCapacity Interrupting() {
  RoutingProfile profile;
  profile.may_interrupt[0] = SetOf(Channel::kChat) | SetOf(Channel::kEmail);
  profile.may_interrupt[2] = SetOf(Channel::kEmail);
  return CapacityOf(profile);
}

std::uint8_t RoomMade(const Holdings& holdings, Channel channel) {
  return holdings.Interruptible(
      Interrupting())[static_cast<std::size_t>(channel)];
}

TEST(HoldingsTest, WhatIsHandledMayBeInterrupted) {
  Holdings holdings;
  Add(holdings, "a", WorkState::kHandling, 30, Channel::kEmail);
  Add(holdings, "b", WorkState::kHandling, 25, Channel::kChat);
  Add(holdings, "c", WorkState::kReserved, 10, Channel::kEmail);
  Add(holdings, "d", WorkState::kWrapUp, 20, Channel::kEmail);
  EXPECT_EQ(RoomMade(holdings, Channel::kVoice), 55);
  EXPECT_EQ(RoomMade(holdings, Channel::kChat), 30);
  EXPECT_EQ(RoomMade(holdings, Channel::kEmail), 0);
  EXPECT_TRUE(holdings.HasUnitsFor(Channel::kVoice, 70, Interrupting()));
  EXPECT_FALSE(holdings.HasUnitsFor(Channel::kVoice, 71, Interrupting()));
  // At most 200 in all.
  Add(holdings, "e", WorkState::kHandling, 90, Channel::kChat);
  EXPECT_EQ(RoomMade(holdings, Channel::kVoice), 100);
}

TEST(HoldingsTest, TheLastReservedGivesWayAndTheFirstGoesOn) {
  const AgentCapacity capacity = Interrupting();
  Holdings holdings;
  Add(holdings, "a", WorkState::kHandling, 30, Channel::kEmail);
  Add(holdings, "b", WorkState::kHandling, 30, Channel::kEmail);
  Add(holdings, "c", WorkState::kHandling, 40, Channel::kChat);
  EXPECT_EQ(holdings.NextToInterrupt(capacity, nullptr), nullptr);
  Add(holdings, "d", WorkState::kReserved, 60, Channel::kVoice);
  EXPECT_EQ(holdings.NextToInterrupt(capacity, nullptr), nullptr);
  Holding* call = holdings.Find("d", 2);
  ASSERT_NE(call, nullptr);
  call->state = WorkState::kHandling;
  std::string interrupted;
  while (Holding* next = holdings.NextToInterrupt(capacity, call)) {
    next->interrupted = true;
    interrupted += next->reservation.contact_id.view();
  }
  // 30 and 60 are left of 160: without the chat it were 120.
  EXPECT_EQ(interrupted, "cb");
  EXPECT_EQ(holdings.NextToResume(capacity), nullptr);
  call->state = WorkState::kWrapUp;
  EXPECT_EQ(holdings.NextToResume(capacity), nullptr);
  holdings.Remove(*call);
  std::string resumed;
  while (Holding* next = holdings.NextToResume(capacity)) {
    next->interrupted = false;
    resumed += next->reservation.contact_id.view();
  }
  // The chat may interrupt the e-mail.
  EXPECT_EQ(resumed, "cb");
}

TEST(HoldingsTest, WhatWasAcceptedGivesWayLast) {
  const AgentCapacity capacity = Interrupting();
  Holdings holdings;
  Add(holdings, "a", WorkState::kHandling, 30, Channel::kEmail);
  Add(holdings, "b", WorkState::kHandling, 60, Channel::kVoice);
  Add(holdings, "c", WorkState::kHandling, 40, Channel::kEmail);
  EXPECT_EQ(holdings.NextToInterrupt(capacity, nullptr), holdings.Find("c", 2));
  EXPECT_EQ(holdings.NextToInterrupt(capacity, holdings.Find("c", 2)),
            holdings.Find("a", 2));
  holdings.Find("a", 2)->state = WorkState::kWrapUp;
  EXPECT_EQ(holdings.NextToInterrupt(capacity, holdings.Find("c", 2)),
            holdings.Find("c", 2));
}

// What has less room than it takes since its profile changed.
TEST(HoldingsTest, AloneItIsResumed) {
  AgentCapacity capacity = Interrupting();
  capacity.units = 20;
  Holdings holdings;
  Add(holdings, "a", WorkState::kHandling, 30, Channel::kEmail);
  holdings.Find("a", 2)->interrupted = true;
  EXPECT_EQ(holdings.NextToResume(capacity), holdings.Find("a", 2));
}

// Many lists: by units and by maxima, as anybody would count.
TEST(HoldingsTest, RoomIsWhatANaiveCountSays) {
  Random random(7);
  for (int round = 0; round < 2'000; ++round) {
    AgentCapacity capacity;
    capacity.units = static_cast<std::uint8_t>(random.UniformBetween(4, 100));
    for (std::size_t i = 0; i < kChannelCount; ++i) {
      capacity.cost[i] =
          static_cast<std::uint8_t>(random.UniformBetween(4, 100));
      capacity.contacts_max[i] = static_cast<std::uint8_t>(random.Uniform(4));
    }
    Holdings holdings;
    std::uint32_t units = 0;
    std::vector<int> of_channel(kChannelCount);
    for (std::uint64_t i = random.Uniform(8); i > 0; --i) {
      const auto channel = static_cast<Channel>(random.Uniform(kChannelCount));
      const auto taken =
          static_cast<std::uint8_t>(random.UniformBetween(4, 30));
      Add(holdings, "c", static_cast<WorkState>(1 + random.Uniform(3)), taken,
          channel);
      units += taken;
      ++of_channel[static_cast<std::size_t>(channel)];
    }
    EXPECT_EQ(holdings.units(), units);
    for (std::size_t i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<Channel>(i);
      EXPECT_EQ(Contains(holdings.ChannelsWithUnits(capacity), channel),
                units + capacity.cost[i] <= capacity.units);
      const int most = capacity.contacts_max[i];
      EXPECT_EQ(Contains(holdings.FullChannels(capacity), channel),
                most != 0 && of_channel[i] >= most);
    }
  }
}

}  // namespace
}  // namespace relais
