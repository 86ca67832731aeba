#include "tests/cases/verbs.h"

#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "tests/cases/configuration_change.h"

namespace relais::cases {
namespace {

// Reads the value of one verb.
using Reader = std::vector<Call> (*)(const Entry&, v1::Configuration*,
                                     YamlParts*);

std::vector<Call> ReadSubmit(const Entry& entry, v1::Configuration*,
                             YamlParts* parts) {
  std::vector<Call> calls;
  for (const YAML::Node& node : parts->OneOrMore(entry.value)) {
    v1::Contact contact;
    parts->Fill(node, entry.key, &contact);
    if (contact.channel() == v1::CHANNEL_UNSPECIFIED) {
      contact.set_channel(v1::CHANNEL_VOICE);
    }
    calls.push_back(
        [contact](Centre* centre) { return centre->Submit(contact); });
  }
  return calls;
}

// A verb that takes ids: `call(centre, id)` for each.
template <typename ForOne>
std::vector<Call> ForEachId(const Entry& entry, YamlParts* parts, ForOne call) {
  std::vector<Call> calls;
  for (const YAML::Node& node : parts->OneOrMore(entry.value)) {
    calls.push_back([call, id = parts->Text(node, entry.key)](Centre* centre) {
      return call(centre, id);
    });
  }
  return calls;
}

std::vector<Call> ReadAbandon(const Entry& entry, v1::Configuration*,
                              YamlParts* parts) {
  return ForEachId(entry, parts, [](Centre* centre, const std::string& id) {
    return centre->Cancel(id, v1::END_REASON_ABANDONED);
  });
}

std::vector<Call> ReadCancel(const Entry& entry, v1::Configuration*,
                             YamlParts* parts) {
  return ForEachId(entry, parts, [](Centre* centre, const std::string& id) {
    return centre->Cancel(id, v1::END_REASON_CANCELLED);
  });
}

std::vector<Call> ReadComplete(const Entry& entry, v1::Configuration*,
                               YamlParts* parts) {
  return ForEachId(entry, parts, [](Centre* centre, const std::string& id) {
    return centre->Complete(id);
  });
}

// An agent's id, or {agent: , contact: }.
std::vector<Call> ReadEndWrapUp(const Entry& entry, v1::Configuration*,
                                YamlParts* parts) {
  std::vector<Call> calls;
  for (const YAML::Node& node : parts->OneOrMore(entry.value)) {
    std::string agent;
    std::string contact;
    if (!node.IsMap()) {
      agent = parts->Text(node, entry.key);
    } else {
      for (const Entry& one :
           parts->Entries(node, entry.key, {"agent", "contact"})) {
        (one.key == "agent" ? agent : contact) =
            parts->Text(one.value, one.key);
      }
    }
    calls.push_back([agent, contact](Centre* centre) {
      return centre->EndWrapUp(agent, contact);
    });
  }
  return calls;
}

std::vector<Call> ReadPresence(const Entry& entry, v1::Configuration*,
                               YamlParts* parts) {
  std::vector<Call> calls;
  for (const Entry& one : parts->Entries(entry.value, entry.key, {})) {
    std::string word = parts->Text(one.value, one.key);
    // "meal until 30min": when the agent says that it will be back.
    constexpr std::string_view kUntil = " until ";
    const std::size_t until = word.find(kUntil);
    DurationMs back_ms = 0;
    if (until != std::string::npos) {
      back_ms = parts->Duration(word.substr(until + kUntil.size()), one.key,
                                one.line);
      word.resize(until);
    }
    std::optional<v1::Presence> presence = PresenceOfWord(word);
    if (!presence.has_value()) {
      parts->Add(one.line, absl::StrCat("presence: ", Quoted(word),
                                        " is no presence; use available, "
                                        "logged_out, not_ready or its reason, "
                                        "such as break"));
      continue;
    }
    if (until != std::string::npos) {
      presence->set_back_at_ms(kCaseBeginMs + back_ms);
    }
    calls.push_back([id = one.key, presence = *presence](Centre* centre) {
      return centre->SetPresence(id, presence);
    });
  }
  return calls;
}

// By agent what is changed: the keys that are given, and no others.
std::vector<Call> ReadChangeAgent(const Entry& entry, v1::Configuration*,
                                  YamlParts* parts) {
  std::vector<Call> calls;
  for (const Entry& one : parts->Entries(entry.value, entry.key, {})) {
    v1::ChangeAgentRequest request;
    parts->Fill(one.value, one.key, request.mutable_agent());
    request.mutable_agent()->set_id(one.key);
    for (const Entry& field : parts->Entries(one.value, one.key, {})) {
      request.add_fields(field.key);
    }
    calls.push_back(
        [request](Centre* centre) { return centre->ChangeAgent(request); });
  }
  return calls;
}

// What an answer names, and what it leaves to the offer that stands.
struct NamedOffer {
  Offered offered;
  bool contact_named = false;
  bool attempt_named = false;
  std::optional<DurationMs> retry_after_ms;

