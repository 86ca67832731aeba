#include "tests/interleaving/sites.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace relais::interleaving {
namespace {

constexpr std::array<const char*, 6> kNames = {"relaxed", "consume", "acquire",
                                               "release", "acq_rel", "seq_cst"};

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

[[noreturn]] void BadVariable(const std::string& value) {
  std::fprintf(stderr,
               "RELAIS_WEAKEN=%s: it must be "
               "file:line:column:order|failure:ORDER\n",
               value.c_str());
  std::exit(2);
}

struct Weakening {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool failure = false;
  std::memory_order order = std::memory_order_seq_cst;
};

Weakening ParseWeakening() {
  Weakening weakening;
  const std::string value = Variable("RELAIS_WEAKEN");
  if (value.empty()) return weakening;
  std::vector<std::string> parts(1);
  for (const char c : value) {
    if (c == ':') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() != 5) BadVariable(value);
  weakening.file = parts[0];
  weakening.line = static_cast<std::uint32_t>(std::atoi(parts[1].c_str()));
  weakening.column = static_cast<std::uint32_t>(std::atoi(parts[2].c_str()));
  weakening.failure = parts[3] == "failure";
  if (!weakening.failure && parts[3] != "order") BadVariable(value);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (parts[4] == kNames[i]) {
      weakening.order = static_cast<std::memory_order>(i);
      return weakening;
    }
  }
  BadVariable(value);
}

const Weakening& TheWeakening() {
  static const Weakening weakening = ParseWeakening();
  return weakening;
}

// Written when the program ends.
struct Reached {
  ~Reached() {
    std::ofstream file(path);
    for (const std::string& site : sites) file << site << '\n';
  }
  std::string path = Variable("RELAIS_SITES");
  std::set<std::string> sites;
  std::set<std::pair<std::uint64_t, const char*>> seen;
};

}  // namespace

const bool Sites::active_ =
    !Variable("RELAIS_SITES").empty() || !Variable("RELAIS_WEAKEN").empty();

const char* Sites::Name(std::memory_order order) {
  return kNames[static_cast<std::size_t>(order)];
}

void Sites::Note(const std::source_location& at, const char* operation,
                 std::memory_order* order, std::memory_order* failure) {
  static Reached reached;
  if (!reached.path.empty() &&
      reached.seen
          .emplace(std::uint64_t{at.line()} << 32 | at.column(), at.file_name())
          .second) {
    reached.sites.insert(std::string(at.file_name()) + ":" +
                         std::to_string(at.line()) + ":" +
                         std::to_string(at.column()) + " " + operation + " " +
                         Name(*order) + " " + Name(*failure));
  }
  const Weakening& weakening = TheWeakening();
  if (at.line() != weakening.line || at.column() != weakening.column) return;
  if (!std::string_view(at.file_name()).ends_with(weakening.file)) return;
  *(weakening.failure ? failure : order) = weakening.order;
}

std::string Sites::Describe(const std::source_location& at) {
  static std::map<std::string, std::vector<std::string>> files;
  const std::string path = at.file_name();
  const auto [entry, added] = files.try_emplace(path);
  if (added) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      entry->second.push_back(line);
    }
  }
  std::string text =
      path.substr(path.rfind('/') + 1) + ":" + std::to_string(at.line());
  if (at.line() <= entry->second.size()) {
    const std::string& line = entry->second[at.line() - 1];
    const auto first = line.find_first_not_of(' ');
    if (first != std::string::npos) text += " " + line.substr(first);
  }
  return text;
}

}  // namespace relais::interleaving
