#include "bench/core/world.h"

#include <algorithm>
#include <numeric>

#include "lib/base/assert.h"
#include "lib/base/random.h"

namespace relais::bench {
namespace {

void Shuffle(Random& random, std::vector<std::uint32_t>& values) {
  for (std::size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1],
              values[static_cast<std::size_t>(random.Uniform(i))]);
  }
}

// Deals classes from shuffled decks, so that each is served by nearly as many
// profiles as any other, and none by nobody. A class that a profile has
// already goes back into the deck.
std::vector<std::uint32_t> DealClasses(const WorldShape& shape,
                                       Random& random) {
  std::vector<std::uint32_t> deck;
  std::vector<std::uint32_t> rows;
  for (std::uint32_t profile = 0; profile < shape.profile_classes; ++profile) {
    std::vector<std::uint32_t> row;
    while (row.size() < shape.classes_per_profile) {
      if (deck.empty()) {
        deck.resize(shape.requirement_classes);
        std::iota(deck.begin(), deck.end(), 0U);
        Shuffle(random, deck);
      }
      auto next = std::find_if(
          deck.rbegin(), deck.rend(), [&row](std::uint32_t candidate) {
            return std::find(row.begin(), row.end(), candidate) == row.end();
          });
      if (next == deck.rend()) {
        deck.clear();
        continue;
      }
      row.push_back(*next);
      deck.erase(std::next(next).base());
    }
    std::sort(row.begin(), row.end());
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

}  // namespace

World::World(const WorldShape& given) : shape(given) {
  RELAIS_CHECK(shape.classes_per_profile <= shape.requirement_classes,
               "a profile cannot serve more classes than there are");
  Random random(shape.seed);
  profiles_of_class.resize(classes());
  for (std::uint32_t group = 0; group < shape.groups; ++group) {
    const std::uint32_t first_class = group * shape.requirement_classes;
    const std::uint32_t first_profile = group * shape.profile_classes;
    const std::vector<std::uint32_t> rows = DealClasses(shape, random);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::uint32_t profile =
          first_profile +
          static_cast<std::uint32_t>(i / shape.classes_per_profile);
      classes_of_profile.push_back(first_class + rows[i]);
      profiles_of_class[first_class + rows[i]].push_back(profile);
    }
    for (std::uint32_t agent = 0; agent < shape.agents; ++agent) {
      profile_of_agent.push_back(
          first_profile +
          static_cast<std::uint32_t>(random.Uniform(shape.profile_classes)));
    }
  }
}

}  // namespace relais::bench
