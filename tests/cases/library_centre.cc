// The Router itself, on a clock that is told what to read.

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "relais/event.h"
#include "relais/router.h"
#include "server/convert.h"
#include "tests/cases/centre.h"

namespace relais::cases {
namespace {

Answer AnswerOf(const absl::Status& status) {
  if (status.ok()) return {};
  return {absl::StatusCodeToString(status.code()), FieldPathOf(status),
          std::string(status.message())};
}

class Recorder final : public RouterObserver {
 public:
  void OnEvent(const Event& event) override {
    events_.push_back(server::ToProto(event));
  }
  std::vector<v1::Event> Take() { return std::exchange(events_, {}); }

 private:
  std::vector<v1::Event> events_;
};

class LibraryCentre final : public Centre {
 public:
  LibraryCentre() {
    RouterOptions options;
    options.limits = CaseLimits();
    options.observer = &recorder_;
    auto router = Router::Create(options);
    RELAIS_CHECK(router.ok(), "a small Router can be made");
    router_ = std::move(*router);
  }

  std::string_view door() const override { return "library"; }

  Answer Apply(const v1::Configuration& configuration) override {
    std::vector<Finding> findings;
    const Configuration domain = server::ToDomain(configuration, &findings);
    if (!HasErrors(findings)) {
      const auto applied = router_->Apply(domain, now_ms_);
      if (!applied.ok()) return AnswerOf(applied.status());
      findings = applied->findings;
    }
    for (const Finding& finding : findings) {
      if (finding.severity != Finding::Severity::kError) continue;
      return {"INVALID_ARGUMENT", absl::StrCat("configuration.", finding.path),
              finding.message};
    }
    return {};
  }

  Answer Submit(const v1::Contact& contact) override {
    const auto spec = server::ToDomain(contact);
    if (!spec.ok()) return AnswerOf(spec.status());
    return AnswerOf(router_->Submit(*spec, now_ms_).status());
  }

  Answer Cancel(const std::string& contact_id, v1::EndReason why) override {
    const auto contact = router_->FindContact(contact_id);
    if (!contact.ok()) return AnswerOf(contact.status());
    const auto reason = server::CancelReasonToDomain(why);
    if (!reason.ok()) return AnswerOf(reason.status());
    return AnswerOf(router_->Cancel(*contact, *reason, now_ms_).status());
  }

  Answer Complete(const std::string& contact_id) override {
    const auto contact = router_->FindContact(contact_id);
    if (!contact.ok()) return AnswerOf(contact.status());
    return AnswerOf(router_->Complete(*contact, now_ms_).status());
  }

  Answer SetPresence(const std::string& agent_id,
                     const v1::Presence& presence) override {
    const auto domain = server::ToDomain(presence);
    if (!domain.ok()) return AnswerOf(domain.status());
    const auto agent = router_->FindAgent(agent_id);
    if (!agent.ok()) return AnswerOf(agent.status());
    return AnswerOf(router_->SetPresence(*agent, *domain, now_ms_).status());
  }

  Answer ChangeAgent(const v1::ChangeAgentRequest& request) override {
    const auto change = server::ToDomain(request);
    if (!change.ok()) return AnswerOf(change.status());
    const auto agent = router_->FindAgent(request.agent().id());
    if (!agent.ok()) return AnswerOf(agent.status());
    return AnswerOf(router_->ChangeAgent(*agent, *change, now_ms_).status());
  }

  Answer Accept(const Offered& offered) override {
    return WithBoth(offered, [&](AgentHandle agent, ContactHandle contact) {
      return router_->Accept(agent, contact, offered.attempt, now_ms_).status();
    });
  }

  Answer Decline(const Offered& offered,
                 std::optional<DurationMs> retry_after_ms) override {
    return WithBoth(offered, [&](AgentHandle agent, ContactHandle contact) {
      return router_
          ->Decline(agent, contact, offered.attempt, retry_after_ms, now_ms_)
          .status();
    });
  }

  Answer EndWrapUp(const std::string& agent_id,
                   const std::string& contact_id) override {
    const auto agent = router_->FindAgent(agent_id);
    if (!agent.ok()) return AnswerOf(agent.status());
    return AnswerOf(router_->EndWrapUp(*agent, contact_id, now_ms_).status());
  }

  Answer Pull(const v1::PullRequest& request) override {
    const auto agent = router_->FindAgent(request.agent_id());
    if (!agent.ok()) return AnswerOf(agent.status());
    return AnswerOf(
        router_
            ->Pull(*agent,
                   {{request.queues().begin(), request.queues().end()},
                    request.contact_id()},
                   now_ms_)
            .status());
  }

  std::optional<v1::ContactSnapshot> Contact(
      const std::string& contact_id) override {
    const auto contact = router_->GetContact(contact_id);
    if (!contact.ok()) return std::nullopt;
    return server::ToProto(*contact);
  }

  std::optional<v1::AgentSnapshot> Agent(const std::string& agent_id) override {
    const auto agent = router_->FindAgent(agent_id);
    if (!agent.ok()) return std::nullopt;
    const auto view = router_->GetAgent(*agent);
    if (!view.ok()) return std::nullopt;
    return server::ToProto(*view);
  }

  std::optional<v1::ExplainContactResponse> ExplainContact(
      const std::string& contact_id) override {
    const auto explained =
        router_->ExplainContact(contact_id, now_ms_, /*agents_max=*/100);
    if (!explained.ok()) return std::nullopt;
    return server::ToProto(*explained);
  }

  std::optional<v1::Decision> Decision(const std::string& contact_id) override {
    const auto contact = router_->FindContact(contact_id);
    if (!contact.ok()) return std::nullopt;
    const auto decision = router_->DecisionOf(*contact, /*attempt=*/0);
    if (!decision.ok()) return std::nullopt;
    return server::ToProto(*decision);
  }

  std::optional<v1::ExplainAgentResponse> ExplainAgent(
      const std::string& agent_id) override {
    const auto agent = router_->FindAgent(agent_id);
    if (!agent.ok()) return std::nullopt;
    const auto explained =
        router_->ExplainAgent(*agent, now_ms_, /*verdicts_max=*/100);
    if (!explained.ok()) return std::nullopt;
    return server::ToProto(*explained);
  }

  std::vector<v1::Event> TakeEvents() override {
    router_->DrainEvents();
    return recorder_.Take();
  }

 protected:
  std::optional<InstantMs> NextDue() const override {
    return router_->NextDue();
  }
  void RunDueAt(InstantMs now_ms) override {
    router_->RunDue(now_ms, std::numeric_limits<std::size_t>::max());
  }

 private:
  template <typename Call>
  Answer WithBoth(const Offered& offered, Call call) {
    const auto agent = router_->FindAgent(offered.agent_id);
    if (!agent.ok()) return AnswerOf(agent.status());
    const auto contact = router_->FindContact(offered.contact_id);
    if (!contact.ok()) return AnswerOf(contact.status());
    return AnswerOf(call(*agent, *contact));
  }

  Recorder recorder_;
  std::unique_ptr<Router> router_;
};

}  // namespace

std::unique_ptr<Centre> MakeLibraryCentre() {
  return std::make_unique<LibraryCentre>();
}

}  // namespace relais::cases
