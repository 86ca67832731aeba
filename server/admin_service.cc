#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "lib/domain/error.h"
#include "relais/v1/admin_service.grpc.pb.h"
#include "relais/v1/admin_service.pb.h"
#include "relais/v1/supervision_service.grpc.pb.h"
#include "relais/v1/supervision_service.pb.h"
#include "server/convert.h"
#include "server/rpc.h"
#include "server/services.h"

namespace relais::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// An answer of this many findings stays below the 4 MiB of any client.
constexpr std::size_t kFindingsMax = 5'000;

// Refused: how much is wrong, and the first of it; all of it is in the details
// as far as a trailer may be, and in ValidateConfiguration's answer.
absl::Status Refused(const std::vector<Finding>& findings) {
  std::size_t errors = 0;
  const Finding* first = nullptr;
  for (const Finding& finding : findings) {
    if (finding.severity != Finding::Severity::kError) continue;
    if (errors++ == 0) first = &finding;
  }
  if (first == nullptr) return absl::InternalError("refused without a reason");
  return FieldError(absl::StatusCode::kInvalidArgument,
                    absl::StrCat("configuration.", first->path),
                    errors == 1 ? first->message
                                : absl::StrCat(first->message, " (and ",
                                               errors - 1, " more errors)"));
}

// What the router calls agent_id stands in the request as agent.id.
absl::Status OfTheRequest(const absl::Status& status) {
  constexpr absl::string_view kPrefix = "agent_id: ";
  if (FieldPathOf(status) != "agent_id") return status;
  return FieldError(status.code(), "agent.id",
                    std::string(absl::StripPrefix(status.message(), kPrefix)));
}

v1::DiskLevel DiskLevelOf(const Core& core) {
  if (core.disk == nullptr) return v1::DISK_LEVEL_UNSPECIFIED;
  switch (core.disk->level()) {
    case DiskLevel::kEnough:
      return v1::DISK_LEVEL_ENOUGH;
    case DiskLevel::kLow:
      return v1::DISK_LEVEL_LOW;
    case DiskLevel::kReadOnly:
      break;
  }
  return v1::DISK_LEVEL_READ_ONLY;
}

using AdminBase = v1::AdminService::WithRawCallbackMethod_ApplyConfiguration<
    v1::AdminService::WithRawCallbackMethod_ValidateConfiguration<
        v1::AdminService::WithRawCallbackMethod_ChangeAgent<
            v1::AdminService::WithRawCallbackMethod_GetConfiguration<
                v1::AdminService::WithRawCallbackMethod_Barrier<
                    v1::AdminService::Service>>>>>;

class AdminServiceImpl final : public AdminBase {
 public:
  explicit AdminServiceImpl(Core* core) : core_(core) {}

