// A centre that a case is told to: the same calls, views and events, whichever
// door they go through. Its time stands still but for PassTo, and whatever
// falls due on the way runs at its own instant.
//
// The values are the API's messages, so that a table may use all of them.
//
// Thread safety: none; one thread at a time.

#ifndef RELAIS_TESTS_CASES_CENTRE_H_
#define RELAIS_TESTS_CASES_CENTRE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relais/limits.h"
#include "relais/types.h"
#include "relais/v1/admin_service.pb.h"
#include "relais/v1/agent.pb.h"
#include "relais/v1/agent_service.pb.h"
#include "relais/v1/configuration.pb.h"
#include "relais/v1/contact.pb.h"
#include "relais/v1/event.pb.h"
#include "relais/v1/supervision_service.pb.h"

namespace relais::cases {

// What the clock reads when a case begins: Monday, 2 March 2026, 8:00 UTC.
inline constexpr InstantMs kCaseBeginMs = 1'772'438'400'000;

// Small tables: a centre is made for each case and door.
Limits CaseLimits();

// Of a call: done, or why not.
struct Answer {
  std::string code = "OK";
  std::string field;  // what a refusal is about
  std::string message;
  bool ok() const { return code == "OK"; }
};

// The answer to an offer.
struct Offered {
  std::string agent_id;
  std::string contact_id;
  std::uint64_t attempt = 0;
};

class Centre {
 public:
  virtual ~Centre() = default;
  Centre(const Centre&) = delete;
  Centre& operator=(const Centre&) = delete;

  // Which door this is: "library" or "API".
  virtual std::string_view door() const = 0;

  virtual Answer Apply(const v1::Configuration& configuration) = 0;
  virtual Answer Submit(const v1::Contact& contact) = 0;
  // END_REASON_ABANDONED or END_REASON_CANCELLED.
  virtual Answer Cancel(const std::string& contact_id, v1::EndReason why) = 0;
  virtual Answer Complete(const std::string& contact_id) = 0;
  virtual Answer SetPresence(const std::string& agent_id,
                             const v1::Presence& presence) = 0;
  virtual Answer ChangeAgent(const v1::ChangeAgentRequest& request) = 0;
  virtual Answer Accept(const Offered& offered) = 0;
  virtual Answer Decline(const Offered& offered,
                         std::optional<DurationMs> retry_after_ms) = 0;
  // Without a contact, the wrap-up that ends first.
  virtual Answer EndWrapUp(const std::string& agent_id,
                           const std::string& contact_id) = 0;

  virtual Answer Pull(const v1::PullRequest& request) = 0;

  // Nothing: not known, or no longer.
  virtual std::optional<v1::ContactSnapshot> Contact(
      const std::string& contact_id) = 0;
  virtual std::optional<v1::AgentSnapshot> Agent(
      const std::string& agent_id) = 0;

  // Nothing: not known, or no longer.
  virtual std::optional<v1::ExplainContactResponse> ExplainContact(
      const std::string& contact_id) = 0;
  virtual std::optional<v1::ExplainAgentResponse> ExplainAgent(
      const std::string& agent_id) = 0;
  // The record of the last one about the contact; nothing: none is kept.
  virtual std::optional<v1::Decision> Decision(
      const std::string& contact_id) = 0;

  // Time passes; what is due at `to_ms` has run as well. Not back.
  void PassTo(InstantMs to_ms);
  // What happened since this was asked last.
  virtual std::vector<v1::Event> TakeEvents() = 0;

 protected:
  Centre() = default;

  virtual std::optional<InstantMs> NextDue() const = 0;
  // The clock reads `now_ms` from now on, and what is due runs.
  virtual void RunDueAt(InstantMs now_ms) = 0;

  InstantMs now_ms_ = kCaseBeginMs;
};

// The Router itself.
std::unique_ptr<Centre> MakeLibraryCentre();
// The services of relaisd, over a loopback port.
std::unique_ptr<Centre> MakeApiCentre();

// "break" is not ready for that reason, "not_ready" without one, else a state's
// name. Nothing if it is none.
std::optional<v1::Presence> PresenceOfWord(std::string_view word);

// How a case says it: "nobody", "offered to ann", "with ann", or why it ended.
std::string TextOf(const v1::ContactSnapshot& contact);
// "idle", "break", "handling then logged_out", "wrap_up", "idle but not voice".
std::string TextOf(const v1::AgentSnapshot& agent);
// "declined", 'requirement: language "de"', "free", "capacity after 2".
std::string TextOf(const v1::AgentVerdict& verdict);
// The same, with how many: "2 capacity".
std::string TextOf(const v1::WaitingVerdict& verdict);
// What decided: "rank_key" for "contact", "fit" for "agent"; or who was next:
// "loans", "ann", "not looked at", "nobody".
std::string TextOf(const v1::Decision& decision, std::string_view about);
// "main voice".
std::string QueueAndChannel(const v1::WaitingVerdict& verdict);
// "reservation_created c1 ann": the event's type, its contact, its agent.
std::string TextOf(const v1::Event& event);

}  // namespace relais::cases

#endif  // RELAIS_TESTS_CASES_CENTRE_H_
