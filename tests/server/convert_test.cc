// The two sides of the wire mean the same: every enum value survives the way
// there and back, what is absent gets its documented default, and what this
// server does not know is refused by name.

#include "server/convert.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/domain/error.h"

namespace relais::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::Contact GoodContact() {
  v1::Contact contact;
  contact.set_id("c1");
  contact.set_queue("q");
  contact.set_channel(v1::CHANNEL_CHAT);
  contact.set_priority(4);
  contact.set_segment("gold");
  contact.mutable_requirement()->add_all_of()->set_skill("english");
  (*contact.mutable_attributes())["caller"] = "somebody";
  return contact;
}

TEST(ConvertTest, Contact) {
  const absl::StatusOr<ContactSpec> spec = ToDomain(GoodContact());
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->id, "c1");
  EXPECT_EQ(spec->queue, "q");
  EXPECT_EQ(spec->channel, Channel::kChat);
  EXPECT_EQ(spec->priority, 4);
  EXPECT_EQ(spec->segment, "gold");
  ASSERT_THAT(spec->requirement.all_of, SizeIs(1));
  EXPECT_EQ(spec->requirement.all_of[0].level_min, 1);  // absent stands for 1
  EXPECT_EQ(spec->attributes.at("caller"), "somebody");
}

TEST(ConvertTest, ChannelThatIsMissingOrUnknown) {
  v1::Contact contact = GoodContact();
  contact.clear_channel();
  absl::Status status = ToDomain(contact).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FieldPathOf(status), "contact.channel");
  EXPECT_THAT(std::string(status.message()), HasSubstr("CHANNEL_VOICE (1)"));
  contact.set_channel(static_cast<v1::Channel>(17));
  status = ToDomain(contact).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FieldPathOf(status), "contact.channel");
  EXPECT_THAT(std::string(status.message()), HasSubstr("unknown value 17"));
}

