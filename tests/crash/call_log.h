// What a client asked and what it was answered, on the medium before it goes
// on. One JSON object a line:
//
//   {"n":7,"life":3,"call":"SubmitContact","ask":{...}}   before it is sent
//   {"of":7,"life":3,"answer":{...}}      acknowledged; synced
//   {"of":7,"life":3,"refused":"NOT_FOUND","why":"..."}
//   {"of":7,"life":3,"unknown":"..."}     the connection ended first
//   {"life":3,"offer":{...}}              pushed by the server; synced
//   {"life":3,"events":[{...},...]}       likewise
//
// Messages are those of proto/relais/v1 in Protobuf's JSON. `life` counts the
// server's starts. For each line that is an acknowledgement (answer, offer,
// events) one byte goes to `told` afterwards.
//
// Thread safety: every member may be called from any thread.

#ifndef RELAIS_TESTS_CRASH_CALL_LOG_H_
#define RELAIS_TESTS_CRASH_CALL_LOG_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/status.h"

namespace relais::crash {

class CallLog {
 public:
  // Makes the file; `told` may be -1. An error names the file.
  static absl::StatusOr<std::unique_ptr<CallLog>> Create(
      const std::string& file, int told);
  CallLog(const CallLog&) = delete;
  CallLog& operator=(const CallLog&) = delete;
  ~CallLog();

  // The number of the call, for what is told of it afterwards.
  std::uint64_t Asked(std::uint64_t life, std::string_view call,
                      const google::protobuf::Message& request);
  void Answered(std::uint64_t of, std::uint64_t life,
                const google::protobuf::Message& response);
  void Refused(std::uint64_t of, std::uint64_t life, int code,
               std::string_view why);
  void Unknown(std::uint64_t of, std::uint64_t life, std::string_view why);
  // `what` is "offer" or "events"; `json` its value.
  void Pushed(std::uint64_t life, std::string_view what, std::string_view json);

 private:
  CallLog(int file, int told) : file_(file), told_(told) {}
  void Write(const std::string& line, bool acknowledged);

  const int file_;
  const int told_;
  std::atomic<std::uint64_t> calls_{0};
};

// Protobuf's JSON on one line.
std::string ToJson(const google::protobuf::Message& message);

// Whether this says that nobody knows what became of the call.
bool IsUnknown(const grpc::Status& status);

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_CALL_LOG_H_
