// Goal: the first thing wrong with a contact is named, in the order of
// docs/routing-model.md, with its path.
// Method: a good contact, spoilt one field at a time; two at a time for the
// order; both sides of each limit.

#include "lib/domain/validate_contact.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/domain/error.h"
#include "relais/contact.h"
#include "relais/limits.h"

namespace relais {
namespace {

using testing::HasSubstr;

ContactSpec Good() {
  ContactSpec spec;
  spec.id = "contact-1";
  spec.queue = "accounts";
  spec.channel = Channel::kInternal;
  spec.priority = 9;
  spec.requirement.all_of = {{"italian", 1}, {"savings", 10}};
  spec.attributes = {{"customer", "12345"}, {"", ""}};
  return spec;
}

TEST(ValidateContactSpec, AcceptsGoodOnes) {
  EXPECT_TRUE(ValidateContactSpec(Good()).ok());
  ContactSpec least;
  least.id = "1";
  least.queue = "q";
  EXPECT_TRUE(ValidateContactSpec(least).ok());
  ContactSpec most = Good();
  most.preferred = {{"1", "2", "3", "4", "5", "6", "7", "8"},
                    PreferenceSource::kList,
                    kDurationMsMax};
  EXPECT_TRUE(ValidateContactSpec(most).ok());
}

struct Spoilt {
  std::string path;
  std::string message;
  std::function<void(ContactSpec&)> spoil;
};

PreferredAgents Rather(std::vector<std::string> agents,
                       PreferenceSource source = PreferenceSource::kList) {
  return {std::move(agents), source, 0};
}

std::vector<Spoilt> SpoiltBasics() {
  return {
      {"contact.id", "empty", [](ContactSpec& s) { s.id = ""; }},
      {"contact.id", "129 bytes; at most 128",
       [](ContactSpec& s) { s.id = std::string(129, 'x'); }},
      {"contact.id", "\"a\\xff\" is not valid UTF-8",
       [](ContactSpec& s) { s.id = "a\xFF"; }},
      {"contact.queue", "not valid UTF-8",
       [](ContactSpec& s) { s.queue = "\xC0\x80"; }},
      {"contact.channel", "8 is not a channel; channels are 0 (voice) to 7",
       [](ContactSpec& s) { s.channel = static_cast<Channel>(8); }},
      {"contact.priority", "-1 is not a priority; priorities are 0 to 9",
       [](ContactSpec& s) { s.priority = -1; }},
      {"contact.priority", "10 is not",
       [](ContactSpec& s) { s.priority = 10; }},
      {"contact.segment", "not valid UTF-8",
       [](ContactSpec& s) { s.segment = "\xFF"; }},
      {"contact.attributes", "65 entries; at most 64",
       [](ContactSpec& s) {
         for (int i = 0; s.attributes.size() < 65; ++i) {
           s.attributes[std::to_string(i)] = "";
         }
       }},
      {"contact.attributes", "16385 bytes together; at most 16384",
       [](ContactSpec& s) {
         s.attributes = {{"k", std::string(16 * 1024, 'x')}};
       }},
      {"contact.attributes", "\"\\xff\" is not valid UTF-8",
       [](ContactSpec& s) { s.attributes["\xFF"] = ""; }},
      {"contact.attributes[\"k\"]", "not valid UTF-8",
       [](ContactSpec& s) { s.attributes["k"] = "\xED\xA0\x80"; }},
      {"contact.requirement.all_of", "more than 64 terms",
       [](ContactSpec& s) {
         s.requirement.all_of.resize(65, {"x", 1});
       }},
      {"contact.requirement.all_of[1]", "asks for nothing",
       [](ContactSpec& s) { s.requirement.all_of[1].skill = ""; }},
      {"contact.requirement.all_of[1].level_min",
       "0 is not a level; levels are 1 to 10",
       [](ContactSpec& s) { s.requirement.all_of[1].level_min = 0; }},
      {"contact.requirement.all_of[1].level_min", "11 is not",
       [](ContactSpec& s) { s.requirement.all_of[1].level_min = 11; }},
  };
}

std::vector<Spoilt> SpoiltPreferences() {
  return {
      {"contact.preferred.source", "4 is not a source",
       [](ContactSpec& s) {
         s.preferred = Rather({"ann"}, static_cast<PreferenceSource>(4));
       }},
      {"contact.preferred.reply_by_ms", "-1 is not in 0..",
       [](ContactSpec& s) { s.preferred.reply_by_ms = -1; }},
      {"contact.preferred.reply_by_ms", "604800001 is not in 0..604800000",
       [](ContactSpec& s) { s.preferred.reply_by_ms = kDurationMsMax + 1; }},
      {"contact.preferred.reply_by_ms", "1 goes with agents only",
       [](ContactSpec& s) {
         s.preferred = {{}, PreferenceSource::kList, 1};
       }},
      {"contact.preferred.reply_by_ms", "1 does not go with source panel",
       [](ContactSpec& s) {
         s.preferred = {{"ann"}, PreferenceSource::kPanel, 1};
       }},
      {"contact.preferred.agents", "has 2 agents; source panel has at most 1",
       [](ContactSpec& s) {
         s.preferred = Rather({"ann", "bob"}, PreferenceSource::kPanel);
       }},
      {"contact.preferred.agents", "has 9 agents; source list has at most 8",
       [](ContactSpec& s) {
         s.preferred = Rather({"1", "2", "3", "4", "5", "6", "7", "8", "9"});
       }},
      {"contact.preferred.agents[1]", "is empty",
       [](ContactSpec& s) {
         s.preferred = Rather({"ann", ""});
       }},
      {"contact.preferred.agents[2]", "\"ann\" is named already, as agents[0]",
       [](ContactSpec& s) {
         s.preferred = Rather({"ann", "bob", "ann"});
       }},
  };
}

// In the order in which they are found.
std::vector<Spoilt> SpoiltWays() {
  std::vector<Spoilt> ways = SpoiltBasics();
  for (const Spoilt& way : SpoiltPreferences()) ways.push_back(way);
  return ways;
}

TEST(ValidateContactSpec, NamesWhatIsWrong) {
  for (const Spoilt& way : SpoiltWays()) {
    SCOPED_TRACE(way.path + ": " + way.message);
    ContactSpec spec = Good();
    way.spoil(spec);
    const absl::Status status = ValidateContactSpec(spec);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(FieldPathOf(status), way.path);
    EXPECT_THAT(std::string(status.message()), HasSubstr(way.message));
  }
}

TEST(ValidateContactSpec, TheFirstInOrderIsNamed) {
  const std::vector<Spoilt> ways = SpoiltWays();
  for (std::size_t later = 0; later < ways.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (ways[earlier].path == ways[later].path) continue;
      // A whole list replaced would undo what was spoilt in it.
      if (ways[later].path.starts_with(ways[earlier].path)) continue;
      ContactSpec spec = Good();
      ways[later].spoil(spec);
      ways[earlier].spoil(spec);
      EXPECT_EQ(FieldPathOf(ValidateContactSpec(spec)), ways[earlier].path)
          << "and not " << ways[later].path;
    }
  }
}

TEST(ValidateContactSpec, LimitsThemselvesAreAllowed) {
  ContactSpec spec = Good();
  spec.id = std::string(128, 'x');
  spec.requirement.all_of.assign(64, {"same", 5});
  spec.attributes.clear();
  for (int i = 10; spec.attributes.size() < 63; ++i) {
    spec.attributes[std::to_string(i)] = "";
  }
  spec.attributes["k"] = std::string(16 * 1024 - 2 * 63 - 1, 'x');
  EXPECT_TRUE(ValidateContactSpec(spec).ok()) << ValidateContactSpec(spec);
}

}  // namespace
}  // namespace relais
