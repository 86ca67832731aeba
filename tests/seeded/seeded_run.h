// One run of the deterministic simulation: router, journal, a faulty storage,
// clients, their network and the clock, in one thread, all drawn from a seed.
// The auditor judges every step.
//
// Thread safety: none; one thread.

#ifndef RELAIS_TESTS_SEEDED_SEEDED_RUN_H_
#define RELAIS_TESTS_SEEDED_SEEDED_RUN_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/fingerprint.h"
#include "lib/base/random.h"
#include "lib/journal/journal.h"
#include "relais/router.h"
#include "tests/model/model_world.h"
#include "tests/seeded/auditor.h"
#include "tests/seeded/faulty_storage.h"
#include "tests/seeded/planted.h"

namespace relais::seeded {

struct RunCounts {
  Auditor::Counts audited;
  std::uint64_t groups = 0;
  std::uint64_t kills = 0;
  std::uint64_t power_losses = 0;
  std::uint64_t storage_failures = 0;
  std::uint64_t clock_jumps = 0;
  std::uint64_t failed_starts = 0;
  std::uint64_t damages = 0;  // planted into copies, all refused
  std::uint64_t trimmed = 0;
  std::uint64_t full = 0;  // calls refused because a limit was reached
  std::uint64_t lost_messages = 0;
  std::uint64_t doubled_messages = 0;
};

class SeededRun final : public RouterObserver {
 public:
  SeededRun(std::uint64_t seed, Planted planted);

  // Runs that many steps, or up to the first violation. Empty, or the
  // violation with the last steps.
  std::string Run(std::uint64_t steps);

  // Of all events, answers and of what is on the medium in the end.
  const Fingerprint& fingerprint() const { return fingerprint_; }
  RunCounts counts() const;
  const std::string& violation() const { return auditor_.violation(); }

  // RouterObserver.
  void OnEvent(const Event& event) override;
  bool WantsDetails() const override { return true; }
  void OnDetailedEvent(const Event& event, const EventDetail& detail) override;

 private:
  struct Request {
    std::uint64_t id = 0;
    CallKind kind = CallKind::kSubmit;
    ContactSpec spec;
    std::string contact_id;
    std::string agent_id;
    std::uint64_t attempt = 0;
    Presence presence;
    std::optional<DurationMs> retry_after_ms;
    EndReason reason = EndReason::kNone;
    std::shared_ptr<const Configuration> configuration;
    AgentChange change;
    PullRequest pull;
    // What an unruly client keeps in its hands.
    std::optional<ContactHandle> contact;
    std::optional<AgentHandle> agent;
  };
  struct Offer {
    std::string contact_id;
    std::string agent_id;
    std::uint64_t attempt = 0;
  };
  struct Waiting {
    CallRecord call;
    std::uint64_t request = 0;
    std::uint64_t ticket = 0;
  };
  // How this run is: drawn once.
  struct Mood {
    bool eager = false;  // events are numbered after each call
    double lost = 0;
    double doubled = 0;
    double late = 0;  // messages that wait in the network
    std::uint64_t submit = 0, cancel = 0, complete = 0, presence = 0;
    std::uint64_t accept = 0, decline = 0, wrap_up = 0, apply = 0, change = 0;
    std::uint64_t pull = 0;
    std::uint64_t read = 0;
    std::uint64_t unruly = 0, time = 0, commit = 0, crash = 0, trim = 0;
    std::uint64_t network = 0;
  };

  // The process (seeded_run.cc).
  void Start();
  bool OpenJournal(journal::Recovered* recovered);
  void TryDamage();
  void Crash(bool power);
  void Step();
  void AdvanceTime();
  void RunDue();
  void Drain();
  void Commit(std::size_t count);
  void Deliver(const std::vector<journal::NumberedEvent>& group);
  void SendAnswers();
  void Trim();
  void ArmFault();
  void Finish();
  void Note(const std::string& what);
  void Mix(std::string_view bytes);

  // Calls (server_calls.cc).
  void Execute(const Request& request);
  bool Resolve(const Request& request, CallRecord* call, ContactHandle* contact,
               AgentHandle* agent);
  void CallContact(const Request& request, ContactHandle contact,
                   CallRecord* call);
  void CallAgent(const Request& request, AgentHandle agent,
                 ContactHandle contact, CallRecord* call);
  void CallPull(const Request& request, AgentHandle agent, CallRecord* call);
  void CallChange(const Request& request, AgentHandle agent, CallRecord* call);
  void CallApply(const Request& request, CallRecord* call);
  CallRecord Begin(CallKind kind) const;
  void End(CallRecord call, std::uint64_t request, std::uint64_t ticket);

  // Clients (clients.cc).
  void Client();
  Request NewSubmit();
  Request NewContactCall(CallKind kind);
  Request NewAnswerToOffer(CallKind kind);
  Request NewPresence();
  Request NewEndWrapUp();
  Request NewApply();
  Request NewChange();
  Request NewPull();
  Request NewUnruly();
  void Send(Request request);
  void Network();
  std::string SomeContact();
  std::string SomeAgent();

  const std::uint64_t seed_;
  const Planted planted_;
  Random random_;
  model::World world_;
  Mood mood_;
  FaultyStorage storage_;
  RouterOptions options_;
  Auditor auditor_;

  std::unique_ptr<Router> engine_;
  std::unique_ptr<PlantedRouter> router_;
  std::unique_ptr<journal::Journal> journal_;
  InstantMs wall_ms_ = 0;   // when the process started
  InstantMs start_ms_ = 0;  // what its clock showed then
  InstantMs now_ms_ = 0;
  std::uint64_t base_ = 0;  // sequence = base_ + ticket
  std::vector<journal::NumberedEvent> drained_;
  std::deque<journal::NumberedEvent> in_flight_;  // numbered, not committed
  std::uint64_t committed_ticket_ = 0;
  std::deque<Waiting> waiting_;
  std::vector<std::pair<std::string, ContactHandle>> contact_handles_;
  std::vector<std::pair<std::string, AgentHandle>> agent_handles_;

  // Clients and network; they outlive the process.
  std::uint64_t next_request_ = 1;
  std::uint64_t next_contact_ = 1;
  std::map<std::uint64_t, Request> unanswered_;
  std::vector<Request> network_;
  std::vector<ContactSpec> submitted_;
  std::deque<Offer> offers_;
  std::deque<std::string> handling_;
  std::deque<Offer> wrap_ups_;
  std::shared_ptr<const Configuration> configuration_;

  std::uint64_t step_ = 0;
  std::deque<std::string> notes_;
  Fingerprint fingerprint_;
  RunCounts counts_;
};

}  // namespace relais::seeded

#endif  // RELAIS_TESTS_SEEDED_SEEDED_RUN_H_
