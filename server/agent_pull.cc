#include "server/agent_pull.h"

#include <cstdint>
#include <string>

#include "lib/domain/error.h"
#include "relais/router.h"
#include "server/convert.h"

namespace relais::server {
namespace {

void AnswerReservation(Core* core, CommitTicket ticket,
                       const std::string& contact_id, std::uint64_t attempt,
                       bool repeated, const Reply<v1::PullResponse>& reply) {
  AnswerWhenCommitted(core, ticket, reply, [=](v1::PullResponse* response) {
    response->set_contact_id(contact_id);
    response->set_attempt(attempt);
    response->set_repeated(repeated);
  });
}

// A refusal waits until what it was refused for has been handed over; who
// pulled the contact and lost the answer gets it again.
void AnswerRefused(Core* core, const v1::PullRequest& request,
                   const absl::Status& status,
                   const Reply<v1::PullResponse>& reply) {
  AnswerSettled(
      core,
      [core, id = request.contact_id()] {
        return core->router->GetContact(id);
      },
      [core, reply, status, request](const absl::StatusOr<ContactView>& seen) {
        const bool holds = request.queues().empty() && seen.ok() &&
                           seen->agent_id == request.agent_id() &&
                           (seen->state == ContactState::kReserved ||
                            seen->state == ContactState::kAssigned);
        if (!holds) return reply.Fail(status);
        AnswerReservation(core, core->router->LastTicket(), seen->id,
                          seen->attempt, /*repeated=*/true, reply);
      });
}

}  // namespace

void AnswerPull(Core* core, const v1::PullRequest& request,
                const Reply<v1::PullResponse>& reply) {
  const absl::Status allowed = core->AllowsChanges();
  if (!allowed.ok()) return reply.Fail(allowed);
  const auto agent = core->router->FindAgent(request.agent_id());
  if (!agent.ok()) return reply.Fail(AboutField(agent.status(), "agent_id"));
  const auto outcome =
      core->router->Pull(*agent,
                         {{request.queues().begin(), request.queues().end()},
                          request.contact_id()},
                         core->clock->NowMs());
  if (outcome.ok()) {
    return AnswerReservation(core, outcome->ticket, outcome->contact_id,
                             outcome->attempt, /*repeated=*/false, reply);
  }
  if (!request.contact_id().empty()) {
    return AnswerRefused(core, request, outcome.status(), reply);
  }
  FailSettled(
      core, [core, agent = *agent] { return core->router->GetAgent(agent); },
      reply, outcome.status());
}

}  // namespace relais::server
