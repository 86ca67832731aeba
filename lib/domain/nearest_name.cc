#include "lib/domain/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "relais/limits.h"

namespace relais {
namespace {

// Levenshtein's distance, or `limit` + 1 if it is larger than that.
std::size_t EditDistance(std::string_view a, std::string_view b,
                         std::size_t limit) {
  const std::size_t shorter = std::min(a.size(), b.size());
  const std::size_t longer = std::max(a.size(), b.size());
  if (longer - shorter > limit) return limit + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return std::min(row[b.size()], limit + 1);
}

}  // namespace

std::string NearestName(std::string_view name,
                        const std::vector<std::string_view>& known) {
  if (name.empty() || name.size() > kIdBytesMax) return "";
  std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
  std::string_view best;
  for (const std::string_view candidate : known) {
    const std::size_t distance = EditDistance(name, candidate, limit);
    if (distance > limit) continue;
    if (distance < limit || best.empty() || candidate < best) best = candidate;
    limit = distance;
  }
  return std::string(best);
}

}  // namespace relais
