#include "tests/reference/centre.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace relais::reference {
namespace {

std::string Text(std::string_view value) { return std::string(value); }

std::string PresenceText(const Presence& presence) {
  std::string text = Text(PresenceStateName(presence.state));
  if (presence.reason != NotReadyReason::kNone) {
    absl::StrAppend(&text, "/", Text(NotReadyReasonName(presence.reason)));
  }
  return text;
}

std::vector<std::string> Split(const std::string& command) {
  std::istringstream stream(command);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

ContactQueue MakeQueue(const std::string& name) {
  ContactQueue queue;
  queue.name = name;
  queue.channels = 0xFF;
  queue.offer_timeout_ms = 20'000;
  queue.wrap_up_ms = 10'000;
  queue.decline_retry_ms = 60'000;
  queue.handling_lease_ms = 3'600'000;
  return queue;
}

std::int64_t Number(const std::string& word) {
  return std::strtoll(word.c_str(), nullptr, 10);
}

}  // namespace

Configuration BankConfiguration() {
  Configuration configuration;
  configuration.name = "bank";
  configuration.skills = {{"french", ""}, {"english", ""}};
  configuration.routing_profiles = {{"all", 0xFF},
                                    {"writes", SetOf(Channel::kEmail)}};
  configuration.agents = {
      {"ann", AgentGrade::kExpert, "all", {{"french", 9}, {"english", 9}}},
      {"bob", AgentGrade::kJunior, "all", {{"french", 5}}},
      {"cem", AgentGrade::kSenior, "all", {{"french", 5}, {"english", 5}}},
      {"dot", AgentGrade::kSenior, "writes", {{"french", 5}}}};
  ContactQueue at_once = MakeQueue("auto");
  at_once.offer_timeout_ms = 0;
  at_once.wrap_up_ms = 0;
  ContactQueue limited = MakeQueue("limited");
  limited.wrap_up_ms = 0;
  limited.wait_limit_ms = 30'000;
  limited.decline_retry_ms = 30'000;
  ContactQueue french = MakeQueue("french");
  french.requirement.all_of = {{"french", 4}};
  ContactQueue english = MakeQueue("english");
  english.requirement.all_of = {{"english", 5}};
  configuration.queues = {MakeQueue("main"), at_once, limited, french, english};
  return configuration;
}

std::string ShortRefusal(const absl::Status& status) {
  const std::string code = absl::StatusCodeToString(status.code());
  const std::string path = FieldPathOf(status);
  return path.empty() ? code : absl::StrCat(code, " ", path);
}

std::string ShortEvent(const Event& event) {
  const std::string contact = Text(event.contact_id.view());
  const std::string agent = Text(event.agent_id.view());
  switch (event.type) {
    case EventType::kConfigurationApplied:
      return absl::StrCat("applied ", event.configuration_version);
    case EventType::kContactSubmitted:
      return "submitted " + contact;
    case EventType::kContactEnded:
      return absl::StrCat(
          "ended ", contact, " ", Text(EndReasonName(event.end_reason)),
          agent.empty() ? ""
                        : absl::StrCat(" ", agent, " ",
                                       Text(WorkStateName(event.work_state))));
    case EventType::kReservationCreated:
      return absl::StrCat("reserved ", contact, " ", agent);
    case EventType::kReservationAccepted:
      return absl::StrCat("accepted ", contact, " ", agent);
    case EventType::kReservationDeclined:
      return absl::StrCat("declined ", contact, " ", agent);
    case EventType::kReservationNoAnswer:
      return absl::StrCat("unanswered ", contact, " ", agent);
    case EventType::kReservationRescinded:
      return absl::StrCat("rescinded ", contact, " ", agent);
    case EventType::kPresenceChanged:
      return absl::StrCat(
          "presence ", agent, " ", PresenceText(event.presence),
          event.presence_pending
              ? absl::StrCat(" then ", PresenceText(event.pending))
              : "");
    case EventType::kWrapUpEnded:
      if (event.work_state != WorkState::kIdle) {
        return absl::StrCat("wrapped ", contact, " ", agent);
      }
      return absl::StrCat("idle ", agent, " ", PresenceText(event.presence));
    case EventType::kAgentChanged:
      return absl::StrCat("changed ", agent);
    case EventType::kAgentRemoved:
      return "removed " + agent;
    case EventType::kContactWidened:
      return absl::StrCat("widened ", contact, " ", event.ring);
    case EventType::kContactHoldEnded:
      return absl::StrCat("hold ended ", contact);
    case EventType::kContactInterrupted:
      return absl::StrCat("interrupted ", contact, " ", agent);
    case EventType::kContactResumed:
      return absl::StrCat("resumed ", contact, " ", agent);
    case EventType::kNone:
      break;
  }
  return "none";
}

Centre::Centre(const RouterFactory& factory, RouterOptions options,
               Configuration configuration)
    : first_(configuration), configuration_(std::move(configuration)) {
  options.observer = &recorder_;
  auto router = factory.create(options);
  if (!router.ok()) {
    ADD_FAILURE() << "Create: " << router.status();
    std::abort();
  }
  router_ = std::move(*router);
  const std::string applied = Do(0, "apply");
  EXPECT_EQ(applied, "applied 1");
}

std::vector<Event> Centre::Drain() {
  router_->DrainEvents();
  EXPECT_GE(router_->Committed(), ticket_) << "drained, yet not committed";
  std::vector<Event> taken = recorder_.Take();
  events_.insert(events_.end(), taken.begin(), taken.end());
  return taken;
}

std::string Centre::Do(InstantMs now_ms, const std::string& command) {
  const absl::Status status = Run(now_ms, Split(command));
  std::string answer;
  for (const Event& event : Drain()) {
    absl::StrAppend(&answer, answer.empty() ? "" : "; ", ShortEvent(event));
  }
  if (status.ok()) return answer;
  EXPECT_EQ(answer, "") << "a refused call handed over events: " << command;
  return ShortRefusal(status);
}

absl::Status Centre::Keep(const absl::StatusOr<Outcome>& outcome) {
  if (outcome.ok()) ticket_ = outcome->ticket;
  return outcome.status();
}

ContactHandle Centre::Contact(const std::string& id) {
  for (auto entry = handles_.rbegin(); entry != handles_.rend(); ++entry) {
    if (entry->first == id) return entry->second;
  }
  return {0x7F'FFFF, 0x7FFF'FFFF'FFFF};
}

AgentHandle Centre::Agent(const std::string& id) {
  const auto found = router_->FindAgent(id);
  return found.ok() ? *found : AgentHandle{0xFFFF, 0x7FFF'FFFF};
}

AgentView Centre::ViewOf(const std::string& agent_id) {
  const auto view = router_->GetAgent(Agent(agent_id));
  EXPECT_TRUE(view.ok()) << view.status();
  return view.value_or(AgentView{});
}

absl::Status Centre::Run(InstantMs now_ms, const Words& words) {
  const std::string& verb = words[0];
  if (verb == "submit") return Submit(now_ms, words);
  if (verb == "abandon") {
    return Keep(
        router_->Cancel(Contact(words[1]), EndReason::kAbandoned, now_ms));
  }
  if (verb == "cancel") {
    return Keep(
        router_->Cancel(Contact(words[1]), EndReason::kCancelled, now_ms));
  }
  if (verb == "complete") {
    return Keep(router_->Complete(Contact(words[1]), now_ms));
  }
  if (verb == "accept" || verb == "decline" || verb == "stale") {
    return Answer(now_ms, words);
  }
  if (verb == "wrapped") {
    return Keep(router_->EndWrapUp(Agent(words[1]),
                                   words.size() > 2 ? words[2] : "", now_ms));
  }
  if (verb == "run") {
    router_->RunDue(now_ms, words.size() > 1
                                ? static_cast<std::size_t>(Number(words[1]))
                                : std::numeric_limits<std::size_t>::max());
    return absl::OkStatus();
  }
  if (verb == "apply") {
    const auto outcome = router_->Apply(configuration_, now_ms);
    if (!outcome.ok()) return outcome.status();
    for (const Finding& finding : outcome->findings) {
      if (finding.severity == Finding::Severity::kError) {
        return absl::InvalidArgumentError(finding.path);
      }
    }
    ticket_ = outcome->ticket;
    return absl::OkStatus();
  }
  if (EditChoice(words)) return absl::OkStatus();
  if (verb == "drop" || verb == "list" || verb == "level") return Edit(words);
  if (verb == "capacity" || verb == "cost" || verb == "most" ||
      verb == "load" || verb == "interrupts") {
    return EditCapacity(words);
  }
  return SetPresence(now_ms, words);
}

absl::Status Centre::Submit(InstantMs now_ms, const Words& words) {
  ContactSpec spec;
  spec.id = words[1];
  spec.queue = words[2];
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.rfind("priority=", 0) == 0) {
      spec.priority = static_cast<int>(Number(word.substr(9)));
    } else if (word.rfind("segment=", 0) == 0) {
      spec.segment = word.substr(8);
    } else if (word.rfind("skill=", 0) == 0) {
      const std::size_t colon = word.find(':');
      spec.requirement.all_of.push_back(
          {word.substr(6, colon - 6),
           static_cast<int>(Number(word.substr(colon + 1)))});
    } else if (!ParseChannel(word, &spec.channel)) {
      ADD_FAILURE() << "not understood: " << word;
    }
  }
  const auto outcome = router_->Submit(spec, now_ms);
  if (!outcome.ok()) return outcome.status();
  handles_.emplace_back(spec.id, outcome->contact);
  ticket_ = outcome->ticket;
  return absl::OkStatus();
}

absl::Status Centre::Answer(InstantMs now_ms, const Words& words) {
  if (words[0] == "stale") {
    return Keep(router_->Accept(Agent(words[2]), Contact(words[3]),
                                static_cast<std::uint64_t>(Number(words[4])),
                                now_ms));
  }
  // "accept ann [c1]", "decline ann [c1] [retry]": the first reserved if no
  // contact is named, or any if none is.
  const AgentView view = ViewOf(words[1]);
  const bool named = words.size() > 2 && words[2][0] == 'c';
  HeldContact held;
  for (const HeldContact& one : view.held) {
    if (named ? one.contact_id == words[2]
              : one.state == WorkState::kReserved || view.held.size() == 1) {
      held = one;
      break;
    }
  }
  const ContactHandle contact = Contact(held.contact_id);
  if (words[0] == "accept") {
    return Keep(router_->Accept(view.handle, contact, held.attempt, now_ms));
  }
  std::optional<DurationMs> retry;
  const std::size_t at = named ? 3 : 2;
  if (words.size() > at) retry = Number(words[at]);
  return Keep(
      router_->Decline(view.handle, contact, held.attempt, retry, now_ms));
}

absl::Status Centre::SetPresence(InstantMs now_ms, const Words& words) {
  Presence presence;
  if (words[0] == "available") {
    presence.state = PresenceState::kAvailable;
  } else if (words[0] == "break" || words[0] == "meal") {
    presence.state = PresenceState::kNotReady;
    presence.reason =
        words[0] == "meal" ? NotReadyReason::kMeal : NotReadyReason::kBreak;
  } else if (words[0] != "logout") {
    ADD_FAILURE() << "not understood: " << words[0];
  }
  return Keep(router_->SetPresence(Agent(words[1]), presence, now_ms));
}

bool Centre::EditChoice(const Words& words) {
  const std::string& verb = words[0];
  const auto queue = [&]() -> ContactQueue& {
    for (ContactQueue& one : configuration_.queues) {
      if (one.name == words[1]) return one;
    }
    ADD_FAILURE() << "no queue is called " << words[1];
    return configuration_.queues[0];
  };
  if (verb == "mode") {
    configuration_.contact_choice =
        words[1] == "strict"     ? ContactChoice::kStrict
        : words[1] == "deadline" ? ContactChoice::kDeadline
                                 : ContactChoice::kAged;
  } else if (verb == "segment") {
    std::erase_if(configuration_.segments,
                  [&](const auto& one) { return one.name == words[1]; });
    configuration_.segments.push_back({words[1], Number(words[2])});
  } else if (verb == "threshold") {
    queue().service_level.threshold_ms = Number(words[2]);
  } else if (verb == "fit") {
    queue().agent_choice.fit = words[2] == "least_over_qualified"
                                   ? FitRule::kLeastOverQualified
                                   : FitRule::kBestFit;
  } else if (verb == "ranks") {
    for (RoutingProfile& profile : configuration_.routing_profiles) {
      if (profile.name != words[1]) continue;
      profile.queue_order.clear();
      for (std::size_t i = 2; i < words.size(); ++i) {
        std::istringstream names(words[i]);
        QueueRank& rank = profile.queue_order.emplace_back();
        for (std::string name; std::getline(names, name, ',');) {
          rank.queues.push_back(name);
        }
      }
    }
  } else if (verb == "order") {
    const std::vector<std::string> names = {"longest_idle", "least_occupied",
                                            "fewest_contacts", "round_robin"};
    const auto found = std::find(names.begin(), names.end(), words[2]);
    EXPECT_NE(found, names.end()) << "not understood: " << words[2];
    queue().agent_choice.order = static_cast<AgentOrder>(found - names.begin());
  } else {
    return false;
  }
  return true;
}

absl::Status Centre::EditCapacity(const Words& words) {
  for (RoutingProfile& profile : configuration_.routing_profiles) {
    if (profile.name != words[1]) continue;
    if (words[0] == "capacity") {
      profile.capacity_units = static_cast<int>(Number(words[2]));
    } else if (words[0] == "load") {
      profile.load_order =
          words[2] == "pack" ? LoadOrder::kPack : LoadOrder::kSpread;
    } else if (words[0] == "interrupts") {
      Channel first = Channel::kVoice;
      Channel other = Channel::kVoice;
      if (!ParseChannel(words[2], &first) || !ParseChannel(words[3], &other)) {
        ADD_FAILURE() << "not understood: " << words[2] << " " << words[3];
      }
      profile.may_interrupt[static_cast<std::size_t>(first)] |= SetOf(other);
    } else {
      Channel channel = Channel::kVoice;
      if (!ParseChannel(words[2], &channel)) {
        ADD_FAILURE() << "not understood: " << words[2];
      }
      auto& of = words[0] == "cost" ? profile.cost_units : profile.contacts_max;
      of[static_cast<std::size_t>(channel)] =
          static_cast<int>(Number(words[3]));
    }
  }
  return absl::OkStatus();
}

absl::Status Centre::Edit(const Words& words) {
  const std::string& what = words[1];
  const std::string& name = words[2];
  if (words[0] == "level") {
    for (AgentConfiguration& agent : configuration_.agents) {
      if (agent.id != what) continue;
      std::erase_if(agent.skills,
                    [&](const AgentSkill& held) { return held.skill == name; });
      agent.skills.push_back({name, static_cast<int>(Number(words[3]))});
    }
    return absl::OkStatus();
  }
  if (what == "agent") {
    std::erase_if(configuration_.agents,
                  [&](const auto& agent) { return agent.id == name; });
    for (const AgentConfiguration& agent : first_.agents) {
      if (words[0] == "list" && agent.id == name) {
        configuration_.agents.push_back(agent);
      }
    }
    return absl::OkStatus();
  }
  std::erase_if(configuration_.queues,
                [&](const auto& queue) { return queue.name == name; });
  for (const ContactQueue& queue : first_.queues) {
    if (words[0] == "list" && queue.name == name) {
      configuration_.queues.push_back(queue);
    }
  }
  return absl::OkStatus();
}

}  // namespace relais::reference
