// Every table of this directory, told to the library and to the API. One test
// per case and door; README.md has the grammar.

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/cases/centre.h"
#include "tests/cases/table.h"

namespace relais::cases {
namespace {

constexpr char kDirectory[] = "tests/cases";

// A case, or what is wrong with its file.
struct Found {
  std::string file;
  std::string name;
  Case one;
  std::vector<Problem> problems;
};

void PrintTo(const Found& found, std::ostream* out) {
  *out << found.file << ":" << found.one.line;
}

std::vector<Found> AllCases() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Found> all;
  for (const std::string& file : files) {
    const std::string stem = std::filesystem::path(file).stem();
    Table table = ReadTable(file);
    if (!table.problems.empty()) {
      all.push_back({file, stem + "_is_a_table", Case(), table.problems});
      continue;
    }
    for (Case& one : table.cases) {
      all.push_back(
          {file, absl::StrCat(stem, "_", one.name), std::move(one), {}});
    }
  }
  return all;
}

std::string NameOf(const testing::TestParamInfo<Found>& info) {
  return info.param.name;
}

void Judge(const Found& found, Centre* centre) {
  for (const Problem& problem : found.problems) {
    ADD_FAILURE_AT(found.file.c_str(), problem.line) << problem.text;
  }
  if (!found.problems.empty()) return;
  if (const auto problem = RunCase(found.one, centre)) {
    ADD_FAILURE_AT(found.file.c_str(), problem->line) << problem->text;
  }
}

class LibraryCases : public testing::TestWithParam<Found> {};
TEST_P(LibraryCases, Hold) { Judge(GetParam(), MakeLibraryCentre().get()); }
INSTANTIATE_TEST_SUITE_P(Tables, LibraryCases, testing::ValuesIn(AllCases()),
                         NameOf);

class ApiCases : public testing::TestWithParam<Found> {};
TEST_P(ApiCases, Hold) { Judge(GetParam(), MakeApiCentre().get()); }
INSTANTIATE_TEST_SUITE_P(Tables, ApiCases, testing::ValuesIn(AllCases()),
                         NameOf);

}  // namespace
}  // namespace relais::cases
