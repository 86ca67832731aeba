// Goal: an agent may serve a contact when it has the channel, every skill at
// the levels asked for, and the rest holds.
// Method: table of cases.

#include "lib/policy/eligibility.h"

#include "gtest/gtest.h"
#include "relais/types.h"

namespace relais::policy {
namespace {

TEST(Accepts, ChannelAndEverySkillAtItsLevel) {
  constexpr ChannelSet kVoice = SetOf(Channel::kVoice);
  constexpr ChannelSet kBoth = kVoice | SetOf(Channel::kChat);
  struct Case {
    const char* what;
    CompiledRequirement requirement;
    CompiledProfile profile;
    bool accepts;
  };
  const Case cases[] = {
      {"nothing asked", {Channel::kVoice, {}}, {kVoice, {}}, true},
      {"other channel", {Channel::kChat, {}}, {kVoice, {}}, false},
      {"no channel", {Channel::kVoice, {}}, {0, {}}, false},
      {"one of its channels", {Channel::kChat, {}}, {kBoth, {}}, true},
      {"the level", {Channel::kVoice, {{4, 5}}}, {kVoice, {{4, 5}}}, true},
      {"above", {Channel::kVoice, {{4, 5}}}, {kVoice, {{4, 10}}}, true},
      {"below", {Channel::kVoice, {{4, 5}}}, {kVoice, {{4, 4}}}, false},
      {"other skill", {Channel::kVoice, {{4, 1}}}, {kVoice, {{5, 9}}}, false},
      {"no skill", {Channel::kVoice, {{4, 1}}}, {kVoice, {}}, false},
      {"more than asked",
       {Channel::kVoice, {{4, 5}, {6, 2}}},
       {kVoice, {{1, 9}, {4, 5}, {5, 1}, {6, 3}, {7, 1}}},
       true},
      {"the last one missing",
       {Channel::kVoice, {{4, 5}, {6, 2}, {8, 1}}},
       {kVoice, {{4, 5}, {6, 3}, {7, 1}}},
       false},
      {"one of two below",
       {Channel::kVoice, {{4, 5}, {6, 4}}},
       {kVoice, {{4, 9}, {6, 3}}},
       false},
      {"skilled on another channel",
       {Channel::kMail, {{4, 5}}},
       {kBoth, {{4, 9}}},
       false},
      {"the maximum", {Channel::kVoice, {{4, 5, 7}}}, {kVoice, {{4, 7}}}, true},
      {"above it", {Channel::kVoice, {{4, 5, 7}}}, {kVoice, {{4, 8}}}, false},
      {"skills right, the rest not",
       {Channel::kVoice,
        {{4, 5}},
        LeafCondition(Subject::kCertification, 9, kHas)},
       {kVoice, {{4, 5}}},
       false},
      {"the rest right, too",
       {Channel::kVoice,
        {{4, 5}},
        LeafCondition(Subject::kCertification, 9, kHas)},
       {kVoice, {{4, 5}}, AgentGrade::kJunior, {{Subject::kCertification, 9}}},
       true},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Accepts(test.requirement, test.profile), test.accepts)
        << test.what;
  }
}

}  // namespace
}  // namespace relais::policy
