// Faults planted on purpose, so that a test can show that whoever checks the
// router from outside would notice. Never on in production; relaisd says so
// loudly when one is.
//
// A fault sits in the real path: in front of the Router (what a caller is told
// is not what happens) or behind it (what is published is not what happened).
// Each breaks one promise and leaves the others whole:
//
//   double-offer         every 50th voice offer is published once more before,
//                        for an agent who is talking, and then rescinded
//   lost-contact         every 40th voice contact is acknowledged and dropped
//   skip-oldest          every 20th voice contact overtakes as if it had
//                        priority 9, published with its own
//   idle-beside-waiting  every 10th agent to sign in is published as available,
//                        and unknown to the Router
//   gap                  every 500th event number is left out

#ifndef RELAIS_SERVER_FAULT_H_
#define RELAIS_SERVER_FAULT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/runtime/runtime.h"
#include "relais/event.h"
#include "relais/router.h"

namespace relais::server {

enum class Fault {
  kNone,
  kDoubleOffer,
  kLostContact,
  kSkipOldest,
  kIdleBesideWaiting,
  kGap,
};

// False if there is no such fault.
bool ParseFault(std::string_view name, Fault* fault);
// All names, for messages: "double-offer, lost-contact, ...".
std::string FaultNames();

// Shared by the two sides of one fault.
class FaultPlan {
 public:
  using Sink = std::function<void(const Event&)>;

  explicit FaultPlan(Fault fault) : fault_(fault) {}

  // The Router that callers get instead of `router`. Injected events are
  // published on the Runtime's thread. All must outlive the result.
  std::unique_ptr<Router> Wrap(Router* router, runtime::Runtime* runtime,
                               Sink sink);
  // Publishes what the world is to see of an event, renumbered. Runtime's
  // thread.
  void Publish(const Event& event, const Sink& sink);

 private:
  friend class FaultyRouter;

  struct Overtaking {
    int own_priority = 0;
    DurationMs key_correction_ms = 0;
  };

  void Inject(Event event, const Sink& sink);
  void Number(Event* event);
  void PublishDouble(const Event& created, const Sink& sink);
  void FollowTalking(const Event& event);
  void ShowOwnPriority(Event* event);
  std::uint64_t Published(std::uint64_t router_sequence) const;

  const Fault fault_;

  // The Runtime's thread alone.
  std::uint64_t last_published_ = 0;
  std::uint64_t last_router_sequence_ = 0;
  // From a Router's number on, published numbers are this much larger.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> shifts_;
  std::uint64_t created_count_ = 0;
  std::map<std::string, Event> talking_;  // by queue: who accepted last
  std::map<std::string, std::uint64_t> extra_versions_;  // "c:" or "a:" + id

  Mutex mutex_;
  std::map<std::string, Overtaking> overtaking_ RELAIS_GUARDED_BY(mutex_);
};

}  // namespace relais::server

#endif  // RELAIS_SERVER_FAULT_H_
