// What a relaisd with a journal answered is there after it was killed, whenever
// that was: contacts, offers, handling, presence, wrap-up, ids, events.

#include <signal.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/client.h"
#include "tests/e2e/process.h"
#include "tests/e2e/restarting_server.h"

namespace relais::e2e {
namespace {

using ::testing::HasSubstr;

using RecoveryTest = RestartingServerTest;

TEST_F(RecoveryTest, AnAgentsChangeIsKept) {
  Start();
  v1::ChangeAgentRequest request;
  request.mutable_agent()->set_id("anna");
  request.mutable_agent()->set_grade(v1::AGENT_GRADE_EXPERT);
  request.add_fields("grade");
  v1::ChangeAgentResponse response;
  const auto change = [&] {
    return Client::Call(client_->admin, &v1::AdminService::Stub::ChangeAgent,
                        request, &response);
  };
  ASSERT_TRUE(change().ok());
  EXPECT_EQ(response.configuration_version(), 2U);
  const std::uint64_t version = response.version();
  Kill();

  Start();
  EXPECT_EQ(client_->Agent("anna").grade(), v1::AGENT_GRADE_EXPERT);
  EXPECT_EQ(client_->Agent("anna").version(), version);
  // What already holds is answered the same.
  ASSERT_TRUE(change().ok());
  EXPECT_EQ(response.version(), version);
  EXPECT_EQ(response.configuration_version(), 2U);
  request.mutable_agent()->set_grade(v1::AGENT_GRADE_JUNIOR);
  ASSERT_TRUE(change().ok());
  EXPECT_EQ(response.configuration_version(), 3U);
}

TEST_F(RecoveryTest, EverythingIsWhereItWasAnswered) {
  Start();
  {
    Desk desk(client_.get());
    desk.Attach({"anna", "bela"});
    EXPECT_FALSE(desk.NextAnswer().has_error());
    ASSERT_TRUE(client_->SignIn("anna").ok());
    ASSERT_TRUE(client_->Submit("c1").ok());
    desk.Accept(desk.NextOffer());
    EXPECT_FALSE(desk.NextAnswer().has_error());
    ASSERT_TRUE(client_->SignIn("bela").ok());
    ASSERT_TRUE(client_->Submit("c2").ok());
    EXPECT_EQ(desk.NextOffer().contact().id(), "c2");
    for (const char* id : {"c3", "c4"}) ASSERT_TRUE(client_->Submit(id).ok());
    ASSERT_TRUE(client_->Cancel("c4").ok());
  }
  const std::uint64_t last = client_->Barrier().event_sequence();
  const v1::AgentSnapshot anna = client_->Agent("anna");
  Kill();

  Start();
  EXPECT_EQ(client_->Contact("c1").state(), v1::CONTACT_STATE_ASSIGNED);
  EXPECT_EQ(client_->Contact("c1").agent_id(), "anna");
  EXPECT_EQ(client_->Contact("c2").state(), v1::CONTACT_STATE_RESERVED);
  EXPECT_EQ(client_->Contact("c3").state(), v1::CONTACT_STATE_WAITING);
  EXPECT_EQ(client_->Contact("c3").contact().attributes().at("caller"),
            "caller of c3");
  EXPECT_EQ(client_->Contact("c4").state(), v1::CONTACT_STATE_ENDED);
  EXPECT_EQ(client_->Agent("anna").work_state(), anna.work_state());
  EXPECT_EQ(client_->Agent("anna").version(), anna.version());
  EXPECT_EQ(client_->Agent("anna").idle_since_ms(), anna.idle_since_ms());
  // A retry of what was answered gets the first answer.
  v1::SubmitContactResponse again;
  ASSERT_TRUE(client_->Submit(Client::ContactOf("c3"), &again).ok());
  EXPECT_TRUE(again.repeated());
  ASSERT_TRUE(client_->Submit(Client::ContactOf("c4"), &again).ok());
  EXPECT_TRUE(again.repeated());

  // The offer still stands, and work goes on.
  Desk desk(client_.get());
  desk.Attach({"anna", "bela"});
  EXPECT_FALSE(desk.NextAnswer().has_error());
  const v1::Offer offer = desk.NextOffer();
  EXPECT_EQ(offer.contact().id(), "c2");
  desk.Accept(offer);
  EXPECT_FALSE(desk.NextAnswer().has_error());
  ASSERT_TRUE(client_->Complete("c1").ok());
  EXPECT_EQ(client_->Agent("anna").work_state(), v1::WORK_STATE_WRAP_UP);

  // Events are one stream, without a gap, over both lives.
  const std::uint64_t now = client_->Barrier().event_sequence();
  EXPECT_GT(now, last);
  const std::vector<v1::Event> events = client_->Events(1, now);
  ASSERT_EQ(events.size(), now);
  for (std::uint64_t i = 0; i < now; ++i) {
    EXPECT_EQ(events[i].sequence(), i + 1);
  }
}

TEST_F(RecoveryTest, ASecondProcessIsRefused) {
  Start();
  const Finished second = RunProgram(
      {RelaisdPath(), "--listen", "127.0.0.1:0", "--journal", journal()});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.output, HasSubstr("another process has it open"));
  EXPECT_TRUE(client_->Submit("c1").ok()) << "the first goes on";
}

TEST_F(RecoveryTest, AMistakenCrashPointIsNamed) {
  const Finished refused =
      RunProgram({RelaisdPath(), "--listen", "127.0.0.1:0", "--journal",
                  journal(), "--crash-at", "lunch:1"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("before-write"));
}

// At each point in turn, early and late: whatever was answered before is there
// afterwards, and each id is a contact once.
TEST_F(RecoveryTest, WhatWasAnsweredSurvivesEachCrashPoint) {
  int submitted = 0;
  std::vector<std::string> answered;
  for (const char* point : {"before-write", "after-write", "before-sync",
                            "after-sync", "before-publish", "after-publish",
                            "before-acknowledge", "after-acknowledge"}) {
    for (const int at : {4, 23}) {
      SCOPED_TRACE(std::string(point) + ":" + std::to_string(at));
      Start({"--crash-at", std::string(point) + ":" + std::to_string(at)});
      std::string unanswered;
      for (int i = 0; i < 100 && unanswered.empty(); ++i) {
        const std::string id = "c" + std::to_string(++submitted);
        if (client_->Submit(id).ok()) {
          answered.push_back(id);
        } else {
          unanswered = id;
        }
      }
      ASSERT_NE(unanswered, "") << "it was never killed";
      EXPECT_EQ(server_->Wait().exit_code, 128 + SIGKILL);
      server_.reset();

      Start();
      for (const std::string& id : answered) {
        EXPECT_EQ(client_->Contact(id).state(), v1::CONTACT_STATE_WAITING)
            << id;
      }
      v1::SubmitContactResponse again;
      ASSERT_TRUE(client_->Submit(Client::ContactOf(unanswered), &again).ok());
      answered.push_back(unanswered);
      const std::uint64_t now = client_->Barrier().event_sequence();
      const std::vector<v1::Event> events = client_->Events(1, now);
      ASSERT_EQ(events.size(), now);
      std::size_t submits = 0;
      for (const v1::Event& event : events) {
        submits += event.type() == v1::EVENT_TYPE_CONTACT_SUBMITTED ? 1 : 0;
      }
      EXPECT_EQ(submits, answered.size());
      Kill();
    }
  }
}

}  // namespace
}  // namespace relais::e2e
