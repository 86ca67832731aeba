// What there was to choose between when a decision was made, as the reference
// sees it: everybody and everything, not only what a look needs.

#ifndef RELAIS_TESTS_REFERENCE_COMPARISON_H_
#define RELAIS_TESTS_REFERENCE_COMPARISON_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "relais/types.h"

namespace relais::reference {

struct ComparedContact {
  Channel channel = Channel::kVoice;
  bool held = false;  // for the agent
  // For the agent; -1: held, and the agent's queues are ordered.
  int rank = 0;
  InstantMs rank_key_ms = 0;
  DurationMs boost_ms = 0;
  std::uint64_t number = 0;  // arrival sequence
};

struct ComparedAgent {
  std::string id;
  int fit = 0;
  // Smaller is chosen first of those who fit alike.
  std::tuple<std::int64_t, std::int64_t, std::int64_t> place;
};

struct Comparison {
  std::string contact_id;
  std::uint64_t attempt = 0;
  bool pulled = false;         // then nothing else decided
  bool orders_queues = false;  // the agent's profile
  ComparedContact contact;
  // That waited, and that the agent was free for and eligible.
  std::vector<ComparedContact> other_contacts;
  ComparedAgent agent;
  // Who was free for the contact and eligible.
  std::vector<ComparedAgent> other_agents;
};

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_COMPARISON_H_
