// Goal: every mistake of a configuration is found at once, each with its path,
// the value and what would be right; queues nobody could serve are warned of
// with the reason.
// Method: a good configuration, spoilt one field at a time and all at once;
// warnings by cases.

#include "lib/domain/validate_configuration.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/configuration.h"
#include "relais/limits.h"
#include "tests/domain/findings.h"

namespace relais {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ValidateConfiguration, AGoodOneHasNoFindings) {
  EXPECT_THAT(Validate(Good()), IsEmpty());
  EXPECT_THAT(Validate(Configuration()), IsEmpty());
}

TEST(HasErrors, CountsErrorsOnly) {
  EXPECT_FALSE(HasErrors({}));
  EXPECT_FALSE(HasErrors({{Finding::Severity::kWarning, "a", "b"}}));
  EXPECT_TRUE(HasErrors({{Finding::Severity::kWarning, "a", "b"},
                         {Finding::Severity::kError, "a", "b"}}));
}

TEST(ValidateConfiguration, NamesEachMistake) {
  using C = Configuration;
  const std::string too_long(129, 'x');
  const std::vector<Spoilt> ways = {
      {"name", "at most 128 bytes", [&](C& c) { c.name = too_long; }},
      {"name", "not valid UTF-8", [](C& c) { c.name = "\xFF"; }},
      {"skills[1].description", "not valid UTF-8",
       [](C& c) { c.skills[1].description = "\xC3"; }},
      {"skills[2].name", "is empty", [](C& c) { c.skills.push_back({}); }},
      {"skills[2].name", "at most 128 bytes",
       [&](C& c) {
         c.skills.push_back({too_long, ""});
       }},
      {"skills[2].name", "\"italian\" is given twice; first at skills[1].name",
       [](C& c) {
         c.skills.push_back({"italian", ""});
       }},
      {"skills", "4097 entries; at most 4096",
       [](C& c) {
         for (int i = 0; c.skills.size() < 4'097; ++i) {
           c.skills.push_back({"skill-" + std::to_string(i), ""});
         }
       }},
      {"routing_profiles[2].name", "first at routing_profiles[0].name",
       [](C& c) {
         c.routing_profiles.push_back({"phone", kVoice});
       }},
      {"routing_profiles[1].channels", "at least one channel",
       [](C& c) { c.routing_profiles[1].channels = 0; }},
      {"routing_profiles", "4097 entries; at most 4096",
       [](C& c) {
         for (int i = 0; c.routing_profiles.size() < 4'097; ++i) {
           c.routing_profiles.push_back({"p" + std::to_string(i), kVoice});
         }
       }},
      {"agents[1].id", "\"anna\" is given twice; first at agents[0].id",
       [](C& c) { c.agents[1].id = "anna"; }},
      {"agents[0].id", "is empty", [](C& c) { c.agents[0].id = ""; }},
      {"agents[0].id", "\"\\xff\" is not valid UTF-8",
       [](C& c) { c.agents[0].id = "\xFF"; }},
      {"agents[0].grade", "9 is not a grade",
       [](C& c) { c.agents[0].grade = static_cast<AgentGrade>(9); }},
      {"agents[0].routing_profile",
       "\"phon\" is not a routing profile of this configuration; did you mean "
       "\"phone\"?",
       [](C& c) { c.agents[0].routing_profile = "phon"; }},
      {"agents[1].skills[1].skill",
       "\"italien\" is not a skill of this configuration; did you mean "
       "\"italian\"?",
       [](C& c) { c.agents[1].skills[1].skill = "italien"; }},
      {"agents[1].skills[1].skill",
       "\"savings\" is given twice; first at agents[1].skills[0].skill",
       [](C& c) { c.agents[1].skills[1].skill = "savings"; }},
      {"agents[1].skills[0].level", "11 is not a level; levels are 1 to 10",
       [](C& c) { c.agents[1].skills[0].level = 11; }},
      {"agents[1].skills[0].level", "-300 is not a level",
       [](C& c) { c.agents[1].skills[0].level = -300; }},
      {"queues[1].name", "first at queues[0].name",
       [](C& c) { c.queues[1].name = "calls"; }},
      {"queues[1].channels", "at least one channel",
       [](C& c) { c.queues[1].channels = 0; }},
      {"queues[1].requirement.all_of[0].skill", "did you mean \"savings\"?",
       [](C& c) { c.queues[1].requirement.all_of[0].skill = "saving"; }},
      {"queues[1].requirement.all_of[0].level_min", "0 is not a level",
       [](C& c) { c.queues[1].requirement.all_of[0].level_min = 0; }},
      {"queues[1].requirement.all_of[1].skill",
       "first at queues[1].requirement.all_of[0].skill",
       [](C& c) { c.queues[1].requirement.all_of[1].skill = "savings"; }},
      {"queues[0].service_level.answered_fraction", "0 is not a fraction",
       [](C& c) { c.queues[0].service_level.answered_fraction = 0; }},
      {"queues[0].service_level.answered_fraction", "80 is not a fraction",
       [](C& c) { c.queues[0].service_level.answered_fraction = 80; }},
      {"queues[0].service_level.answered_fraction", "nan is not a fraction",
       [](C& c) {
         c.queues[0].service_level.answered_fraction =
             std::numeric_limits<double>::quiet_NaN();
       }},
      {"queues[0].service_level.threshold_ms", "-1 ms is out of range; give 0",
       [](C& c) { c.queues[0].service_level.threshold_ms = -1; }},
      {"queues[0].offer_timeout_ms", "-5 ms",
       [](C& c) { c.queues[0].offer_timeout_ms = -5; }},
      {"queues[0].offer_timeout_ms", "604800001 ms",
       [](C& c) { c.queues[0].offer_timeout_ms = kDurationMsMax + 1; }},
      {"queues[0].wrap_up_ms", "-5 ms",
       [](C& c) { c.queues[0].wrap_up_ms = -5; }},
      {"queues[0].decline_retry_ms", "-5 ms",
       [](C& c) { c.queues[0].decline_retry_ms = -5; }},
      {"queues[0].wait_limit_ms", "-5 ms",
       [](C& c) { c.queues[0].wait_limit_ms = -5; }},
      {"queues[0].handling_lease_ms", "0 ms is out of range; give 1 to",
       [](C& c) { c.queues[0].handling_lease_ms = 0; }},
      {"queues[0].short_abandon_threshold_ms", "-5 ms",
       [](C& c) { c.queues[0].short_abandon_threshold_ms = -5; }},
      {"queues[0].priority_credit_ms[9]", "-5 ms",
       [](C& c) { c.queues[0].priority_credit_ms[9] = -5; }},
      {"queues[0].priority_credit_ms[3]", "604800001 ms",
       [](C& c) { c.queues[0].priority_credit_ms[3] = kDurationMsMax + 1; }},
  };
  for (const Spoilt& way : ways) {
    SCOPED_TRACE(way.path + ": " + way.message);
    Configuration configuration = Good();
    way.spoil(configuration);
    EXPECT_THAT(ErrorsOf(configuration),
                ElementsAre(IsError(way.path, way.message)));
  }
}

