// Whether contacts were in the ring in which their plan and their wait put
// them: part of the audit, docs/load.md ("The invariants").
//
// Thread safety: one thread.

#ifndef RELAIS_BENCH_LOAD_RING_AUDIT_H_
#define RELAIS_BENCH_LOAD_RING_AUDIT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/fold.h"
#include "bench/load/record.h"
#include "bench/load/rules.h"
#include "relais/v1/contact.pb.h"
#include "relais/v1/event.pb.h"

namespace relais::load {

class RingAudit {
 public:
  // Says what is wrong.
  using Violation = std::function<void(std::string)>;

  // All of them are kept by reference.
  RingAudit(const Rules& rules, const Record& record, const Fold& fold,
            Violation violation);

  // Of an event that the fold does not know yet, and of the contact that it
  // names, as it was sent.
  void Check(const v1::Event& event, const v1::Contact& contact);
  // Of a contact that waits when nothing else happens.
  void CheckAtRest(const BarrierPoint& barrier, const v1::Contact& contact);

  std::uint64_t checks() const { return checks_; }
  std::string Note() const;

 private:
  enum class Answer { kNo, kOpen, kYes };  // open: of calls at the same time
  // By instant: whether the agent is signed in from then on.
  using History = std::vector<std::pair<InstantMs, bool>>;

  // Whether nobody could answer in that ring.
  Answer IsSkipped(const v1::Contact& contact, std::size_t ring,
                   InstantMs at_ms, DurationMs tolerance_ms) const;
  Answer IsSignedIn(const std::string& agent, InstantMs at_ms,
                    DurationMs tolerance_ms) const;
  // The ring after `ring` and a wait: the least and the most that it may be.
  std::pair<std::size_t, std::size_t> RingAfter(const v1::Contact& contact,
                                                std::size_t ring,
                                                DurationMs waited_ms,
                                                InstantMs at_ms) const;

  const Rules& rules_;
  const Record& record_;
  const Fold& fold_;
  const Violation violation_;
  std::map<std::string, History> histories_;  // of agents
  std::uint64_t checks_ = 0;
  std::uint64_t widened_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t open_ = 0;
};

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_RING_AUDIT_H_
