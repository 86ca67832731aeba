// What tests of the class registry share: a matrix that records, a registry
// with small tables, and agents as the core knows them.
//
// Thread safety: as the registry; RecordingMatrix takes any call at any time.

#ifndef RELAIS_TESTS_ENGINE_CLASS_WORLD_H_
#define RELAIS_TESTS_ENGINE_CLASS_WORLD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "lib/engine/class_registry.h"
#include "lib/policy/best_fit.h"
#include "lib/policy/eligibility.h"

namespace relais {

// Cells as the core keeps them. Any call may come while others run.
class RecordingMatrix : public ClassMatrix {
 public:
  RecordingMatrix(std::uint32_t requirements, std::uint32_t profiles,
                  std::uint32_t lanes)
      : profiles_(profiles),
        cells_(requirements * profiles),
        kind_(requirements),
        order_(requirements),
        requirement_calls_(requirements),
        profile_calls_(profiles),
        lane_class_(lanes) {}
  void SetRequirementClass(std::uint32_t c,
                           const CompiledRequirement& content) override {
    kind_.at(c).store(static_cast<std::uint8_t>(content.channel));
    order_.at(c).store(static_cast<std::uint8_t>(content.order));
    requirement_calls_.at(c).fetch_add(1);
  }
  void SetCell(std::uint32_t c, std::uint32_t p, std::uint8_t cell) override {
    cells_.at(c * profiles_ + p).store(cell);
    fits_.fetch_add(1);
  }
  void SetProfileClass(std::uint32_t p) override {
    profile_calls_.at(p).fetch_add(1);
  }
  void SetLane(std::uint32_t lane, std::uint32_t c) override {
    lane_class_.at(lane).store(c + 1);
  }

  std::uint8_t Cell(std::uint32_t c, std::uint32_t p) const {
    return cells_.at(c * profiles_ + p).load();
  }
  int kind(std::uint32_t c) const { return kind_.at(c).load(); }
  int order(std::uint32_t c) const { return order_.at(c).load(); }
  int profile_calls(std::uint32_t p) const {
    return profile_calls_.at(p).load();
  }
  int requirement_calls(std::uint32_t c) const {
    return requirement_calls_.at(c).load();
  }
  std::uint32_t LaneClass(std::uint32_t lane) const {
    return lane_class_.at(lane).load() - 1;
  }
  int fits() const { return fits_.load(); }

 private:
  const std::uint32_t profiles_;
  std::vector<std::atomic<std::uint8_t>> cells_;
  std::vector<std::atomic<std::uint8_t>> kind_;
  std::vector<std::atomic<std::uint8_t>> order_;
  std::vector<std::atomic<int>> requirement_calls_;
  std::vector<std::atomic<int>> profile_calls_;
  std::vector<std::atomic<std::uint32_t>> lane_class_;
  std::atomic<int> fits_{0};
};

inline std::uint8_t CellOf(const CompiledRequirement& requirement,
                           const CompiledProfile& profile) {
  return policy::Accepts(requirement, profile)
             ? static_cast<std::uint8_t>(1 +
                                         policy::FitStep(requirement, profile))
             : 0;
}

inline CompiledRequirement Asks(std::uint32_t skill, std::uint8_t level) {
  return {Channel::kVoice, {{skill, level}}};
}
inline CompiledProfile Holds(std::uint32_t skill, std::uint8_t level) {
  return {SetOf(Channel::kVoice), {{skill, level}}};
}

// Agents as the Router keeps them: the record says the profile and draws
// revisions under its mutex, the core is told after it.
class Agents {
 public:
  struct Told {
    std::uint32_t revision = 0;
    bool there = false;
    std::uint32_t profile_class = 0;
    CompiledProfile content;
  };

  Agents(ClassRegistry* registry, std::uint32_t count)
      : registry_(registry), agents_(count) {}

