// Goal: every mistake in a reserve is found with its path and what would be
// right, and those that starve what they hold back. Method: a good
// configuration, spoilt one field at a time.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/configuration.h"
#include "tests/domain/findings.h"

namespace relais {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr ChannelSet kVoiceAndEmail =
    SetOf(Channel::kVoice) | SetOf(Channel::kEmail);

// Four agents with voice and e-mail, two with e-mail alone.
Configuration Reserved() {
  Configuration c;
  c.name = "bank";
  c.routing_profiles = {{"both", kVoiceAndEmail},
                        {"desk", SetOf(Channel::kEmail)}};
  for (int i = 0; i < 6; ++i) {
    AgentConfiguration agent;
    agent.id = absl::StrCat("agent", i);
    agent.routing_profile = i < 4 ? "both" : "desk";
    c.agents.push_back(agent);
  }
  c.queues.resize(2);
  c.queues[0].name = "calls";
  c.queues[0].channels = SetOf(Channel::kVoice);
  c.queues[1].name = "mails";
  c.queues[1].channels = SetOf(Channel::kEmail);
  c.reserves = {
      {"for calls", "calls", Channel::kVoice, 2, 4, SetOf(Channel::kEmail)}};
  return c;
}

TEST(ValidateReserves, NamesEachMistake) {
  using C = Configuration;
  EXPECT_THAT(Validate(Reserved()), IsEmpty());
  const std::vector<Spoilt> ways = {
      {"reserves[0].name", "is empty; give 1 to 128",
       [](C& c) { c.reserves[0].name.clear(); }},
      {"reserves[1].name", "\"for calls\" is given twice",
       [](C& c) { c.reserves.push_back(c.reserves[0]); }},
      {"reserves[0].queue", "\"cals\" is not a queue",
       [](C& c) { c.reserves[0].queue = "cals"; }},
      {"reserves[0].channel", "video is not accepted by queue \"calls\"",
       [](C& c) { c.reserves[0].channel = Channel::kVideo; }},
      {"reserves[0].channel", "9 is not a channel",
       [](C& c) { c.reserves[0].channel = static_cast<Channel>(9); }},
      {"reserves[0].keep", "0 is not in 1..1000",
       [](C& c) { c.reserves[0].keep = 0; }},
      {"reserves[0].keep", "1001 is not in 1..1000",
       [](C& c) { c.reserves[0].keep = 1'001; }},
      {"reserves[0].resume", "2 is not in 3..1001",
       [](C& c) { c.reserves[0].resume = 2; }},
      {"reserves[0].resume", "-1 is not in 3..1001",
       [](C& c) { c.reserves[0].resume = -1; }},
      {"reserves[0].holds_back", "is empty",
       [](C& c) { c.reserves[0].holds_back = 0; }},
      {"reserves[0].holds_back", "has voice, for which",
       [](C& c) { c.reserves[0].holds_back = kVoiceAndEmail; }},
  };
  for (const Spoilt& way : ways) {
    Configuration c = Reserved();
    way.spoil(c);
    EXPECT_THAT(ErrorsOf(c), ElementsAre(IsError(way.path, way.message)))
        << way.path << " " << way.message;
  }
}

TEST(ValidateReserves, AsManyAsAnAgentsTermsHaveRoomFor) {
  Configuration c = Reserved();
  c.reserves.resize(kReservesMax, c.reserves[0]);
  for (std::size_t i = 0; i < c.reserves.size(); ++i) {
    c.reserves[i].name = absl::StrCat("reserve", i);
  }
  EXPECT_THAT(Validate(c), IsEmpty());
  c.reserves.push_back(c.reserves[0]);
  c.reserves.back().name = "one too many";
  EXPECT_THAT(ErrorsOf(c), ElementsAre(IsError("reserves", "33 entries")));
}

TEST(ValidateReserves, OneThatStarvesIsRefusedAndMayBeMeantBesideOthers) {
  Configuration c = Reserved();
  c.reserves[0].keep = 4;
  c.reserves[0].resume = 0;
  EXPECT_THAT(ErrorsOf(c), IsEmpty());
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("reserves[0].keep",
                                    "4 is all of the 4 agents who may take "
                                    "voice of \"calls\"; none of them")));
  c.reserves[0].keep = 3;
  c.reserves[0].resume = 5;
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("reserves[0].resume",
                                    "5 is more than the 4 agents who may take "
                                    "voice of \"calls\"; once they are kept "
                                    "it would never give again")));
  // With the others gone nobody is left for e-mails.
  c.agents.resize(4);
  c.routing_profiles.resize(1);
  EXPECT_THAT(ErrorsOf(c),
              ElementsAre(IsError("reserves[0].resume",
                                  "never give again, and nobody else has "
                                  "email")));
  c.reserves[0].keep = 7;
  c.reserves[0].resume = 0;
  EXPECT_THAT(ErrorsOf(c), ElementsAre(IsError("reserves[0].keep",
                                               "7 is all of the 4 agents")));
}

TEST(ValidateReserves, OneThatStarvesIsToldBesideOtherMistakes) {
  Configuration c = Reserved();
  c.agents.resize(4);
  c.routing_profiles.resize(1);
  c.queues[1].wrap_up_ms = -1;
  c.reserves.push_back(c.reserves[0]);
  c.reserves[0].queue = "mails";  // wrong, and of a queue that is
  c.reserves[1].name = "starves";
  c.reserves[1].keep = 4;
  c.reserves[1].resume = 0;
  EXPECT_THAT(ErrorsOf(c),
              ElementsAre(IsError("queues[1].wrap_up_ms", "-1 ms"),
                          IsError("reserves[0].channel", "voice is not"),
                          IsError("reserves[1].keep", "4 is all of the 4")));
}

TEST(ValidateReserves, OneThatKeepsNobodyIsWarnedOf) {
  Configuration c = Reserved();
  c.agents.erase(c.agents.begin(), c.agents.begin() + 4);
  c.routing_profiles.erase(c.routing_profiles.begin());
  const std::vector<Finding> findings = Validate(c);
  EXPECT_THAT(ErrorsOf(c), IsEmpty());
  ASSERT_FALSE(findings.empty());
  EXPECT_THAT(findings.back(),
              IsWarning("reserves[0]",
                        "keeps nobody: there is no agent who may take voice"));
}

}  // namespace
}  // namespace relais