  ServerUnaryReactor* ApplyConfiguration(CallbackServerContext* context,
                                         const ByteBuffer* request,
                                         ByteBuffer* response) override {
    return Unary<v1::ApplyConfigurationRequest, v1::ApplyConfigurationResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          Apply(message, reply);
        },
        kConfigurationBytesMax);
  }

  ServerUnaryReactor* ValidateConfiguration(CallbackServerContext* context,
                                            const ByteBuffer* request,
                                            ByteBuffer* response) override {
    return Unary<v1::ValidateConfigurationRequest,
                 v1::ValidateConfigurationResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          std::vector<Finding> findings;
          const Configuration configuration =
              ToDomain(message.configuration(), &findings);
          v1::ValidateConfigurationResponse answer;
          for (Finding& finding :
               relais::ValidateConfiguration(configuration, core_->limits)) {
            findings.push_back(std::move(finding));
          }
          if (findings.size() > kFindingsMax) findings.resize(kFindingsMax);
          for (const Finding& finding : findings) {
            *answer.add_findings() = ToProto(finding);
          }
          reply.Ok(answer);
        },
        kConfigurationBytesMax);
  }

  ServerUnaryReactor* ChangeAgent(CallbackServerContext* context,
                                  const ByteBuffer* request,
                                  ByteBuffer* response) override {
    return Unary<v1::ChangeAgentRequest, v1::ChangeAgentResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          Change(message, reply);
        });
  }

  ServerUnaryReactor* GetConfiguration(CallbackServerContext* context,
                                       const ByteBuffer* request,
                                       ByteBuffer* response) override {
    return Unary<v1::GetConfigurationRequest, v1::GetConfigurationResponse>(
        core_, context, request, response,
        [this](const auto&, const auto& reply) {
          std::uint64_t version = 0;
          v1::GetConfigurationResponse answer;
          *answer.mutable_configuration() =
              ToProto(core_->router->CurrentConfiguration(&version));
          answer.set_configuration_version(version);
          reply.OkOnceCommitted(std::move(answer));
        });
  }

  ServerUnaryReactor* Barrier(CallbackServerContext* context,
                              const ByteBuffer* request,
                              ByteBuffer* response) override {
    return Unary<v1::BarrierRequest, v1::BarrierResponse>(
        core_, context, request, response,
        [this](const auto&, const auto& reply) {
          core_->runtime->Barrier(
              [core = core_, reply](runtime::BarrierResult result) {
                v1::BarrierResponse answer;
                // The log's number and not the Router's: it is the one that
                // readers of events know.
                answer.set_event_sequence(core->log->LastSequence());
                answer.set_now_ms(result.now_ms);
                reply.Ok(answer);
              });
        });
  }

 private:
  void Apply(const v1::ApplyConfigurationRequest& request,
             const Reply<v1::ApplyConfigurationResponse>& reply) {
    const absl::Status allowed = core_->AllowsChanges();
    if (!allowed.ok()) return reply.Fail(allowed);
    if (!request.has_configuration()) {
      return reply.Fail(FieldError(absl::StatusCode::kInvalidArgument,
                                   "configuration",
                                   "missing; give the whole configuration"));
    }
    std::vector<Finding> findings;
    const Configuration configuration =
        ToDomain(request.configuration(), &findings);
    if (HasErrors(findings)) {
      for (Finding& finding :
           relais::ValidateConfiguration(configuration, core_->limits)) {
        findings.push_back(std::move(finding));
      }
      return reply.Fail(Refused(findings), findings);
    }
    const auto outcome =
        core_->router->Apply(configuration, core_->clock->NowMs());
    if (!outcome.ok()) return reply.Fail(outcome.status());
    if (!outcome->applied()) {
      return reply.Fail(Refused(outcome->findings), outcome->findings);
    }
    AnswerWhenCommitted(
        core_, outcome->ticket, reply,
        [outcome = *outcome](v1::ApplyConfigurationResponse* response) {
          response->set_configuration_version(outcome.configuration_version);
          for (const Finding& finding : outcome.findings) {
            *response->add_findings() = ToProto(finding);
          }
        });
  }

  void Change(const v1::ChangeAgentRequest& request,
              const Reply<v1::ChangeAgentResponse>& reply) {
    const absl::Status allowed = core_->AllowsChanges();
    if (!allowed.ok()) return reply.Fail(allowed);
    const auto change = ToDomain(request);
    if (!change.ok()) return reply.Fail(change.status());
    const auto agent = core_->router->FindAgent(request.agent().id());
    if (!agent.ok()) return reply.Fail(OfTheRequest(agent.status()));
    const auto outcome =
        core_->router->ChangeAgent(*agent, *change, core_->clock->NowMs());
    if (!outcome.ok()) return reply.Fail(OfTheRequest(outcome.status()));
    AnswerWhenCommitted(
        core_, outcome->ticket, reply,
        [outcome = *outcome](v1::ChangeAgentResponse* response) {
          response->set_version(outcome.version);
          response->set_configuration_version(outcome.configuration_version);
        });
  }

  Core* const core_;
};