constexpr auto kVoiceAt = static_cast<std::size_t>(Channel::kVoice);
constexpr auto kEmailAt = static_cast<std::size_t>(Channel::kEmail);
constexpr auto kMailAt = static_cast<std::size_t>(Channel::kMail);

TEST(ValidateConfiguration, NamesEachMistakeOfCapacity) {
  using C = Configuration;
  const std::string voice = "routing_profiles[0].channel_capacities[voice]";
  const std::string mail = "routing_profiles[0].channel_capacities[mail]";
  const std::string email = "routing_profiles[1].channel_capacities[email]";
  const std::vector<Spoilt> ways = {
      {"routing_profiles[1].capacity_units", "3 is not in 4..100",
       [](C& c) { c.routing_profiles[1].capacity_units = 3; }},
      {"routing_profiles[1].capacity_units", "101 is not in 4..100",
       [](C& c) { c.routing_profiles[1].capacity_units = 101; }},
      {"routing_profiles[1].load_order", "2 is not an order; give spread or",
       [](C& c) {
         c.routing_profiles[1].load_order = static_cast<LoadOrder>(2);
       }},
      {voice + ".cost_units", "3 is not in 4..100",
       [](C& c) { c.routing_profiles[0].cost_units[kVoiceAt] = 3; }},
      {voice + ".cost_units", "101 is not in 4..100",
       [](C& c) { c.routing_profiles[0].cost_units[kVoiceAt] = 101; }},
      // Also of a channel that the profile does not have.
      {mail + ".cost_units", "-50 is not in 4..100",
       [](C& c) { c.routing_profiles[0].cost_units[kMailAt] = -50; }},
      {voice + ".cost_units",
       "100 is more than the profile's capacity_units, 99; no contact of this "
       "channel would ever fit",
       [](C& c) { c.routing_profiles[0].capacity_units = 99; }},
      {email + ".contacts_max", "-1 is not in 0..25 (0 = as many as fit)",
       [](C& c) { c.routing_profiles[1].contacts_max[kEmailAt] = -1; }},
      {email + ".contacts_max", "26 is not in 0..25",
       [](C& c) { c.routing_profiles[1].contacts_max[kEmailAt] = 26; }},
      {mail + ".contacts_max", "26 is not in 0..25",
       [](C& c) { c.routing_profiles[0].contacts_max[kMailAt] = 26; }},
  };
  for (const Spoilt& way : ways) {
    SCOPED_TRACE(way.path + ": " + way.message);
    Configuration configuration = Good();
    way.spoil(configuration);
    EXPECT_THAT(ErrorsOf(configuration),
                ElementsAre(IsError(way.path, way.message)));
  }
}

