#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "relais/v1/contact_service.grpc.pb.h"
#include "relais/v1/contact_service.pb.h"
#include "server/convert.h"
#include "server/rpc.h"
#include "server/services.h"

namespace relais::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using std::chrono::steady_clock;

// One message of events: large enough to be cheap, small enough for the
// default limit of any client.
constexpr std::size_t kBatchBytesMax = 64 * 1024;
// A reader that takes nothing for this long, while what it wants next is
// dropped from the log, is disconnected.
constexpr std::chrono::seconds kStuckReader{30};

// One reader of events. Owns itself until gRPC is done with it.
class Watch final : public grpc::ServerWriteReactor<ByteBuffer>,
                    public EventWatcher,
                    public ClosableStream,
                    public std::enable_shared_from_this<Watch> {
 public:
  Watch(Core* core, CallbackServerContext* context)
      : core_(core), context_(context) {}

  void Start(const ByteBuffer& buffer) {
    self_ = shared_from_this();
    v1::WatchEventsRequest request;
    const absl::Status parsed =
        ParseRequest(buffer, kRequestBytesMax, &request);
    const bool admitted = parsed.ok() && core_->streams.Add(this);
    {
      MutexLock lock(mutex_);
      if (!parsed.ok()) {
        End(parsed);
        return;
      }
      if (!admitted) {
        End(absl::ResourceExhaustedError(
            "too many streams are open, or the server is stopping"));
        return;
      }
      next_ = request.from_sequence() != 0 ? request.from_sequence()
                                           : core_->log->LastSequence() + 1;
      StartSendInitialMetadata();
      Advance();
    }
    // What was appended in between is told at the next event or here.
    core_->log->AddWatcher(this);
    OnMore();
  }

  void OnMore() override {
    const auto self = shared_from_this();
    MutexLock lock(mutex_);
    if (writing_ && !ended_ && next_ < core_->log->OldestSequence() &&
        steady_clock::now() - write_started_ > kStuckReader) {
      context_->TryCancel();
    }
    Advance();
  }

  void Close() override {
    const auto self = shared_from_this();
    MutexLock lock(mutex_);
    closing_ = true;
    Advance();
  }

  void OnWriteDone(bool ok) override {
    const auto self = shared_from_this();
    MutexLock lock(mutex_);
    writing_ = false;
    if (ok) {
      Advance();
    } else {
      End(absl::CancelledError("the reader has left"));
    }
  }

  void OnCancel() override {
    const auto self = shared_from_this();
    MutexLock lock(mutex_);
    End(absl::CancelledError("the reader has left"));
  }

  void OnDone() override {
    core_->streams.Remove(this);
    // Elsewhere than on a thread that may be inside OnMore.
    core_->runtime->Post([this] {
      core_->log->RemoveWatcher(this);
      self_.reset();
    });
  }

 private:
  // Writes what there is, unless a write is under way.
  void Advance() RELAIS_REQUIRES(mutex_) {
    if (writing_ || ended_) return;
    absl::StatusOr<EventLog::Batch> batch =
        core_->log->Read(next_, kBatchBytesMax);
    if (!batch.ok()) {
      End(batch.status());
    } else if (batch->count > 0) {
      next_ = batch->next_sequence;
      const grpc::Slice slice(std::move(batch->bytes));
      buffer_ = ByteBuffer(&slice, 1);
      writing_ = true;
      write_started_ = steady_clock::now();
      StartWrite(&buffer_);
    } else if (closing_) {
      End(absl::UnavailableError(
          absl::StrCat("the server is stopping; go on from event ", next_)));
    }
  }

  void End(const absl::Status& status) RELAIS_REQUIRES(mutex_) {
    if (ended_) return;
    ended_ = true;
    Finish(ToGrpc(status));
  }

  Core* const core_;
  CallbackServerContext* const context_;
  std::shared_ptr<Watch> self_;

  Mutex mutex_;
  std::uint64_t next_ RELAIS_GUARDED_BY(mutex_) = 0;
  bool writing_ RELAIS_GUARDED_BY(mutex_) = false;
  bool closing_ RELAIS_GUARDED_BY(mutex_) = false;
  bool ended_ RELAIS_GUARDED_BY(mutex_) = false;
  steady_clock::time_point write_started_ RELAIS_GUARDED_BY(mutex_);
  ByteBuffer buffer_ RELAIS_GUARDED_BY(mutex_);
};

using Service = v1::ContactService::WithRawCallbackMethod_SubmitContact<
    v1::ContactService::WithRawCallbackMethod_CancelContact<
        v1::ContactService::WithRawCallbackMethod_GetContact<
            v1::ContactService::WithRawCallbackMethod_CompleteContact<
                v1::ContactService::WithRawCallbackMethod_WatchEvents<
                    v1::ContactService::Service>>>>>;

class ContactServiceImpl final : public Service {
 public:
  explicit ContactServiceImpl(Core* core) : core_(core) {}

