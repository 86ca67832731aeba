// Findings of the auditor as texts; an empty one is none.
//
// Thread safety: pure functions.

#ifndef RELAIS_TESTS_SEEDED_AUDITED_PROBLEM_H_
#define RELAIS_TESTS_SEEDED_AUDITED_PROBLEM_H_

#include <initializer_list>
#include <string>

#include "absl/strings/str_cat.h"
#include "relais/event.h"

namespace relais::seeded {

inline std::string Text(const InlineId& id) { return std::string(id.view()); }

template <typename T>
std::string Differs(const char* what, T is, T expected) {
  if (is == expected) return "";
  return absl::StrCat(what, " is ", is, " and should be ", expected);
}

// The first of them that says something.
inline std::string FirstOf(std::initializer_list<std::string> problems) {
  for (const std::string& problem : problems) {
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace relais::seeded

#endif  // RELAIS_TESTS_SEEDED_AUDITED_PROBLEM_H_
