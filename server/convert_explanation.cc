#include <cstddef>

#include "server/convert.h"
#include "server/wire_enum.h"

namespace relais::server {
namespace {

static_assert(static_cast<int>(PassedOver::kNot) + 1 == v1::PASSED_OVER_NOT);
static_assert(static_cast<int>(PassedOver::kNot) + 1 == kPassedOverCount);

}  // namespace

v1::ExplainContactResponse ToProto(const ContactExplanation& explanation) {
  v1::ExplainContactResponse result;
  *result.mutable_contact() = ToProto(explanation.contact);
  result.set_at_ms(explanation.at_ms);
  result.set_configuration_version(explanation.configuration_version);
  for (std::size_t i = 0; i < explanation.agents_by_reason.size(); ++i) {
    if (explanation.agents_by_reason[i] == 0) continue;
    v1::ReasonCount* count = result.add_agents_by_reason();
    count->set_reason(OneLater<v1::PassedOver>(static_cast<PassedOver>(i)));
    count->set_agents(explanation.agents_by_reason[i]);
  }
  for (const AgentVerdict& verdict : explanation.agents) {
    v1::AgentVerdict* added = result.add_agents();
    *added->mutable_agent() = ToProto(verdict.agent);
    added->set_reason(OneLater<v1::PassedOver>(verdict.reason));
    added->set_missing(verdict.missing);
    added->set_until_ms(verdict.until_ms);
    added->set_fit_step(static_cast<std::uint32_t>(verdict.fit_step));
    added->set_queue_rank(static_cast<std::uint32_t>(verdict.queue_rank));
    added->set_ahead(verdict.ahead);
    added->set_ring(static_cast<std::uint32_t>(verdict.ring));
    added->set_ring_ms(verdict.ring_ms);
  }
  return result;
}

v1::ExplainAgentResponse ToProto(const AgentExplanation& explanation) {
  v1::ExplainAgentResponse result;
  *result.mutable_agent() = ToProto(explanation.agent);
  result.set_at_ms(explanation.at_ms);
  result.set_configuration_version(explanation.configuration_version);
  result.set_waiting(explanation.waiting);
  for (const WaitingVerdict& verdict : explanation.verdicts) {
    v1::WaitingVerdict* added = result.add_verdicts();
    added->set_queue(verdict.queue);
    added->set_channel(OneLater<v1::Channel>(verdict.channel));
    added->set_reason(OneLater<v1::PassedOver>(verdict.reason));
    added->set_missing(verdict.missing);
    added->set_contacts(verdict.contacts);
    added->set_oldest_arrival_ms(verdict.oldest_arrival_ms);
    added->set_queue_rank(static_cast<std::uint32_t>(verdict.queue_rank));
  }
  return result;
}

}  // namespace relais::server