  // What the core is to be told, as of now.
  Told Draw(std::uint32_t agent) {
    Agent& here = agents_.at(agent);
    Told told;
    std::lock_guard<std::mutex> lock(here.record);
    told.revision = ++here.revision;
    told.there = here.there;
    told.profile_class = registry_->ClassOf(here.profile);
    told.content = here.content;
    return told;
  }
  // As Update of the core: what was drawn earlier is ignored.
  void Arrive(std::uint32_t agent, const Told& told) {
    Agent& here = agents_.at(agent);
    std::lock_guard<std::mutex> lock(here.core);
    if (told.revision > here.told.revision) here.told = told;
    tells_.fetch_add(1);
  }
  void Tell(std::uint32_t agent) { Arrive(agent, Draw(agent)); }
  // By one thread an agent. Takes over the caller's reference.
  void Give(std::uint32_t agent, std::uint32_t profile,
            const CompiledProfile& content) {
    Agent& here = agents_.at(agent);
    registry_->AddHolder(profile, agent);
    const bool there = here.there;
    const std::uint32_t old = here.profile;
    {
      std::lock_guard<std::mutex> lock(here.record);
      here.there = true;
      here.profile = profile;
      here.content = content;
    }
    Tell(agent);
    if (there) GiveBack(agent, old);
  }
  void Remove(std::uint32_t agent) {
    Agent& here = agents_.at(agent);
    if (!here.there) return;
    {
      std::lock_guard<std::mutex> lock(here.record);
      here.there = false;
    }
    Tell(agent);
    GiveBack(agent, here.profile);
  }
  // What the core knows.
  Told Known(std::uint32_t agent) {
    std::lock_guard<std::mutex> lock(agents_.at(agent).core);
    return agents_.at(agent).told;
  }
  bool there(std::uint32_t agent) const { return agents_.at(agent).there; }
  const CompiledProfile& content(std::uint32_t agent) const {
    return agents_.at(agent).content;
  }
  std::uint32_t profile(std::uint32_t agent) const {
    return agents_.at(agent).profile;
  }
  int tells() const { return tells_.load(); }

 private:
  struct Agent {
    std::mutex record;
    std::uint32_t revision = 0;
    // Written by the agent's own thread under `record`, read by it without.
    bool there = false;
    std::uint32_t profile = 0;
    CompiledProfile content;
    std::mutex core;
    Told told;
  };
  void GiveBack(std::uint32_t agent, std::uint32_t profile) {
    registry_->RemoveHolder(profile, agent);
    registry_->ReleaseProfile(profile);
  }

  ClassRegistry* const registry_;
  std::vector<Agent> agents_;
  std::atomic<int> tells_{0};
};

struct Tables {
  static constexpr std::uint32_t kAgents = 64;

  explicit Tables(std::uint32_t requirements = 64, std::uint32_t profiles = 64,
                  std::uint32_t lanes = 64)
      : matrix(requirements, profiles, lanes) {
    Limits limits;
    limits.requirement_classes = requirements;
    limits.profile_classes = profiles;
    limits.lanes = lanes;
    limits.agents = kAgents;
    registry = std::make_unique<ClassRegistry>(limits, &matrix);
    agents = std::make_unique<Agents>(registry.get(), kAgents);
  }
  absl::StatusOr<std::uint32_t> TryRequirement(
      const CompiledRequirement& requirement) {
    return registry->AcquireRequirement(
        requirement, [this](std::uint32_t agent) { agents->Tell(agent); });
  }
  absl::StatusOr<std::uint32_t> TryProfile(const CompiledProfile& profile) {
    return registry->AcquireProfile(
        profile, [this](std::uint32_t agent) { agents->Tell(agent); });
  }
  std::uint32_t Requirement(const CompiledRequirement& requirement) {
    const auto id = TryRequirement(requirement);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : 0;
  }
  std::uint32_t Profile(const CompiledProfile& profile) {
    const auto id = TryProfile(profile);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : 0;
  }
  // The agent has this profile from now on.
  void SignIn(std::uint32_t agent, const CompiledProfile& profile) {
    agents->Give(agent, Profile(profile), profile);
  }
  std::uint32_t Lane(std::uint32_t c, DurationMs boost) {
    const auto id = registry->LaneFor(c, boost);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : 0;
  }
  // The cell that a decision for this agent would use. The caller holds `c`.
  std::uint8_t KnownCell(std::uint32_t c, std::uint32_t agent,
                         Agents::Told* by = nullptr) const {
    for (;;) {
      const Agents::Told known = agents->Known(agent);
      const std::uint8_t cell = matrix.Cell(c, known.profile_class);
      // A decision takes the agent only if its terms still are those.
      if (agents->Known(agent).revision != known.revision) continue;
      if (by != nullptr) *by = known;
      return cell;
    }
  }
  // The core's cell of a requirement class and a profile, while nothing moves.
  std::uint8_t Cell(std::uint32_t c, std::uint32_t profile) const {
    return matrix.Cell(c, registry->ClassOf(profile));
  }
  RecordingMatrix matrix;
  std::unique_ptr<ClassRegistry> registry;
  std::unique_ptr<Agents> agents;
};

}  // namespace relais

#endif  // RELAIS_TESTS_ENGINE_CLASS_WORLD_H_
