#include "tests/crash/centre.h"

#include "absl/strings/str_cat.h"

namespace relais::crash {

std::string AgentId(int client, int agent) {
  return absl::StrCat("agent-", client, "-", agent);
}

std::string CentreYaml(int clients) {
  std::string yaml = "skills:\n";
  for (const QueueOfCentre& queue : kQueues) {
    absl::StrAppend(&yaml, "  - {name: ", queue.name, "}\n");
  }
  absl::StrAppend(
      &yaml,
      "routing_profiles:\n"
      "  - {name: everything, channels: [voice, chat, email]}\n"
      "  - {name: written, channels: [chat, email],\n"
      "     capacity_units: 90, load_order: pack,\n"
      "     channel_capacities: [{channel: email, contacts_max: 1},\n"
      "                          {channel: chat, cost_units: 30}]}\n"
      "agents:\n");
  for (int client = 0; client < clients; ++client) {
    for (int agent = 0; agent < kAgentsPerClient; ++agent) {
      absl::StrAppend(
          &yaml, "  - id: ", AgentId(client, agent),
          "\n    routing_profile: ", agent % 3 == 2 ? "written" : "everything",
          "\n    skills: [");
      const char* separator = "";
      for (std::size_t i = 0; i < kQueues.size(); ++i) {
        // Every agent lacks at most one skill.
        if (static_cast<int>(i) == agent - 3) continue;
        absl::StrAppend(&yaml, separator, "{skill: ", kQueues[i].name,
                        ", level: ", 1 + (agent + 2 * i) % 9, "}");
        separator = ", ";
      }
      absl::StrAppend(&yaml, "]\n");
    }
  }
  absl::StrAppend(&yaml, "queues:\n");
  for (const QueueOfCentre& queue : kQueues) {
    absl::StrAppend(&yaml, "  - {name: ", queue.name, ", channels: [",
                    queue.channel,
                    "], requirement: {all_of: [{skill: ", queue.name, "}]}, ",
                    queue.deadlines, "}\n");
  }
  return yaml;
}

}  // namespace relais::crash
