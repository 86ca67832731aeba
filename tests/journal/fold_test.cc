// The state that events give.

#include "lib/journal/fold.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/live_records.h"
#include "tests/journal/centre.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(FoldTest, TheLifeOfAContact) {
  Centre centre;
  centre.Configure(1);
  EXPECT_TRUE(centre.changed.configuration);
  centre.Ready("ann");
  centre.Submit("c1");
  EXPECT_THAT(KeysOf(centre.changed.contacts), ElementsAre("c1"));
  EXPECT_THAT(KeysOf(centre.changed.details), ElementsAre("c1"));
  EXPECT_THAT(KeysOf(centre.changed.queues), ElementsAre("q0"));
  EXPECT_EQ(centre.contact("c1").version, 1);
  EXPECT_FALSE(centre.contact("c1").placed);
  EXPECT_EQ(centre.state().arrival_sequence, 1);

  centre.now_ms = 2'000;
  Event created = centre.Created("c1", "ann");
  created.at_once = true;
  centre.Do(created);
  EXPECT_THAT(KeysOf(centre.changed.details), IsEmpty());
  EXPECT_EQ(centre.contact("c1").state, ContactState::kReserved);
  EXPECT_TRUE(centre.contact("c1").placed);
  EXPECT_TRUE(centre.contact("c1").at_once);
  EXPECT_EQ(centre.contact("c1").rank_key_ms, -118'995);
  EXPECT_EQ(centre.contact("c1").agent_id, "ann");
  EXPECT_EQ(centre.contact("c1").attempt, 2);
  EXPECT_EQ(centre.contact("c1").offer_expires_ms, 22'000);
  EXPECT_EQ(centre.contact("c1").idle_since_ms, 500);
  EXPECT_THAT(centre.agent("ann").held,
              ElementsAre(HeldContact{"c1", Channel::kVoice,
                                      WorkState::kReserved, 2, 100, 0}));

  centre.Do(centre.Accepted("c1", "ann"));
  EXPECT_EQ(centre.contact("c1").state, ContactState::kAssigned);
  EXPECT_EQ(centre.contact("c1").accepted_ms, 2'000);
  EXPECT_EQ(centre.contact("c1").offer_expires_ms, 0);
  EXPECT_THAT(centre.agent("ann").held,
              ElementsAre(HeldContact{"c1", Channel::kVoice,
                                      WorkState::kHandling, 2, 100, 0}));

  centre.now_ms = 3'000;
  centre.Do(centre.Completed("c1", "ann", 13'000));
  EXPECT_THAT(centre.state().contacts, IsEmpty());
  const HeldContact wrapped{"c1", Channel::kVoice, WorkState::kWrapUp, 2,
                            100,  13'000};
  EXPECT_THAT(centre.agent("ann").held, ElementsAre(wrapped));
  ASSERT_EQ(centre.state().ended.size(), 1);
  const EndedContact& ended = centre.state().ended.front();
  EXPECT_EQ(ended.id, "c1");
  EXPECT_EQ(ended.version, 4);
  EXPECT_EQ(ended.rank_key_ms, -119'000);
  EXPECT_EQ(ended.ended_ms, 3'000);
  EXPECT_TRUE(ended.at_once);
  EXPECT_THAT(ended.fingerprint, ElementsAre(11, 22));

  // Presence in wrap-up leaves its end and its contact.
  Event presence = centre.Make(EventType::kPresenceChanged, "", "ann");
  presence.presence_pending = true;
  centre.Do(presence);
  EXPECT_THAT(centre.agent("ann").held, ElementsAre(wrapped));

  centre.Do(centre.WrapUpEnded("c1", "ann"));
  EXPECT_THAT(centre.agent("ann").held, IsEmpty());
  EXPECT_EQ(centre.state().queues.at("q0"), (LiveQueue{1, 1, 0}));

  centre.Do(centre.Make(EventType::kAgentRemoved, "", "ann"));
  EXPECT_THAT(centre.state().agents, IsEmpty());
}

// One agent of the configuration is replaced, and nothing else: what was given
// out stays as it was.
TEST(FoldTest, AnAgentsChangeIsOneOfTheConfiguration) {
  Centre centre;
  centre.Configure(1);
  const std::shared_ptr<const Configuration> before =
      centre.state().configuration;
  centre.Submit("c1");
  centre.Ready("agent0");
  centre.Reserve("c1", "agent0");
  centre.Do(centre.Accepted("c1", "agent0"));
  centre.Do(centre.Completed("c1", "agent0", 9'000));
  const std::vector<HeldContact> held = centre.agent("agent0").held;
  EventDetail detail;
  auto changed = std::make_shared<AgentConfiguration>(before->agents[0]);
  changed->grade = AgentGrade::kJunior;
  changed->skills = {{"loans", 9}};
  detail.agent = changed;
  Event event = centre.Make(EventType::kAgentChanged, "", "agent0");
  event.configuration_version = 2;
  event.work_state = WorkState::kWrapUp;
  event.idle_since_ms = 700;
  centre.Do(event, detail);
  EXPECT_EQ(centre.state().configuration_version, 2);
  EXPECT_EQ(centre.state().applied_configuration_version, 1);
  EXPECT_TRUE(centre.changed.configuration);
  EXPECT_EQ(centre.state().configuration->agents[0], *changed);
  EXPECT_EQ(centre.state().configuration->agents[1], before->agents[1]);
  EXPECT_NE(before->agents[0], *changed);
  EXPECT_EQ(centre.agent("agent0").version, 5);
  EXPECT_EQ(centre.agent("agent0").held, held);
  // The next whole configuration counts on.
  centre.Configure(1);
  EXPECT_EQ(centre.state().configuration_version, 3);
  EXPECT_EQ(centre.state().applied_configuration_version, 3);
  EXPECT_EQ(centre.state().configuration->agents[0], before->agents[0]);
}

TEST(FoldTest, TheTutorIsThereWhileTheReservationIs) {
  Centre centre;
  centre.Submit("c1");
  centre.Ready("ann");
  Event created = centre.Created("c1", "ann");
  created.tutor_id.Assign("tom");
  centre.Do(created);
  EXPECT_EQ(centre.contact("c1").tutor_id, "tom");
  centre.Do(centre.Declined("c1", "ann", 9'000));
  EXPECT_EQ(centre.contact("c1").tutor_id, "");
}

// Each of several goes its own way; the others stay as they are, in the order
// of their reservations.
TEST(FoldTest, AnAgentHoldsSeveral) {
  Centre centre;
  centre.Ready("ann");
  for (const std::string id : {"a", "b", "c", "d"}) {
    centre.Submit(id);
    Event created = centre.Created(id, "ann", 25);
    created.channel = Channel::kChat;
    centre.Do(created);
  }
  const auto held = [](const std::string& id, WorkState state,
                       InstantMs wrap_up_ends_ms = 0) {
    return HeldContact{id, Channel::kChat, state, 2, 25, wrap_up_ends_ms};
  };
  centre.Do(centre.Accepted("b", "ann"));
  centre.Do(centre.Accepted("c", "ann"));
  centre.Do(centre.Completed("b", "ann", 9'000));
  EXPECT_THAT(centre.agent("ann").held,
              ElementsAre(held("a", WorkState::kReserved),
                          held("b", WorkState::kWrapUp, 9'000),
                          held("c", WorkState::kHandling),
                          held("d", WorkState::kReserved)));
  centre.Do(centre.Declined("a", "ann", 60'000));
  centre.Do(centre.Completed("c", "ann", 8'000));
  EXPECT_THAT(centre.agent("ann").held,
              ElementsAre(held("b", WorkState::kWrapUp, 9'000),
                          held("c", WorkState::kWrapUp, 8'000),
                          held("d", WorkState::kReserved)));
  // Named, not the first one.
  centre.Do(centre.WrapUpEnded("c", "ann"));
  // Its own units are free again: the four of 25 that fit.
  centre.Reserve("a", "ann", 50);
  centre.Do(centre.Ended("d", EndReason::kAbandoned));
  centre.Do(centre.RescindedByEnd("d", "ann", 2));
  HeldContact again = held("a", WorkState::kReserved);
  again.channel = Channel::kVoice;
  again.attempt = 4;
  again.units = 50;
  EXPECT_THAT(centre.agent("ann").held,
              ElementsAre(held("b", WorkState::kWrapUp, 9'000), again));
}

// Of format version 1: no units, and a wrap-up's end without its contact.
TEST(FoldTest, OneContactTookAllOfAnAgentInVersionOne) {
  Centre centre;
  centre.Ready("ann");
  centre.Submit("c1");
  Event created = centre.Created("c1", "ann", 0);
  created.channel = Channel::kChat;
  centre.Do(created);
  EXPECT_THAT(centre.agent("ann").held,
              ElementsAre(HeldContact{"c1", Channel::kVoice,
                                      WorkState::kReserved, 2, 100, 0}));
  centre.Do(centre.Accepted("c1", "ann"));
  centre.Do(centre.Completed("c1", "ann", 9'000));
  Event over = centre.WrapUpEnded("c1", "ann");
  over.contact_id.Assign("");
  over.attempt = 0;
  centre.Do(over);
  EXPECT_THAT(centre.agent("ann").held, IsEmpty());
}

TEST(FoldTest, AReturnedContactKeepsItsPlaceAndLosesItsHolder) {
  for (const EventType type :
       {EventType::kReservationDeclined, EventType::kReservationNoAnswer,
        EventType::kReservationRescinded}) {
    Centre centre;
    centre.Ready("ann");
    centre.Submit("c1");
    centre.Reserve("c1", "ann");
    Event event = centre.Declined("c1", "ann", 9'000);
    event.type = type;
    event.rank_key_ms += 5;
    event.idle_since_ms = 77;  // of the decision; the agent has its own
    event.no_answer_channels = type == EventType::kReservationNoAnswer ? 1 : 0;
    centre.Do(event);
    const LiveContact& contact = centre.contact("c1");
    EXPECT_EQ(contact.state, ContactState::kWaiting);
    EXPECT_EQ(contact.version, 3);
    EXPECT_TRUE(contact.placed);
    EXPECT_EQ(contact.rank_key_ms, -118'995);
    EXPECT_EQ(contact.agent_id, "");
    EXPECT_EQ(contact.attempt, 0);
    EXPECT_EQ(contact.offer_expires_ms, 0);
    EXPECT_THAT(centre.agent("ann").held, IsEmpty());
    EXPECT_EQ(centre.agent("ann").idle_since_ms, 500);
    EXPECT_EQ(centre.agent("ann").no_answer_channels,
              type == EventType::kReservationNoAnswer ? 1 : 0);
    EXPECT_EQ(contact.declines.size(),
              type == EventType::kReservationDeclined ? 1 : 0);
  }
}

TEST(FoldTest, PresenceForgetsTheDeclinesOfThatAgentAlone) {
  Centre centre;
  centre.Ready("ann");
  centre.Ready("bob");
  for (const std::string id : {"c1", "c2"}) {
    centre.Submit(id);
    for (const std::string agent : {"ann", "bob"}) {
      centre.Reserve(id, agent);
      centre.Do(centre.Declined(id, agent, 60'000));
    }
  }
  centre.Ready("ann");
  EXPECT_THAT(KeysOf(centre.changed.contacts),
              UnorderedElementsAre("c1", "c2"));
  for (const std::string id : {"c1", "c2"}) {
    EXPECT_THAT(centre.contact(id).declines,
                ElementsAre(LiveDecline{"bob", 60'000}));
  }
}

TEST(FoldTest, DeclinesAreBoundedAsInTheRouter) {
  Centre centre;
  centre.Submit("c1");
  for (int i = 0; i < 10; ++i) {
    const std::string agent = absl::StrCat("a", i);
    centre.Ready(agent);
    centre.Reserve("c1", agent);
    // The second is over before the ninth comes, so the first stays.
    centre.now_ms += 10;
    centre.Do(centre.Declined("c1", agent, i == 1 ? 1'025 : 60'000));
  }
  std::vector<std::string> agents;
  for (const LiveDecline& decline : centre.contact("c1").declines) {
    agents.push_back(decline.agent_id);
  }
  EXPECT_THAT(agents,
              ElementsAre("a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"));

  // The 65th contact that an agent declines displaces the first to end.
  centre.Ready("ann");
  for (int i = 0; i < 65; ++i) {
    const std::string id = absl::StrCat("x", i);
    centre.Submit(id);
    centre.Reserve(id, "ann");
    centre.Do(centre.Declined(id, "ann", 100'000 + i));
  }
  EXPECT_THAT(centre.contact("x0").declines, IsEmpty());
  EXPECT_THAT(KeysOf(centre.changed.contacts),
              UnorderedElementsAre("x0", "x64"));
  EXPECT_EQ(centre.contact("x1").declines.size(), 1);
}

TEST(FoldTest, EndAndRescissionInEitherOrder) {
  for (const bool ended_first : {true, false}) {
    Centre centre;
    centre.Configure(1);
    centre.Ready("ann");
    centre.Submit("c1");
    centre.Reserve("c1", "ann");
    if (ended_first) {
      centre.Do(centre.Ended("c1", EndReason::kAbandoned));
      EXPECT_EQ(centre.agent("ann").held.size(), 1);
      centre.Do(centre.RescindedByEnd("c1", "ann", 2));
    } else {
      centre.Do(centre.RescindedByEnd("c1", "ann", 2));
      EXPECT_EQ(centre.contact("c1").state, ContactState::kReserved);
      EXPECT_EQ(centre.contact("c1").agent_id, "");
      // The agent may be given another one at once.
      centre.Submit("c2");
      centre.Reserve("c2", "ann");
      centre.Do(centre.Ended("c1", EndReason::kAbandoned));
    }
    EXPECT_FALSE(centre.state().contacts.contains("c1"));
    EXPECT_EQ(centre.state().queues.at("q0").abandoned_total, 1);
    EXPECT_EQ(centre.work("ann"),
              ended_first ? WorkState::kIdle : WorkState::kReserved);
  }
}

TEST(FoldTest, OnlyAbandonedIsCountedAsSuch) {
  for (const EndReason reason :
       {EndReason::kAbandoned, EndReason::kCancelled, EndReason::kWaitLimit}) {
    Centre centre;
    centre.Configure(1);
    centre.Submit("c1");
    centre.Do(centre.Ended("c1", reason));
    EXPECT_EQ(centre.state().queues.at("q0").abandoned_total,
              reason == EndReason::kAbandoned ? 1 : 0);
  }
}

TEST(FoldTest, AQueueNeitherListedNorInUseIsForgotten) {
  Centre centre;
  centre.Configure(1);
  centre.Submit("c1");
  centre.Configure(0);
  EXPECT_TRUE(centre.state().queues.contains("q0"));
  centre.Do(centre.Ended("c1", EndReason::kCancelled));
  EXPECT_THAT(centre.state().queues, IsEmpty());
  EXPECT_THAT(KeysOf(centre.changed.queues), ElementsAre("q0"));
  centre.Configure(1);
  centre.Submit("c2");
  EXPECT_EQ(centre.state().queues.at("q0").offered_total, 1);
}

TEST(FoldTest, TheEndedAreForgottenByTimeAndByNumber) {
  Centre centre({1'000, 2});
  const auto ids = [&centre] {
    std::vector<std::string> ids;
    for (const EndedContact& ended : centre.state().ended) {
      ids.push_back(ended.id);
    }
    return ids;
  };
  for (const std::string id : {"b", "a", "c"}) {
    centre.Submit(id);
    centre.Do(centre.Ended(id, EndReason::kCancelled));
  }
  // Of the same instant: by id.
  EXPECT_THAT(ids(), ElementsAre("b", "c"));
  // An end whose time is behind stands before.
  centre.now_ms = 900;
  centre.Submit("z");
  centre.Do(centre.Ended("z", EndReason::kCancelled));
  EXPECT_THAT(ids(), ElementsAre("b", "c"));
  EXPECT_FALSE(centre.changed.ended.at("z").has_value());
  centre.now_ms = 1'999;
  centre.Ready("ann");
  EXPECT_THAT(ids(), ElementsAre("b", "c"));
  centre.now_ms = 2'000;
  centre.Ready("ann");
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(centre.changed.ended.size(), 2);
}

TEST(FoldTest, AnIdThatTheRouterForgotEarlierMayComeAgain) {
  Centre centre;
  centre.Submit("c1");
  centre.Do(centre.Ended("c1", EndReason::kCancelled));
  centre.Submit("c2");
  centre.Do(centre.Ended("c2", EndReason::kCancelled));
  centre.Submit("c1");
  ASSERT_EQ(centre.state().ended.size(), 1);
  EXPECT_EQ(centre.state().ended.front().id, "c2");
  EXPECT_FALSE(centre.changed.ended.at("c1").has_value());
}

TEST(FoldTest, GoesOnFromAState) {
  Centre before;
  before.Ready("ann");
  before.Submit("c1");
  before.Reserve("c1", "ann");
  before.Do(before.Declined("c1", "ann", 60'000));
  before.Submit("c2");
  before.Do(before.Ended("c2", EndReason::kCancelled));
  Fold after({1'000, 10}, before.state());
  Event event = before.Make(EventType::kPresenceChanged, "", "ann");
  event.at_ms = 3'000;
  ASSERT_TRUE(after.Apply(event, {}, nullptr).ok());
  EXPECT_THAT(after.state().contacts.at("c1").declines, IsEmpty());
  EXPECT_THAT(after.state().ended, IsEmpty());
}

// What the state holds is what its parts say of each other, at every step of
// histories that another model made.
TEST(FoldTest, AcceptsWhatARouterCanDo) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    History history(seed);
    Fold fold({5'000, 20});
    std::map<std::string, std::string> live;
    for (int i = 0; i < 1'500; ++i) {
      const NumberedEvent numbered = history.Next();
      ChangedKeys changed;
      const absl::Status status =
          fold.Apply(numbered.event, numbered.detail, &changed);
      ASSERT_TRUE(status.ok()) << "seed " << seed << ": " << status;
      ASSERT_LE(fold.state().ended.size(), 20);
      // The changed records alone keep the live records up to date.
      StorageBatch batch;
      AppendChanges(fold.state(), changed, &batch);
      for (auto& [key, bytes] : batch.live_puts) live[key] = bytes;
      for (const std::string& key : batch.live_deletes) live.erase(key);
      if (i % 50 == 0) {
        ASSERT_EQ(live, AllLiveRecords(fold.state()));
      }
    }
    ASSERT_EQ(live, AllLiveRecords(fold.state())) << "seed " << seed;
  }
}

}  // namespace
}  // namespace relais::journal
