#include "tests/crash/fleet.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/random.h"

namespace relais::crash {

absl::StatusOr<Fleet> Fleet::Start(const std::string& program,
                                   const std::string& directory, int clients,
                                   std::uint64_t seed) {
  Fleet fleet;
  Random random(seed);
  for (int i = 0; i < clients; ++i) {
    auto client =
        Child::Start({program, absl::StrCat("--as_client=", i),
                      absl::StrCat("--seed=", random.NextUint64()),
                      absl::StrCat("--log=", directory, "/client-", i, ".log")},
                     Child::Told::kOutput);
    if (!client.ok()) return client.status();
    fleet.clients_.push_back(*std::move(client));
  }
  return fleet;
}

void Fleet::Tell(std::uint64_t life, const std::string& address) {
  for (Child& client : clients_) {
    client.Write(absl::StrCat(life, " ", address, "\n"));
  }
}

bool Fleet::Count(Child& client) {
  std::string told;
  if (!client.Read(&told)) return false;
  acknowledged_ += told.size();
  return true;
}

Awaited Fleet::Await(Server& server, std::uint64_t more,
                     std::chrono::steady_clock::time_point until) {
  const std::uint64_t enough = acknowledged_ + more;
  while (acknowledged_ < enough) {
    std::vector<pollfd> waiting;
    waiting.reserve(clients_.size() + 1);
    for (const Child& client : clients_) {
      waiting.push_back({client.told(), POLLIN, 0});
    }
    waiting.push_back({server.child().told(), POLLIN, 0});
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Awaited::kTime;
    if (poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <=
        0) {
      continue;
    }
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (waiting[i].revents != 0 && !Count(clients_[i])) {
        return Awaited::kClientEnded;
      }
    }
    if (waiting.back().revents != 0 && !server.Read()) {
      return Awaited::kServerEnded;
    }
  }
  return Awaited::kEnough;
}

absl::Status Fleet::Stop() {
  for (Child& client : clients_) client.CloseInput();
  absl::Status status;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    while (Count(clients_[i])) {
    }
    const int code = clients_[i].Wait();
    if (code != 0) {
      status.Update(absl::InternalError(
          absl::StrCat("client ", i, " ended with ", code)));
    }
  }
  clients_.clear();
  return status;
}

}  // namespace relais::crash
