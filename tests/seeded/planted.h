// Mistakes planted into a router, so that the auditor can be seen to find them.
//
// Thread safety: none; one thread.

#ifndef RELAIS_TESTS_SEEDED_PLANTED_H_
#define RELAIS_TESTS_SEEDED_PLANTED_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relais/router.h"
#include "tests/reference/forwarding_router.h"

namespace relais::seeded {

enum class Planted : std::uint8_t {
  kNothing,
  kLosesAcknowledged,   // the disk forgets a synced batch, and says nothing
  kLosesEvent,          // one event of a group is not journaled
  kAnswersEarly,        // an answer does not wait for its event
  kDeliversEarly,       // an event leaves before it is durable
  kForgetsDeclines,     // a restart does not know who declined
  kForgetsContact,      // a restart loses one waiting contact
  kForgetsEnded,        // a restart does not know the ids that ended
  kForgetsIdle,         // a restart begins everybody's idle time anew
  kForgetsFigures,      // a restart begins the figures of orders anew
  kForgetsWrapUp,       // a restart ends wrap-ups later
  kWrongPlace,          // a restart puts contacts last
  kSkipsAgent,          // a restart overlooks one agent's skills
  kAcceptsTwice,        // a second acceptance is answered as the first
  kCompletesTwice,      // the same of completions
  kTimersEarly,         // deadlines run 5 s before their time
  kTimersNever,         // no deadline is run
  kAnotherAnswer,       // a retry is answered with another arrival
  kTakesBadInput,       // a bad contact is mended and taken
  kRefusesGood,         // now and then a good call is refused
  kTooManyUnits,        // a restart gives agents ten units more
  kUndercutsMaximum,    // a restart allows one contact of a channel more
  kForgetsRings,        // a restart puts contacts into their first ring
  kWidensLate,          // after a restart rings come ten seconds later
  kKeepsRings,          // after a restart no ring is skipped
  kChangesNothing,      // a team lead's change is answered and not made
  kIgnoresDrains,       // after a restart no ring drains
  kOffersPullOnly,      // after a restart what is to be pulled is offered
  kPullsAnother,        // an agent who pulls is given what is of another queue
  kPullsLatest,         // an agent who pulls is given what came last
  kForgetsInterrupted,  // a restart has what was interrupted in handling
  kInterruptsMore,      // a restart lets more channels interrupt others
  kInterruptsNothing,   // a restart lets no channel interrupt others
  kForgetsHolds,        // a restart has what is held wait for everybody
  kHoldsLonger,         // after a restart holds end ten seconds later
  kForgetsPanels,       // a restart forgets who was chosen from panels
  kForgetsReserves,     // a restart keeps nobody free
  kReservesMore,        // after a restart one agent more is kept free
  kLast = kReservesMore,
};
std::string_view PlantedName(Planted planted);
// What the auditor's finding must begin with.
std::string_view FindingOf(Planted planted);

class PlantedRouter final : public reference::ForwardingRouter {
 public:
  PlantedRouter(Planted planted, Router* next)
      : ForwardingRouter(next), planted_(planted) {}

  absl::Status Restore(const LiveState& state, InstantMs now_ms) override;
  absl::StatusOr<ChangeAgentOutcome> ChangeAgent(AgentHandle agent,
                                                 const AgentChange& change,
                                                 InstantMs now_ms) override;
  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                       InstantMs now_ms) override;
  absl::StatusOr<Outcome> Complete(ContactHandle contact,
                                   InstantMs now_ms) override;
  absl::StatusOr<Outcome> Accept(AgentHandle agent, ContactHandle contact,
                                 std::uint64_t attempt,
                                 InstantMs now_ms) override;
  absl::StatusOr<Outcome> SetPresence(AgentHandle agent, Presence presence,
                                      InstantMs now_ms) override;
  absl::StatusOr<PullOutcome> Pull(AgentHandle agent,
                                   const PullRequest& request,
                                   InstantMs now_ms) override;
  std::optional<InstantMs> NextDue() const override;
  std::size_t RunDue(InstantMs now_ms, std::size_t limit) override;

 private:
  // What a restart takes for the configuration.
  void ChangeConfiguration(LiveState* state) const;

  const Planted planted_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Outcome> accepted_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Outcome> completed_;
  std::uint64_t presences_ = 0;
  std::vector<ContactSpec> submitted_;
};

}  // namespace relais::seeded

#endif  // RELAIS_TESTS_SEEDED_PLANTED_H_
