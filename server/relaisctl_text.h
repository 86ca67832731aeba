// What relaisctl prints, apart from how it gets it.

#ifndef RELAIS_SERVER_RELAISCTL_TEXT_H_
#define RELAIS_SERVER_RELAISCTL_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "relais/v1/contact_service.pb.h"
#include "relais/v1/supervision_service.pb.h"

namespace relais::server {

extern const char kRelaisctlHelp[];

// "2026-03-02T07:00:00.000Z"; 0: "-".
std::string Instant(std::int64_t milliseconds);

// The value whose short name is `text`; otherwise `problem` says which there
// are. `only`: the values that make sense here, when not all do.
bool ParseEnum(std::string_view what, const std::string& text,
               const google::protobuf::EnumDescriptor& type, int* value,
               std::string* problem, const std::vector<int>& only = {});

void PrintQueues(const v1::ListQueuesResponse& response);
void PrintAgents(const v1::ListAgentsResponse& response);
void PrintExplanation(const v1::ExplainContactResponse& response);
void PrintAgentExplanation(const v1::ExplainAgentResponse& response);
void PrintInfo(const v1::GetServerInfoResponse& response);
void PrintContact(const v1::GetContactResponse& response);

// A script for `source <(relaisctl completion bash)`.
std::string BashCompletion(const std::vector<std::string>& commands);

}  // namespace relais::server

#endif  // RELAIS_SERVER_RELAISCTL_TEXT_H_