TEST(ValidateConfiguration, TakesCapacityAtItsLimits) {
  Configuration c = Good();
  RoutingProfile& phone = c.routing_profiles[0];
  phone.contacts_max.fill(static_cast<int>(kContactsPerAgentMax));
  RoutingProfile& written = c.routing_profiles[1];
  // What its agents are never given may cost more than they have.
  written.capacity_units = kCostUnitsMin;
  written.cost_units[kEmailAt] = kCostUnitsMin;
  written.load_order = LoadOrder::kPack;
  EXPECT_THAT(Validate(c), IsEmpty());
}

TEST(ValidateConfiguration, NoChannelInterruptsItself) {
  const std::string path = "routing_profiles[1].channel_capacities[";
  Configuration c = Good();
  RoutingProfile& profile = c.routing_profiles[1];
  const auto channel = [&profile](Channel one) -> ChannelSet& {
    return profile.may_interrupt[static_cast<std::size_t>(one)];
  };
  profile.channels = 0xFF;
  channel(Channel::kVoice) = SetOf(Channel::kEmail) | SetOf(Channel::kChat);
  channel(Channel::kChat) = SetOf(Channel::kEmail);
  EXPECT_THAT(ErrorsOf(c), IsEmpty());
  channel(Channel::kEmail) = SetOf(Channel::kVoice);
  EXPECT_THAT(
      ErrorsOf(c),
      ElementsAre(IsError(path + "voice].may_interrupt", "goes in a circle"),
                  IsError(path + "email].may_interrupt",
                          "goes in a circle: email, voice, email; one of"),
                  IsError(path + "chat].may_interrupt",
                          "circle: chat, email, voice, chat; one of them")));
  channel(Channel::kEmail) = SetOf(Channel::kEmail);
  EXPECT_THAT(ErrorsOf(c),
              ElementsAre(IsError(path + "email].may_interrupt",
                                  "goes in a circle: email, email;")));
}