  ServerUnaryReactor* SubmitContact(CallbackServerContext* context,
                                    const ByteBuffer* request,
                                    ByteBuffer* response) override {
    return Unary<v1::SubmitContactRequest, v1::SubmitContactResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          Submit(message, reply);
        });
  }

  ServerUnaryReactor* CancelContact(CallbackServerContext* context,
                                    const ByteBuffer* request,
                                    ByteBuffer* response) override {
    return Unary<v1::CancelContactRequest, v1::CancelContactResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          const auto reason = CancelReasonToDomain(message.reason());
          if (!reason.ok()) return reply.Fail(reason.status());
          End(message.contact_id(), *reason, reply,
              [this, &reason](ContactHandle contact) {
                return core_->router->Cancel(contact, *reason,
                                             core_->clock->NowMs());
              });
        });
  }

  ServerUnaryReactor* CompleteContact(CallbackServerContext* context,
                                      const ByteBuffer* request,
                                      ByteBuffer* response) override {
    return Unary<v1::CompleteContactRequest, v1::CompleteContactResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          End(message.contact_id(), EndReason::kCompleted, reply,
              [this](ContactHandle contact) {
                return core_->router->Complete(contact, core_->clock->NowMs());
              });
        });
  }

  ServerUnaryReactor* GetContact(CallbackServerContext* context,
                                 const ByteBuffer* request,
                                 ByteBuffer* response) override {
    return Unary<v1::GetContactRequest, v1::GetContactResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          AnswerSettled(
              core_, ReadContact(message.contact_id()),
              [reply](const absl::StatusOr<ContactView>& contact) {
                if (!contact.ok()) {
                  return reply.Fail(AboutField(contact.status(), "contact_id"));
                }
                v1::GetContactResponse answer;
                *answer.mutable_contact() = ToProto(*contact);
                reply.OkOnceCommitted(std::move(answer));
              });
        });
  }

  grpc::ServerWriteReactor<ByteBuffer>* WatchEvents(
      CallbackServerContext* context, const ByteBuffer* request) override {
    const auto watch = std::make_shared<Watch>(core_, context);
    watch->Start(*request);
    return watch.get();
  }

 private:
  void Submit(const v1::SubmitContactRequest& request,
              const Reply<v1::SubmitContactResponse>& reply) {
    if (!request.has_contact()) {
      return reply.Fail(FieldError(absl::StatusCode::kInvalidArgument,
                                   "contact",
                                   "missing; give the contact to route"));
    }
    const absl::StatusOr<ContactSpec> spec = ToDomain(request.contact());
    if (!spec.ok()) return reply.Fail(spec.status());
    // What is known already gets its answer again, however little room is left.
    const absl::Status room = core_->router->FindContact(spec->id).ok()
                                  ? core_->AllowsChanges()
                                  : core_->AllowsNewContacts();
    if (!room.ok()) return reply.Fail(room);
    const auto outcome = core_->router->Submit(*spec, core_->clock->NowMs());
    if (!outcome.ok()) {
      return FailSettled(core_, ReadContact(spec->id), reply, outcome.status());
    }
    AnswerWhenCommitted(
        core_, outcome->ticket, reply,
        [outcome = *outcome](v1::SubmitContactResponse* response) {
          response->set_arrival_ms(outcome.arrival_ms);
          response->set_at_once(outcome.at_once);
          response->set_repeated(outcome.repeated);
        });
  }

  // Ends a contact by `end`. If it had ended for this reason before, that is
  // the answer again: whoever lost it asks once more.
  template <typename Response, typename EndCall>
  void End(const std::string& contact_id, EndReason reason,
           const Reply<Response>& reply, EndCall end) {
    absl::Status status = core_->AllowsChanges();
    if (!status.ok()) return reply.Fail(status);
    const auto contact = core_->router->FindContact(contact_id);
    if (!contact.ok()) {
      return reply.Fail(AboutField(contact.status(), "contact_id"));
    }
    const absl::StatusOr<Outcome> outcome = end(*contact);
    if (!outcome.ok()) {
      return Refused(contact_id, reason, outcome.status(), reply);
    }
    AnswerWhenCommitted(core_, outcome->ticket, reply,
                        [version = outcome->version](Response* response) {
                          response->set_version(version);
                        });
  }

  template <typename Response>
  void Refused(const std::string& contact_id, EndReason reason,
               const absl::Status& status, const Reply<Response>& reply) {
    AnswerSettled(
        core_, ReadContact(contact_id),
        [core = core_, reason, status,
         reply](const absl::StatusOr<ContactView>& view) {
          if (status.code() != absl::StatusCode::kFailedPrecondition ||
              !view.ok() || view->state != ContactState::kEnded ||
              view->end_reason != reason) {
            return reply.Fail(AboutField(status, "contact_id"));
          }
          AnswerWhenCommitted(core, core->router->LastTicket(), reply,
                              [version = view->version](Response* response) {
                                response->set_version(version);
                                response->set_repeated(true);
                              });
        });
  }

  std::function<absl::StatusOr<ContactView>()> ReadContact(
      const std::string& contact_id) const {
    return [core = core_, contact_id] {
      return core->router->GetContact(contact_id);
    };
  }

  Core* const core_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeContactService(Core* core) {
  return std::make_unique<ContactServiceImpl>(core);
}

}  // namespace relais::server
