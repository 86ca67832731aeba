// The reserves of the configuration in force, and their places in the core.
//
// A reserve that a new configuration has unchanged (its own fields, what its
// queue asks for and how that chooses agents) keeps its place and with it how
// many count and whether it gives. Any other begins in the lowest place that no
// reserve in force has. Agents are told one by one afterwards; until the last
// has been told the old ones stand beside the new.
//
// Thread safety: Of may be called from any thread under the agent's mutex,
// Prepare and Install by one thread at a time (Apply).
//
// Atomics
//   V1  `in_force_` store(release) <-> load(acquire): who reads that a place is
//       in force reads the class that it was given (`classes_`, relaxed)
//       before. Who reads an older value does so before the agent is told again
//       under its mutex, by a later revision.

#ifndef RELAIS_LIB_ENGINE_RESERVE_PLACES_H_
#define RELAIS_LIB_ENGINE_RESERVE_PLACES_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/engine/class_registry.h"
#include "lib/match/matcher.h"
#include "relais/configuration.h"

namespace relais {

struct PlacedReserve {
  Reserve reserve;
  // Of its queue, its activity's included.
  RoutingRequirement asks;
  AgentChoice agent_choice;
  std::uint32_t requirement_class = 0;
  int place = 0;
};

class ReservePlaces {
 public:
  ReservePlaces(match::Matcher* matcher, ClassRegistry* classes)
      : matcher_(matcher), classes_of_(classes) {}

  // Finds places for those of `configuration` beside those of `before`, which
  // are in force. `held` receives a reference to each class, to be released by
  // the caller, also if this fails.
  absl::Status Prepare(const Configuration& configuration,
                       const std::vector<PlacedReserve>& before,
                       ClassRegistry::TellAgent tell,
                       std::vector<PlacedReserve>* next,
                       std::vector<std::uint32_t>* held);
  // From now on these are in force. True: they were not all of those before,
  // and every agent has to be told.
  bool Install(const std::vector<PlacedReserve>& next);

  // Those in which agents of this profile class are.
  match::ReserveSet Of(std::uint32_t profile_class) const;

  // "calls keeps 2 for voice of accounts, 2 are free; gives again at 4": those
  // of `places` that are among `placed`.
  std::string Describe(match::ReserveSet places,
                       const std::vector<PlacedReserve>& placed) const;

 private:
  match::Matcher* const matcher_;
  ClassRegistry* const classes_of_;
  std::array<std::atomic<std::uint32_t>, match::kReservePlaces> classes_{};
  std::atomic<match::ReserveSet> in_force_{0};  // V1
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_RESERVE_PLACES_H_
