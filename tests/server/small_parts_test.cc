// The small parts around the services: nearest names, text that is not UTF-8,
// addresses and instants of a command line, tables, offers, planted faults.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/runtime/clock.h"
#include "lib/runtime/runtime.h"
#include "relais/router.h"
#include "relais/v1/contact_service.pb.h"
#include "server/command_line.h"
#include "server/config_file.h"
#include "server/fault.h"
#include "server/nearest.h"
#include "server/offer_hub.h"
#include "server/table.h"
#include "server/utf8_check.h"

namespace relais::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(NearestTest, FindsTypingMistakesOnly) {
  const std::vector<std::string> known = {"channels", "name", "skills", "id"};
  EXPECT_EQ(NearestName("chanels", known), "channels");
  EXPECT_EQ(NearestName("nmae", known), "name");
  EXPECT_EQ(NearestName("skill", known), "skills");
  EXPECT_EQ(NearestName("zebra", known), "");
  EXPECT_EQ(NearestName("xy", known), "");
  EXPECT_EQ(NearestName("", known), "");
  EXPECT_EQ(NearestName(std::string(100'000, 'a'), known), "");
  EXPECT_EQ(DidYouMean("idd", known), "; did you mean 'id'?");
  EXPECT_EQ(DidYouMean("zebra", known), "");
}

TEST(Utf8CheckTest, NamesTheField) {
  v1::SubmitContactRequest request;
  request.mutable_contact()->set_id("c1");
  v1::RoutingRequirement* requirement =
      request.mutable_contact()->mutable_requirement();
  requirement->add_all_of()->set_skill("fine");
  requirement->add_all_of()->set_skill("SKILL");
  (*request.mutable_contact()->mutable_attributes())["name"] = "VALUE";
  const std::string bytes = request.SerializeAsString();
  const auto with = [&bytes](const std::string& text) {
    std::string changed = bytes;
    changed[changed.find(text)] = '\xFF';
    return FieldNotUtf8(*v1::SubmitContactRequest::descriptor(), changed);
  };
  EXPECT_EQ(with("SKILL"), "contact.requirement.all_of[1].skill");
  EXPECT_EQ(with("VALUE"), "contact.attributes[0].value");
  EXPECT_EQ(with("c1"), "contact.id");
  EXPECT_EQ(FieldNotUtf8(*v1::SubmitContactRequest::descriptor(), bytes), "");
  EXPECT_EQ(FieldNotUtf8(*v1::SubmitContactRequest::descriptor(), "\xFF\xFF"),
            "");
}

TEST(CommandLineTest, ListenAddresses) {
  for (const char* loopback :
       {"127.0.0.1:7400", "127.9.9.9:0", "[::1]:7400", "localhost:65535"}) {
    const auto address = ParseListenAddress(loopback);
    ASSERT_TRUE(address.ok()) << loopback;
    EXPECT_TRUE(address->is_loopback) << loopback;
  }
  for (const char* reachable : {"0.0.0.0:7400", "[::]:1", "10.0.0.1:1",
                                "127.example.org:1", "bank.example:7400"}) {
    const auto address = ParseListenAddress(reachable);
    ASSERT_TRUE(address.ok()) << reachable;
    EXPECT_FALSE(address->is_loopback) << reachable;
  }
  for (const char* wrong :
       {"", "7400", ":7400", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
        "127.0.0.1:65536", "127.0.0.1:-1", "::1:7400", "[]:7400"}) {
    EXPECT_EQ(ParseListenAddress(wrong).status().code(),
              absl::StatusCode::kInvalidArgument)
        << wrong;
  }
}

TEST(CommandLineTest, Instants) {
  EXPECT_EQ(*ParseInstant("0"), 0);
  EXPECT_EQ(*ParseInstant("1795289502931"), 1'795'289'502'931);
  EXPECT_EQ(*ParseInstant("1970-01-02"), 86'400'000);
  EXPECT_EQ(*ParseInstant("1970-01-01T00:00:01.5Z"), 1'500);
  EXPECT_EQ(*ParseInstant("1970-01-01T02:00:00+02:00"), 0);
  EXPECT_EQ(*ParseInstant("1970-01-01T07:00"), 7 * 3'600'000);
  for (const char* wrong :
       {"", "-1", "yesterday", "1999-02-30", "1960-01-01"}) {
    EXPECT_FALSE(ParseInstant(wrong).ok()) << wrong;
  }
}

TEST(CommandLineTest, Durations) {
  EXPECT_EQ(*ParseDuration("24h"), 86'400'000);
  EXPECT_EQ(*ParseDuration("500ms"), 500);
  for (const char* wrong : {"", "-1s", "inf", "24", "a day"}) {
    EXPECT_FALSE(ParseDuration(wrong).ok()) << wrong;
  }
}

TEST(TableTest, AlignsAndHidesControlCharacters) {
  Table table({"name", "waiting"});
  table.Add({"\xC3\xA9t\xC3\xA9", "3"});  // four bytes, three characters
  table.Add({"bad\x1B[2J", "12"});
  EXPECT_EQ(table.Text(),
            "name     waiting\n"
            "\xC3\xA9t\xC3\xA9            3\n"
            "bad?[2J       12\n");
}

// A real Router under the hub and under the faults: what they see are its own
// events.
class WithRouter : public ::testing::Test, protected RouterObserver {
 protected:
  void SetUp() override {
    RouterOptions options;
    options.observer = this;
    auto router = Router::Create(options);
    ASSERT_TRUE(router.ok()) << router.status();
    router_ = std::move(*router);
    const ConfigFile file = ReadConfigText(R"(
skills: [{name: s}]
routing_profiles: [{name: p, channels: [voice]}]
agents:
  - {id: anna, routing_profile: p, skills: [{skill: s, level: 5}]}
  - {id: bela, routing_profile: p, skills: [{skill: s, level: 5}]}
queues:
  - name: q
    channels: [voice]
    requirement: {all_of: [{skill: s}]}
    offer_timeout_ms: 10s
)",
                                           Limits());
    ASSERT_FALSE(file.HasErrors()) << file.Describe("f");
    ASSERT_TRUE(router_->Apply(file.configuration, 1'000'000)->applied());
  }
  void OnEvent(const Event& event) override { events_.push_back(event); }

  AgentHandle Agent(const char* id) { return *router_->FindAgent(id); }
  ContactSpec Call(const std::string& id) {
    ContactSpec spec;
    spec.id = id;
    spec.queue = "q";
    spec.attributes["caller"] = "somebody";
    return spec;
  }
  // The events since the last call.
  std::vector<Event> Taken() {
    router_->DrainEvents();
    return std::exchange(events_, {});
  }

  std::unique_ptr<Router> router_;
  std::vector<Event> events_;
  InstantMs now_ms_ = 2'000'000;
};

class RecordingStream final : public OfferStream {
 public:
  void Push(const v1::ConnectResponse& response) override {
    responses.push_back(response);
  }
  std::vector<v1::ConnectResponse> responses;
};

class OfferHubTest : public WithRouter {
 protected:
  void Deliver() {
    for (const Event& event : Taken()) hub_->OnEvent(event);
  }
  void SetUp() override {
    WithRouter::SetUp();
    hub_ = std::make_unique<OfferHub>(router_.get(), 7);
    ASSERT_TRUE(
        router_
            ->SetPresence(Agent("anna"),
                          {PresenceState::kAvailable, NotReadyReason::kNone},
                          now_ms_)
            .ok());
  }
  std::unique_ptr<OfferHub> hub_;
};

TEST_F(OfferHubTest, PushesOffersAndTheirEnds) {
  const auto stream = std::make_shared<RecordingStream>();
  hub_->Attach({"anna", "bela"}, stream);
  ASSERT_TRUE(router_->Submit(Call("c1"), now_ms_).ok());
  Deliver();
  ASSERT_THAT(stream->responses, SizeIs(1));
  const v1::Offer& offer = stream->responses[0].offer();
  EXPECT_EQ(offer.agent_id(), "anna");
  EXPECT_EQ(offer.contact().id(), "c1");
  EXPECT_EQ(offer.contact().attributes().at("caller"), "somebody");
  EXPECT_EQ(offer.expires_ms(), now_ms_ + 10'000);
  router_->RunDue(now_ms_ + 10'000, 100);
  Deliver();
  ASSERT_THAT(stream->responses, SizeIs(2));
  EXPECT_EQ(stream->responses[1].offer_ended().end(), v1::OFFER_END_NO_ANSWER);
  EXPECT_EQ(stream->responses[1].offer_ended().attempt(), offer.attempt());
}

TEST_F(OfferHubTest, NotShownToAnAgentWhoLeftWhileBeingChosen) {
  const auto stream = std::make_shared<RecordingStream>();
  hub_->Attach({"anna"}, stream);
  Event event;
  event.type = EventType::kReservationCreated;
  event.agent_id.Assign("anna");
  event.contact_id.Assign("c1");
  event.presence = {PresenceState::kNotReady, NotReadyReason::kBreak};
  hub_->OnEvent(event);
  event.type = EventType::kReservationRescinded;
  hub_->OnEvent(event);
  EXPECT_THAT(stream->responses, IsEmpty());
}

TEST_F(OfferHubTest, StandingOffersComeAgainOnTheLastStream) {
  const auto first = std::make_shared<RecordingStream>();
  const auto second = std::make_shared<RecordingStream>();
  hub_->Attach({"anna"}, first);
  ASSERT_TRUE(router_->Submit(Call("c1"), now_ms_).ok());
  Deliver();
  hub_->Attach({"anna"}, second);
  ASSERT_THAT(second->responses, SizeIs(1));
  EXPECT_EQ(second->responses[0].offer().contact().id(), "c1");
  // The first stream's end takes nothing from the second.
  hub_->Detach(first.get());
  ASSERT_TRUE(
      router_
          ->Cancel(*router_->FindContact("c1"), EndReason::kAbandoned, now_ms_)
          .ok());
  Deliver();
  EXPECT_THAT(first->responses, SizeIs(1));
  ASSERT_THAT(second->responses, SizeIs(2));
  EXPECT_EQ(second->responses[1].offer_ended().end(), v1::OFFER_END_RESCINDED);
  // What was answered does not come again.
  ASSERT_TRUE(router_->Submit(Call("c2"), now_ms_).ok());
  Deliver();
  const std::uint64_t attempt = second->responses[2].offer().attempt();
  ASSERT_TRUE(
      router_
          ->Accept(Agent("anna"), *router_->FindContact("c2"), attempt, now_ms_)
          .ok());
  Deliver();
  const auto third = std::make_shared<RecordingStream>();
  hub_->Attach({"anna"}, third);
  EXPECT_THAT(third->responses, IsEmpty());
}

Event OfAnna(EventType type, const char* contact_id) {
  Event event;
  event.type = type;
  event.agent_id.Assign("anna");
  event.contact_id.Assign(contact_id);
  event.presence.state = PresenceState::kAvailable;
  event.attempt = 2;
  return event;
}

// Chats, say: each is offered and ends for itself.
TEST_F(OfferHubTest, SeveralOffersOfOneAgentStandBesideOneAnother) {
  for (const char* id : {"c1", "c2", "c3", "c4"}) {
    hub_->OnEvent(OfAnna(EventType::kReservationCreated, id));
  }
  EXPECT_TRUE(hub_->IsCutOff("anna", "c1", 2));
  EXPECT_FALSE(hub_->IsCutOff("anna", "c1", 3));
  const auto stream = std::make_shared<RecordingStream>();
  hub_->Attach({"anna"}, stream);
  ASSERT_THAT(stream->responses, SizeIs(4));
  EXPECT_EQ(stream->responses[0].offer().contact().id(), "c1");
  EXPECT_EQ(stream->responses[3].offer().contact().id(), "c4");
  EXPECT_FALSE(hub_->IsCutOff("anna", "c1", 2));
  hub_->OnEvent(OfAnna(EventType::kReservationAccepted, "c2"));
  hub_->OnEvent(OfAnna(EventType::kReservationNoAnswer, "c1"));
  hub_->OnEvent(OfAnna(EventType::kReservationRescinded, "c3"));
  ASSERT_THAT(stream->responses, SizeIs(6));
  EXPECT_EQ(stream->responses[4].offer_ended().contact_id(), "c1");
  EXPECT_EQ(stream->responses[4].offer_ended().end(), v1::OFFER_END_NO_ANSWER);
  EXPECT_EQ(stream->responses[5].offer_ended().contact_id(), "c3");
  EXPECT_EQ(stream->responses[5].offer_ended().end(), v1::OFFER_END_RESCINDED);
  hub_->Detach(stream.get());
  EXPECT_TRUE(hub_->IsCutOff("anna", "c4", 2));
  EXPECT_FALSE(hub_->IsCutOff("anna", "c3", 2));
}

TEST_F(OfferHubTest, TellsWhatIsInterruptedAndGoesOn) {
  const auto stream = std::make_shared<RecordingStream>();
  hub_->OnEvent(OfAnna(EventType::kContactInterrupted, "nobody hears it"));
  hub_->Attach({"anna"}, stream);
  hub_->OnEvent(OfAnna(EventType::kContactInterrupted, "mail"));
  hub_->OnEvent(OfAnna(EventType::kContactResumed, "mail"));
  ASSERT_THAT(stream->responses, SizeIs(2));
  for (const v1::ConnectResponse& response : stream->responses) {
    EXPECT_EQ(response.interruption().agent_id(), "anna");
    EXPECT_EQ(response.interruption().contact_id(), "mail");
    EXPECT_EQ(response.interruption().attempt(), 2U);
  }
  EXPECT_TRUE(stream->responses[0].interruption().interrupted());
  EXPECT_FALSE(stream->responses[1].interruption().interrupted());
}

class FaultTest : public WithRouter {
 protected:
  void Publish(FaultPlan* plan) {
    for (const Event& event : Taken()) {
      plan->Publish(event, [this](const Event& e) { published_.push_back(e); });
    }
  }
  std::vector<Event> published_;
};

TEST_F(FaultTest, NamesRoundTrip) {
  Fault fault = Fault::kNone;
  EXPECT_FALSE(ParseFault("gaps", &fault));
  EXPECT_TRUE(ParseFault("gap", &fault));
  EXPECT_EQ(fault, Fault::kGap);
  EXPECT_EQ(FaultNames(),
            "double-offer, lost-contact, skip-oldest, idle-beside-waiting, "
            "gap");
}

TEST_F(FaultTest, GapLeavesOutOneNumberIn500) {
  FaultPlan plan(Fault::kGap);
  for (int i = 0; i < 1'100; ++i) {
    ASSERT_TRUE(router_->Submit(Call("c" + std::to_string(i)), now_ms_).ok());
  }
  Publish(&plan);
  ASSERT_THAT(published_, SizeIs(1'101));
  std::vector<std::uint64_t> missing;
  for (std::size_t i = 1; i < published_.size(); ++i) {
    if (published_[i].sequence != published_[i - 1].sequence + 1) {
      missing.push_back(published_[i - 1].sequence + 1);
    }
  }
  EXPECT_THAT(missing, ElementsAre(500, 1'000));
}

TEST_F(FaultTest, DoubleOfferKeepsNumbersAndVersionsWhole) {
  FaultPlan plan(Fault::kDoubleOffer);
  for (const char* agent : {"anna", "bela"}) {
    ASSERT_TRUE(
        router_
            ->SetPresence(Agent(agent),
                          {PresenceState::kAvailable, NotReadyReason::kNone},
                          now_ms_)
            .ok());
  }
  for (int i = 0; i < 120; ++i) {
    const std::string id = "c" + std::to_string(i);
    ASSERT_TRUE(router_->Submit(Call(id), ++now_ms_).ok());
    const auto contact = router_->GetContact(id);
    const ContactHandle handle = *router_->FindContact(id);
    ASSERT_TRUE(router_
                    ->Accept(Agent(contact->agent_id.c_str()), handle,
                             contact->attempt, ++now_ms_)
                    .ok());
    Publish(&plan);
    if (i == 0) continue;  // somebody is always talking
    ASSERT_TRUE(
        router_
            ->Complete(*router_->FindContact("c" + std::to_string(i - 1)),
                       ++now_ms_)
            .ok());
  }
  Publish(&plan);
  std::map<std::string, std::uint64_t> versions;
  std::map<std::string, WorkState> work;
  std::uint64_t last = 0;
  int doubles = 0;
  for (const Event& event : published_) {
    EXPECT_EQ(event.sequence, ++last);
    const std::string agent(event.agent_id.view());
    if (event.type == EventType::kReservationCreated &&
        work[agent] != WorkState::kIdle) {
      ++doubles;
    }
    if (event.contact_version != 0) {
      EXPECT_EQ(event.contact_version,
                ++versions["c:" + std::string(event.contact_id.view())]);
    }
    if (event.agent_version != 0) {
      EXPECT_EQ(event.agent_version, ++versions["a:" + agent]);
      work[agent] = event.work_state;
    }
  }
  EXPECT_EQ(doubles, 2);
}

TEST_F(FaultTest, LostContactsAreAcknowledgedAndNeverSeen) {
  FaultPlan plan(Fault::kLostContact);
  const auto faulty = plan.Wrap(router_.get(), nullptr, nullptr);
  for (int i = 0; i < 80; ++i) {
    ASSERT_TRUE(faulty->Submit(Call("c" + std::to_string(i)), now_ms_).ok());
  }
  int known = 0;
  for (int i = 0; i < 80; ++i) {
    known += router_->FindContact("c" + std::to_string(i)).ok() ? 1 : 0;
    const auto handle = faulty->FindContact("c" + std::to_string(i));
    ASSERT_TRUE(handle.ok());
    EXPECT_TRUE(faulty->Cancel(*handle, EndReason::kAbandoned, now_ms_).ok());
  }
  EXPECT_EQ(known, 78);
}

TEST_F(FaultTest, OvertakingIsPublishedAsIfInOrder) {
  FaultPlan plan(Fault::kSkipOldest);
  const auto faulty = plan.Wrap(router_.get(), nullptr, nullptr);
  for (int i = 1; i <= 20; ++i) {
    ASSERT_TRUE(faulty->Submit(Call("c" + std::to_string(i)), ++now_ms_).ok());
  }
  ASSERT_TRUE(
      router_
          ->SetPresence(Agent("anna"),
                        {PresenceState::kAvailable, NotReadyReason::kNone},
                        ++now_ms_)
          .ok());
  Publish(&plan);
  const Event& offer = published_.back();
  ASSERT_EQ(offer.type, EventType::kReservationCreated);
  EXPECT_EQ(offer.contact_id.view(), "c20");  // before nineteen older ones
  EXPECT_EQ(offer.priority, 0);
  EXPECT_EQ(offer.rank_key_ms, offer.arrival_ms);
}

// The subscriber of a Runtime, for the fault that publishes by itself.
TEST_F(FaultTest, GhostsArePublishedAndUnknownToTheRouter) {
  class Ignore final : public runtime::EventSubscriber {
    void OnEvent(const Event&) override {}
  } ignore;
  const runtime::ScaledClock clock(0, 1);
  runtime::Runtime runtime(&clock, &ignore);
  runtime.Start(router_.get());
  FaultPlan plan(Fault::kIdleBesideWaiting);
  std::vector<Event> ghosts;
  const auto faulty =
      plan.Wrap(router_.get(), &runtime,
                [&ghosts](const Event& event) { ghosts.push_back(event); });
  const Presence available{PresenceState::kAvailable, NotReadyReason::kNone};
  const Presence gone{PresenceState::kLoggedOut, NotReadyReason::kNone};
  for (int i = 0; i < 5; ++i) {
    for (const char* agent : {"anna", "bela"}) {
      ASSERT_TRUE(faulty->SetPresence(Agent(agent), available, ++now_ms_).ok());
      if (i == 4) continue;
      ASSERT_TRUE(faulty->SetPresence(Agent(agent), gone, ++now_ms_).ok());
    }
  }
  runtime.Stop();
  ASSERT_THAT(ghosts, SizeIs(1));  // the tenth sign-in, bela's fifth
  EXPECT_EQ(ghosts[0].agent_id.view(), "bela");
  EXPECT_EQ(ghosts[0].presence, available);
  EXPECT_EQ(faulty->GetAgent(Agent("bela"))->presence, available);
  EXPECT_EQ(router_->GetAgent(Agent("bela"))->presence.state,
            PresenceState::kLoggedOut);
  EXPECT_EQ(router_->GetAgent(Agent("anna"))->presence, available);
}

}  // namespace
}  // namespace relais::server
