#include <cstddef>
#include <string>
#include <vector>

#include "lib/policy/agent_order.h"
#include "server/convert.h"
#include "server/wire_enum.h"

namespace relais::server {
namespace {

static_assert(static_cast<int>(DecidingRule::kPulled) + 1 ==
              v1::DECIDING_RULE_PULLED);
static_assert(static_cast<int>(DecidingRule::kPulled) + 1 ==
              kDecidingRuleCount);

void AddLane(const ComparedEntry& entry, const std::vector<std::string>& names,
             v1::Decision* decision) {
  v1::ComparedLane* lane = decision->add_lanes();
  for (const std::string& name : names) lane->add_queues(name);
  lane->set_held(entry.of == ComparedEntry::kHeldClass);
  lane->set_rank(entry.rank);
  lane->set_rank_key_ms(entry.key);
  lane->set_not_looked_at(entry.found == ComparedEntry::kNotFound);
  if (!lane->not_looked_at()) lane->set_lane(entry.found);
  if (!lane->held()) lane->set_requirement_class(entry.of);
}

void AddAgent(const ComparedEntry& entry, const std::vector<std::string>& names,
              const DecisionRecord& record, v1::Decision* decision) {
  v1::ComparedAgent* agent = decision->add_agents();
  if (!names.empty()) agent->set_agent_id(names[0]);
  agent->set_not_looked_at(entry.found == ComparedEntry::kNotFound);
  agent->set_fit_step(entry.rank);
  const policy::OrderKeyParts parts =
      policy::PartsOf(record.order, entry.key, record.at_ms);
  agent->set_load_place(parts.load_place);
  agent->set_order_value(parts.value);
  agent->set_since_ms(parts.since_ms);
  agent->set_profile_class(entry.of);
}

}  // namespace

v1::Decision ToProto(const DecisionView& decision) {
  const DecisionRecord& record = decision.record;
  v1::Decision result;
  result.set_contact_id(decision.contact_id);
  result.set_attempt(record.attempt);
  result.set_agent_id(decision.agent_id);
  result.set_queue(decision.queue);
  result.set_at_ms(record.at_ms);
  result.set_configuration_version(record.configuration_version);
  result.set_ring(record.ring);
  result.set_fit_step(record.fit_step);
  result.set_agent_order(OneLater<v1::AgentOrder>(record.order));
  result.set_contact_rule(OneLater<v1::DecidingRule>(record.contact_rule));
  result.set_agent_rule(OneLater<v1::DecidingRule>(record.agent_rule));
  for (std::size_t i = 0; i < record.lanes; ++i) {
    AddLane(record.compared[i], decision.names[i], &result);
  }
  for (std::size_t i = record.lanes;
       i < std::size_t{record.lanes} + record.agents; ++i) {
    AddAgent(record.compared[i], decision.names[i], record, &result);
  }
  result.set_others(record.others);
  result.set_stands(decision.stands);
  return result;
}

}  // namespace relais::server
