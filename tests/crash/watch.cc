#include "tests/crash/watch.h"

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

namespace relais::crash {
namespace {

// Logs a batch; the number behind its last event.
std::uint64_t Log(CallLog& log, std::uint64_t life,
                  const v1::WatchEventsResponse& response) {
  std::string json = "[";
  for (const v1::Event& event : response.events()) {
    absl::StrAppend(&json, json.size() > 1 ? "," : "", ToJson(event));
  }
  log.Pushed(life, "events", absl::StrCat(json, "]"));
  return response.events().rbegin()->sequence() + 1;
}

}  // namespace

grpc::Status ReadEvents(CallLog& log, const Session& session,
                        std::uint64_t from, std::uint64_t to) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::WatchEventsRequest request;
  request.set_from_sequence(from);
  const auto reader = session.contacts->WatchEvents(&context, request);
  v1::WatchEventsResponse response;
  while (from <= to && reader->Read(&response)) {
    if (response.events_size() > 0) from = Log(log, session.life, response);
  }
  context.TryCancel();
  const grpc::Status status = reader->Finish();
  return from > to ? grpc::Status::OK : status;
}

void Watcher::Run() {
  std::uint64_t lost = 0;
  while (const std::shared_ptr<Session> session = sessions_.Next(lost)) {
    lost = session->life;
    grpc::ClientContext context;
    {
      MutexLock lock(mutex_);
      if (stopped_) return;
      context_ = &context;
    }
    v1::WatchEventsRequest request;
    request.set_from_sequence(next_);
    const std::uint64_t n = log_.Asked(session->life, "WatchEvents", request);
    const auto reader = session->contacts->WatchEvents(&context, request);
    v1::WatchEventsResponse response;
    while (reader->Read(&response)) {
      if (response.events_size() > 0) {
        next_ = Log(log_, session->life, response);
      }
    }
    const grpc::Status status = reader->Finish();
    if (IsUnknown(status)) {
      log_.Unknown(n, session->life, status.error_message());
    } else {
      log_.Refused(n, session->life, status.error_code(),
                   status.error_message());
    }
    MutexLock lock(mutex_);
    context_ = nullptr;
  }
}

void Watcher::Stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

}  // namespace relais::crash
