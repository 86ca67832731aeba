#include "bench/journal/calls_in_flight.h"

#include <chrono>
#include <cstdint>
#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "relais/v1/contact_service.grpc.pb.h"

namespace relais::bench {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

class CallsInFlight::Impl {
 public:
  explicit Impl(const std::string& address)
      : stub_(v1::ContactService::NewStub(grpc::CreateChannel(
            address, grpc::InsecureChannelCredentials()))) {}

  bool Run(int count, double seconds, Histogram* submits) {
    refused_ = false;
    stop_ = false;
    submits_ = submits;
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    std::vector<Line> lines(static_cast<std::size_t>(count));
    for (Line& line : lines) Submit(&line);
    int open = count;
    while (open > 0) {
      void* tag = nullptr;
      bool ok = false;
      if (!queue_.Next(&tag, &ok)) return false;
      if (Clock::now() >= end) stop_ = true;
      if (!Answered(static_cast<Line*>(tag), ok)) --open;
    }
    return !refused_;
  }

 private:
  // One call in flight and the contact that it is about.
  struct Line {
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SubmitContactResponse>>
        submit;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::CancelContactResponse>>
        cancel;
    v1::SubmitContactResponse submitted;
    v1::CancelContactResponse cancelled;
    grpc::Status status;
    std::string id;
    Clock::time_point begin;
  };

  void Submit(Line* line) {
    line->id = absl::StrCat("call-2030-03-17-", ++contacts_);
    v1::SubmitContactRequest request;
    v1::Contact* contact = request.mutable_contact();
    contact->set_id(line->id);
    contact->set_queue("accounts");
    contact->set_channel(v1::CHANNEL_VOICE);
    (*contact->mutable_attributes())["caller"] = "+33 1 23 45 67 89";
    (*contact->mutable_attributes())["menu"] = "accounts/cards/lost";
    line->context = std::make_unique<grpc::ClientContext>();
    line->begin = Clock::now();
    line->cancel.reset();
    line->submit =
        stub_->AsyncSubmitContact(line->context.get(), request, &queue_);
    line->submit->Finish(&line->submitted, &line->status, line);
  }
  void Cancel(Line* line) {
    v1::CancelContactRequest request;
    request.set_contact_id(line->id);
    line->context = std::make_unique<grpc::ClientContext>();
    line->submit.reset();
    line->cancel =
        stub_->AsyncCancelContact(line->context.get(), request, &queue_);
    line->cancel->Finish(&line->cancelled, &line->status, line);
  }

  // False if the line is not to go on.
  bool Answered(Line* line, bool ok) {
    if (!ok || !line->status.ok()) {
      if (!refused_) {
        std::cerr << "relais-journal-bench: a call was refused: "
                  << line->status.error_message() << "\n";
      }
      refused_ = stop_ = true;
      return false;
    }
    if (line->submit != nullptr) {
      submits_->Add(static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() -
                                                               line->begin)
              .count()));
      Cancel(line);
      return true;
    }
    if (stop_) return false;
    Submit(line);
    return true;
  }

  const std::unique_ptr<v1::ContactService::Stub> stub_;
  grpc::CompletionQueue queue_;
  std::uint64_t contacts_ = 0;
  Histogram* submits_ = nullptr;
  bool stop_ = false;
  bool refused_ = false;
};

CallsInFlight::CallsInFlight(const std::string& address)
    : impl_(std::make_unique<Impl>(address)) {}

CallsInFlight::~CallsInFlight() = default;

bool CallsInFlight::Run(int count, double seconds, Histogram* submits) {
  return impl_->Run(count, seconds, submits);
}

}  // namespace relais::bench
