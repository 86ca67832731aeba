// Goal: every enumerator has a name of its own, and names read back.
// Method: all values of each enumeration, counted by its last one.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/configuration.h"
#include "relais/event.h"
#include "relais/types.h"

namespace relais {
namespace {

// Names of 0 .. last are distinct and lower case; the next value has none.
template <typename Enum>
void CheckNames(std::string_view (*name_of)(Enum), Enum last) {
  std::set<std::string_view> seen;
  const int count = static_cast<int>(last) + 1;
  for (int i = 0; i < count; ++i) {
    const std::string_view name = name_of(static_cast<Enum>(i));
    EXPECT_NE(name, "unknown") << i;
    EXPECT_THAT(std::string(name), testing::MatchesRegex("[a-z_]+"));
    EXPECT_TRUE(seen.insert(name).second) << name;
  }
  EXPECT_EQ(name_of(static_cast<Enum>(count)), "unknown");
}

TEST(Names, EveryEnumeratorHasItsOwn) {
  CheckNames(ChannelName, Channel::kInternal);
  CheckNames(AgentGradeName, AgentGrade::kSpecialised);
  CheckNames(PresenceStateName, PresenceState::kNotReady);
  CheckNames(NotReadyReasonName, NotReadyReason::kNoAnswer);
  CheckNames(WorkStateName, WorkState::kWrapUp);
  CheckNames(ContactStateName, ContactState::kEnded);
  CheckNames(EndReasonName, EndReason::kLeaseExpired);
  CheckNames(ReservationStateName, ReservationState::kRescinded);
  CheckNames(EventTypeName, kEventTypeLast);
  CheckNames(LoadOrderName, LoadOrder::kPack);
  CheckNames(RingConditionName, RingCondition::kNobodyScheduled);
  EXPECT_EQ(static_cast<int>(Channel::kInternal) + 1, kChannelCount);
  EXPECT_EQ(static_cast<int>(AgentGrade::kSpecialised) + 1, kAgentGradeCount);
  EXPECT_EQ(static_cast<int>(NotReadyReason::kNoAnswer) + 1,
            kNotReadyReasonCount);
  EXPECT_EQ(static_cast<int>(LoadOrder::kPack) + 1, kLoadOrderCount);
}

TEST(Names, SomeAsPeopleWriteThem) {
  EXPECT_EQ(ChannelName(Channel::kVoice), "voice");
  EXPECT_EQ(AgentGradeName(AgentGrade::kSpecialised), "specialised");
  EXPECT_EQ(PresenceStateName(PresenceState::kLoggedOut), "logged_out");
  EXPECT_EQ(EndReasonName(EndReason::kWaitLimit), "wait_limit");
  EXPECT_EQ(EventTypeName(EventType::kReservationNoAnswer),
            "reservation_no_answer");
}

TEST(Names, ParseReadsBackAndLeavesTheRestAlone) {
  for (int i = 0; i < kChannelCount; ++i) {
    Channel channel = Channel::kVoice;
    EXPECT_TRUE(ParseChannel(ChannelName(static_cast<Channel>(i)), &channel));
    EXPECT_EQ(static_cast<int>(channel), i);
  }
  for (int i = 0; i < kAgentGradeCount; ++i) {
    AgentGrade grade = AgentGrade::kJunior;
    EXPECT_TRUE(
        ParseAgentGrade(AgentGradeName(static_cast<AgentGrade>(i)), &grade));
    EXPECT_EQ(static_cast<int>(grade), i);
  }
  for (const std::string_view wrong : {"Voice", "", "voice ", "unknown"}) {
    Channel channel = Channel::kMail;
    EXPECT_FALSE(ParseChannel(wrong, &channel)) << wrong;
    EXPECT_EQ(channel, Channel::kMail);
  }
  AgentGrade grade = AgentGrade::kExpert;
  EXPECT_FALSE(ParseAgentGrade("boss", &grade));
  EXPECT_EQ(grade, AgentGrade::kExpert);
}

}  // namespace
}  // namespace relais
