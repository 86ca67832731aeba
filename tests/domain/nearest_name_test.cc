// Goal: a misspelt name finds the one that was meant, and nothing else does.
// Method: table of cases.

#include "lib/domain/nearest_name.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace relais {
namespace {

TEST(NearestName, FindsWhatWasMeant) {
  const std::vector<std::string_view> known = {"mortgage", "savings", "saving",
                                               "cards", "a"};
  struct Case {
    std::string_view name;
    std::string_view expected;
  };
  for (const Case& test : {
           Case{"morgage", "mortgage"},    // a letter missing
           Case{"mortgagee", "mortgage"},  // one too many
           Case{"mortgoge", "mortgage"},   // one replaced
           Case{"mrotgage", "mortgage"},   // two swapped
           Case{"savingz", "saving"},      // a tie: alphabetical
           Case{"savings", "savings"},
           Case{"Cards", "cards"},
           Case{"b", "a"},
           Case{"telephone", ""},
           Case{"mo", ""},
           Case{"", ""},
       }) {
    EXPECT_EQ(NearestName(test.name, known), test.expected) << test.name;
  }
  EXPECT_EQ(NearestName("cards", {}), "");
  EXPECT_EQ(NearestName(std::string(129, 'a'), known), "");
}

}  // namespace
}  // namespace relais
