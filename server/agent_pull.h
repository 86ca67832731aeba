// AgentService.Pull.
//
// Thread safety: any thread.

#ifndef RELAIS_SERVER_AGENT_PULL_H_
#define RELAIS_SERVER_AGENT_PULL_H_

#include "relais/v1/agent_service.pb.h"
#include "server/core.h"
#include "server/rpc.h"

namespace relais::server {

// Pulls, and answers once the event behind it is durable.
void AnswerPull(Core* core, const v1::PullRequest& request,
                const Reply<v1::PullResponse>& reply);

}  // namespace relais::server

#endif  // RELAIS_SERVER_AGENT_PULL_H_
