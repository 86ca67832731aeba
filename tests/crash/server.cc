#include "tests/crash/server.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace relais::crash {

absl::StatusOr<Server> Server::Start(const ServerOptions& options,
                                     const std::string& crash_at) {
  std::vector<std::string> words = {
      options.relaisd,       "--listen",  "127.0.0.1:0",  "--config",
      options.configuration, "--journal", options.journal};
  words.insert(words.end(), options.flags.begin(), options.flags.end());
  if (!crash_at.empty()) words.insert(words.end(), {"--crash-at", crash_at});
  auto child = Child::Start(words, Child::Told::kErrors);
  if (!child.ok()) return child.status();
  return Server(*std::move(child));
}

bool Server::Await(const std::string& words) {
  std::size_t at = said_.find(words);
  while (at == std::string::npos || said_.find('\n', at) == std::string::npos) {
    if (!Read()) return false;
    at = said_.find(words);
  }
  return true;
}

std::optional<std::string> Server::AwaitAddress() {
  const std::string words = " serves on ";
  if (!Await(words)) return std::nullopt;
  start_time_ = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began_);
  const std::size_t at = said_.find(words) + words.size();
  return said_.substr(at, said_.find('\n', at) - at);
}

bool Server::AwaitRecovered() { return Await(" recovered, after event "); }

absl::StatusOr<std::string> HelpOf(const std::string& relaisd) {
  auto child = Child::Start({relaisd, "--help"}, Child::Told::kOutput);
  if (!child.ok()) return child.status();
  std::string help;
  while (child->Read(&help)) {
  }
  if (child->Wait() != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(relaisd, ": --help failed; is it a relaisd?"));
  }
  return help;
}

std::vector<std::string> CrashPointsIn(const std::string& help) {
  std::vector<std::string> points;
  for (const char* what : {"write", "sync", "publish", "acknowledge"}) {
    for (const char* when : {"before", "after"}) {
      std::string point = absl::StrCat(when, "-", what);
      if (absl::StrContains(help, point)) points.push_back(std::move(point));
    }
  }
  return points;
}

}  // namespace relais::crash