TEST(ValidateConfiguration, WarnsOfInterruptionsThatDoNothingOrTooMuch) {
  const std::string path = "routing_profiles[1].";
  Configuration c = Good();
  RoutingProfile& profile = c.routing_profiles[1];
  profile.channels = 0xFF & ~SetOf(Channel::kVoice) & ~SetOf(Channel::kMail);
  profile.may_interrupt[kVoiceAt] = SetOf(Channel::kEmail);
  profile.may_interrupt[static_cast<std::size_t>(Channel::kChat)] =
      SetOf(Channel::kMail);
  profile.load_order = LoadOrder::kPack;
  std::vector<std::string> told;
  for (const Finding& finding : Validate(c)) {
    if (finding.path.rfind(path, 0) != 0) continue;
    EXPECT_EQ(finding.severity, Finding::Severity::kWarning);
    told.push_back(finding.path + ": " + finding.message.substr(0, 42));
  }
  EXPECT_THAT(
      told,
      ElementsAre(path + "channel_capacities[voice].may_interrupt: the profile "
                         "does not serve voice, so nothi",
                  path + "channel_capacities[chat].may_interrupt: the profile "
                         "does not serve mail, so there ",
                  path + "load_order: pack gives a contact that may interrupt "
                         "to"));
}

// What would hide another mistake is told alone, the rest together.
TEST(ValidateConfiguration, FindsEveryMistakeOfCapacityAtOnce) {
  Configuration c = Good();
  RoutingProfile& written = c.routing_profiles[1];
  written.capacity_units = 0;
  written.cost_units[kVoiceAt] = 0;
  written.cost_units[kMailAt] = 200;
  written.contacts_max[kMailAt] = 100;
  written.load_order = static_cast<LoadOrder>(7);
  const std::string path = "routing_profiles[1]";
  EXPECT_THAT(
      Validate(c),
      ElementsAre(
          IsError(path + ".capacity_units", "0 is not in 4..100"),
          IsError(path + ".load_order", "7 is not an order"),
          IsError(path + ".channel_capacities[voice].cost_units", "0 is not"),
          IsError(path + ".channel_capacities[mail].cost_units", "200 is not"),
          IsError(path + ".channel_capacities[mail].contacts_max",
                  "100 is not")));
}

TEST(ValidateConfiguration, ListsTooManySkills) {
  Configuration c = Good();
  for (int i = 0; i < 300; ++i) {
    c.skills.push_back({"s" + std::to_string(i), ""});
  }
  for (int i = 0; i < 64; ++i) {
    c.queues[0].requirement.all_of.push_back({"s" + std::to_string(i), 1});
  }
  for (int i = 0; i < 256; ++i) {
    c.agents[0].skills.push_back({"s" + std::to_string(i), 1});
  }
  EXPECT_THAT(
      ErrorsOf(c),
      ElementsAre(
          IsError("agents[0].skills", "257 entries; at most 256"),
          IsError("queues[0].requirement.all_of", "more than 64 terms")));
}

TEST(ValidateConfiguration, ListsTooManySkillsOrProfilesOfACentre) {
  Configuration skills;
  for (std::size_t i = 0; i <= kSkillsMax; ++i) {
    skills.skills.push_back({"skill" + std::to_string(i), ""});
  }
  const std::vector<Finding> of_skills = ValidateConfiguration(skills, {});
  ASSERT_TRUE(HasErrors(of_skills));
  EXPECT_EQ(of_skills[0].path, "skills");
  skills.skills.pop_back();
  EXPECT_FALSE(HasErrors(ValidateConfiguration(skills, {})));

  Configuration profiles;
  for (std::size_t i = 0; i <= kRoutingProfilesMax; ++i) {
    profiles.routing_profiles.push_back(
        {"profile" + std::to_string(i), SetOf(Channel::kVoice)});
  }
  const std::vector<Finding> of_profiles = ValidateConfiguration(profiles, {});
  ASSERT_TRUE(HasErrors(of_profiles));
  EXPECT_EQ(of_profiles[0].path, "routing_profiles");
  profiles.routing_profiles.pop_back();
  EXPECT_FALSE(HasErrors(ValidateConfiguration(profiles, {})));
}

