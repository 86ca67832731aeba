#include "lib/journal/dump.h"

#include <cstdint>
#include <string>

#include "lib/journal/bytes.h"

namespace relais::journal {
namespace {

constexpr std::uint16_t kDumpVersion = 1;

void AppendSized(std::string_view bytes, std::string* out) {
  AppendBigEndian(static_cast<std::uint32_t>(bytes.size()), out);
  out->append(bytes);
}

}  // namespace

absl::Status Dump(Storage& storage,
                  absl::FunctionRef<absl::Status(std::string_view)> write) {
  std::string piece = "RLJD";
  AppendBigEndian(kDumpVersion, &piece);
  absl::Status status = write(piece);
  if (!status.ok()) return status;
  status =
      storage.ReadRecords(0, [&](std::uint64_t key, std::string_view bytes) {
        piece = "R";
        AppendBigEndian(key, &piece);
        AppendSized(bytes, &piece);
        return write(piece);
      });
  if (!status.ok()) return status;
  status = storage.ReadLive([&](std::string_view key, std::string_view bytes) {
    piece = "L";
    AppendSized(key, &piece);
    AppendSized(bytes, &piece);
    return write(piece);
  });
  if (!status.ok()) return status;
  const auto side = storage.ReadSide();
  if (!side.ok()) return side.status();
  piece = "S";
  AppendSized(*side, &piece);
  piece += "Z";
  return write(piece);
}

}  // namespace relais::journal
