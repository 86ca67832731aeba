#include "server/rpc.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "grpcpp/support/slice.h"
#include "lib/domain/error.h"
#include "relais/v1/error.pb.h"
#include "server/convert.h"
#include "server/utf8_check.h"

namespace relais::server {

grpc::Status ToGrpc(const absl::Status& status,
                    const std::vector<Finding>& findings) {
  if (status.ok()) return grpc::Status::OK;
  const v1::Status details = ToProto(status, findings);
  // absl::StatusCode and grpc::StatusCode are the same canonical numbers.
  return grpc::Status(static_cast<grpc::StatusCode>(details.code()),
                      details.message(), details.SerializeAsString());
}

absl::Status ParseRequest(const grpc::ByteBuffer& buffer, std::size_t bytes_max,
                          google::protobuf::Message* message) {
  const std::string& name = message->GetDescriptor()->name();
  if (buffer.Length() > bytes_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the ", name, " has ", buffer.Length(), " bytes; at most ",
                     bytes_max, " are taken"));
  }
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok() &&
      !buffer.DumpToSingleSlice(&slice).ok()) {
    return absl::InternalError("the request could not be read");
  }
  if (message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return absl::OkStatus();
  }
  const std::string field = FieldNotUtf8(
      *message->GetDescriptor(),
      {reinterpret_cast<const char*>(slice.begin()), slice.size()});
  if (!field.empty()) {
    return FieldError(absl::StatusCode::kInvalidArgument, field,
                      "is not UTF-8");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the request is no valid ", name));
}

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

absl::Status AboutField(const absl::Status& status, std::string_view path) {
  const std::string had = FieldPathOf(status);
  absl::string_view text = status.message();
  if (!had.empty()) text = absl::StripPrefix(text, absl::StrCat(had, ": "));
  return FieldError(status.code(), path, {text.data(), text.size()});
}

}  // namespace relais::server
