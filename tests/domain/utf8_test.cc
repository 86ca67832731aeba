// Goal: exactly the well-formed sequences of RFC 3629 pass.
// Method: cases for each way to be wrong, and every code point encoded by the
// rule, with its neighbours in length.

#include "lib/domain/utf8.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace relais {
namespace {

using std::string_view_literals::operator""sv;

TEST(Utf8, AcceptsWellFormedText) {
  for (const std::string_view text :
       {""sv, "a"sv, "\0"sv, "caf\xC3\xA9"sv, "\xC2\x80"sv, "\xDF\xBF"sv,
        "\xE0\xA0\x80"sv, "\xE2\x82\xAC"sv, "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv,
        "\xEF\xBF\xBF"sv, "\xF0\x90\x80\x80"sv, "\xF0\x9F\x93\x9E"sv,
        "\xF4\x8F\xBF\xBF"sv}) {
    EXPECT_TRUE(IsValidUtf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, RefusesWhatIsMalformed) {
  struct Case {
    const char* why;
    std::string_view text;
  };
  for (const Case& test : {
           Case{"continuation alone", "\x80"sv},
           Case{"continuation alone, last", "\xBF"sv},
           Case{"overlong NUL", "\xC0\x80"sv},
           Case{"overlong of two", "\xC1\xBF"sv},
           Case{"overlong of three", "\xE0\x80\x80"sv},
           Case{"overlong of three, last", "\xE0\x9F\xBF"sv},
           Case{"overlong of four", "\xF0\x80\x80\x80"sv},
           Case{"overlong of four, last", "\xF0\x8F\xBF\xBF"sv},
           Case{"first surrogate", "\xED\xA0\x80"sv},
           Case{"last surrogate", "\xED\xBF\xBF"sv},
           Case{"surrogate pair", "\xED\xA1\x8C\xED\xBE\xB4"sv},
           Case{"above U+10FFFF", "\xF4\x90\x80\x80"sv},
           Case{"five bytes", "\xF8\x88\x80\x80\x80"sv},
           Case{"FE", "\xFE"sv},
           Case{"FF", "\xFF"sv},
           Case{"cut of two", "a\xC3"sv},
           Case{"cut of three", "\xE2\x82"sv},
           Case{"cut of four", "\xF0\x9F\x93"sv},
           Case{"ASCII for continuation", "\xC3("sv},
           Case{"ASCII for third", "\xE2\x82("sv},
           Case{"lead for third", "\xE2\x82\xC3"sv},
           Case{"ASCII for fourth", "\xF0\x9F\x93("sv},
           Case{"good before bad", "abc\xC3\xA9\xFF"sv},
       }) {
    EXPECT_FALSE(IsValidUtf8(test.text)) << test.why;
  }
}

std::string Encode(std::uint32_t point, int length) {
  static constexpr unsigned kLead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  if (length == 1) return std::string(1, static_cast<char>(point));
  std::string text;
  text.push_back(
      static_cast<char>(kLead[length] | (point >> (6 * (length - 1)))));
  for (int k = length - 2; k >= 0; --k) {
    text.push_back(static_cast<char>(0x80 | ((point >> (6 * k)) & 0x3F)));
  }
  return text;
}

TEST(Utf8, EveryCodePointInItsShortestFormAndNoOther) {
  for (std::uint32_t point = 0; point < 0x200000; ++point) {
    const int shortest = point < 0x80      ? 1
                         : point < 0x800   ? 2
                         : point < 0x10000 ? 3
                                           : 4;
    const bool exists = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    for (int length = shortest; length <= 4; ++length) {
      ASSERT_EQ(IsValidUtf8(Encode(point, length)),
                exists && length == shortest)
          << std::hex << point << " in " << length;
    }
  }
}

}  // namespace
}  // namespace relais
