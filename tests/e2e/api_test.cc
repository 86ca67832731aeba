// The API as a client sees it, against a real relaisd on a free loopback port:
// the way of a contact, offers and answers, events and their resumption, every
// kind of error with its field, limits, and a stop that loses nothing.

#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/impl/codegen/rpc_method.h"
#include "grpcpp/support/byte_buffer.h"
#include "gtest/gtest.h"
#include "tests/e2e/client.h"
#include "tests/e2e/process.h"

namespace relais::e2e {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kCentre[] = R"(
skills: [{name: accounts}, {name: rare}]
routing_profiles: [{name: telephone, channels: [voice]}]
agents:
  - {id: anna, routing_profile: telephone, skills: [{skill: accounts, level: 5}]}
  - {id: bela, routing_profile: telephone, skills: [{skill: accounts, level: 5}]}
queues:
  - name: accounts
    channels: [voice]
    requirement: {all_of: [{skill: accounts}]}
    offer_timeout_ms: 60s
    wrap_up_ms: 60s
  - name: direct
    channels: [voice]
    requirement: {all_of: [{skill: accounts}]}
    offer_timeout_ms: 0
)";

class ApiTest : public ::testing::Test {
 protected:
  Relaisd server_{kCentre};
  Client client_{server_.address()};
};

