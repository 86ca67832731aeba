#include "bench/load/interruption_audit.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace relais::load {

namespace {

using Held = std::pair<const std::string, HeldFold>;

// In the order in which they were reserved.
std::vector<const Held*> InOrder(const AgentFold& agent) {
  std::vector<const Held*> held;
  held.reserve(agent.held.size());
  for (const Held& one : agent.held) held.push_back(&one);
  std::sort(held.begin(), held.end(), [](const Held* a, const Held* b) {
    return a->second.reserved_sequence < b->second.reserved_sequence;
  });
  return held;
}

bool IsAtWork(const HeldFold& held) {
  return held.state == v1::WORK_STATE_HANDLING && !held.interrupted;
}

// Whether something that is (or is not) interrupted may interrupt it.
bool GivesWay(const Rules& rules, const std::string& agent_id,
              const AgentFold& agent, const HeldFold& held, bool interrupted) {
  return std::any_of(
      agent.held.begin(), agent.held.end(), [&](const Held& one) {
        const HeldFold& other = one.second;
        return other.state == v1::WORK_STATE_HANDLING &&
               other.interrupted == interrupted &&
               rules.MayInterrupt(agent_id, other.channel, held.channel);
      });
}

// The contact that has to give way now; empty: none.
std::string NextToInterrupt(const Rules& rules, const std::string& agent_id,
                            const AgentFold& agent) {
  int units = 0;
  std::vector<std::string> may_give_way;
  for (const Held* one : InOrder(agent)) {
    const HeldFold& held = one->second;
    if (held.state == v1::WORK_STATE_RESERVED || held.interrupted) continue;
    units += held.units;
    if (IsAtWork(held) && GivesWay(rules, agent_id, agent, held, false)) {
      may_give_way.push_back(one->first);
    }
  }
  if (units <= rules.CapacityOf(agent_id) || may_give_way.empty()) return "";
  if (may_give_way.size() > 1 && may_give_way.back() == agent.accepted_id) {
    may_give_way.pop_back();
  }
  return may_give_way.back();
}

// The contact that is resumed next; empty: none.
std::string NextToResume(const Rules& rules, const std::string& agent_id,
                         const AgentFold& agent) {
  int others = 0;
  for (const auto& [id, held] : agent.held) {
    if (!held.interrupted) others += held.units;
  }
  for (const Held* one : InOrder(agent)) {
    const HeldFold& held = one->second;
    if (held.interrupted && !GivesWay(rules, agent_id, agent, held, true) &&
        (others == 0 || others + held.units <= rules.CapacityOf(agent_id))) {
      return one->first;
    }
  }
  return "";
}

}  // namespace

std::string WrongInterruption(const Rules& rules, const Fold& fold,
                              const v1::Event& event, bool exact) {
  const bool resumed = event.type() == v1::EVENT_TYPE_CONTACT_RESUMED;
  const std::string& agent_id = event.agent().id();
  const std::string& id = event.contact().id();
  const AgentFold* agent = fold.FindAgent(agent_id);
  const auto wrong = [&](const std::string& why) {
    return absl::StrCat("event ", event.sequence(), ": ", id, " of ", agent_id,
                        resumed ? " was resumed" : " was interrupted", ", ",
                        why);
  };
  if (agent == nullptr || !agent->held.contains(id)) {
    return wrong("which the agent does not hold");
  }
  const HeldFold& held = agent->held.at(id);
  if (held.state != v1::WORK_STATE_HANDLING || held.interrupted != resumed) {
    return wrong(resumed ? "which was not interrupted"
                         : "which the agent is not at");
  }
  if (!exact) return "";
  const std::string right = resumed ? NextToResume(rules, agent_id, *agent)
                                    : NextToInterrupt(rules, agent_id, *agent);
  if (right == id) return "";
  return wrong(right.empty() ? "which nothing asks for"
                             : absl::StrCat("it is the turn of ", right));
}

std::string MissedInterruption(const Rules& rules, const std::string& agent_id,
                               const AgentFold& agent) {
  std::string missed = NextToInterrupt(rules, agent_id, agent);
  if (!missed.empty()) {
    return absl::StrCat(missed, " is not interrupted, though ", agent_id,
                        " is at more than its capacity");
  }
  missed = NextToResume(rules, agent_id, agent);
  if (missed.empty()) return "";
  return absl::StrCat(missed, " is not resumed, though ", agent_id,
                      " has room for it");
}

}  // namespace relais::load
