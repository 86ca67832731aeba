// Goal: the path of a field travels with the status, apart from the message.
// Method: statuses made and read back; values that are no fit for a message.

#include "lib/domain/error.h"

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/router.h"

namespace relais {
namespace {

TEST(FieldError, CarriesCodeMessageAndPath) {
  const absl::Status status = FieldError(absl::StatusCode::kNotFound,
                                         "contact.queue", "there is no \"q\"");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()), "contact.queue: there is no \"q\"");
  EXPECT_EQ(FieldPathOf(status), "contact.queue");
}

TEST(FieldError, WithoutAFieldThereIsNoPath) {
  const absl::Status status =
      FieldError(absl::StatusCode::kResourceExhausted, "", "full");
  EXPECT_EQ(std::string(status.message()), "full");
  EXPECT_EQ(FieldPathOf(status), "");
  EXPECT_EQ(FieldPathOf(absl::OkStatus()), "");
}

TEST(Quoted, ShowsValuesSafely) {
  EXPECT_EQ(Quoted("accounts"), "\"accounts\"");
  EXPECT_EQ(Quoted("caf\xC3\xA9"), "\"caf\xC3\xA9\"");
  EXPECT_EQ(Quoted("a\nb\"c"), "\"a\\nb\\\"c\"");
  EXPECT_EQ(Quoted("a\xFF"), "\"a\\xff\"");
}

TEST(Quoted, CutsLongValuesBetweenCharacters) {
  const std::string plain(100, 'x');
  EXPECT_EQ(Quoted(plain), "\"" + plain.substr(0, 64) + "...\" (100 bytes)");
  std::string accents(63, 'x');
  accents += "\xC3\xA9 and more";
  EXPECT_EQ(Quoted(accents), "\"" + std::string(63, 'x') + "...\" (74 bytes)");
}

}  // namespace
}  // namespace relais
