// Reserves: their fields, and those that starve what they hold back.

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/domain/activity.h"
#include "lib/domain/configuration_checker.h"
#include "lib/domain/error.h"

namespace relais {
namespace {

std::string NameText(Channel channel) {
  return std::string(ChannelName(channel));
}

// The first of the set.
std::string FirstOf(ChannelSet channels) {
  for (int i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    if (Contains(channels, channel)) return NameText(channel);
  }
  return "";
}

}  // namespace

void ConfigurationChecker::CheckReserve(const Reserve& reserve,
                                        const std::string& path) {
  CheckReference(absl::StrCat(path, ".queue"), reserve.queue, queues_, "queue");
  if (static_cast<int>(reserve.channel) >= kChannelCount) {
    Error(absl::StrCat(path, ".channel"),
          absl::StrCat(static_cast<int>(reserve.channel), " is not a channel"));
    return;
  }
  const auto queue = queues_.find(reserve.queue);
  if (queue != queues_.end() &&
      !Contains(configuration_.queues[queue->second].channels,
                reserve.channel)) {
    Error(absl::StrCat(path, ".channel"),
          absl::StrCat(NameText(reserve.channel), " is not accepted by queue ",
                       Quoted(reserve.queue)));
  }
  if (reserve.keep < 1 || reserve.keep > kReserveKeepMax) {
    Error(absl::StrCat(path, ".keep"),
          absl::StrCat(reserve.keep, " is not in 1..", kReserveKeepMax));
  } else if (reserve.resume != 0 && (reserve.resume <= reserve.keep ||
                                     reserve.resume > kReserveKeepMax + 1)) {
    Error(absl::StrCat(path, ".resume"),
          absl::StrCat(reserve.resume, " is not in ", reserve.keep + 1, "..",
                       kReserveKeepMax + 1, ", above keep (0 = one above it)"));
  }
  if (reserve.holds_back == 0) {
    Error(absl::StrCat(path, ".holds_back"),
          "is empty; name at least one channel that has to wait");
  } else if (Contains(reserve.holds_back, reserve.channel)) {
    Error(absl::StrCat(path, ".holds_back"),
          absl::StrCat("has ", NameText(reserve.channel),
                       ", for which the reserve is kept"));
  }
}

void ConfigurationChecker::CheckReserves() {
  const auto& reserves = configuration_.reserves;
  Enter(kReserves, 0);
  CheckCount("reserves", reserves.size(), kReservesMax);
  Index seen;
  for (std::size_t i = 0; i < reserves.size(); ++i) {
    Enter(kReserves, i + 1);
    CheckUnique("reserves", i, "name", reserves[i].name, &seen);
    CheckReserve(reserves[i], absl::StrCat("reserves[", i, "]"));
  }
}

void ConfigurationChecker::CheckStarving(const Reachability& reachability) {
  for (std::size_t i = 0; i < configuration_.reserves.size(); ++i) {
    const Reserve& reserve = configuration_.reserves[i];
    const auto found = queues_.find(reserve.queue);
    if (IsWrong(kReserves, i + 1) || found == queues_.end() ||
        IsWrong(kQueues, found->second + 1)) {
      continue;
    }
    const std::string path = absl::StrCat("reserves[", i, "]");
    Enter(kReserves, i + 1);
    const ContactQueue queue =
        WithActivity(configuration_.queues[found->second], configuration_);
    const CompiledRequirement asks =
        CompileRequirement(reserve.channel, queue.requirement);
    const std::size_t agents =
        reachability.CountMeets(asks, SetOf(reserve.channel));
    const std::string who =
        absl::StrCat("who may take ", NameText(reserve.channel), " of ",
                     Quoted(reserve.queue));
    if (agents == 0) {
      Warn(path, absl::StrCat("keeps nobody: there is no agent ", who));
      continue;
    }
    const bool all_kept = agents <= static_cast<std::size_t>(reserve.keep);
    if (!all_kept && agents >= static_cast<std::size_t>(reserve.ResumeAt())) {
      continue;
    }
    const std::string field =
        absl::StrCat(path, all_kept ? ".keep" : ".resume");
    const std::string why = absl::StrCat(
        all_kept ? reserve.keep : reserve.resume,
        all_kept ? " is all of the " : " is more than the ", agents, " agents ",
        who,
        all_kept ? "; none of them would ever be given what is held back"
                 : "; once they are kept it would never give again");
    const auto starved = static_cast<ChannelSet>(
        reserve.holds_back &
        ~reachability.ChannelsBeside(asks, reserve.channel));
    if (starved == 0 || applied_) {
      Warn(field, why);
    } else {
      Error(field,
            absl::StrCat(why, ", and nobody else has ", FirstOf(starved)));
    }
  }
}

}  // namespace relais
