// The matching core as the benchmarks use it: the only file of the benchmarks
// of whole decisions that knows its interface.
//
// What a router does around the core is done here in its cheapest form: a
// submit opens the slot, a completion ends the contact and gives back the
// agent's unit. An agent's revision is the tag of its word, which rises with
// every change.
//
// Thread safety: as MatcherT.

#ifndef RELAIS_BENCH_CORE_CORE_SYSTEM_H_
#define RELAIS_BENCH_CORE_CORE_SYSTEM_H_

#include <cstdint>

#include "bench/core/taken.h"
#include "bench/core/world.h"
#include "lib/base/assert.h"
#include "lib/match/matcher.h"

namespace relais::bench {

class CoreSystem {
 public:
  static constexpr char kName[] = "core";
  // No call of the core waits deliberately, so what is published "with" and
  // "without" is one figure.
  static constexpr bool kWaitsDeliberately = false;

  explicit CoreSystem(const World& world)
      : world_(world), matcher_(SizesOf(world)) {
    for (std::uint32_t c = 0; c < world.classes(); ++c) {
      Expect(matcher_.SetRequirementClass(c, 0));
    }
    for (std::uint32_t profile = 0; profile < world.profiles(); ++profile) {
      Expect(matcher_.SetProfileClass(profile));
      const std::size_t length = world.shape.classes_per_profile;
      for (std::size_t i = 0; i < length; ++i) {
        Expect(matcher_.SetFit(world.classes_of_profile[profile * length + i],
                               profile, 1));
      }
    }
    for (std::uint32_t lane = 0; lane < world.lanes(); ++lane) {
      Expect(matcher_.SetLane(lane, World::class_of(lane)));
    }
  }

  std::int64_t KeyOf(std::uint32_t lane, std::int64_t arrival) const {
    const auto band = static_cast<std::int64_t>(World::band_of(lane));
    if (world_.shape.key_mode == KeyMode::kStrict) return band << 40 | arrival;
    constexpr std::int64_t kCreditUs = 60'000'000;
    return arrival - kCreditUs * (kBands - 1 - band);
  }

  template <class Taker>
  std::uint64_t Submit(std::uint32_t slot, std::uint32_t lane, std::int64_t now,
                       std::uint64_t sequence, Taker& taker) {
    Call<Taker> call(taker);
    const match::ContactWord opened = matcher_.Open(slot);
    const match::Result result = matcher_.Submit(
        slot, opened, match::Position{lane, KeyOf(lane, now), sequence}, call);
    Expect(result);
    return opened.tag() + 1;
  }

  bool Cancel(std::uint32_t slot, std::uint64_t published) {
    const match::ContactWord word = matcher_.Contact(slot);
    match::ContactWord ended;
    return word.phase() == match::ContactPhase::kWaiting &&
           word.tag() == published &&
           matcher_.End(slot, word, &ended) == match::Result::kOk;
  }

  template <class Taker>
  void Ready(std::uint32_t agent, std::int64_t now, Taker& taker) {
    Update(agent, now, 1, 0, taker);
  }

  template <class Taker>
  bool Complete(std::uint32_t agent, std::uint32_t slot, std::uint64_t handle,
                std::int64_t now, Taker& taker) {
    match::ContactWord ended;
    if (matcher_.End(slot, match::ContactWord(handle), &ended) !=
        match::Result::kOk) {
      return false;
    }
    Update(agent, now, 1, 1, taker);
    return true;
  }

  // The agent's unit comes back with ReadyAfterReturn.
  template <class Taker>
  std::uint64_t Return(std::uint32_t /*agent*/, std::uint32_t slot,
                       std::uint64_t handle, const Place& place, Taker& taker) {
    Call<Taker> call(taker);
    match::ContactWord now;
    const match::Position at{place.lane, place.key, place.sequence};
    if (matcher_.Return(slot, match::ContactWord(handle), at, &now) !=
        match::Result::kOk) {
      return 0;
    }
    matcher_.LookForContact(slot, now, call);
    return now.tag();
  }
  template <class Taker>
  void ReadyAfterReturn(std::uint32_t agent, std::int64_t now, Taker& taker) {
    Update(agent, now, 1, 1, taker);
  }

  // True if the agent holds nothing and is away now.
  bool Withdraw(std::uint32_t agent) {
    NoTaker nobody;
    Update(agent, 0, 0, 0, nobody);
    return true;
  }

 private:
  struct NoTaker {
    void Look() {}
    void Take(const Taken&) {}
  };
  template <class Taker>
  class Call final : public match::DecisionSink {
   public:
    explicit Call(Taker& taker) : taker_(taker) {}
    void OnLook() override { taker_.Look(); }
    void OnDecision(const match::Decision& decision) override {
      taker_.Take(Taken{decision.contact, decision.agent, decision.word.bits(),
                        decision.word.tag() - 1,
                        Place{decision.position.lane, decision.position.key,
                              decision.position.sequence}});
    }

   private:
    Taker& taker_;
  };

  static void Expect(match::Result result) {
    using match::Result;
    RELAIS_CHECK(result != Result::kStale, "the core found a call outdated");
    RELAIS_CHECK(result != Result::kFull, "the core is full");
    RELAIS_CHECK(result == Result::kOk, "the core refused a call");
  }
  static match::Sizes SizesOf(const World& world) {
    match::Sizes sizes;
    sizes.contacts = world.contacts();
    sizes.agents = world.agents();
    sizes.requirement_classes = world.classes();
    sizes.profile_classes = world.profiles();
    sizes.lanes = world.lanes();
    return sizes;
  }

  template <class Taker>
  void Update(std::uint32_t agent, std::int64_t now, std::uint8_t kinds,
              std::uint32_t units_back, Taker& taker) {
    Call<Taker> call(taker);
    match::AgentTerms terms;
    terms.kinds = kinds;
    terms.order_key = now;
    terms.profile_class = world_.profile_of_agent[agent];
    Expect(matcher_.Update(agent, matcher_.Agent(agent).tag() + 1, terms,
                           units_back, call));
  }

  const World& world_;
  match::Matcher matcher_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_CORE_SYSTEM_H_