TEST(ConvertTest, CancelReasons) {
  EXPECT_EQ(*CancelReasonToDomain(v1::END_REASON_UNSPECIFIED),
            EndReason::kAbandoned);
  EXPECT_EQ(*CancelReasonToDomain(v1::END_REASON_ABANDONED),
            EndReason::kAbandoned);
  EXPECT_EQ(*CancelReasonToDomain(v1::END_REASON_CANCELLED),
            EndReason::kCancelled);
  for (const int reason : {1, 4, 5, 6, -1}) {
    const absl::Status status =
        CancelReasonToDomain(static_cast<v1::EndReason>(reason)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << reason;
    EXPECT_EQ(FieldPathOf(status), "reason");
  }
}

TEST(ConvertTest, Presence) {
  v1::Presence presence;
  EXPECT_EQ(FieldPathOf(ToDomain(presence).status()), "presence.state");
  presence.set_state(v1::PRESENCE_STATE_NOT_READY);
  presence.set_reason(v1::NOT_READY_REASON_MEAL);
  EXPECT_EQ(*ToDomain(presence),
            (Presence{PresenceState::kNotReady, NotReadyReason::kMeal}));
  presence.set_reason(static_cast<v1::NotReadyReason>(99));
  EXPECT_EQ(FieldPathOf(ToDomain(presence).status()), "presence.reason");
  presence.set_state(static_cast<v1::PresenceState>(99));
  EXPECT_EQ(FieldPathOf(ToDomain(presence).status()), "presence.state");
}

TEST(ConvertTest, AnAnnouncedReturn) {
  v1::Presence presence;
  presence.set_state(v1::PRESENCE_STATE_LOGGED_OUT);
  presence.set_back_at_ms(1'234);
  EXPECT_EQ(ToDomain(presence)->back_at_ms, 1'234);
  AgentView agent;
  agent.presence = *ToDomain(presence);
  EXPECT_EQ(ToProto(agent).presence().back_at_ms(), 1'234);
}

TEST(ConvertTest, PreferredAgentsBothWays) {
  v1::Contact contact = GoodContact();
  EXPECT_TRUE(ToDomain(contact)->preferred.empty());
  contact.mutable_preferred()->add_agents("ann");
  EXPECT_EQ(ToDomain(contact)->preferred.source, PreferenceSource::kPortfolio);
  for (int i = 0; i < kPreferenceSourceCount; ++i) {
    contact.mutable_preferred()->set_source(
        static_cast<v1::PreferenceSource>(i + 1));
    EXPECT_EQ(ToDomain(contact)->preferred.source,
              static_cast<PreferenceSource>(i));
  }
  contact.mutable_preferred()->add_agents("bob");
  contact.mutable_preferred()->set_source(v1::PREFERENCE_SOURCE_LIST);
  contact.mutable_preferred()->set_reply_by_ms(5'000);
  ContactView view;
  view.preferred = ToDomain(contact)->preferred;
  EXPECT_EQ(view.preferred,
            (PreferredAgents{{"ann", "bob"}, PreferenceSource::kList, 5'000}));
  view.held_for = "bob";
  view.held_until_ms = 77;
  const v1::ContactSnapshot shown = ToProto(view);
  EXPECT_EQ(shown.contact().preferred().SerializeAsString(),
            contact.preferred().SerializeAsString());
  EXPECT_EQ(shown.held_for(), "bob");
  EXPECT_EQ(shown.held_until_ms(), 77);
  Event event;
  event.contact_id.Assign("c");
  event.held_for.Assign("bob");
  event.held_until_ms = 78;
  event.over_share = true;
  view.over_share = true;
  EXPECT_TRUE(ToProto(event).contact().over_share());
  EXPECT_TRUE(ToProto(view).over_share());
  AgentView agent;
  agent.panel_choices = 5;
  agent.panel_share_percent = 140;
  EXPECT_EQ(ToProto(agent).panel_choices(), 5U);
  EXPECT_EQ(ToProto(agent).panel_share_percent(), 140U);
  EXPECT_EQ(ToProto(event).contact().held_for(), "bob");
  EXPECT_EQ(ToProto(event).contact().held_until_ms(), 78);
  EXPECT_EQ(ToOffer(event, view).contact().preferred().agents_size(), 2);
  contact.mutable_preferred()->set_source(static_cast<v1::PreferenceSource>(9));
  EXPECT_EQ(FieldPathOf(ToDomain(contact).status()),
            "contact.preferred.source");
}

TEST(ConvertTest, HoldTimesBothWays) {
  v1::Configuration wire;
  wire.add_queues()->set_name("calls");
  std::vector<Finding> findings;
  EXPECT_EQ(ToDomain(wire, &findings).queues[0].hold, HoldTimes());
  v1::HoldTimes* hold = wire.mutable_queues(0)->mutable_hold();
  hold->set_idle_ms(1);
  hold->set_handling_ms(2);
  hold->set_wrapping_up_ms(3);
  hold->set_absent_until_ms(4);
  wire.mutable_queues(0)->set_panel_max_share_percent(150);
  const Configuration domain = ToDomain(wire, &findings);
  EXPECT_EQ(domain.queues[0].hold, (HoldTimes{1, 2, 3, 4}));
  EXPECT_EQ(domain.queues[0].panel_max_share_percent, 150);
  EXPECT_EQ(ToProto(domain).queues(0).panel_max_share_percent(), 150);
  EXPECT_EQ(ToProto(domain).queues(0).hold().SerializeAsString(),
            hold->SerializeAsString());
}

TEST(ConvertTest, EveryEnumValueSurvives) {
  for (int i = 0; i < kChannelCount; ++i) {
    Event event;
    event.contact_id.Assign("c");
    event.channel = static_cast<Channel>(i);
    const v1::Event shown = ToProto(event);
    v1::Contact contact = GoodContact();
    contact.set_channel(shown.contact().channel());
    EXPECT_EQ(ToDomain(contact)->channel, event.channel);
    // The names agree, not only the numbers.
    std::string name = v1::Channel_Name(shown.contact().channel());
    std::string ours = "CHANNEL_" + std::string(ChannelName(event.channel));
    for (char& c : ours) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(name, ours);
  }
  const auto same_name = [](std::string wire, std::string_view prefix,
                            std::string_view ours) {
    for (char& c : wire) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(wire, std::string(prefix) + std::string(ours));
  };
  AgentView agent;
  for (int i = 0; i < kAgentGradeCount; ++i) {
    agent.grade = static_cast<AgentGrade>(i);
    same_name(v1::AgentGrade_Name(ToProto(agent).grade()), "agent_grade_",
              AgentGradeName(agent.grade));
  }
  for (const auto state : {PresenceState::kLoggedOut, PresenceState::kAvailable,
                           PresenceState::kNotReady}) {
    agent.presence.state = state;
    same_name(v1::PresenceState_Name(ToProto(agent).presence().state()),
              "presence_state_", PresenceStateName(state));
  }
  for (int i = 1; i < kNotReadyReasonCount; ++i) {
    agent.presence.reason = static_cast<NotReadyReason>(i);
    same_name(v1::NotReadyReason_Name(ToProto(agent).presence().reason()),
              "not_ready_reason_", NotReadyReasonName(agent.presence.reason));
  }
  for (const auto state : {WorkState::kIdle, WorkState::kReserved,
                           WorkState::kHandling, WorkState::kWrapUp}) {
    agent.work_state = state;
    same_name(v1::WorkState_Name(ToProto(agent).work_state()), "work_state_",
              WorkStateName(state));
  }
  ContactView contact;
  for (const auto state : {ContactState::kWaiting, ContactState::kReserved,
                           ContactState::kAssigned, ContactState::kEnded}) {
    contact.state = state;
    same_name(v1::ContactState_Name(ToProto(contact).state()), "contact_state_",
              ContactStateName(state));
  }
  for (const auto reason :
       {EndReason::kCompleted, EndReason::kAbandoned, EndReason::kCancelled,
        EndReason::kWaitLimit, EndReason::kLeaseExpired}) {
    contact.end_reason = reason;
    same_name(v1::EndReason_Name(ToProto(contact).end_reason()), "end_reason_",
              EndReasonName(reason));
  }
  for (int i = 1; i <= static_cast<int>(kEventTypeLast); ++i) {
    Event event;
    event.type = static_cast<EventType>(i);
    same_name(v1::EventType_Name(ToProto(event).type()), "event_type_",
              EventTypeName(event.type));
  }
}

TEST(ConvertTest, AContactShowsWhatItAskedFor) {
  ContactView contact;
  EXPECT_FALSE(ToProto(contact).contact().has_requirement());
  contact.requirement.all_of = {{"french", 4}};
  contact.attributes["caller"] = "somebody";
  const v1::Contact snapshot = ToProto(contact).contact();
  ASSERT_EQ(snapshot.requirement().all_of_size(), 1);
  EXPECT_EQ(snapshot.requirement().all_of(0).skill(), "french");
  EXPECT_EQ(snapshot.requirement().all_of(0).level_min(), 4);
  const v1::Contact offered = ToOffer(Event(), contact).contact();
  EXPECT_EQ(offered.requirement().all_of_size(), 1);
  EXPECT_EQ(offered.attributes().at("caller"), "somebody");
}

TEST(ConvertTest, EventShowsOnlyWhomItConcerns) {
  Event event;
  event.sequence = 7;
  event.type = EventType::kPresenceChanged;
  event.agent_id.Assign("anna");
  event.agent_version = 3;
  event.no_answer_channels = SetOf(Channel::kVoice) | SetOf(Channel::kMail);
  v1::Event shown = ToProto(event);
  EXPECT_EQ(shown.sequence(), 7U);
  EXPECT_FALSE(shown.has_contact());
  EXPECT_FALSE(shown.has_reservation());
  EXPECT_FALSE(shown.agent().has_pending());
  EXPECT_THAT(shown.agent().no_answer_channels(),
              ElementsAre(v1::CHANNEL_VOICE, v1::CHANNEL_MAIL));
  event.presence_pending = true;
  event.pending = {PresenceState::kNotReady, NotReadyReason::kBreak};
  event.contact_id.Assign("c1");
  event.rank_key_ms = -5;
  event.attempt = 2;
  event.began_after_sequence = 6;
  event.at_once = true;
  shown = ToProto(event);
  EXPECT_EQ(shown.agent().pending().reason(), v1::NOT_READY_REASON_BREAK);
  EXPECT_EQ(shown.contact().rank_key_ms(), -5);
  EXPECT_EQ(shown.reservation().began_after_sequence(), 6U);
  EXPECT_TRUE(shown.reservation().at_once());
}

TEST(ConvertTest, ConfigurationDefaultsAndPresence) {
  v1::Configuration message;
  message.add_agents()->set_id("a");
  v1::ContactQueue* queue = message.add_queues();
  queue->set_name("absent");
  queue = message.add_queues();
  queue->set_name("zero");
  queue->set_offer_timeout_ms(0);
  queue->set_decline_retry_ms(0);
  queue->set_short_abandon_threshold_ms(0);
  queue->mutable_service_level()->set_threshold_ms(1);
  std::vector<Finding> findings;
  const Configuration c = ToDomain(message, &findings);
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_EQ(c.agents[0].grade, AgentGrade::kSenior);
  EXPECT_EQ(c.queues[0].offer_timeout_ms, 20'000);
  EXPECT_EQ(c.queues[0].decline_retry_ms, 60'000);
  EXPECT_EQ(c.queues[0].short_abandon_threshold_ms, 5'000);
  EXPECT_DOUBLE_EQ(c.queues[0].service_level.answered_fraction, 0.8);
  EXPECT_EQ(c.queues[1].offer_timeout_ms, 0);
  EXPECT_EQ(c.queues[1].decline_retry_ms, 0);
  EXPECT_EQ(c.queues[1].short_abandon_threshold_ms, 0);
  EXPECT_DOUBLE_EQ(c.queues[1].service_level.answered_fraction, 0);
}

TEST(ConvertTest, HowAgentsAndContactsAreChosenComesBack) {
  for (int mode = 0; mode < kContactChoiceCount; ++mode) {
    for (int fit = 0; fit < kFitRuleCount; ++fit) {
      Configuration configuration;
      configuration.contact_choice = static_cast<ContactChoice>(mode);
      configuration.segments = {{"gold", 60'000}, {"plain", 0}};
      configuration.queues.resize(2);
      configuration.queues[0].agent_choice.order =
          static_cast<AgentOrder>(mode + fit);
      configuration.queues[1].agent_choice.fit = static_cast<FitRule>(fit);
      std::vector<Finding> findings;
      const Configuration back = ToDomain(ToProto(configuration), &findings);
      EXPECT_THAT(findings, IsEmpty());
      EXPECT_EQ(back.contact_choice, configuration.contact_choice);
      EXPECT_EQ(back.segments, configuration.segments);
      EXPECT_EQ(back.queues, configuration.queues);
    }
  }
}

TEST(ConvertTest, ConfigurationNamesAllThatItCannotExpress) {
  v1::Configuration message;
  message.add_agents()->set_grade(static_cast<v1::AgentGrade>(9));
  message.add_routing_profiles()->add_channels(v1::CHANNEL_UNSPECIFIED);
  v1::ContactQueue* queue = message.add_queues();
  queue->add_channels(v1::CHANNEL_VOICE);
  queue->add_channels(static_cast<v1::Channel>(77));
  queue->add_priority_credits()->set_priority(-1);
  queue->add_priority_credits()->set_priority(2);
  queue->add_priority_credits()->set_priority(2);
  queue->mutable_agent_choice()->set_fit(static_cast<v1::FitRule>(3));
  queue->mutable_agent_choice()->set_order(static_cast<v1::AgentOrder>(5));
  message.set_contact_choice(static_cast<v1::ContactChoice>(4));
  std::vector<Finding> findings;
  ToDomain(message, &findings);
  std::vector<std::string> paths;
  for (const Finding& finding : findings) paths.push_back(finding.path);
  EXPECT_THAT(paths,
              ElementsAre("routing_profiles[0].channels[0]", "agents[0].grade",
                          "queues[0].channels[1]",
                          "queues[0].priority_credits[0].priority",
                          "queues[0].priority_credits[2].priority",
                          "queues[0].agent_choice.fit",
                          "queues[0].agent_choice.order", "contact_choice"));
}

TEST(ConvertTest, ErrorNamesItsField) {
  const v1::Status status =
      ToProto(FieldError(absl::StatusCode::kNotFound, "contact.queue", "gone"));
  EXPECT_EQ(status.code(), 5);
  EXPECT_EQ(status.message(), "contact.queue: gone");
  ASSERT_EQ(status.details_size(), 1);
  v1::FieldViolation violation;
  ASSERT_TRUE(status.details(0).UnpackTo(&violation));
  EXPECT_EQ(violation.field(), "contact.queue");
}

// Trailers above 8 KiB are refused by clients, who then see another error.
TEST(ConvertTest, ErrorsFitIntoATrailer) {
  std::vector<Finding> findings;
  for (int i = 0; i < 5'000; ++i) {
    findings.push_back({Finding::Severity::kError,
                        "queues[" + std::to_string(i) + "].requirement",
                        std::string(300, 'x')});
  }
  std::string accents;
  for (int i = 0; i < 5'000; ++i) accents += "\xC3\xA9";
  const v1::Status status =
      ToProto(FieldError(absl::StatusCode::kInvalidArgument, accents, accents),
              findings);
  const std::size_t base64 = status.ByteSizeLong() * 4 / 3;
  const std::size_t percent_encoded = status.message().size() * 3;
  EXPECT_LT(base64 + percent_encoded, 8'000U);
  ASSERT_EQ(status.details_size(), 2);
  v1::Findings shown;
  ASSERT_TRUE(status.details(1).UnpackTo(&shown));
  EXPECT_GT(shown.findings_size(), 3);
  // Cut between characters: whoever parses it would refuse it otherwise.
  v1::Status back;
  EXPECT_TRUE(back.ParseFromString(status.SerializeAsString()));
}

}  // namespace
}  // namespace relais::server
