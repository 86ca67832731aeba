// A router under test, driven by one-line commands, answering in one line: the
// short form of the events that followed, or the code and field of a refusal.
// So that a case is a table that people can read.
//
// Thread safety: none; one thread at a time.

#ifndef RELAIS_TESTS_REFERENCE_CENTRE_H_
#define RELAIS_TESTS_REFERENCE_CENTRE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "relais/router.h"
#include "tests/reference/event_text.h"
#include "tests/reference/router_factories.h"

namespace relais::reference {

// Skills french and english. Agents ann (french 9, english 9), bob (french 5)
// and cem (french 5, english 5), profile all; dot (french 5) takes e-mail only.
// Queues, all channels:
//   main     offer 20 s, wrap-up 10 s, decline retry 60 s, lease 1 h
//   auto     assigned at once, no wrap-up
//   limited  offer 20 s, no wrap-up, wait limit 30 s, decline retry 30 s
//   french   like main, asks french >= 4
//   english  like main, asks english >= 5
Configuration BankConfiguration();

// "FAILED_PRECONDITION attempt".
std::string ShortRefusal(const absl::Status& status);
// "reserved c1 ann".
std::string ShortEvent(const Event& event);

class Centre {
 public:
  explicit Centre(const RouterFactory& factory, RouterOptions options = {},
                  Configuration configuration = BankConfiguration());

  // Commands:
  //   submit CONTACT QUEUE [CHANNEL] [priority=N] [segment=NAME]
  //          [skill=NAME:LEVEL]
  //   cancel|abandon|complete CONTACT
  //   accept AGENT [CONTACT]       without contact: the first reserved
  //   decline AGENT [CONTACT] [RETRY_MS]
  //   stale accept AGENT CONTACT ATTEMPT
  //   available|break|meal|logout AGENT    wrapped AGENT [CONTACT]
  //   run [LIMIT]
  //   apply                                the configuration as it now is
  //   drop agent|queue NAME                edits the configuration
  //   list agent|queue NAME                puts it back as it was at first
  //   level AGENT SKILL LEVEL
  //   mode aged|deadline|strict            these edit it as well
  //   segment NAME MS
  //   threshold QUEUE MS
  //   fit QUEUE best_fit|least_over_qualified
  //   ranks PROFILE [QUEUE[,QUEUE...] ...]  its queue order, rank by rank
  //   order QUEUE longest_idle|least_occupied|fewest_contacts|round_robin
  //   capacity PROFILE UNITS       load PROFILE spread|pack
  //   cost|most PROFILE CHANNEL UNITS|CONTACTS
  // Answers the events joined by "; " ("" if none), or a refusal.
  std::string Do(InstantMs now_ms, const std::string& command);

  Router& router() { return *router_; }
  EventRecorder& recorder() { return recorder_; }
  Configuration& configuration() { return configuration_; }
  ContactHandle Contact(const std::string& id);
  AgentHandle Agent(const std::string& id);
  AgentView ViewOf(const std::string& agent_id);
  // What was handed over since the last look, in full.
  std::vector<Event> Drain();
  // All that was, from the first configuration on.
  const std::vector<Event>& events() const { return events_; }

 private:
  using Words = std::vector<std::string>;

  absl::Status Run(InstantMs now_ms, const Words& words);
  absl::Status Submit(InstantMs now_ms, const Words& words);
  absl::Status Answer(InstantMs now_ms, const Words& words);
  absl::Status SetPresence(InstantMs now_ms, const Words& words);
  absl::Status Edit(const Words& words);
  // False if the command is another.
  bool EditChoice(const Words& words);
  absl::Status EditCapacity(const Words& words);
  absl::Status Keep(const absl::StatusOr<Outcome>& outcome);

  EventRecorder recorder_;
  Configuration first_;
  Configuration configuration_;
  std::unique_ptr<Router> router_;
  CommitTicket ticket_;
  std::vector<Event> events_;
  std::vector<std::pair<std::string, ContactHandle>> handles_;
};

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_CENTRE_H_