TEST(ValidateConfiguration, KeepsTheLimitsOfTheRouter) {
  Limits limits;
  limits.agents = 1;
  limits.queues = 1;
  EXPECT_THAT(ValidateConfiguration(Good(), limits),
              ElementsAre(IsError("agents", "2 entries; at most 1"),
                          IsError("queues", "2 entries; at most 1")));
  limits.agents = 2;
  limits.queues = 2;
  EXPECT_THAT(ValidateConfiguration(Good(), limits), IsEmpty());
}

TEST(ValidateConfiguration, FindsEverythingAtOnceInTheOrderOfTheFile) {
  Configuration c = Good();
  c.queues[1].handling_lease_ms = -1;
  c.queues[0].requirement.all_of[0].level_min = 12;
  c.agents[1].skills[0].level = 12;
  c.agents[0].routing_profile = "unknown profile";
  c.skills.push_back({"savings", ""});
  c.routing_profiles.push_back({"spare", kVoice});
  EXPECT_THAT(
      Validate(c),
      ElementsAre(IsError("skills[2].name", "twice"),
                  IsWarning("routing_profiles[0]", "no agent uses"),
                  IsWarning("routing_profiles[2]", "no agent uses"),
                  IsError("agents[0].routing_profile", "unknown profile"),
                  IsError("agents[1].skills[0].level", "12"),
                  IsError("queues[0].requirement.all_of[0].level_min", "12"),
                  IsError("queues[1].handling_lease_ms", "-1")));
}

TEST(ValidateConfiguration, AMeaninglessSuggestionIsNotMade) {
  Configuration c = Good();
  c.agents[0].skills[0].skill = "parachuting";
  const auto errors = ErrorsOf(c);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].message,
            "\"parachuting\" is not a skill of this configuration");
}

// --- Warnings ----------------------------------------------------------------

TEST(ValidateConfiguration, WarnsOfAnUnusedProfile) {
  Configuration c = Good();
  c.routing_profiles.push_back({"video", SetOf(Channel::kVideo)});
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("routing_profiles[2]",
                                    "no agent uses the routing profile "
                                    "\"video\"")));
}

TEST(ValidateConfiguration, WarnsOfAQueueWithoutAgents) {
  Configuration c = Good();
  c.agents.clear();
  c.routing_profiles.clear();
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("queues[0]", "there are no agents"),
                          IsWarning("queues[1]", "there are no agents")));
}

TEST(ValidateConfiguration, WarnsOfASkillNobodyHas) {
  Configuration c = Good();
  c.skills.push_back({"stocks", ""});
  // The first term is met to the level; it is not the reason.
  c.queues[0].requirement.all_of = {{"savings", 7}, {"stocks", 1}};
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("agents[0]", "\"anna\" can serve no queue"),
                          IsWarning("queues[0]",
                                    "nobody could ever serve \"calls\": nobody "
                                    "has the skill \"stocks\"")));
}

TEST(ValidateConfiguration, WarnsOfALevelNobodyHas) {
  Configuration c = Good();
  c.queues[0].requirement.all_of[0].level_min = 8;
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("agents[0]", "can serve no queue"),
                          IsWarning("queues[0]",
                                    "nobody has the skill \"savings\" at level "
                                    "8 or above; the highest is 7")));
}

TEST(ValidateConfiguration, WarnsOfALevelNobodyOfTheChannelHas) {
  Configuration c = Good();
  c.queues[1].requirement.all_of = {{"savings", 5}};
  EXPECT_THAT(
      Validate(c),
      ElementsAre(IsWarning("agents[1]", "can serve no queue"),
                  IsWarning("queues[1]",
                            "no agent with channel email has the skill "
                            "\"savings\" at level 5 or above; the highest is "
                            "3")));
}

TEST(ValidateConfiguration, WarnsOfASkillNobodyOfTheChannelHas) {
  Configuration c = Good();
  c.queues[0].requirement.all_of = {{"italian", 1}};
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("agents[0]", "can serve no queue"),
                          IsWarning("queues[0]",
                                    "no agent with channel voice has the skill "
                                    "\"italian\"")));
}

