// The real Router, configured to route as a model says.
//
// Each class is a queue of its own that asks for a skill of its own. Who serves
// it has that skill, at a level that falls along the class's route, so that
// best fit tries the groups in that order. Contacts are assigned at once and
// there is no wrap-up.
//
// Thread safety: none.

#ifndef RELAIS_TESTS_TRUTH_ROUTER_SIDE_H_
#define RELAIS_TESTS_TRUTH_ROUTER_SIDE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "relais/router.h"
#include "tests/truth/model.h"

namespace relais::truth {

// Ten times finer than needed: decisions are taken in the order of the driver's
// calls, and two arrivals of one millisecond are told apart by their sequence.
// Coarser than that a handling lease could expire: the longest is a week, which
// is 1,008 minutes of the model.
inline constexpr double kMillisecondsPerMinute = 600'000;

inline constexpr std::uint32_t kContactsMax = 4'000;

// An answered contact.
struct Start {
  std::uint32_t contact = 0;
  std::size_t agent = 0;
};

class RouterSide final : public RouterObserver {
 public:
  explicit RouterSide(const Model& model);

  // All agents, group by group: which group each is of.
  const std::vector<std::size_t>& group_of() const { return group_of_; }

  // The contact's number, below kContactsMax, free again when it has ended.
  std::uint32_t Submit(std::size_t contact_class, double now);
  void Abandon(std::uint32_t contact, double now);
  void Complete(std::uint32_t contact, double now);
  // Who was answered since this was asked last.
  const std::vector<Start>& TakeStarts();

  void OnEvent(const Event& event) override;

 private:
  InstantMs InstantOf(double now);

  std::unique_ptr<Router> router_;
  std::vector<std::size_t> group_of_;
  std::vector<std::size_t> agent_of_slot_;
  std::vector<ContactHandle> handles_;  // by the contact's number
  std::vector<ContactSpec> specs_;      // of each class
  std::uint64_t submitted_ = 0;
  std::vector<Start> heard_;
  std::vector<Start> taken_;
};

}  // namespace relais::truth

#endif  // RELAIS_TESTS_TRUTH_ROUTER_SIDE_H_
