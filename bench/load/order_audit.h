// Whether waiting contacts were taken in their order, and nobody was overtaken
// beyond the bound: part of the audit, docs/load.md ("The invariants").
//
// Thread safety: one thread.

#ifndef RELAIS_BENCH_LOAD_ORDER_AUDIT_H_
#define RELAIS_BENCH_LOAD_ORDER_AUDIT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/load/day.h"
#include "bench/load/fold.h"
#include "bench/load/record.h"
#include "bench/load/restraints.h"
#include "bench/load/rules.h"
#include "relais/limits.h"
#include "relais/v1/contact.pb.h"
#include "relais/v1/event.pb.h"

namespace relais::load {

class OrderAudit {
 public:
  enum class Wrong { kInversion, kOvertaking };
  using Violation = std::function<void(Wrong, std::string)>;

  // All of them are kept by reference.
  OrderAudit(const DayPlan& plan, const Record& record, const Rules& rules,
             const Fold& fold, const Restraints& restraints,
             Violation violation);

  // A contact that some event names; before Check of later ones.
  void Know(const v1::Contact& contact);
  // A reservation that the fold does not know yet.
  void Check(const v1::Event& event);

  std::uint64_t checks() const { return checks_; }
  std::uint64_t overtaken() const { return overtaken_; }
  std::string Note() const;
  std::string OvertakingNote() const;

 private:
  // What is known of a contact from the whole day, beforehand.
  struct WholeLife {
    // By ring: its place there, from all events that tell it.
    std::map<std::size_t, std::pair<InstantMs, std::uint64_t>> places;
    // Events that take it from where it waits, in order.
    std::vector<const v1::Event*> leaves;
  };

  bool CompleteBefore(const ContactFold& contact, std::size_t index,
                      std::uint64_t began_after) const;
  bool StandsBefore(const std::string& waiting, const v1::Contact& contact,
                    const ContactFold& state, const v1::Event& taken) const;
  bool SurelyWaiting(const std::string& id, std::size_t index,
                     const v1::Event& taken) const;
  // Whether the decision, made otherwise, might have been for that contact.
  bool MayInstead(const v1::Contact& contact, const ContactFold& state,
                  const v1::Event& taken) const;
  // Whether the contact waited for this agent, too, and the decision can't have
  // missed that.
  bool WaitedToo(const std::string& id, std::size_t index,
                 const v1::Event& taken);
  void CheckOvertaking(const v1::Contact& contact, const ContactFold& state,
                       const v1::Event& taken);

  const DayPlan& plan_;
  const Record& record_;
  const Rules& rules_;
  const Fold& fold_;
  const Restraints& restraints_;
  const Violation violation_;
  std::unordered_map<std::string, std::size_t> index_;
  std::unordered_map<std::string, WholeLife> lives_;
  std::uint64_t checks_ = 0;
  std::uint64_t overtaken_ = 0;  // pairs
  std::uint64_t pairs_compared_ = 0;
  std::uint64_t pairs_undecided_ = 0;
  // Of any contact known so far, in its last ring.
  DurationMs largest_boost_ms_ = -kDurationMsMax;
  DurationMs furthest_ms_ = 0;  // by which one was overtaken
};

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_ORDER_AUDIT_H_
