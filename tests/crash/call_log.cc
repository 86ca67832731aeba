#include "tests/crash/call_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "lib/base/assert.h"

namespace relais::crash {
namespace {

std::string Quoted(std::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(std::string(text));
  return ToJson(value);
}

// The line "{"of":7,"life":3,"KEY":VALUE}".
std::string About(std::uint64_t of, std::uint64_t life, std::string_view key,
                  std::string_view value) {
  return absl::StrCat("{\"of\":", of, ",\"life\":", life, ",\"",
                      absl::string_view(key.data(), key.size()),
                      "\":", absl::string_view(value.data(), value.size()),
                      "}\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<CallLog>> CallLog::Create(
    const std::string& file, int told) {
  const int descriptor =
      open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat(file, ": cannot be written"));
  }
  return std::unique_ptr<CallLog>(new CallLog(descriptor, told));
}

CallLog::~CallLog() { close(file_); }

std::uint64_t CallLog::Asked(std::uint64_t life, std::string_view call,
                             const google::protobuf::Message& request) {
  const std::uint64_t n = calls_.fetch_add(1) + 1;
  Write(absl::StrCat("{\"n\":", n, ",\"life\":", life, ",\"call\":\"",
                     absl::string_view(call.data(), call.size()),
                     "\",\"ask\":", ToJson(request), "}\n"),
        false);
  return n;
}

void CallLog::Answered(std::uint64_t of, std::uint64_t life,
                       const google::protobuf::Message& response) {
  Write(About(of, life, "answer", ToJson(response)), true);
}

void CallLog::Refused(std::uint64_t of, std::uint64_t life, int code,
                      std::string_view why) {
  const std::string name =
      absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
  Write(About(of, life, "refused",
              absl::StrCat(Quoted(name), ",\"why\":", Quoted(why))),
        false);
}

void CallLog::Unknown(std::uint64_t of, std::uint64_t life,
                      std::string_view why) {
  Write(About(of, life, "unknown", Quoted(why)), false);
}

void CallLog::Pushed(std::uint64_t life, std::string_view what,
                     std::string_view json) {
  Write(absl::StrCat("{\"life\":", life, ",\"",
                     absl::string_view(what.data(), what.size()),
                     "\":", absl::string_view(json.data(), json.size()), "}\n"),
        true);
}

void CallLog::Write(const std::string& line, bool acknowledged) {
  // O_APPEND: lines of several threads do not mix.
  RELAIS_CHECK(write(file_, line.data(), line.size()) ==
                   static_cast<ssize_t>(line.size()),
               "the log of calls can be written");
  if (!acknowledged) return;
  RELAIS_CHECK(fdatasync(file_) == 0, "the log of calls can be synced");
  if (told_ >= 0) {
    RELAIS_CHECK(write(told_, ".", 1) == 1, "whoever counts still reads");
  }
}

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  RELAIS_CHECK(google::protobuf::util::MessageToJsonString(message, &json).ok(),
               "messages of ours have a JSON form");
  return json;
}

bool IsUnknown(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::INTERNAL:
      return true;
    default:
      return false;
  }
}

}  // namespace relais::crash