using SupervisionBase =
    v1::SupervisionService::WithRawCallbackMethod_ListQueues<
        v1::SupervisionService::WithRawCallbackMethod_ListAgents<
            v1::SupervisionService::WithRawCallbackMethod_GetServerInfo<
                v1::SupervisionService::WithRawCallbackMethod_ExplainContact<
                    v1::SupervisionService::WithRawCallbackMethod_ExplainAgent<
                        v1::SupervisionService::
                            WithRawCallbackMethod_GetDecision<
                                v1::SupervisionService::
                                    WithRawCallbackMethod_ListDecisions<
                                        v1::SupervisionService::Service>>>>>>>;

// How many entries an explanation may have: asked for, or this many.
absl::StatusOr<std::size_t> EntriesMax(const char* field, std::uint32_t asked) {
  constexpr std::uint32_t kUsual = 100;
  constexpr std::uint32_t kMost = 1'000;
  if (asked <= kMost) return asked == 0 ? kUsual : asked;
  return FieldError(absl::StatusCode::kInvalidArgument, field,
                    absl::StrCat(asked, " is more than ", kMost));
}

// AnswerSettled for what takes long to read: what was being changed is handed
// over in a moment, so it is read a few times here before the Runtime's thread
// has to.
template <typename Read, typename Answer>
void AnswerExplained(Core* core, Read read, Answer answer) {
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    const auto explained = read();
    if (!explained.ok() || explained->settled) return answer(explained);
  }
  AnswerSettled(core, std::move(read), std::move(answer));
}

class SupervisionServiceImpl final : public SupervisionBase {
 public:
  explicit SupervisionServiceImpl(Core* core) : core_(core) {}

  ServerUnaryReactor* ListQueues(CallbackServerContext* context,
                                 const ByteBuffer* request,
                                 ByteBuffer* response) override {
    return Unary<v1::ListQueuesRequest, v1::ListQueuesResponse>(
        core_, context, request, response,
        [this](const auto&, const auto& reply) {
          v1::ListQueuesResponse answer;
          for (const QueueView& queue : core_->router->Queues()) {
            *answer.add_queues() = ToProto(queue);
          }
          answer.set_now_ms(core_->clock->NowMs());
          reply.OkOnceCommitted(std::move(answer));
        });
  }

  ServerUnaryReactor* ListAgents(CallbackServerContext* context,
                                 const ByteBuffer* request,
                                 ByteBuffer* response) override {
    return Unary<v1::ListAgentsRequest, v1::ListAgentsResponse>(
        core_, context, request, response,
        [this](const auto&, const auto& reply) {
          List(core_, core_->router->Agents(), reply);
        });
  }

  // Once all of them are settled (rpc.h): those that are not are read again.
  static void List(Core* core, std::vector<AgentView> agents,
                   const Reply<v1::ListAgentsResponse>& reply) {
    bool settled = true;
    for (AgentView& agent : agents) {
      if (agent.settled) continue;
      // One that is removed meanwhile stays as it was seen last.
      const auto again = core->router->GetAgent(agent.handle);
      if (again.ok()) agent = *again;
      settled = settled && (agent.settled || !again.ok());
    }
    if (!settled) {
      core->runtime->Post([core, agents = std::move(agents), reply] {
        List(core, agents, reply);
      });
      return;
    }
    v1::ListAgentsResponse answer;
    for (const AgentView& agent : agents) {
      *answer.add_agents() = ToProto(agent);
    }
    answer.set_now_ms(core->clock->NowMs());
    reply.OkOnceCommitted(std::move(answer));
  }

  ServerUnaryReactor* GetServerInfo(CallbackServerContext* context,
                                    const ByteBuffer* request,
                                    ByteBuffer* response) override {
    return Unary<v1::GetServerInfoRequest, v1::GetServerInfoResponse>(
        core_, context, request, response,
        [this](const auto&, const auto& reply) {
          const RouterCounters counters = core_->router->Counters();
          v1::GetServerInfoResponse answer;
          answer.set_version(core_->version);
          answer.set_now_ms(core_->clock->NowMs());
          answer.set_time_scale(core_->time_scale);
          answer.set_oldest_sequence_kept(core_->log->OldestSequence());
          answer.set_last_sequence(core_->log->LastSequence());
          answer.set_decisions_total(counters.decisions);
          answer.set_rona_total(counters.rona_total);
          answer.set_ids_forgotten_total(counters.ids_forgotten);
          answer.set_epoch(core_->epoch);
          answer.set_disk_level(DiskLevelOf(*core_));
          reply.OkOnceCommitted(std::move(answer));
        });
  }

