// The state of every contact and agent after a number of events, folded
// naively from the events alone.
//
// Thread safety: one thread.

#ifndef RELAIS_BENCH_LOAD_FOLD_H_
#define RELAIS_BENCH_LOAD_FOLD_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "relais/types.h"
#include "relais/v1/event.pb.h"

namespace relais::load {

struct ContactFold {
  v1::ContactChange last;
  // The event that made it wait where it does, and whether it waited before.
  std::uint64_t published_sequence = 0;
  bool placed_again = false;
  std::string agent_id;  // who holds it
  std::uint64_t attempt = 0;
  int submitted_events = 0;
  int ended_events = 0;
};

struct HeldFold {
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
  int units = 0;
  std::uint64_t reserved_sequence = 0;
  v1::WorkState state = v1::WORK_STATE_RESERVED;
  bool interrupted = false;
};

struct AgentFold {
  v1::AgentChange last;
  std::map<std::string, HeldFold> held;   // by contact, wrap-up included
  std::uint64_t given_back_sequence = 0;  // the last event that gave room
  std::string accepted_id;                // what it accepted last
  bool returned = false;  // its last event took an offer from it

  int units() const;
  int HeldOf(v1::Channel channel) const;
  std::string HeldText() const;  // the contacts' ids
};

// A declined pair.
struct Exclusion {
  std::string contact_id;
  std::string agent_id;
  InstantMs until_ms = 0;
  std::uint64_t cleared_sequence = 0;  // the event that ended it; 0 = none
};

class Fold {
 public:
  void Apply(const v1::Event& event);

  const ContactFold* FindContact(const std::string& id) const;
  const AgentFold* FindAgent(const std::string& id) const;
  const std::set<std::string>& waiting() const { return waiting_; }
  const std::map<std::string, AgentFold>& agents() const { return agents_; }
  const std::map<std::string, ContactFold>& contacts() const {
    return contacts_;
  }

  // Available, and not about to leave.
  static bool IsOpen(const AgentFold& agent);
  static bool IsClosed(const AgentFold& agent, v1::Channel channel);
  // Whether the contact does not wait for another agent alone.
  static bool MayGoTo(const ContactFold& contact, const std::string& agent) {
    return contact.last.held_for().empty() || contact.last.held_for() == agent;
  }

  // Whether the pair is surely excluded at `now_ms`: declined, not cleared by
  // any event so far, and the time not over.
  bool SurelyExcluded(const std::string& contact, const std::string& agent,
                      InstantMs now_ms) const;
  // Whether it may still have been excluded for a decision at `now_ms` that
  // had seen the events up to `seen`.
  bool MaybeExcluded(const std::string& contact, const std::string& agent,
                     InstantMs now_ms, std::uint64_t seen) const;

 private:
  void ApplyToContact(const v1::Event& event);
  void ApplyToAgent(const v1::Event& event);
  void Exclude(const v1::Event& event);
  void ForgetDeclinesOf(const std::string& agent, std::uint64_t sequence);

  std::map<std::string, ContactFold> contacts_;
  std::map<std::string, AgentFold> agents_;
  std::set<std::string> waiting_;
  std::vector<Exclusion> exclusions_;  // in the order of the declines
  std::map<std::string, std::vector<std::size_t>> exclusions_of_contact_;
};

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_FOLD_H_
