#include "server/decision_text.h"

#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "relais/v1/configuration.pb.h"
#include "server/relaisctl_text.h"
#include "server/table.h"
#include "server/yaml_message.h"

namespace relais::server {
namespace {

std::string Seconds(std::int64_t milliseconds) {
  return absl::StrFormat("%.1f", static_cast<double>(milliseconds) / 1000);
}

std::string RuleName(v1::DecidingRule rule) {
  return EnumValueShortName(*v1::DecidingRule_descriptor(), rule);
}

std::string WhyContact(const v1::Decision& decision) {
  const auto& lanes = decision.lanes();
  switch (decision.contact_rule()) {
    case v1::DECIDING_RULE_RESTORED:
      return "decided before a restart, which does not keep why";
    case v1::DECIDING_RULE_ONLY:
      return "the first of the only lane with contacts for this agent";
    case v1::DECIDING_RULE_HELD:
      return "it was held for this agent";
    case v1::DECIDING_RULE_QUEUE_ORDER:
      return absl::StrCat("rank ", lanes[0].rank(),
                          " in the agent's order of queues, the next has rank ",
                          lanes[1].rank());
    case v1::DECIDING_RULE_RANK_KEY:
      return absl::StrCat(
          "the smallest rank key, ",
          lanes[1].not_looked_at() ? "at least " : "",
          Seconds(lanes[1].rank_key_ms() - lanes[0].rank_key_ms()),
          " s before the next");
    case v1::DECIDING_RULE_ARRIVAL:
      return "it came before the next, which has the same rank key";
    case v1::DECIDING_RULE_PULLED:
      return "the agent took it itself";
    default:
      return RuleName(decision.contact_rule());
  }
}

std::string WhyAgent(const v1::Decision& decision) {
  const auto& agents = decision.agents();
  switch (decision.agent_rule()) {
    case v1::DECIDING_RULE_RESTORED:
      return "decided before a restart, which does not keep why";
    case v1::DECIDING_RULE_NONE:
      return "it became free, and took the first contact";
    case v1::DECIDING_RULE_ONLY:
      return "no other class of agents had anybody idle for it";
    case v1::DECIDING_RULE_HELD:
      return "the contact was held for it";
    case v1::DECIDING_RULE_FIT:
      return absl::StrCat("fit ", agents[0].fit_step(), ", the next has ",
                          agents[1].fit_step());
    case v1::DECIDING_RULE_AGENT_ORDER:
      return absl::StrCat("first by ",
                          EnumValueShortName(*v1::AgentOrder_descriptor(),
                                             decision.agent_order()),
                          " of those who fit alike");
    case v1::DECIDING_RULE_AGENT_NUMBER:
      return "alike in all with the next, and configured before it";
    case v1::DECIDING_RULE_PULLED:
      return "it took the contact itself";
    default:
      return RuleName(decision.agent_rule());
  }
}

std::string LaneName(const v1::ComparedLane& lane) {
  if (lane.held()) return "held for the agent";
  return lane.queues().empty()
             ? absl::StrCat("requirement class ", lane.requirement_class())
             : absl::StrJoin(lane.queues(), ", ");
}

std::string AgentName(const v1::ComparedAgent& agent) {
  return agent.agent_id().empty()
             ? absl::StrCat("profile class ", agent.profile_class())
             : agent.agent_id();
}

// "idle since ...", "600 s occupied, idle since ...".
std::string PlaceText(const v1::ComparedAgent& agent, v1::AgentOrder order) {
  const std::string since = Instant(agent.since_ms());
  std::string text;
  switch (order) {
    case v1::AGENT_ORDER_LEAST_OCCUPIED:
      text =
          absl::StrCat(agent.order_value(), " s occupied, idle since ", since);
      break;
    case v1::AGENT_ORDER_FEWEST_CONTACTS:
      text = absl::StrCat(agent.order_value(), " contacts, idle since ", since);
      break;
    case v1::AGENT_ORDER_ROUND_ROBIN:
      text =
          absl::StrCat(agent.order_value() == 0 ? "never offered, idle since "
                                                : "last offered ",
                       since);
      break;
    default:
      text = absl::StrCat("idle since ", since);
  }
  if (agent.load_place() != 0) {
    absl::StrAppend(&text, ", ", std::abs(agent.load_place()), " units held");
  }
  return text;
}

}  // namespace

std::string DecisionText(const v1::Decision& decision) {
  std::string text = absl::StrCat(
      "contact ", decision.contact_id(), " of queue ", decision.queue(),
      " to agent ",
      decision.agent_id().empty() ? "(removed)" : decision.agent_id(), ", ",
      Instant(decision.at_ms()), ", attempt ", decision.attempt(), ", ring ",
      decision.ring(), ", fit ", decision.fit_step(),
      ", configuration version ", decision.configuration_version(),
      decision.stands() ? "; it stands" : "; it is over", "\n",
      "why this contact: ", WhyContact(decision), "\n",
      "why this agent: ", WhyAgent(decision), "\n");
  if (decision.lanes_size() > 0) {
    Table table({"first contact of", "rank", "rank key", ""});
    for (const v1::ComparedLane& lane : decision.lanes()) {
      table.Add({LaneName(lane), absl::StrCat(lane.rank()),
                 Instant(lane.rank_key_ms()),
                 lane.not_looked_at() ? "or later, or nobody" : ""});
    }
    absl::StrAppend(&text, "\n", table.Text());
  }
  if (decision.agents_size() > 0) {
    Table table({"first idle agent of its class", "fit", "place", ""});
    for (const v1::ComparedAgent& agent : decision.agents()) {
      table.Add({AgentName(agent), absl::StrCat(agent.fit_step()),
                 PlaceText(agent, decision.agent_order()),
                 agent.not_looked_at() ? "or later, or nobody" : ""});
    }
    absl::StrAppend(&text, "\n", table.Text());
  }
  if (decision.others() > 0) {
    absl::StrAppend(&text, "and ", decision.others(), " that come later\n");
  }
  return text;
}

std::string DecisionsText(const v1::ListDecisionsResponse& response) {
  Table table({"at", "contact", "attempt", "queue", "agent", "contact by",
               "agent by", ""});
  for (const v1::Decision& one : response.decisions()) {
    table.Add({Instant(one.at_ms()), one.contact_id(),
               absl::StrCat(one.attempt()), one.queue(),
               one.agent_id().empty() ? "-" : one.agent_id(),
               RuleName(one.contact_rule()), RuleName(one.agent_rule()),
               one.stands() ? "stands" : ""});
  }
  return table.Text();
}

}  // namespace relais::server
