// What happens to a relaisd whose disk fails or fills up, whose clock is set,
// and whose agents do not come back; and what a client gets who asks again
// because an answer was lost.

#include <signal.h>
#include <sys/mount.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/client.h"
#include "tests/e2e/process.h"
#include "tests/e2e/restarting_server.h"

namespace relais::e2e {
namespace {

using ::testing::HasSubstr;

class FaultTest : public RestartingServerTest {
 protected:
  v1::GetServerInfoResponse Info() {
    v1::GetServerInfoResponse response;
    const grpc::Status status = Client::Call(
        client_->supervision, &v1::SupervisionService::Stub::GetServerInfo,
        v1::GetServerInfoRequest(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // Asks until it is so; Patience bounds it.
  template <typename Condition>
  static bool Becomes(Condition condition) {
    const auto until = Patience();
    while (std::chrono::system_clock::now() < until) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

// --- A disk that fails -------------------------------------------------------

TEST_F(FaultTest, AFailedWriteOrSyncEndsTheProcessAndNothingAnsweredIsLost) {
  std::vector<std::string> answered;
  int submitted = 0;
  for (const char* fault : {"write-eio:9", "write-full:9", "sync-eio:9"}) {
    SCOPED_TRACE(fault);
    Start({"--storage-fault", fault});
    for (;;) {
      const std::string id = "c" + std::to_string(++submitted);
      ASSERT_LT(submitted, 100) << "it never failed";
      if (!client_->Submit(id).ok()) break;
      answered.push_back(id);
    }
    const Finished finished = server_->Wait();
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(finished.output, HasSubstr("the journal cannot be written"));
    EXPECT_THAT(finished.output, HasSubstr("injected"));
    server_.reset();
    Start();
    for (const std::string& id : answered) {
      EXPECT_EQ(client_->Contact(id).state(), v1::CONTACT_STATE_WAITING) << id;
    }
    Kill();
  }
  EXPECT_GT(answered.size(), 6U);
}

TEST_F(FaultTest, AMistakenStorageFaultIsNamed) {
  const Finished refused =
      RunProgram({RelaisdPath(), "--listen", "127.0.0.1:0", "--journal",
                  journal(), "--storage-fault", "fire:1"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("sync-eio"));
}

// --- A disk that fills up ----------------------------------------------------

class FullDiskTest : public FaultTest {
 protected:
  // A file system of its own, or why not.
  std::string Mount(int mebibytes) {
    const std::string size = "size=" + std::to_string(mebibytes) + "m";
    const auto place = directory_ / "disk";
    std::filesystem::create_directory(place);
    if (mount("relais", place.c_str(), "tmpfs", 0, size.c_str()) != 0) {
      return std::strerror(errno);
    }
    mounted_ = place;
    directory_ = place;
    return "";
  }
  ~FullDiskTest() override {
    server_.reset();
    if (mounted_.empty()) return;
    umount2(mounted_.c_str(), MNT_DETACH);
    directory_ = mounted_.parent_path();
  }
  // Leaves about so much room.
  void Fill(std::uint64_t left_bytes) {
    const auto space = std::filesystem::space(directory_);
    ASSERT_GT(space.available, left_bytes);
    std::ofstream filler(directory_ / "filler", std::ios::app);
    const std::string block(4'096, 'x');
    for (auto left = space.available - left_bytes; left >= block.size();
         left -= block.size()) {
      filler << block;
    }
    ASSERT_TRUE(filler.flush());
  }
  void MakeRoom() { std::filesystem::remove(directory_ / "filler"); }

  std::filesystem::path mounted_;
};

constexpr std::uint64_t kMebibyte = 1024 * 1024;

TEST_F(FullDiskTest, FirstNewContactsThenAllChangesAreRefusedUntilThereIsRoom) {
  // The log alone takes 35 MiB in advance.
  if (const std::string why = Mount(128); !why.empty()) {
    GTEST_SKIP() << "no tmpfs can be mounted here: " << why;
  }
  Start({"--disk-low-mib", "24", "--disk-read-only-mib", "8"});
  EXPECT_EQ(Info().disk_level(), v1::DISK_LEVEL_ENOUGH);
  ASSERT_TRUE(client_->SignIn("anna").ok());
  ASSERT_TRUE(client_->Submit("c1").ok());
  ASSERT_TRUE(client_->Submit("c2").ok());

  Fill(20 * kMebibyte);
  ASSERT_TRUE(
      Becomes([&] { return Info().disk_level() == v1::DISK_LEVEL_LOW; }));
  const grpc::Status refused = client_->Submit("c3");
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("MiB left"));
  EXPECT_TRUE(client_->Submit("c2").ok()) << "it is known already";
  EXPECT_TRUE(client_->Cancel("c2").ok()) << "what is under way goes on";
  EXPECT_TRUE(client_->Serving());

  Fill(5 * kMebibyte);
  ASSERT_TRUE(Becomes([&] { return !client_->Serving(); }));
  EXPECT_EQ(Info().disk_level(), v1::DISK_LEVEL_READ_ONLY);
  for (const grpc::Status& status :
       {client_->Submit("c3"), client_->Cancel("c1"), client_->SignIn("bela"),
        client_->SetPresence("anna", v1::PRESENCE_STATE_LOGGED_OUT)}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  EXPECT_EQ(client_->Contact("c1").state(), v1::CONTACT_STATE_RESERVED);

  MakeRoom();
  ASSERT_TRUE(Becomes([&] { return client_->Serving(); }));
  EXPECT_EQ(Info().disk_level(), v1::DISK_LEVEL_ENOUGH);
  EXPECT_TRUE(client_->Submit("c3").ok());
  server_->Signal(SIGTERM);
  const Finished finished = server_->Wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.output, HasSubstr("new contacts are refused"));
  EXPECT_THAT(finished.output, HasSubstr("NOT_SERVING"));
  EXPECT_THAT(finished.output, HasSubstr("everything is taken again"));
}

TEST_F(FullDiskTest, AFullDiskEndsTheProcessAndNothingAnsweredIsLost) {
  if (const std::string why = Mount(8); !why.empty()) {
    GTEST_SKIP() << "no tmpfs can be mounted here: " << why;
  }
  // With no warning in time.
  Start({"--disk-low-mib", "0", "--disk-read-only-mib", "0"});
  std::vector<std::string> answered;
  for (;;) {
    v1::Contact contact =
        Client::ContactOf("c" + std::to_string(answered.size()));
    (*contact.mutable_attributes())["note"] = std::string(4'000, 'n');
    ASSERT_LT(answered.size(), 5'000U) << "the disk is never full";
    if (!client_->Submit(contact).ok()) break;
    answered.push_back(contact.id());
  }
  const Finished finished = server_->Wait();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.output, HasSubstr("make room"));
  server_.reset();
  // Somebody makes room.
  ASSERT_EQ(mount("relais", mounted_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"),
            0);
  Start({"--disk-low-mib", "0", "--disk-read-only-mib", "0"});
  for (const std::string& id : answered) {
    ASSERT_EQ(client_->Contact(id).state(), v1::CONTACT_STATE_WAITING) << id;
  }
  std::cout << answered.size() << " contacts were answered before\n";
  EXPECT_GT(answered.size(), 10U);
}

// --- A clock that is set -----------------------------------------------------

// Deadlines are 20 to 40 minutes ahead; a clock that went by the wall would let
// all of them expire, or none for an hour.
TEST_F(FaultTest, AWallClockThatIsSetAnHourMovesNoDeadline) {
  Start();
  ASSERT_TRUE(client_->SignIn("anna").ok());
  ASSERT_TRUE(client_->Submit("offered").ok());
  ASSERT_TRUE(client_->Submit("waiting").ok());
  for (const char* offset : {"1h", "-1h"}) {
    SCOPED_TRACE(offset);
    const std::int64_t before_ms = client_->Barrier().now_ms();
    Kill();
    Start({"--wall-offset", offset});
    const std::int64_t after_ms = client_->Barrier().now_ms();
    EXPECT_GE(after_ms, before_ms);
    EXPECT_LT(after_ms, before_ms + 5 * 60'000);
    EXPECT_EQ(client_->Contact("offered").state(), v1::CONTACT_STATE_RESERVED);
    EXPECT_EQ(client_->Contact("waiting").state(), v1::CONTACT_STATE_WAITING);
  }
  server_->Signal(SIGTERM);
  EXPECT_THAT(server_->Wait().output, HasSubstr("the wall clock was set"));
}

// --- Agents who do not come back ---------------------------------------------

TEST_F(FaultTest, WhoDoesNotComeBackIsSignedOutAndTheOfferGoesToAnother) {
  Start();
  ASSERT_TRUE(client_->SignIn("anna").ok());
  ASSERT_TRUE(client_->Submit("c1").ok());
  ASSERT_TRUE(client_->SignIn("bela").ok());
  Kill();
  Start({"--reconnect-time", "1ms"});
  Desk desk(client_.get());
  desk.Attach({"bela"});
  EXPECT_FALSE(desk.NextAnswer().has_error());
  const v1::Offer offer = desk.NextOffer();
  EXPECT_EQ(offer.agent_id(), "bela");
  EXPECT_EQ(offer.contact().id(), "c1");
  EXPECT_EQ(client_->Agent("anna").presence().state(),
            v1::PRESENCE_STATE_LOGGED_OUT);
}

TEST_F(FaultTest, WhoComesBackInTimeKeepsTheOfferAndWhatIsInHandStays) {
  Start();
  ASSERT_TRUE(client_->SignIn("bela").ok());
  ASSERT_TRUE(client_->Submit("held").ok());
  {
    Desk desk(client_.get());
    desk.Attach({"bela"});
    EXPECT_FALSE(desk.NextAnswer().has_error());
    desk.Accept(desk.NextOffer());
    EXPECT_FALSE(desk.NextAnswer().has_error());
  }
  ASSERT_TRUE(client_->SignIn("anna").ok());
  ASSERT_TRUE(client_->Submit("c1").ok());
  Kill();
  Start({"--reconnect-time", "10m"});
  Desk desk(client_.get());
  desk.Attach({"anna"});
  EXPECT_FALSE(desk.NextAnswer().has_error());
  EXPECT_EQ(desk.NextOffer().contact().id(), "c1");
  EXPECT_EQ(client_->Contact("held").state(), v1::CONTACT_STATE_ASSIGNED);
  EXPECT_EQ(client_->Agent("bela").presence().state(),
            v1::PRESENCE_STATE_AVAILABLE);
}

// --- Asking again ------------------------------------------------------------

TEST_F(FaultTest, WhoAsksAgainAfterARestartGetsTheFirstAnswer) {
  Start();
  const std::uint64_t epoch = Info().epoch();
  ASSERT_TRUE(client_->SignIn("anna").ok());
  ASSERT_TRUE(client_->Submit("c1").ok());
  v1::Offer offer;
  {
    Desk desk(client_.get());
    desk.Attach({"anna"});
    EXPECT_FALSE(desk.NextAnswer().has_error());
    offer = desk.NextOffer();
    EXPECT_EQ(offer.epoch(), epoch);
    desk.Accept(offer);
    const v1::Answer first = desk.NextAnswer();
    EXPECT_FALSE(first.has_error());
    EXPECT_FALSE(first.repeated());
  }
  Kill();
  Start();
  EXPECT_EQ(Info().epoch(), epoch + 1);
  Desk desk(client_.get());
  desk.Accept(offer);
  v1::Answer again = desk.NextAnswer();
  EXPECT_FALSE(again.has_error()) << again.ShortDebugString();
  EXPECT_TRUE(again.repeated());

  v1::CompleteContactRequest complete;
  complete.set_contact_id("c1");
  v1::CompleteContactResponse first;
  v1::CompleteContactResponse second;
  constexpr auto kComplete = &v1::ContactService::Stub::CompleteContact;
  ASSERT_TRUE(
      Client::Call(client_->contacts, kComplete, complete, &first).ok());
  Kill();
  Start();
  ASSERT_TRUE(
      Client::Call(client_->contacts, kComplete, complete, &second).ok());
  EXPECT_FALSE(first.repeated());
  EXPECT_TRUE(second.repeated());
  EXPECT_EQ(second.version(), first.version());
  Desk later(client_.get());
  later.Accept(offer);
  again = later.NextAnswer();
  EXPECT_FALSE(again.has_error()) << again.ShortDebugString();
  EXPECT_TRUE(again.repeated());
  // Of what did not happen there is no answer.
  offer.set_attempt(offer.attempt() + 1);
  later.Accept(offer);
  EXPECT_EQ(later.NextAnswer().error().code(),
            grpc::StatusCode::FAILED_PRECONDITION);

  v1::EndWrapUpRequest end;
  end.set_agent_id("anna");
  end.set_contact_id("c1");
  v1::EndWrapUpResponse ended;
  constexpr auto kEnd = &v1::AgentService::Stub::EndWrapUp;
  ASSERT_TRUE(Client::Call(client_->agents, kEnd, end, &ended).ok());
  EXPECT_FALSE(ended.repeated());
  ASSERT_TRUE(Client::Call(client_->agents, kEnd, end, &ended).ok());
  EXPECT_TRUE(ended.repeated());
}

TEST_F(FaultTest, WhatWasNotHandledHasNoWrapUpToRepeat) {
  Start();
  ASSERT_TRUE(client_->Submit("left").ok());
  ASSERT_TRUE(client_->Cancel("left").ok());
  v1::EndWrapUpRequest end;
  end.set_agent_id("anna");
  end.set_contact_id("left");
  v1::EndWrapUpResponse ended;
  EXPECT_EQ(Client::Call(client_->agents, &v1::AgentService::Stub::EndWrapUp,
                         end, &ended)
                .error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(FaultTest, AnAppliedConfigurationIsNotUndoneByTheOneOfTheCommandLine) {
  Start();
  v1::GetConfigurationResponse before;
  constexpr auto kGet = &v1::AdminService::Stub::GetConfiguration;
  ASSERT_TRUE(
      Client::Call(client_->admin, kGet, v1::GetConfigurationRequest(), &before)
          .ok());
  Kill();
  Start();
  v1::GetConfigurationResponse same;
  ASSERT_TRUE(
      Client::Call(client_->admin, kGet, v1::GetConfigurationRequest(), &same)
          .ok());
  EXPECT_EQ(same.configuration_version(), before.configuration_version());
  v1::ApplyConfigurationRequest apply;
  *apply.mutable_configuration() = before.configuration();
  apply.mutable_configuration()->mutable_queues(0)->set_name("loans");
  v1::ApplyConfigurationResponse applied;
  ASSERT_TRUE(Client::Call(client_->admin,
                           &v1::AdminService::Stub::ApplyConfiguration, apply,
                           &applied)
                  .ok());
  Kill();
  Start();
  v1::GetConfigurationResponse after;
  ASSERT_TRUE(
      Client::Call(client_->admin, kGet, v1::GetConfigurationRequest(), &after)
          .ok());
  EXPECT_EQ(after.configuration_version(), applied.configuration_version());
  EXPECT_EQ(after.configuration().queues(0).name(), "loans");
  server_->Signal(SIGTERM);
  EXPECT_THAT(server_->Wait().output, HasSubstr("stays in force"));
}

// What was read of a configuration is there after a kill at any instant.
TEST_F(FaultTest, AConfigurationIsShownOnlyWhenItIsDurable) {
  constexpr auto kGet = &v1::AdminService::Stub::GetConfiguration;
  for (const char* at : {"before-write:4", "before-write:6", "before-sync:5"}) {
    SCOPED_TRACE(at);
    Start();
    Kill();  // so that the next start applies nothing
    Start({"--crash-at", at});
    std::atomic<std::uint64_t> shown{0};
    std::thread reader([this, &shown] {
      Client client(server_->address());
      v1::GetConfigurationResponse got;
      while (
          Client::Call(client.admin, kGet, v1::GetConfigurationRequest(), &got)
              .ok()) {
        shown = got.configuration_version();
      }
    });
    v1::GetConfigurationResponse got;
    EXPECT_TRUE(
        Client::Call(client_->admin, kGet, v1::GetConfigurationRequest(), &got)
            .ok());
    v1::ApplyConfigurationRequest apply;
    *apply.mutable_configuration() = got.configuration();
    v1::ApplyConfigurationResponse applied;
    while (Client::Call(client_->admin,
                        &v1::AdminService::Stub::ApplyConfiguration, apply,
                        &applied)
               .ok()) {
    }
    reader.join();
    EXPECT_EQ(server_->Wait().exit_code, 128 + SIGKILL);
    server_.reset();
    Start();
    EXPECT_TRUE(
        Client::Call(client_->admin, kGet, v1::GetConfigurationRequest(), &got)
            .ok());
    EXPECT_GE(got.configuration_version(), shown.load());
    Kill();
  }
}

TEST_F(FaultTest, ACancelAskedForAgainGetsTheFirstAnswerForTheSameReasonOnly) {
  Start();
  ASSERT_TRUE(client_->Submit("c2").ok());
  ASSERT_TRUE(client_->Cancel("c2", v1::END_REASON_CANCELLED).ok());
  Kill();
  Start();
  v1::CancelContactRequest cancel;
  cancel.set_contact_id("c2");
  cancel.set_reason(v1::END_REASON_CANCELLED);
  v1::CancelContactResponse cancelled;
  constexpr auto kCancel = &v1::ContactService::Stub::CancelContact;
  ASSERT_TRUE(
      Client::Call(client_->contacts, kCancel, cancel, &cancelled).ok());
  EXPECT_TRUE(cancelled.repeated());
  cancel.set_reason(v1::END_REASON_ABANDONED);
  EXPECT_EQ(
      Client::Call(client_->contacts, kCancel, cancel, &cancelled).error_code(),
      grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(FaultTest, AnAnswerToAnOfferOfAnOlderEpochIsRefused) {
  Start();
  ASSERT_TRUE(client_->SignIn("anna").ok());
  ASSERT_TRUE(client_->Submit("c1").ok());
  v1::Offer offer;
  {
    Desk desk(client_.get());
    desk.Attach({"anna"});
    EXPECT_FALSE(desk.NextAnswer().has_error());
    offer = desk.NextOffer();
  }
  Kill();
  Start();
  Desk desk(client_.get());
  desk.Accept(offer);
  const v1::Answer refused = desk.NextAnswer();
  EXPECT_EQ(refused.error().code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error().message(), HasSubstr("pushed again"));
  // It is pushed again, and then the answer counts.
  desk.Attach({"anna"});
  EXPECT_FALSE(desk.NextAnswer().has_error());
  const v1::Offer again = desk.NextOffer();
  EXPECT_EQ(again.attempt(), offer.attempt());
  EXPECT_GT(again.epoch(), offer.epoch());
  desk.Accept(again);
  EXPECT_FALSE(desk.NextAnswer().has_error());
}

}  // namespace
}  // namespace relais::e2e
