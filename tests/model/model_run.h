// One run of the model test: the same random calls on a router and on the
// reference, compared after each.
//
// Thread safety: none; one thread at a time.

#ifndef RELAIS_TESTS_MODEL_MODEL_RUN_H_
#define RELAIS_TESTS_MODEL_MODEL_RUN_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/random.h"
#include "relais/router.h"
#include "tests/model/model_world.h"
#include "tests/reference/event_text.h"
#include "tests/reference/reference_router.h"

namespace relais::model {

// How often things happened, so that a test can tell that a run was not idle.
struct RunCounts {
  std::uint64_t calls = 0;
  std::uint64_t with_all_rules = 0;  // of those
  std::uint64_t refused = 0;
  std::uint64_t events = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(kEventTypeLast) + 1>
      by_type{};              // EventType
  std::uint64_t tutored = 0;  // reservations that a tutor listens to
  // Agents passed over in explanations of contacts, by reason.
  std::array<std::uint64_t, kPassedOverCount> passed_over{};
  std::uint64_t told_ahead = 0;       // of those, behind other contacts
  std::uint64_t told_later_ring = 0;  // of those, who meet a later ring
  std::uint64_t skipped = 0;          // when their contact came
  // Records of decisions by what decided.
  std::array<std::uint64_t, kDecidingRuleCount> contact_rules{};
  std::array<std::uint64_t, kDecidingRuleCount> agent_rules{};
  std::uint64_t repeated = 0;
  std::uint64_t full = 0;
  std::uint64_t pulled = 0;
  std::uint64_t declines_forgotten = 0;
  std::uint64_t ids_forgotten = 0;
  std::uint64_t served_after_restart = 0;
  std::uint64_t withdrawn_after_restart = 0;
};

class ModelRun {
 public:
  // `subject` is created by the caller with `subject_events` as observer.
  ModelRun(std::uint64_t seed, Router* subject,
           reference::EventRecorder* subject_events);

  // Runs that many steps or up to the first difference. Empty, or what
  // differed with all that is needed to see why.
  std::string Run(std::uint64_t steps);

  // After Run, if it found nothing: replaces the subject by what `restart`
  // answers, a router that goes on where the subject was, compares what both
  // show, and has all contacts served by one agent after another. So no two
  // deadlines or idle agents tie, whose order a restart does not keep.
  using Restart = std::function<Router*(InstantMs now_ms)>;
  std::string RestartAndServeAll(const Restart& restart);

  const RunCounts& counts() const { return counts_; }

 private:
  template <typename T>
  using Both = std::pair<T, T>;  // of the subject, of the reference

  enum class Phase { kUsual, kDeclineStorm, kOverload, kChurn, kLast = kChurn };

  void Step();
  void AdvanceTime();

  void Apply(const Configuration& configuration);
  void ChangeAgent();
  void Submit();
  void SubmitSpec(const ContactSpec& spec, InstantMs now_ms);
  void Cancel();
  void Complete();
  void SetPresence();
  void AnswerOffer(bool accept);
  void EndWrapUp();
  void Pull();
  void RunDue();
  void RunAllDue();
  void Read();
  void RestartSubject(const Restart& restart);
  void UnlistSomeBusy();
  bool Withdraw(const AgentView& agent);
  void SignOut(const AgentView& agent);
  void ServeAll(const AgentView& agent);

  // Comparisons; each notes the first difference.
  bool SameStatus(const absl::Status& subject, const absl::Status& reference);
  void SameOutcome(const absl::StatusOr<Outcome>& subject,
                   const absl::StatusOr<Outcome>& reference);
  template <typename T>
  void Same(std::string_view what, T subject, T reference,
            std::string_view of = {});
  void SameEvents();
  // `events` of the subject.
  void SameDecisions(const std::vector<Event>& events);
  void SameViews();
  void SameContactView(const ContactView& subject,
                       const ContactView& reference);
  void SameAgentView(const AgentView& subject, const AgentView& reference);
  void SameQueues();
  bool IsListed(const std::string& agent) const;
  void SameContactExplanation();
  void SameAgentExplanation();
  void SameNextDue();
  bool HasRoomFor(const AgentView& agent, Channel channel) const;
  void CheckConservation(const std::vector<AgentView>& agents,
                         const std::vector<ContactView>& contacts);
  void Fail(const std::string& what);
  void Note(const std::string& call);

  // Draws.
  std::optional<std::string> SomeContact();
  struct Holder {
    AgentView agent;
    HeldContact held;
  };
  std::optional<AgentView> SomeAgent();
  // Who holds a contact in this state.
  std::optional<Holder> SomeHolder(WorkState state);
  Both<ContactHandle> HandlesOf(const std::string& contact_id);
  Both<AgentHandle> HandlesOf(const AgentView& agent);

  const std::uint64_t seed_;
  Random random_;
  World world_;
  Router* subject_;
  bool restarted_ = false;
  RouterCounters before_restart_;
  reference::EventRecorder* const subject_events_;
  reference::EventRecorder reference_events_;
  std::unique_ptr<reference::ReferenceRouter> reference_;

  InstantMs now_ms_ = 1'000'000;
  std::uint64_t step_ = 0;
  Phase phase_ = Phase::kUsual;
  std::uint64_t submitted_ = 0;
  Configuration configuration_;
  std::set<std::string> once_unlisted_;
  std::deque<ContactSpec> recent_;
  std::map<std::string, Both<ContactHandle>> handles_;   // of recent ones
  std::map<std::uint64_t, AgentHandle> subject_agents_;  // by reference number
  std::deque<std::string> calls_;                        // the last 20
  std::string failure_;
  RunCounts counts_;
};

}  // namespace relais::model

#endif  // RELAIS_TESTS_MODEL_MODEL_RUN_H_
