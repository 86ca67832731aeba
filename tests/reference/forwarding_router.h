// A router that passes every call on, for tests that change one of them.
//
// Thread safety: that of the router behind it.

#ifndef RELAIS_TESTS_REFERENCE_FORWARDING_ROUTER_H_
#define RELAIS_TESTS_REFERENCE_FORWARDING_ROUTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "relais/router.h"

namespace relais::reference {

class ForwardingRouter : public Router {
 public:
  explicit ForwardingRouter(Router* next) : next_(next) {}

  absl::Status Restore(const LiveState& state, InstantMs now_ms) override {
    return next_->Restore(state, now_ms);
  }
  absl::StatusOr<ApplyOutcome> Apply(const Configuration& configuration,
                                     InstantMs now_ms) override {
    return next_->Apply(configuration, now_ms);
  }
  absl::StatusOr<ChangeAgentOutcome> ChangeAgent(AgentHandle agent,
                                                 const AgentChange& change,
                                                 InstantMs now_ms) override {
    return next_->ChangeAgent(agent, change, now_ms);
  }
  Configuration CurrentConfiguration(std::uint64_t* version) const override {
    return next_->CurrentConfiguration(version);
  }
  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                       InstantMs now_ms) override {
    return next_->Submit(spec, now_ms);
  }
  absl::StatusOr<Outcome> Cancel(ContactHandle contact, EndReason reason,
                                 InstantMs now_ms) override {
    return next_->Cancel(contact, reason, now_ms);
  }
  absl::StatusOr<Outcome> Complete(ContactHandle contact,
                                   InstantMs now_ms) override {
    return next_->Complete(contact, now_ms);
  }
  absl::StatusOr<ContactHandle> FindContact(
      std::string_view id) const override {
    return next_->FindContact(id);
  }
  absl::StatusOr<ContactView> GetContact(std::string_view id) const override {
    return next_->GetContact(id);
  }
  absl::StatusOr<AgentHandle> FindAgent(std::string_view id) const override {
    return next_->FindAgent(id);
  }
  absl::StatusOr<AgentView> GetAgent(AgentHandle agent) const override {
    return next_->GetAgent(agent);
  }
  absl::StatusOr<Outcome> SetPresence(AgentHandle agent, Presence presence,
                                      InstantMs now_ms) override {
    return next_->SetPresence(agent, presence, now_ms);
  }
  absl::StatusOr<Outcome> Accept(AgentHandle agent, ContactHandle contact,
                                 std::uint64_t attempt,
                                 InstantMs now_ms) override {
    return next_->Accept(agent, contact, attempt, now_ms);
  }
  absl::StatusOr<Outcome> Decline(AgentHandle agent, ContactHandle contact,
                                  std::uint64_t attempt,
                                  std::optional<DurationMs> retry_after_ms,
                                  InstantMs now_ms) override {
    return next_->Decline(agent, contact, attempt, retry_after_ms, now_ms);
  }
  absl::StatusOr<Outcome> EndWrapUp(AgentHandle agent,
                                    std::string_view contact_id,
                                    InstantMs now_ms) override {
    return next_->EndWrapUp(agent, contact_id, now_ms);
  }
  absl::StatusOr<PullOutcome> Pull(AgentHandle agent,
                                   const PullRequest& request,
                                   InstantMs now_ms) override {
    return next_->Pull(agent, request, now_ms);
  }
  std::optional<InstantMs> NextDue() const override { return next_->NextDue(); }
  std::size_t RunDue(InstantMs now_ms, std::size_t limit) override {
    return next_->RunDue(now_ms, limit);
  }
  std::size_t DrainEvents() override { return next_->DrainEvents(); }
  CommitTicket Committed() const override { return next_->Committed(); }
  CommitTicket LastTicket() const override { return next_->LastTicket(); }
  std::uint64_t LastSequence() const override { return next_->LastSequence(); }
  std::vector<QueueView> Queues() const override { return next_->Queues(); }
  std::vector<AgentView> Agents() const override { return next_->Agents(); }
  RouterCounters Counters() const override { return next_->Counters(); }
  absl::StatusOr<ContactExplanation> ExplainContact(
      std::string_view id, InstantMs now_ms,
      std::size_t agents_max) const override {
    return next_->ExplainContact(id, now_ms, agents_max);
  }
  absl::StatusOr<AgentExplanation> ExplainAgent(
      AgentHandle agent, InstantMs now_ms,
      std::size_t verdicts_max) const override {
    return next_->ExplainAgent(agent, now_ms, verdicts_max);
  }
  absl::StatusOr<DecisionView> DecisionOf(
      ContactHandle contact, std::uint64_t attempt) const override {
    return next_->DecisionOf(contact, attempt);
  }
  std::vector<DecisionView> Decisions(InstantMs since_ms,
                                      std::size_t limit) const override {
    return next_->Decisions(since_ms, limit);
  }

 private:
  Router* next_;
};

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_FORWARDING_ROUTER_H_
