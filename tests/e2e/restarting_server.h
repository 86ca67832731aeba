// A relaisd that is ended and started again on one journal.

#ifndef RELAIS_TESTS_E2E_RESTARTING_SERVER_H_
#define RELAIS_TESTS_E2E_RESTARTING_SERVER_H_

#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/e2e/client.h"
#include "tests/e2e/process.h"

namespace relais::e2e {

// Deadlines far behind any test's end.
inline constexpr char kTwoAgents[] = R"(
skills: [{name: accounts}]
routing_profiles: [{name: telephone, channels: [voice]}]
agents:
  - {id: anna, routing_profile: telephone, skills: [{skill: accounts, level: 5}]}
  - {id: bela, routing_profile: telephone, skills: [{skill: accounts, level: 5}]}
queues:
  - name: accounts
    channels: [voice]
    requirement: {all_of: [{skill: accounts}]}
    offer_timeout_ms: 20min
    wrap_up_ms: 30min
    wait_limit_ms: 40min
)";

class RestartingServerTest : public ::testing::Test {
 protected:
  RestartingServerTest() {
    std::string name =
        (std::filesystem::temp_directory_path() / "relais-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~RestartingServerTest() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string journal() const { return (directory_ / "journal").string(); }
  void Start(std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--journal", journal()});
    server_ = std::make_unique<Relaisd>(kTwoAgents, flags);
    client_ = std::make_unique<Client>(server_->address());
  }
  void Kill() {
    server_->Signal(SIGKILL);
    EXPECT_EQ(server_->Wait().exit_code, 128 + SIGKILL);
    server_.reset();
  }

  std::filesystem::path directory_;
  std::unique_ptr<Relaisd> server_;
  std::unique_ptr<Client> client_;
};

}  // namespace relais::e2e

#endif  // RELAIS_TESTS_E2E_RESTARTING_SERVER_H_