  Offered In(Centre* centre) const {
    Offered result = offered;
    const auto agent = centre->Agent(offered.agent_id);
    if (!agent.has_value()) return result;
    // What is named, or what is reserved, or whatever it holds.
    const v1::HeldContact* meant = nullptr;
    for (const v1::HeldContact& held : agent->held()) {
      if (contact_named && held.contact_id() != offered.contact_id) continue;
      if (meant == nullptr || (meant->state() != v1::WORK_STATE_RESERVED &&
                               held.state() == v1::WORK_STATE_RESERVED)) {
        meant = &held;
      }
    }
    if (meant == nullptr) return result;
    if (!contact_named) result.contact_id = meant->contact_id();
    if (!attempt_named) result.attempt = meant->attempt();
    return result;
  }
};

NamedOffer ReadOffer(const YAML::Node& node, const std::string& what,
                     std::vector<std::string> known, YamlParts* parts) {
  NamedOffer named;
  if (!node.IsMap()) {
    named.offered.agent_id = parts->Text(node, what);
    return named;
  }
  known.insert(known.end(), {"agent", "contact", "attempt"});
  for (const Entry& entry : parts->Entries(node, what, known)) {
    if (entry.key == "agent") {
      named.offered.agent_id = parts->Text(entry.value, entry.key);
    } else if (entry.key == "contact") {
      named.offered.contact_id = parts->Text(entry.value, entry.key);
      named.contact_named = true;
    } else if (entry.key == "attempt") {
      named.offered.attempt = entry.value.as<std::uint64_t>();
      named.attempt_named = true;
    } else {
      named.retry_after_ms = parts->Duration(entry.value, entry.key);
    }
  }
  if (named.offered.agent_id.empty()) {
    parts->Add(LineOf(node), absl::StrCat(what, ": the agent is missing"));
  }
  return named;
}

std::vector<Call> ReadAccept(const Entry& entry, v1::Configuration*,
                             YamlParts* parts) {
  std::vector<Call> calls;
  for (const YAML::Node& node : parts->OneOrMore(entry.value)) {
    calls.push_back(
        [named = ReadOffer(node, entry.key, {}, parts)](Centre* centre) {
          return centre->Accept(named.In(centre));
        });
  }
  return calls;
}

std::vector<Call> ReadDecline(const Entry& entry, v1::Configuration*,
                              YamlParts* parts) {
  std::vector<Call> calls;
  for (const YAML::Node& node : parts->OneOrMore(entry.value)) {
    calls.push_back([named = ReadOffer(node, entry.key, {"retry_after"},
                                       parts)](Centre* centre) {
      return centre->Decline(named.In(centre), named.retry_after_ms);
    });
  }
  return calls;
}

// {agent: , queues: [...]} or {agent: , contact: }.
std::vector<Call> ReadPull(const Entry& entry, v1::Configuration*,
                           YamlParts* parts) {
  std::vector<Call> calls;
  for (const YAML::Node& node : parts->OneOrMore(entry.value)) {
    v1::PullRequest request;
    for (const Entry& one :
         parts->Entries(node, entry.key, {"agent", "queues", "contact"})) {
      if (one.key == "queues") {
        for (const YAML::Node& queue : parts->OneOrMore(one.value)) {
          request.add_queues(parts->Text(queue, one.key));
        }
      } else if (one.key == "agent") {
        request.set_agent_id(parts->Text(one.value, one.key));
      } else {
        request.set_contact_id(parts->Text(one.value, one.key));
      }
    }
    calls.push_back(
        [request](Centre* centre) { return centre->Pull(request); });
  }
  return calls;
}

std::vector<Call> ReadApply(const Entry& entry,
                            v1::Configuration* configuration,
                            YamlParts* parts) {
  for (const Entry& one :
       parts->Entries(entry.value, entry.key, {"change", "remove"})) {
    if (one.key == "change") {
      v1::Configuration change;
      parts->Fill(one.value, one.key, &change);
      ChangeConfiguration(change, configuration);
    } else {
      RemoveFromConfiguration(one.value, parts, configuration);
    }
  }
  return {[whole = *configuration](Centre* centre) {
    return centre->Apply(whole);
  }};
}

const std::vector<std::pair<std::string, Reader>>& Readers() {
  static const auto* const readers =
      new std::vector<std::pair<std::string, Reader>>{
          {"submit", ReadSubmit},     {"abandon", ReadAbandon},
          {"cancel", ReadCancel},     {"complete", ReadComplete},
          {"presence", ReadPresence}, {"accept", ReadAccept},
          {"decline", ReadDecline},   {"end_wrap_up", ReadEndWrapUp},
          {"apply", ReadApply},       {"change_agent", ReadChangeAgent},
          {"pull", ReadPull},
      };
  return *readers;
}

}  // namespace

std::vector<std::string> Verbs() {
  std::vector<std::string> verbs;
  for (const auto& [verb, reader] : Readers()) verbs.push_back(verb);
  return verbs;
}

std::vector<Call> ReadVerb(const Entry& entry, v1::Configuration* configuration,
                           YamlParts* parts) {
  for (const auto& [verb, reader] : Readers()) {
    if (verb == entry.key) return reader(entry, configuration, parts);
  }
  return {};
}

}  // namespace relais::cases