TEST_F(ApiTest, TheWayOfAContact) {
  Desk desk(&client_);
  desk.Attach({"anna"});
  EXPECT_FALSE(desk.NextAnswer().has_error());
  ASSERT_TRUE(client_.SignIn("anna").ok());
  v1::SubmitContactResponse submitted;
  ASSERT_TRUE(client_.Submit(Client::ContactOf("c1"), &submitted).ok());
  EXPECT_TRUE(submitted.at_once());
  EXPECT_FALSE(submitted.repeated());

  const v1::Offer offer = desk.NextOffer();
  EXPECT_EQ(offer.agent_id(), "anna");
  EXPECT_EQ(offer.contact().id(), "c1");
  EXPECT_EQ(offer.contact().queue(), "accounts");
  EXPECT_EQ(offer.contact().channel(), v1::CHANNEL_VOICE);
  EXPECT_EQ(offer.contact().attributes().at("caller"), "caller of c1");
  EXPECT_EQ(offer.arrival_ms(), submitted.arrival_ms());
  EXPECT_EQ(offer.expires_ms(), submitted.arrival_ms() + 60'000);
  EXPECT_EQ(client_.Contact("c1").state(), v1::CONTACT_STATE_RESERVED);

  const std::uint64_t request = desk.Accept(offer);
  const v1::Answer answer = desk.NextAnswer();
  EXPECT_EQ(answer.request_id(), request);
  EXPECT_FALSE(answer.has_error()) << answer.error().message();
  EXPECT_GT(answer.event_sequence(), submitted.event_sequence());
  EXPECT_EQ(client_.Contact("c1").agent_id(), "anna");
  ASSERT_TRUE(client_.Complete("c1").ok());
  EXPECT_EQ(client_.Agent("anna").work_state(), v1::WORK_STATE_WRAP_UP);
  v1::EndWrapUpRequest end;
  end.set_agent_id("anna");
  v1::EndWrapUpResponse ended;
  ASSERT_TRUE(Client::Call(client_.agents, &v1::AgentService::Stub::EndWrapUp,
                           end, &ended)
                  .ok());
  EXPECT_EQ(client_.Agent("anna").work_state(), v1::WORK_STATE_IDLE);

  std::vector<v1::EventType> types;
  std::uint64_t expected = 1;
  for (const v1::Event& event : client_.Events(1, ended.event_sequence())) {
    EXPECT_EQ(event.sequence(), expected++);
    types.push_back(event.type());
  }
  EXPECT_THAT(types, ElementsAre(v1::EVENT_TYPE_CONFIGURATION_APPLIED,
                                 v1::EVENT_TYPE_PRESENCE_CHANGED,
                                 v1::EVENT_TYPE_CONTACT_SUBMITTED,
                                 v1::EVENT_TYPE_RESERVATION_CREATED,
                                 v1::EVENT_TYPE_RESERVATION_ACCEPTED,
                                 v1::EVENT_TYPE_CONTACT_ENDED,
                                 v1::EVENT_TYPE_WRAP_UP_ENDED));
}

TEST_F(ApiTest, AssignedAtOnceIsPushedAsSuch) {
  Desk desk(&client_);
  desk.Attach({"anna"});
  desk.NextAnswer();
  ASSERT_TRUE(client_.SignIn("anna").ok());
  v1::Contact contact = Client::ContactOf("c1");
  contact.set_queue("direct");
  ASSERT_TRUE(client_.Submit(contact).ok());
  EXPECT_EQ(desk.NextOffer().expires_ms(), 0);
  EXPECT_EQ(client_.Contact("c1").state(), v1::CONTACT_STATE_ASSIGNED);
  // Nothing stands, so nothing comes again.
  Desk other(&client_);
  other.Attach({"anna"});
  other.NextAnswer();
  EXPECT_EQ(other.End().first, 0);
}

TEST(ApiBlendingTest, TheDesktopIsToldWhatToPutAside) {
  Relaisd server(R"(
routing_profiles: [{name: blended, channels: [voice, email],
  channel_capacities: [{channel: voice, may_interrupt: [email]}]}]
agents: [{id: anna, routing_profile: blended}]
queues: [{name: accounts, channels: [voice, email], offer_timeout_ms: 0}]
)");
  Client client(server.address());
  Desk desk(&client);
  desk.Attach({"anna"});
  desk.NextAnswer();
  ASSERT_TRUE(client.SignIn("anna").ok());
  v1::Contact mail = Client::ContactOf("mail");
  mail.set_channel(v1::CHANNEL_EMAIL);
  ASSERT_TRUE(client.Submit(mail).ok());
  desk.NextOffer();
  ASSERT_TRUE(client.Submit("call").ok());
  desk.NextOffer();
  const v1::Interruption told = desk.Next().interruption();
  EXPECT_EQ(told.contact_id(), "mail");
  EXPECT_TRUE(told.interrupted());
  ASSERT_TRUE(client.Complete("call").ok());
  EXPECT_FALSE(desk.Next().interruption().interrupted());
}

TEST_F(ApiTest, StandingOffersComeAgainAndTheLastStreamGetsThem) {
  Desk first(&client_);
  first.Attach({"anna", "bela"});
  first.NextAnswer();
  ASSERT_TRUE(client_.SignIn("anna").ok());
  ASSERT_TRUE(client_.Submit("c1").ok());
  const v1::Offer offer = first.NextOffer();
  Desk second(&client_);
  second.Attach({"anna"});
  EXPECT_FALSE(second.NextAnswer().has_error());
  EXPECT_EQ(second.NextOffer().attempt(), offer.attempt());
  // Declined on one, it goes to the other agent, on the other stream.
  ASSERT_TRUE(client_.SignIn("bela").ok());
  second.Decline(offer);
  EXPECT_FALSE(second.NextAnswer().has_error());
  EXPECT_EQ(first.NextOffer().agent_id(), "bela");
  // A stale answer is refused and names what it is about.
  second.Accept(offer);
  const v1::Answer stale = second.NextAnswer();
  EXPECT_EQ(stale.error().code(), grpc::StatusCode::FAILED_PRECONDITION);
  // The customer leaves: the offer ends where it stands.
  ASSERT_TRUE(client_.Cancel("c1").ok());
  const v1::ConnectResponse ended = first.Next();
  EXPECT_EQ(ended.offer_ended().end(), v1::OFFER_END_RESCINDED);
  EXPECT_EQ(ended.offer_ended().contact_id(), "c1");
  // A stream that only ends gets all its answers first.
  const auto [count, status] = second.End();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(count, 0);
}

TEST_F(ApiTest, PipelinedRequestsAreAllAnsweredBeforeTheStreamEnds) {
  Desk desk(&client_);
  for (int i = 0; i < 3'000; ++i) desk.Attach({"anna"});
  const auto [count, status] = desk.End();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(count, 3'000);
}

TEST_F(ApiTest, StreamErrorsNameTheirField) {
  Desk desk(&client_);
  v1::ConnectRequest empty;
  const std::uint64_t request = desk.Send(&empty);
  v1::Answer answer = desk.NextAnswer();
  EXPECT_EQ(answer.request_id(), request);
  EXPECT_EQ(answer.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  desk.Attach({"anna", "nobody"});
  answer = desk.NextAnswer();
  EXPECT_EQ(answer.error().code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(answer.error().message(), HasSubstr("attach.agent_ids[1]"));
  v1::Offer offer;
  offer.set_agent_id("anna");
  offer.mutable_contact()->set_id("nothing");
  desk.Accept(offer);
  answer = desk.NextAnswer();
  EXPECT_EQ(answer.error().code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(answer.error().message(), HasSubstr("accept.contact_id"));
}

TEST_F(ApiTest, NoAnswerEndsTheOffer) {
  Relaisd fast(kCentre, {"--time-scale", "1000"});
  Client client(fast.address());
  Desk desk(&client);
  desk.Attach({"anna"});
  desk.NextAnswer();
  ASSERT_TRUE(client.SignIn("anna").ok());
  ASSERT_TRUE(client.Submit("c1").ok());
  desk.NextOffer();
  const v1::ConnectResponse ended = desk.Next();  // after 60 s of its clock
  EXPECT_EQ(ended.offer_ended().end(), v1::OFFER_END_NO_ANSWER);
  EXPECT_THAT(client.Agent("anna").no_answer_channels(),
              ElementsAre(v1::CHANNEL_VOICE));
}

void ExpectRefused(const grpc::Status& status, grpc::StatusCode code,
                   const std::string& field) {
  EXPECT_EQ(status.error_code(), code) << status.error_message();
  EXPECT_EQ(FieldOf(status), field) << status.error_message();
}

TEST_F(ApiTest, RefusedCallsNameTheFieldAndChangeNothing) {
  ASSERT_TRUE(client_.Submit("known").ok());
  const std::uint64_t before = client_.Barrier().event_sequence();
  const auto refused = [&](grpc::StatusCode code, const std::string& field,
                           const std::function<void(v1::Contact*)>& change) {
    v1::Contact contact = Client::ContactOf("new");
    change(&contact);
    ExpectRefused(client_.Submit(contact), code, field);
  };
  using Contact = v1::Contact;
  constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
  constexpr auto kUnknown = grpc::StatusCode::NOT_FOUND;
  refused(kInvalid, "contact.id", [](Contact* c) { c->clear_id(); });
  refused(kInvalid, "contact.id",
          [](Contact* c) { c->set_id(std::string(129, 'x')); });
  refused(kInvalid, "contact.id", [](Contact* c) { c->set_id("\xFF\xFE"); });
  refused(kInvalid, "contact.channel", [](Contact* c) { c->clear_channel(); });
  refused(kInvalid, "contact.channel",
          [](Contact* c) { c->set_channel(static_cast<v1::Channel>(99)); });
  refused(kInvalid, "contact.channel",
          [](Contact* c) { c->set_channel(v1::CHANNEL_EMAIL); });
  refused(kInvalid, "contact.priority",
          [](Contact* c) { c->set_priority(10); });
  refused(kInvalid, "contact.priority",
          [](Contact* c) { c->set_priority(-1); });
  refused(kUnknown, "contact.queue", [](Contact* c) { c->set_queue("no"); });
  refused(kUnknown, "contact.requirement.all_of[0].skill", [](Contact* c) {
    c->mutable_requirement()->add_all_of()->set_skill("no");
  });
  refused(kInvalid, "contact.requirement.all_of[0].level_min", [](Contact* c) {
    auto* term = c->mutable_requirement()->add_all_of();
    term->set_skill("accounts");
    term->set_level_min(11);
  });
  refused(kInvalid, "contact.attributes", [](Contact* c) {
    (*c->mutable_attributes())["big"] = std::string(17 * 1024, 'x');
  });
  refused(kInvalid, "contact.attributes[0].value",
          [](Contact* c) { (*c->mutable_attributes())["caller"] = "\xC3"; });
  refused(grpc::StatusCode::RESOURCE_EXHAUSTED, "", [](Contact* c) {
    (*c->mutable_attributes())["huge"] = std::string(300 * 1024, 'x');
  });
  refused(grpc::StatusCode::ALREADY_EXISTS, "contact.id", [](Contact* c) {
    c->set_id("known");
    c->set_priority(3);
  });
  EXPECT_EQ(client_.Barrier().event_sequence(), before);
}

TEST_F(ApiTest, RefusedCallsOnContactsAndAgentsChangeNothing) {
  ASSERT_TRUE(client_.Submit("known").ok());
  const std::uint64_t before = client_.Barrier().event_sequence();
  constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
  constexpr auto kUnknown = grpc::StatusCode::NOT_FOUND;
  ExpectRefused(client_.Cancel("nothing"), kUnknown, "contact_id");
  ExpectRefused(client_.Cancel("known", v1::END_REASON_COMPLETED), kInvalid,
                "reason");
  ExpectRefused(client_.Complete("nothing"), kUnknown, "contact_id");
  ExpectRefused(client_.Complete("known"),
                grpc::StatusCode::FAILED_PRECONDITION, "contact_id");
  ExpectRefused(client_.SignIn("nobody"), kUnknown, "agent_id");
  ExpectRefused(client_.SetPresence("anna", v1::PRESENCE_STATE_UNSPECIFIED),
                kInvalid, "presence.state");
  ExpectRefused(client_.SetPresence("anna", static_cast<v1::PresenceState>(9)),
                kInvalid, "presence.state");
  ExpectRefused(client_.SetPresence("anna", v1::PRESENCE_STATE_NOT_READY,
                                    v1::NOT_READY_REASON_NO_ANSWER),
                kInvalid, "presence.reason");
  EXPECT_EQ(client_.Barrier().event_sequence(), before);
}

TEST_F(ApiTest, ExplanationsAreAsLongAsAsked) {
  ASSERT_TRUE(client_.Submit("known").ok());
  v1::ExplainContactRequest request;
  v1::ExplainContactResponse response;
  const auto explain = [&] {
    return Client::Call(client_.supervision,
                        &v1::SupervisionService::Stub::ExplainContact, request,
                        &response);
  };
  request.set_contact_id("known");
  request.set_agents_max(1);
  ASSERT_TRUE(explain().ok());
  EXPECT_EQ(response.agents_size(), 1);
  std::uint64_t told = 0;
  for (const v1::ReasonCount& one : response.agents_by_reason()) {
    told += one.agents();
  }
  EXPECT_EQ(told, 2U);
  request.set_agents_max(1'001);
  ExpectRefused(explain(), grpc::StatusCode::INVALID_ARGUMENT, "agents_max");
  request.set_agents_max(0);
  request.set_contact_id("unknown");
  ExpectRefused(explain(), grpc::StatusCode::NOT_FOUND, "contact_id");
  v1::ExplainAgentRequest of_agent;
  v1::ExplainAgentResponse answer;
  of_agent.set_agent_id("nobody");
  ExpectRefused(Client::Call(client_.supervision,
                             &v1::SupervisionService::Stub::ExplainAgent,
                             of_agent, &answer),
                grpc::StatusCode::NOT_FOUND, "agent_id");
}

TEST_F(ApiTest, ASubmitWithoutAContactIsRefused) {
  v1::SubmitContactResponse response;
  const grpc::Status status =
      Client::Call(client_.contacts, &v1::ContactService::Stub::SubmitContact,
                   v1::SubmitContactRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(FieldOf(status), "contact");
}

TEST_F(ApiTest, SigningInTwiceIsRefused) {
  ASSERT_TRUE(client_.SignIn("anna").ok());
  const grpc::Status again = client_.SignIn("anna");
  EXPECT_EQ(again.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(FieldOf(again), "agent_id");
  ASSERT_TRUE(client_.SetPresence("anna", v1::PRESENCE_STATE_LOGGED_OUT).ok());
  EXPECT_TRUE(client_.SignIn("anna").ok());
}

TEST_F(ApiTest, RepeatedSubmitGetsTheFirstAnswer) {
  v1::SubmitContactResponse first;
  v1::SubmitContactResponse again;
  ASSERT_TRUE(client_.Submit(Client::ContactOf("c1"), &first).ok());
  ASSERT_TRUE(client_.Submit(Client::ContactOf("c1"), &again).ok());
  EXPECT_TRUE(again.repeated());
  EXPECT_EQ(again.arrival_ms(), first.arrival_ms());
  ASSERT_TRUE(client_.Cancel("c1").ok());
  ASSERT_TRUE(client_.Submit(Client::ContactOf("c1"), &again).ok());
  EXPECT_TRUE(again.repeated());
}

TEST_F(ApiTest, ConfigurationIsAppliedOrRefusedWhole) {
  v1::GetConfigurationResponse current;
  ASSERT_TRUE(Client::Call(client_.admin,
                           &v1::AdminService::Stub::GetConfiguration,
                           v1::GetConfigurationRequest(), &current)
                  .ok());
  EXPECT_EQ(current.configuration_version(), 1U);
  v1::ApplyConfigurationRequest request;
  *request.mutable_configuration() = current.configuration();
  request.mutable_configuration()
      ->mutable_agents(0)
      ->mutable_skills(0)
      ->set_level(11);
  request.mutable_configuration()->add_agents()->set_id("anna");
  v1::ApplyConfigurationResponse applied;
  const grpc::Status refused =
      Client::Call(client_.admin, &v1::AdminService::Stub::ApplyConfiguration,
                   request, &applied);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(FieldOf(refused), "configuration.agents[0].skills[0].level");
  EXPECT_GE(FindingsOf(refused).findings_size(), 2);
  // An enum value that nobody knows.
  v1::ValidateConfigurationRequest validate;
  *validate.mutable_configuration() = current.configuration();
  validate.mutable_configuration()->mutable_agents(0)->set_grade(
      static_cast<v1::AgentGrade>(9));
  v1::ValidateConfigurationResponse validated;
  ASSERT_TRUE(Client::Call(client_.admin,
                           &v1::AdminService::Stub::ValidateConfiguration,
                           validate, &validated)
                  .ok());
  ASSERT_EQ(validated.findings_size(), 1);
  EXPECT_EQ(validated.findings(0).path(), "agents[0].grade");
  // A queue that nobody could serve is a warning.
  *request.mutable_configuration() = current.configuration();
  request.mutable_configuration()
      ->mutable_queues(0)
      ->mutable_requirement()
      ->add_all_of()
      ->set_skill("rare");
  const grpc::Status ok =
      Client::Call(client_.admin, &v1::AdminService::Stub::ApplyConfiguration,
                   request, &applied);
  ASSERT_TRUE(ok.ok()) << ok.error_message();
  EXPECT_EQ(applied.configuration_version(), 2U);
  EXPECT_GE(applied.findings_size(), 1);
  EXPECT_EQ(applied.findings(0).severity(), v1::SEVERITY_WARNING);
}

TEST_F(ApiTest, EventsAreResumedByNumber) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(client_.Submit("c" + std::to_string(i)).ok());
  }
  const std::uint64_t last = client_.Barrier().event_sequence();
  const std::vector<v1::Event> all = client_.Events(1, last);
  ASSERT_THAT(all, SizeIs(last));
  const std::vector<v1::Event> tail = client_.Events(20, last);
  ASSERT_THAT(tail, SizeIs(last - 19));
  for (std::size_t i = 0; i < tail.size(); ++i) {
    EXPECT_EQ(tail[i].SerializeAsString(), all[i + 19].SerializeAsString());
  }
}

TEST_F(ApiTest, EventsBeyondEitherEndAreOutOfRange) {
  Relaisd server(kCentre, {"--events-kept", "10"});
  Client client(server.address());
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(client.Submit("c" + std::to_string(i)).ok());
  }
  const std::uint64_t last = client.Barrier().event_sequence();
  for (const std::uint64_t from : {std::uint64_t{1}, last + 2}) {
    grpc::ClientContext context;
    context.set_deadline(Patience());
    v1::WatchEventsRequest request;
    request.set_from_sequence(from);
    auto reader = client.contacts->WatchEvents(&context, request);
    v1::WatchEventsResponse response;
    EXPECT_FALSE(reader->Read(&response));
    const grpc::Status status = reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
    EXPECT_THAT(status.error_message(),
                HasSubstr(std::to_string(from == 1 ? last - 9 : last + 1)));
  }
  EXPECT_THAT(client.Events(last - 9, last), SizeIs(10));
}

TEST_F(ApiTest, AFullTableIsAnAnswerAndRoomComesBack) {
  Relaisd server(kCentre, {"--max-contacts", "5"});
  Client client(server.address());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(client.Submit("c" + std::to_string(i)).ok());
  }
  EXPECT_EQ(client.Submit("one more").error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  ASSERT_TRUE(client.Cancel("c3").ok());
  EXPECT_TRUE(client.Submit("one more").ok());
}

TEST_F(ApiTest, BarrierLeavesNothingOverdue) {
  Relaisd fast(kCentre, {"--time-scale", "10000"});
  Client client(fast.address());
  ASSERT_TRUE(client.SignIn("anna").ok());
  ASSERT_TRUE(client.Submit("c1").ok());
  std::int64_t expires = 0;
  while (true) {
    const v1::BarrierResponse barrier = client.Barrier();
    for (const v1::Event& event : client.Events(1, barrier.event_sequence())) {
      if (event.type() == v1::EVENT_TYPE_RESERVATION_CREATED) {
        expires = event.reservation().offer_expires_ms();
      }
      if (event.type() == v1::EVENT_TYPE_RESERVATION_NO_ANSWER) expires = 0;
    }
    if (expires == 0) break;
    EXPECT_GT(expires, barrier.now_ms()) << "an overdue offer still stands";
  }
}

// --- What every gRPC server has ---------------------------------------------

TEST_F(ApiTest, HealthSaysServing) {
  for (const std::string service :
       {"", "relais.v1.ContactService", "relais.v1.AgentService",
        "relais.v1.AdminService", "relais.v1.SupervisionService"}) {
    EXPECT_TRUE(client_.Serving(service)) << service;
  }
}

// Debian has no generated code for this one: the bytes are written out.
TEST_F(ApiTest, ReflectionListsTheServices) {
  grpc::ClientContext context;
  context.set_deadline(Patience());
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>>
      stream(grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer,
                                                       grpc::ByteBuffer>::
                 Create(client_.channel.get(),
                        grpc::internal::RpcMethod(
                            "/grpc.reflection.v1alpha.ServerReflection/"
                            "ServerReflectionInfo",
                            grpc::internal::RpcMethod::BIDI_STREAMING),
                        &context));
  ASSERT_TRUE(stream->Write(Bytes("\x3A\x01*")));  // list_services = 7
  grpc::ByteBuffer response;
  ASSERT_TRUE(stream->Read(&response));
  const std::string text = Text(response);
  for (const char* service :
       {"relais.v1.ContactService", "relais.v1.AgentService",
        "relais.v1.AdminService", "relais.v1.SupervisionService",
        "grpc.health.v1.Health"}) {
    EXPECT_THAT(text, HasSubstr(service));
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

// --- Stopping ---------------------------------------------------------------

TEST_F(ApiTest, AStopLosesNothingAndSaysWhy) {
  Desk desk(&client_);
  desk.Attach({"anna"});
  desk.NextAnswer();
  grpc::ClientContext context;
  context.set_deadline(Patience());
  v1::WatchEventsRequest request;
  request.set_from_sequence(1);
  auto reader = client_.contacts->WatchEvents(&context, request);
  std::uint64_t acknowledged = 0;
  for (int i = 0; i < 200; ++i) {
    v1::SubmitContactResponse response;
    ASSERT_TRUE(
        client_.Submit(Client::ContactOf("c" + std::to_string(i)), &response)
            .ok());
    acknowledged = response.event_sequence();
  }
  server_.Signal(SIGTERM);
  std::uint64_t last = 0;
  v1::WatchEventsResponse response;
  while (reader->Read(&response)) {
    for (const v1::Event& event : response.events()) {
      EXPECT_EQ(event.sequence(), ++last);
    }
  }
  EXPECT_GE(last, acknowledged);
  const grpc::Status watched = reader->Finish();
  EXPECT_EQ(watched.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(watched.error_message(),
              HasSubstr("go on from event " + std::to_string(last + 1)));
  EXPECT_EQ(desk.ReadToEnd().second.error_code(),
            grpc::StatusCode::UNAVAILABLE);
  const Finished finished = server_.Wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("stopped after event"));
  // No personal data in the log.
  EXPECT_THAT(finished.output, Not(HasSubstr("caller of")));
}

// Every call that was carried out was answered: each submitted contact in the
// events is one that its caller was told of.
TEST_F(ApiTest, CallsInFlightAreAnsweredWhenItStops) {
  grpc::ClientContext context;
  context.set_deadline(Patience());
  v1::WatchEventsRequest request;
  request.set_from_sequence(1);
  auto reader = client_.contacts->WatchEvents(&context, request);
  std::atomic<int> answered{0};
  std::vector<std::string> ends(4);
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    callers.emplace_back([this, i, &answered, &ends] {
      while (ends[i].empty()) {
        const grpc::Status status =
            client_.Submit("c" + std::to_string(i) + "-" +
                           std::to_string(answered.fetch_add(1)));
        answered.notify_all();
        if (status.ok()) continue;
        --answered;
        ends[i] =
            std::to_string(status.error_code()) + " " + status.error_message();
      }
    });
  }
  for (int seen = 0; seen < 20; seen = answered.load()) answered.wait(seen);
  server_.Signal(SIGINT);
  int submitted = 0;
  v1::WatchEventsResponse response;
  while (reader->Read(&response)) {
    for (const v1::Event& event : response.events()) {
      submitted += event.type() == v1::EVENT_TYPE_CONTACT_SUBMITTED ? 1 : 0;
    }
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server_.Wait().exit_code, 0);
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(submitted, answered);
  for (const std::string& end : ends) {
    // Code 14 is ours or the connection's; gRPC itself gives 1 to a call that
    // arrives while it closes the connection.
    EXPECT_THAT(end, AnyOf(StartsWith("14 "), "1 CANCELLED"));
  }
}

}  // namespace
}  // namespace relais::e2e
