// Events that cannot have happened are refused, and change nothing.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/fold.h"
#include "tests/journal/centre.h"
#include "tests/journal/describe.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

using ::testing::HasSubstr;

struct Impossible {
  std::string name;
  std::string message;
  // Brings the centre where the event is impossible, and makes it.
  std::function<Event(Centre&)> make;
};

// "w" waits, "r" is offered to ann, "h" is handled by bob; dan is idle and eve
// in wrap-up. Each contact takes 60 units. Fay handles "many", of 4.
void Furnish(Centre& centre) {
  centre.Configure(1);
  for (const std::string agent : {"ann", "bob", "dan", "eve", "fay"}) {
    centre.Ready(agent);
  }
  for (const std::string id : {"w", "r", "h", "e", "many"}) centre.Submit(id);
  centre.Reserve("many", "fay", 4);
  centre.Do(centre.Accepted("many", "fay"));
  centre.Reserve("r", "ann", 60);
  centre.Reserve("h", "bob", 60);
  centre.Do(centre.Accepted("h", "bob"));
  centre.Reserve("e", "eve", 60);
  centre.Do(centre.Accepted("e", "eve"));
  centre.Do(centre.Completed("e", "eve", 9'000));
}

Event With(Event event, const std::function<void(Event&)>& change) {
  change(event);
  return event;
}

using E = Event;

std::vector<Impossible> OfNumbersAndNames() {
  return {
      {"a number left out", "event 20 is the next one",
       [](Centre& c) {
         return With(c.Make(EventType::kPresenceChanged, "", "dan"),
                     [](E& e) { ++e.sequence; });
       }},
      {"a negative time", "at_ms -1 is negative",
       [](Centre& c) {
         return With(c.Make(EventType::kPresenceChanged, "", "dan"),
                     [](E& e) { e.at_ms = -1; });
       }},
      {"no type", "is no event",
       [](Centre& c) { return c.Make(EventType::kNone, "", ""); }},
      {"no contact", "has no contact_id",
       [](Centre& c) { return c.Make(EventType::kContactEnded, "", ""); }},
      {"a contact too many", "has a contact_id",
       [](Centre& c) {
         return c.Make(EventType::kPresenceChanged, "w", "dan");
       }},
      {"no agent", "has no agent_id",
       [](Centre& c) { return c.Make(EventType::kWrapUpEnded, "", ""); }},
      {"an agent too many", "has an agent_id",
       [](Centre& c) {
         return With(c.Ended("w", EndReason::kCancelled),
                     [](E& e) { e.agent_id.Assign("dan"); });
       }},
      {"an agent's version left out", "has version 3, 2 is the next one",
       [](Centre& c) {
         return With(c.Make(EventType::kPresenceChanged, "", "dan"),
                     [](E& e) { ++e.agent_version; });
       }},
      {"a configuration without content", "without the configuration",
       [](Centre& c) {
         return c.Make(EventType::kConfigurationApplied, "", "");
       }},
      {"a submit without content", "without the contact's detail",
       [](Centre& c) {
         return With(c.Make(EventType::kContactSubmitted, "new", ""),
                     [](E& e) { e.contact_version = 1; });
       }},
  };
}

std::vector<Impossible> OfContacts() {
  return {
      {"an unknown contact", "contact \"nobody\" is not alive",
       [](Centre& c) { return c.Ended("nobody", EndReason::kCancelled); }},
      {"a contact's version left out", "has version 3, 2 is the next one",
       [](Centre& c) {
         return With(c.Ended("w", EndReason::kCancelled),
                     [](E& e) { ++e.contact_version; });
       }},
      {"another state after it", "is waiting after it, not ended",
       [](Centre& c) {
         return With(c.Ended("w", EndReason::kCancelled),
                     [](E& e) { e.contact_state = ContactState::kWaiting; });
       }},
      {"another queue", "is in queue \"q0\", not in \"q9\"",
       [](Centre& c) {
         return With(c.Ended("w", EndReason::kCancelled),
                     [](E& e) { e.queue.Assign("q9"); });
       }},
      {"an end without reason", "has no end_reason",
       [](Centre& c) { return c.Ended("w", EndReason::kNone); }},
      {"a contact in handling ended alone", "no agent is named",
       [](Centre& c) { return c.Ended("h", EndReason::kCancelled); }},
      {"a waiting contact completed", "does not stand",
       [](Centre& c) { return c.Completed("w", "bob", 0); }},
      {"completed by another", "does not stand",
       [](Centre& c) { return c.Completed("h", "ann", 0); }},
      {"handling after the end", "is handling after it, not idle",
       [](Centre& c) {
         return With(c.Completed("h", "bob", 0),
                     [](E& e) { e.work_state = WorkState::kHandling; });
       }},
      {"idle beside a wrap-up", "is idle after it, not wrap_up",
       [](Centre& c) {
         return With(c.Completed("h", "bob", 9'000),
                     [](E& e) { e.work_state = WorkState::kIdle; });
       }},
      {"another attempt completed", "does not stand",
       [](Centre& c) {
         return With(c.Completed("h", "bob", 0), [](E& e) { e.attempt = 3; });
       }},
  };
}

std::vector<Impossible> OfOffers() {
  return {
      {"offered twice", "is reserved, not waiting",
       [](Centre& c) { return c.Created("r", "dan"); }},
      {"offered while in handling", "is assigned, not waiting",
       [](Centre& c) { return c.Created("h", "dan"); }},
      {"another attempt", "attempt 9 is not the contact's version 2",
       [](Centre& c) {
         return With(c.Created("w", "dan"), [](E& e) { e.attempt = 9; });
       }},
      {"more units than are free", "would hold 2 contacts of 101 units",
       [](Centre& c) { return c.Created("w", "ann", 41); }},
      {"more units beside handling", "would hold 2 contacts of 101 units",
       [](Centre& c) { return c.Created("w", "bob", 41); }},
      {"more units beside wrap-up", "would hold 2 contacts of 101 units",
       [](Centre& c) { return c.Created("w", "eve", 41); }},
      {"all of an agent, by version 1", "would hold 2 contacts of 160 units",
       [](Centre& c) { return c.Created("w", "ann", 0); }},
      {"more units than anybody has", "would hold 1 contacts of 101 units",
       [](Centre& c) { return c.Created("w", "dan", 101); }},
      {"a 26th contact", "would hold 26 contacts of 29 units",
       [](Centre& c) {
         for (int i = 0; i < 24; ++i) {
           c.Submit(absl::StrCat("m", i));
           c.Reserve(absl::StrCat("m", i), "fay", 1);
         }
         return c.Created("w", "fay", 1);
       }},
      {"idle after an offer", "is idle after it, not reserved",
       [](Centre& c) {
         return With(c.Created("w", "dan"),
                     [](E& e) { e.work_state = WorkState::kIdle; });
       }},
      {"accepted by another", "does not stand",
       [](Centre& c) { return c.Accepted("r", "dan"); }},
      {"accepted twice", "does not stand",
       [](Centre& c) { return c.Accepted("h", "bob"); }},
      {"an older attempt accepted", "does not stand",
       [](Centre& c) {
         return With(c.Accepted("r", "ann"), [](E& e) { e.attempt = 1; });
       }},
  };
}

std::vector<Impossible> OfReturnsAndAgents() {
  return {
      {"declined by another", "does not stand",
       [](Centre& c) { return c.Declined("r", "dan", 1); }},
      {"declined after acceptance", "does not stand",
       [](Centre& c) { return c.Declined("h", "bob", 1); }},
      {"rescinded but alive", "is unchanged but not ended",
       [](Centre& c) {
         return With(c.RescindedByEnd("r", "ann", 2),
                     [](E& e) { e.contact_state = ContactState::kWaiting; });
       }},
      {"rescinded from who holds none",
       "agent \"dan\" has no reservation 2 with \"r\"",
       [](Centre& c) { return c.RescindedByEnd("r", "dan", 2); }},
      {"another contact rescinded",
       "agent \"ann\" has no reservation 2 with \"w\"",
       [](Centre& c) { return c.RescindedByEnd("w", "ann", 2); }},
      {"another attempt rescinded",
       "agent \"ann\" has no reservation 3 with \"r\"",
       [](Centre& c) { return c.RescindedByEnd("r", "ann", 3); }},
      {"rescinded while in handling",
       "agent \"bob\" has no reservation 2 with \"h\"",
       [](Centre& c) { return c.RescindedByEnd("h", "bob", 2); }},
      {"work changed by presence", "is handling after it, not idle",
       [](Centre& c) {
         return With(c.Make(EventType::kPresenceChanged, "", "dan"),
                     [](E& e) { e.work_state = WorkState::kHandling; });
       }},
      {"a wrap-up that is none", "agent \"dan\" does not wrap up \"e\"",
       [](Centre& c) { return c.WrapUpEnded("e", "dan"); }},
      {"a wrap-up of another contact", "agent \"eve\" does not wrap up \"h\"",
       [](Centre& c) { return c.WrapUpEnded("h", "eve"); }},
      {"a wrap-up of what is in handling",
       "agent \"bob\" does not wrap up \"h\"",
       [](Centre& c) {
         return With(c.WrapUpEnded("h", "bob"),
                     [](E& e) { e.contact_version = 0; });
       }},
      {"a wrap-up's end without its contact beside another",
       "agent \"gus\" does not wrap up \"\"",
       [](Centre& c) {
         c.Ready("gus");
         for (const std::string id : {"x", "y"}) {
           c.Submit(id);
           c.Reserve(id, "gus", 50);
           c.Do(c.Accepted(id, "gus"));
           c.Do(c.Completed(id, "gus", 9'000));
         }
         return With(c.WrapUpEnded("x", "gus"),
                     [](E& e) { e.contact_id.Assign(""); });
       }},
      {"a wrap-up of another attempt", "agent \"eve\" does not wrap up \"e\"",
       [](Centre& c) {
         return With(c.WrapUpEnded("e", "eve"), [](E& e) { e.attempt = 3; });
       }},
      {"in wrap-up after its end", "is wrap_up after it, not idle",
       [](Centre& c) {
         return With(c.WrapUpEnded("e", "eve"),
                     [](E& e) { e.work_state = WorkState::kWrapUp; });
       }},
      {"removed while handling", "agent \"bob\" holds \"h\"",
       [](Centre& c) { return c.Make(EventType::kAgentRemoved, "", "bob"); }},
      {"removed while in wrap-up", "agent \"eve\" holds \"e\"",
       [](Centre& c) { return c.Make(EventType::kAgentRemoved, "", "eve"); }},
  };
}

// What comes with an agent's change.
EventDetail Changed(const std::string& id) {
  EventDetail detail;
  auto agent = std::make_shared<AgentConfiguration>();
  agent->id = id;
  agent->routing_profile = "all";
  detail.agent = std::move(agent);
  return detail;
}

TEST(FoldImpossibleChangeTest, AnAgentsChange) {
  Centre centre;
  Furnish(centre);
  const auto refusal = [&centre](const Event& event,
                                 const EventDetail& detail) {
    const std::string before = Describe(centre.state());
    const absl::Status status = centre.Try(event, detail);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(Describe(centre.state()), before);
    return std::string(status.message());
  };
  Event right = centre.Make(EventType::kAgentChanged, "", "agent1");
  right.configuration_version = 2;
  EXPECT_THAT(refusal(right, {}), HasSubstr("without the agent's"));
  EXPECT_THAT(refusal(right, Changed("agent0")),
              HasSubstr("without the agent's"));
  EXPECT_THAT(refusal(With(right, [](E& e) { e.configuration_version = 3; }),
                      Changed("agent1")),
              HasSubstr("configuration has version 3, 2 is the next one"));
  EXPECT_THAT(
      refusal(With(right, [](E& e) { e.work_state = WorkState::kHandling; }),
              Changed("agent1")),
      HasSubstr("is handling after it, not idle"));
  Event other = centre.Make(EventType::kAgentChanged, "", "dan");
  other.configuration_version = 2;
  EXPECT_THAT(refusal(other, Changed("dan")),
              HasSubstr("agent \"dan\" is not in the configuration"));
  EXPECT_TRUE(centre.Try(right, Changed("agent1")).ok());
}

class FoldImpossibleTest
    : public ::testing::TestWithParam<std::vector<Impossible> (*)()> {};

TEST_P(FoldImpossibleTest, IsRefusedAndChangesNothing) {
  for (const Impossible& impossible : GetParam()()) {
    SCOPED_TRACE(impossible.name);
    Centre centre;
    Furnish(centre);
    const Event event = impossible.make(centre);
    const std::string before = Describe(centre.state());
    const absl::Status status = centre.Try(event);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(impossible.message));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("event ", event.sequence)));
    EXPECT_EQ(Describe(centre.state()), before);
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, FoldImpossibleTest,
                         ::testing::Values(&OfNumbersAndNames, &OfContacts,
                                           &OfOffers, &OfReturnsAndAgents));

TEST(FoldSubmitTest, ImpossibleSubmitsAndConfigurationsAreRefused) {
  Centre centre;
  Furnish(centre);
  const std::string before = Describe(centre.state());
  EventDetail detail;
  Event event = centre.Submitted("w", &detail);
  EXPECT_THAT(std::string(centre.Try(event, detail).message()),
              HasSubstr("is alive already"));
  event = centre.Submitted("new", &detail);
  event.contact_version = 2;
  EXPECT_THAT(std::string(centre.Try(event, detail).message()),
              HasSubstr("begins with version 2"));
  event = centre.Submitted("new", &detail);
  event.channel = Channel::kChat;
  EXPECT_THAT(std::string(centre.Try(event, detail).message()),
              HasSubstr("another id, queue, channel or priority"));
  event = centre.Make(EventType::kConfigurationApplied, "", "");
  event.configuration_version = 5;
  detail.configuration = std::make_shared<Configuration>();
  EXPECT_THAT(std::string(centre.Try(event, detail).message()),
              HasSubstr("configuration has version 5, 2 is the next one"));
  EXPECT_EQ(Describe(centre.state()), before);
}

}  // namespace
}  // namespace relais::journal