  ServerUnaryReactor* ExplainContact(CallbackServerContext* context,
                                     const ByteBuffer* request,
                                     ByteBuffer* response) override {
    return Unary<v1::ExplainContactRequest, v1::ExplainContactResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          const auto most = EntriesMax("agents_max", message.agents_max());
          if (!most.ok()) return reply.Fail(most.status());
          AnswerExplained(
              core_,
              [core = core_, id = message.contact_id(), most = *most] {
                return core->router->ExplainContact(id, core->clock->NowMs(),
                                                    most);
              },
              [reply](const absl::StatusOr<ContactExplanation>& explained) {
                if (!explained.ok()) return reply.Fail(explained.status());
                reply.OkOnceCommitted(ToProto(*explained));
              });
        });
  }

  ServerUnaryReactor* ExplainAgent(CallbackServerContext* context,
                                   const ByteBuffer* request,
                                   ByteBuffer* response) override {
    return Unary<v1::ExplainAgentRequest, v1::ExplainAgentResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          const auto most = EntriesMax("verdicts_max", message.verdicts_max());
          if (!most.ok()) return reply.Fail(most.status());
          AnswerExplained(
              core_,
              [core = core_, id = message.agent_id(),
               most = *most]() -> absl::StatusOr<AgentExplanation> {
                const auto agent = core->router->FindAgent(id);
                if (!agent.ok()) return agent.status();
                return core->router->ExplainAgent(*agent, core->clock->NowMs(),
                                                  most);
              },
              [reply](const absl::StatusOr<AgentExplanation>& explained) {
                if (!explained.ok()) return reply.Fail(explained.status());
                reply.OkOnceCommitted(ToProto(*explained));
              });
        });
  }

  ServerUnaryReactor* GetDecision(CallbackServerContext* context,
                                  const ByteBuffer* request,
                                  ByteBuffer* response) override {
    return Unary<v1::GetDecisionRequest, v1::GetDecisionResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          AnswerExplained(
              core_,
              [core = core_, id = message.contact_id(),
               attempt = message.attempt()]() -> absl::StatusOr<DecisionView> {
                const auto contact = core->router->FindContact(id);
                if (!contact.ok()) return contact.status();
                return core->router->DecisionOf(*contact, attempt);
              },
              [reply](const absl::StatusOr<DecisionView>& decision) {
                if (!decision.ok()) return reply.Fail(decision.status());
                v1::GetDecisionResponse answer;
                *answer.mutable_decision() = ToProto(*decision);
                reply.OkOnceCommitted(std::move(answer));
              });
        });
  }

  ServerUnaryReactor* ListDecisions(CallbackServerContext* context,
                                    const ByteBuffer* request,
                                    ByteBuffer* response) override {
    return Unary<v1::ListDecisionsRequest, v1::ListDecisionsResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          const auto most =
              EntriesMax("decisions_max", message.decisions_max());
          if (!most.ok()) return reply.Fail(most.status());
          v1::ListDecisionsResponse answer;
          for (const DecisionView& decision :
               core_->router->Decisions(message.since_ms(), *most)) {
            // What is being made at this moment is not told yet.
            if (decision.settled) *answer.add_decisions() = ToProto(decision);
          }
          answer.set_now_ms(core_->clock->NowMs());
          reply.OkOnceCommitted(std::move(answer));
        });
  }

 private:
  Core* const core_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(Core* core) {
  return std::make_unique<AdminServiceImpl>(core);
}

std::unique_ptr<grpc::Service> MakeSupervisionService(Core* core) {
  return std::make_unique<SupervisionServiceImpl>(core);
}

}  // namespace relais::server
