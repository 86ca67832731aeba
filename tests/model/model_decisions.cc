// The record of each decision beside what the reference saw to choose between.

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/model/model_run.h"

namespace relais::model {
namespace {

using reference::ComparedAgent;
using reference::ComparedContact;
using reference::Comparison;

bool IsHeld(const ComparedEntry& entry) {
  return entry.of == ComparedEntry::kHeldClass;
}
// Held ones come before all ranks, if there are any.
std::pair<int, std::int64_t> PlaceOf(const ComparedEntry& entry,
                                     const Comparison& seen) {
  return {IsHeld(entry) && seen.orders_queues ? -1 : entry.rank, entry.key};
}
std::pair<int, std::int64_t> PlaceOf(const ComparedContact& contact) {
  return {contact.rank, contact.rank_key_ms};
}

std::string NotTheDecision(const DecisionView& view, const Event& event) {
  const DecisionRecord& record = view.record;
  if (view.contact_id != event.contact_id.view() ||
      view.agent_id != event.agent_id.view() ||
      view.queue != event.queue.view()) {
    return absl::StrCat("names ", view.contact_id, ", ", view.agent_id, ", ",
                        view.queue);
  }
  if (record.contact() != event.contact || record.agent() != event.agent ||
      record.attempt != event.attempt || record.at_ms != event.at_ms ||
      record.configuration_version != event.configuration_version ||
      record.ring != event.ring || record.fit_step != event.fit_step) {
    return "is not of the decision that the event tells";
  }
  const std::size_t entries = std::size_t{record.lanes} + record.agents;
  if (record.lanes == 0 || entries > kComparedPerDecisionMax ||
      view.names.size() != entries) {
    return absl::StrCat("has ", entries, " entries, ", view.names.size(),
                        " named");
  }
  const ComparedEntry& chosen = record.compared[0];
  if (chosen.found != event.lane || chosen.key != event.rank_key_ms ||
      (!IsHeld(chosen) && chosen.of != event.requirement_class)) {
    return "begins with another lane than the chosen contact's";
  }
  if (record.agents > 0 &&
      (record.compared[record.lanes].found != event.agent.slot ||
       record.compared[record.lanes].rank != event.fit_step)) {
    return "begins with another agent than the chosen one";
  }
  return "";
}

std::string WrongContacts(const DecisionRecord& record,
                          const Comparison& seen) {
  const ComparedEntry& chosen = record.compared[0];
  if (PlaceOf(chosen, seen) != PlaceOf(seen.contact)) return "a wrong place";
  for (std::size_t i = 1; i < record.lanes; ++i) {
    const ComparedEntry& entry = record.compared[i];
    if (PlaceOf(entry, seen) < PlaceOf(record.compared[i - 1], seen)) {
      return "lanes are not in their order";
    }
    if (entry.found != ComparedEntry::kNotFound &&
        std::none_of(seen.other_contacts.begin(), seen.other_contacts.end(),
                     [&](const ComparedContact& one) {
                       return PlaceOf(one) == PlaceOf(entry, seen);
                     })) {
      return absl::StrCat("a lane's first contact that did not wait, key ",
                          entry.key);
    }
  }
  const ComparedEntry* next = record.lanes > 1 ? &record.compared[1] : nullptr;
  for (const ComparedContact& one : seen.other_contacts) {
    // Of another channel or boost, or held: of another lane.
    if (one.held == seen.contact.held &&
        (one.held || (one.channel == seen.contact.channel &&
                      one.boost_ms == seen.contact.boost_ms))) {
      continue;
    }
    if (next == nullptr || PlaceOf(*next, seen) > PlaceOf(one)) {
      return absl::StrCat(
          "nothing of a contact that waited: rank ", one.rank, ", key ",
          one.rank_key_ms, ", boost ", one.boost_ms, ", number ", one.number,
          "; the chosen one's rank ", seen.contact.rank, ", key ",
          seen.contact.rank_key_ms, ", boost ", seen.contact.boost_ms,
          ", number ", seen.contact.number, "; lanes ", record.lanes,
          next == nullptr ? "" : absl::StrCat(", next ", next->key));
    }
  }
  DecidingRule rule = DecidingRule::kOnly;
  if (next != nullptr) {
    rule = next->rank > seen.contact.rank         ? DecidingRule::kQueueOrder
           : next->key > seen.contact.rank_key_ms ? DecidingRule::kRankKey
                                                  : DecidingRule::kArrival;
  }
  if (seen.contact.held) rule = DecidingRule::kHeld;
  if (rule != record.contact_rule) {
    return absl::StrCat(
        "rule ", std::string(DecidingRuleName(record.contact_rule)),
        " for the contact, not ", std::string(DecidingRuleName(rule)));
  }
  return "";
}

std::string WrongAgents(const DecisionView& view, const Comparison& seen) {
  const DecisionRecord& record = view.record;
  if (record.agents == 0) {
    return record.agent_rule == (seen.contact.held ? DecidingRule::kHeld
                                                   : DecidingRule::kNone)
               ? ""
               : "a rule without agents";
  }
  const std::size_t first = record.lanes;
  DecidingRule rule = DecidingRule::kOnly;
  for (std::size_t i = first + 1; i < first + record.agents; ++i) {
    const ComparedEntry& before = record.compared[i - 1];
    const ComparedEntry& entry = record.compared[i];
    if (std::pair(-entry.rank, entry.key) < std::pair(-before.rank, before.key))
      return "classes of agents are not in their order";
    if (entry.found == ComparedEntry::kNotFound) {
      if (i == first + 1) {
        rule = entry.rank < seen.agent.fit ? DecidingRule::kFit
                                           : DecidingRule::kAgentOrder;
      }
      continue;
    }
    const std::string id = view.names[i].empty() ? "" : view.names[i][0];
    const auto other =
        std::find_if(seen.other_agents.begin(), seen.other_agents.end(),
                     [&](const ComparedAgent& one) { return one.id == id; });
    if (other == seen.other_agents.end() || other->fit != entry.rank) {
      return absl::StrCat("agent '", id, "', who was not free for it");
    }
    if (std::pair(-other->fit, other->place) <
        std::pair(-seen.agent.fit, seen.agent.place)) {
      return absl::StrCat("agent '", id, "' after one who comes later");
    }
    if (i == first + 1) {
      rule = other->fit != seen.agent.fit       ? DecidingRule::kFit
             : other->place != seen.agent.place ? DecidingRule::kAgentOrder
                                                : DecidingRule::kAgentNumber;
    }
  }
  for (const ComparedAgent& one : seen.other_agents) {
    // Of another fit: of another class.
    if (one.fit == seen.agent.fit) continue;
    if (record.agents < 2 || record.compared[first + 1].rank < one.fit) {
      return absl::StrCat("nothing of agent ", one.id, ", who was free for it");
    }
  }
  return rule == record.agent_rule
             ? ""
             : absl::StrCat(
                   "rule ", std::string(DecidingRuleName(record.agent_rule)),
                   " for the agent, not ", std::string(DecidingRuleName(rule)));
}

std::string NotPulled(const DecisionRecord& record) {
  const bool pulled = record.contact_rule == DecidingRule::kPulled &&
                      record.agent_rule == DecidingRule::kPulled &&
                      record.lanes == 1 && record.agents == 0;
  return pulled ? "" : "does not say that the agent pulled it";
}

}  // namespace

void ModelRun::SameDecisions(const std::vector<Event>& events) {
  // From the first call on, which decides nothing.
  reference_->KeepComparisons();
  const std::vector<Comparison> comparisons = reference_->TakeComparisons();
  std::size_t made = 0;
  for (const Event& event : events) {
    if (event.type != EventType::kReservationCreated) continue;
    const auto view = subject_->DecisionOf(event.contact, event.attempt);
    // A subject of the model's own test.
    if (absl::IsUnimplemented(view.status())) return;
    const std::string of =
        absl::StrCat("the record of ", std::string(event.contact_id.view()),
                     ", attempt ", event.attempt, ", ");
    if (!view.ok()) return Fail(of + view.status().ToString());
    if (made >= comparisons.size() ||
        comparisons[made].contact_id != event.contact_id.view() ||
        comparisons[made].attempt != event.attempt) {
      return Fail(of + "which the reference does not know");
    }
    const Comparison& seen = comparisons[made++];
    std::string wrong = NotTheDecision(*view, event);
    if (seen.pulled) {
      if (wrong.empty()) wrong = NotPulled(view->record);
    } else {
      if (wrong.empty()) wrong = WrongContacts(view->record, seen);
      if (wrong.empty()) wrong = WrongAgents(*view, seen);
    }
    if (!wrong.empty()) return Fail(of + wrong);
    const DecisionRecord& record = view->record;
    ++counts_.contact_rules[static_cast<std::size_t>(record.contact_rule)];
    ++counts_.agent_rules[static_cast<std::size_t>(record.agent_rule)];
  }
}

}  // namespace relais::model
