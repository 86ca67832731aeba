// One life of the server as a client meets it, and calls that are repeated in
// the next life when nobody knows what became of them.
//
// Thread safety: every member may be called from any thread.

#ifndef RELAIS_TESTS_CRASH_SESSION_H_
#define RELAIS_TESTS_CRASH_SESSION_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "lib/base/mutex.h"
#include "relais/v1/admin_service.grpc.pb.h"
#include "relais/v1/agent_service.grpc.pb.h"
#include "relais/v1/contact_service.grpc.pb.h"
#include "tests/crash/call_log.h"

namespace relais::crash {

enum class Told { kDone, kRefused, kUnknown };

// Every wait ends: a server that hangs is a problem, not a pause.
inline constexpr std::chrono::seconds kPatience{60};

struct Session {
  // Without the environment's proxies, and not shared with another session.
  Session(const std::string& address, std::uint64_t life);

  const std::uint64_t life;  // counts the server's starts, from 1
  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::ContactService::Stub> contacts;
  const std::unique_ptr<v1::AgentService::Stub> agents;
  const std::unique_ptr<v1::AdminService::Stub> admin;
};

// Calls once, and logs what was asked and told.
template <typename Stub, typename Method, typename Request, typename Response>
Told Ask(CallLog& log, const Session& session, std::string_view name,
         const Stub& stub, Method method, const Request& request,
         Response* response) {
  const std::uint64_t n = log.Asked(session.life, name, request);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const grpc::Status status =
      (stub.get()->*method)(&context, request, response);
  if (status.ok()) {
    log.Answered(n, session.life, *response);
    return Told::kDone;
  }
  if (IsUnknown(status)) {
    log.Unknown(n, session.life, status.error_message());
    return Told::kUnknown;
  }
  log.Refused(n, session.life, status.error_code(), status.error_message());
  return Told::kRefused;
}

// The session there is now; those who lost theirs wait for the next.
class Sessions {
 public:
  void Begin(std::shared_ptr<Session> session);
  // Nobody gets one any more.
  void Stop();
  // The first one after the life `after`; null once stopped.
  std::shared_ptr<Session> Next(std::uint64_t after);

  // Repeats `ask` (a function of a Session) until the outcome is known; what
  // it is then, or kUnknown once stopped.
  template <typename Function>
  Told Insist(const Function& ask) {
    std::uint64_t lost = 0;
    while (const std::shared_ptr<Session> session = Next(lost)) {
      const Told told = ask(*session);
      if (told != Told::kUnknown) return told;
      lost = session->life;
    }
    return Told::kUnknown;
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::shared_ptr<Session> session_ RELAIS_GUARDED_BY(mutex_);
  bool stopped_ RELAIS_GUARDED_BY(mutex_) = false;
};

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_SESSION_H_