TEST(ValidateConfiguration, WarnsOfSkillsThatNobodyHasTogether) {
  Configuration c = Good();
  c.agents.push_back({"carla", AgentGrade::kSenior, "phone", {{"italian", 9}}});
  c.queues[0].requirement.all_of = {{"savings", 5}, {"italian", 5}};
  c.queues.push_back(c.queues[0]);
  c.queues[2].name = "open";
  c.queues[2].requirement.all_of.clear();
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("queues[0]",
                                    "no agent with channel voice has all the "
                                    "skills asked for")));
}

TEST(ValidateConfiguration, WarnsOfEachChannelThatNobodyServes) {
  Configuration c = Good();
  c.queues[0].channels = kVoice | kEmail | SetOf(Channel::kChat);
  EXPECT_THAT(
      Validate(c),
      ElementsAre(
          IsWarning("queues[0].channels",
                    "nobody could ever serve email contacts of \"calls\": no "
                    "agent with channel email has the skill \"savings\" at "
                    "level 5 or above; the highest is 3"),
          IsWarning("queues[0].channels",
                    "chat contacts of \"calls\": no agent's routing profile "
                    "has the channel chat")));
}

TEST(ValidateConfiguration, GivesTheReasonsOfAllChannelsOfAQueueNobodyServes) {
  Configuration c = Good();
  c.queues[0].channels = SetOf(Channel::kChat) | SetOf(Channel::kVideo);
  c.queues[0].requirement.all_of.clear();
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("agents[0]", "can serve no queue"),
                          IsWarning("queues[0]",
                                    "has the channel chat; no agent's routing "
                                    "profile has the channel video")));
}

TEST(ValidateConfiguration, HoldsAndPanelSharesOfAQueue) {
  Configuration c = Good();
  c.queues[0].hold = {1, kDurationMsMax, -1, kDurationMsMax + 1};
  c.queues[0].panel_max_share_percent = 99;
  c.queues[1].panel_max_share_percent = 10'001;
  EXPECT_THAT(
      Validate(c),
      ElementsAre(
          IsError("queues[0].hold.wrapping_up_ms", "-1 ms is out of range"),
          IsError("queues[0].hold.absent_until_ms", "out of range; give 0 to"),
          IsError("queues[0].panel_max_share_percent", "99 is not in 100.."),
          IsError("queues[1].panel_max_share_percent", "10001 is not in")));
  // What nobody is offered is held for nobody.
  c = Good();
  c.queues[0].pull_only = true;
  EXPECT_THAT(Validate(c), IsEmpty());
  c.queues[0].hold.idle_ms = 1;
  c.queues[0].panel_max_share_percent = 100;
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("queues[0].hold", "has no effect"),
                          IsWarning("queues[0].panel_max_share_percent",
                                    "has no effect")));
}

TEST(ValidateConfiguration, DoesNotGuessFromWrongValues) {
  Configuration c = Good();
  // Nobody has "savings" now, but only because of the mistake.
  c.agents[0].skills[0].skill = "savigns";
  EXPECT_THAT(Validate(c), ElementsAre(IsError("agents[0].skills[0].skill",
                                               "did you mean \"savings\"?")));
  c = Good();
  // The agent could serve the queue if it were right.
  c.queues[0].requirement.all_of[0].level_min = 50;
  EXPECT_THAT(
      Validate(c),
      ElementsAre(IsError("queues[0].requirement.all_of[0].level_min", "50")));
}

// A whole country's centre is checked within the time of one RPC, also when
// everything in it is misspelt.
TEST(ValidateConfiguration, ManyMistakesAreStillAllFound) {
  Configuration c;
  for (int i = 0; i < 2'000; ++i) {
    c.skills.push_back({"skill number " + std::to_string(i), ""});
  }
  c.routing_profiles = {{"all", 0xFF}};
  constexpr std::size_t kAgents = 2'000;
  for (std::size_t i = 0; i < kAgents; ++i) {
    const std::string number = std::to_string(i);
    c.agents.push_back({"agent" + number,
                        AgentGrade::kSenior,
                        "all",
                        {{"skil " + number, 5}}});
  }
  EXPECT_EQ(ErrorsOf(c).size(), kAgents);
}

}  // namespace
}  // namespace relais
