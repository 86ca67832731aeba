// What keeps a free agent from a contact that it may serve: reserves and
// drains (docs/routing-model.md), followed from the events; part of the audit.
// Where calls run at the same time the order of events is not that of
// decisions; what was so since the last quiet moment was so for the decision.
//
// Thread safety: one thread.

#ifndef RELAIS_BENCH_LOAD_RESTRAINTS_H_
#define RELAIS_BENCH_LOAD_RESTRAINTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/load/day.h"
#include "bench/load/fold.h"
#include "bench/load/rules.h"
#include "relais/v1/contact.pb.h"
#include "relais/v1/event.pb.h"

namespace relais::load {

class Restraints {
 public:
  // Says what is wrong.
  using Violation = std::function<void(std::string)>;

  // All of them are kept by reference.
  Restraints(const DayPlan& plan, const Rules& rules, const Fold& fold,
             bool one_caller, Violation violation);

  // A reservation that the fold does not know yet.
  void Check(const v1::Event& event, const v1::Contact& contact);
  // An event that the fold knows.
  void Follow(const v1::Event& event);
  // The fold's state is that of a quiet moment.
  void AtRest();

  // Why the agent may have been kept from the contact, which waits in that
  // ring; empty: it was not.
  std::string MayKeep(const std::string& agent, const v1::Contact& contact,
                      std::size_t ring) const;

 private:
  // What the reserve does, as far as events tell.
  enum class Does { kKeep, kGive, kUnknown };
  struct Reserve {
    v1::Reserve configured;
    std::size_t keep = 0;
    std::size_t resume = 0;
    std::set<std::string> in;
    // Who counted since the last quiet moment, or with one caller who counts:
    // surely all the time, and perhaps for some of it.
    std::set<std::string> always;
    std::set<std::string> ever;
    Does does = Does::kKeep;

    bool Keeps() const;
    bool Gives() const;
  };
  // Right unless the time up to the next quiet moment shows otherwise.
  struct Suspicion {
    std::function<bool()> stands;
    std::string text;
  };

  bool Counts(const Reserve& reserve, const std::string& agent) const;
  // Whether it would count with a contact more of this channel.
  bool CountsWith(const Reserve& reserve, const std::string& agent,
                  v1::Channel channel) const;
  static bool HoldsBack(const Reserve& reserve, v1::Channel channel);
  void Count(const std::string& agent);
  static void Settle(Reserve* reserve);
  // Whether the waiting contact keeps the agent from those of this channel.
  bool Drains(const std::string& waiting, std::size_t ring,
              const std::string& agent, v1::Channel channel) const;
  void CheckReserves(const v1::Event& event, const v1::Contact& contact);
  void CheckDrains(const v1::Event& event, const v1::Contact& contact);
  void Suspect(std::function<bool()> stands, std::string text);

  const Rules& rules_;
  const Fold& fold_;
  const bool one_caller_;
  const Violation violation_;
  std::unordered_map<std::string, const v1::Contact*> contacts_;
  std::vector<Reserve> reserves_;
  // Contacts, with their rings, that drained since the last quiet moment.
  std::set<std::pair<std::string, std::size_t>> drained_;
  std::uint64_t rest_sequence_ = 0;  // of the last quiet moment
  std::uint64_t last_sequence_ = 0;  // that the fold knows
  std::vector<Suspicion> suspicions_;
};

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_RESTRAINTS_H_
