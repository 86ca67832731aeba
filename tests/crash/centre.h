// The centre that the clients work in: three queues on three channels, with
// deadlines so short that all of them fall due while the server is killed.
//
// Thread safety: pure functions.

#ifndef RELAIS_TESTS_CRASH_CENTRE_H_
#define RELAIS_TESTS_CRASH_CENTRE_H_

#include <array>
#include <string>

#include "relais/v1/contact.pb.h"

namespace relais::crash {

inline constexpr int kAgentsPerClient = 6;

struct QueueOfCentre {
  const char* name;
  const char* channel;
  v1::Channel channel_number;
  const char* deadlines;  // YAML of the queue
};
inline constexpr std::array<QueueOfCentre, 3> kQueues = {{
    {"accounts", "voice", v1::CHANNEL_VOICE,
     "offer_timeout_ms: 400ms, wrap_up_ms: 300ms, decline_retry_ms: 200ms, "
     "wait_limit_ms: 8s, handling_lease_ms: 20s"},
    {"cards", "chat", v1::CHANNEL_CHAT,
     "offer_timeout_ms: 5s, wrap_up_ms: 2s, decline_retry_ms: 2s, "
     "wait_limit_ms: 20s, handling_lease_ms: 30s"},
    {"letters", "email", v1::CHANNEL_EMAIL,
     "offer_timeout_ms: 2s, wrap_up_ms: 100ms, decline_retry_ms: 500ms, "
     "wait_limit_ms: 2s, handling_lease_ms: 5s"},
}};

std::string AgentId(int client, int agent);

// The configuration (YAML) for so many clients.
std::string CentreYaml(int clients);

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_CENTRE_H_
