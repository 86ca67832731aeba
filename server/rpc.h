// What every service of the server does with a call: read the request, answer
// once, and say in one way what went wrong.
//
// Requests are parsed here and not by gRPC, so that a text that is not UTF-8
// or a message that is too large is answered with the field's name or the
// limit, instead of INTERNAL.

#ifndef RELAIS_SERVER_RPC_H_
#define RELAIS_SERVER_RPC_H_

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "grpcpp/support/status.h"
#include "relais/configuration.h"
#include "server/core.h"

namespace relais::server {

// 16 KiB of attributes, 32 required skills and ids, with ample room.
inline constexpr std::size_t kRequestBytesMax = 256 * 1024;
// A configuration of 10,000 agents with twenty skills each is about 8 MiB.
inline constexpr std::size_t kConfigurationBytesMax = 16 * 1024 * 1024;

// The only mapping from the engine's errors to gRPC's.
grpc::Status ToGrpc(const absl::Status& status,
                    const std::vector<Finding>& findings = {});

absl::Status ParseRequest(const grpc::ByteBuffer& buffer, std::size_t bytes_max,
                          google::protobuf::Message* message);
grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message);

// The same error, about the field of the request that the caller knows.
absl::Status AboutField(const absl::Status& status, std::string_view path);

// Answers one unary call; a copy may be kept until the answer is known. Exactly
// one of Ok and Fail must be called, once, on any thread.
template <typename Response>
class Reply {
 public:
  Reply(Core* core, grpc::ServerUnaryReactor* reactor,
        grpc::ByteBuffer* response)
      : core_(core), reactor_(reactor), response_(response) {}

  void Ok(const Response& message) const {
    *response_ = ToBuffer(message);
    reactor_->Finish(grpc::Status::OK);
    core_->calls.Leave();
  }
  // For what was read, and for a refusal, which says what was read as well:
  // once the events behind it are durable.
  void OkOnceCommitted(Response message) const {
    core_->runtime->WhenCommitted(
        core_->router->LastTicket(),
        [reply = *this, message = std::move(message)] { reply.Ok(message); });
  }
  void Fail(const absl::Status& status,
            const std::vector<Finding>& findings = {}) const {
    core_->runtime->WhenCommitted(
        core_->router->LastTicket(), [reply = *this, status, findings] {
          reply.reactor_->Finish(ToGrpc(status, findings));
          reply.core_->calls.Leave();
        });
  }

 private:
  Core* core_;
  grpc::ServerUnaryReactor* reactor_;
  grpc::ByteBuffer* response_;
};

// Parses and hands to `handle(request, reply)`.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* Unary(Core* core,
                                grpc::CallbackServerContext* context,
                                const grpc::ByteBuffer* buffer,
                                grpc::ByteBuffer* response, Handler handle,
                                std::size_t bytes_max = kRequestBytesMax) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!core->calls.Enter()) {
    reactor->Finish(ToGrpc(absl::UnavailableError("the server is stopping")));
    return reactor;
  }
  const Reply<Response> reply(core, reactor, response);
  Request request;
  const absl::Status parsed = ParseRequest(*buffer, bytes_max, &request);
  if (parsed.ok()) {
    handle(request, reply);
  } else {
    reply.Fail(parsed);
  }
  return reactor;
}

// Answers `read()`, a view or a list of them, by `answer(view)`, once what it
// shows has been handed over: a view may be taken in the moment between a
// change and its event. It is then taken again, on the Runtime's thread;
// whoever makes the change is at work, and only those who ask for this entity
// wait for it.
template <typename Read, typename Answer>
void AnswerSettled(Core* core, Read read, Answer answer) {
  auto view = read();
  if (!view.ok() || view->settled) return answer(view);
  core->runtime->Post(
      [core, read = std::move(read), answer = std::move(answer)] {
        AnswerSettled(core, read, answer);
      });
}

// Refuses a call about a contact or an agent once what it was refused for has
// been handed over.
template <typename Response, typename Read>
void FailSettled(Core* core, Read read, const Reply<Response>& reply,
                 const absl::Status& status) {
  AnswerSettled(core, std::move(read),
                [reply, status](const auto&) { reply.Fail(status); });
}

// Answers with `fill(&response)` once the event behind the ticket is numbered.
template <typename Response, typename Fill>
void AnswerWhenCommitted(Core* core, CommitTicket ticket,
                         const Reply<Response>& reply, Fill fill) {
  core->runtime->WhenCommitted(ticket, [core, reply, fill = std::move(fill)] {
    Response response;
    fill(&response);
    response.set_event_sequence(core->log->LastSequence());
    reply.Ok(response);
  });
}

}  // namespace relais::server

#endif  // RELAIS_SERVER_RPC_H_
