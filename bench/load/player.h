// Plays a day against a centre: sends what the plan says when it is due and
// reacts to offers and events as the plan's agents and customers would.
//
// One thread; everything to be done stands in one queue by (instant, order of
// planning). Several calls may be in flight at once. Calls of one contact, and
// presence calls of one agent, are sent one after the other; answers to offers
// are not held back by them, because real agents and real callers race too.
//
// Nothing here waits for ever: whoever still waits when the last agent has
// gone is withdrawn, and the day ends when nothing is left to do.

#ifndef RELAIS_BENCH_LOAD_PLAYER_H_
#define RELAIS_BENCH_LOAD_PLAYER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/centre.h"
#include "bench/load/day.h"
#include "bench/load/record.h"

namespace relais::load {

struct Progress {
  InstantMs now_ms = 0;
  std::size_t planned = 0;
  std::size_t submitted = 0;
  std::size_t waiting = 0;  // reserved ones included
  std::size_t handling = 0;
  std::size_t answered = 0;
  std::size_t abandoned = 0;
  std::size_t barriers = 0;
  DurationMs lag_worst_ms = 0;
};

struct PlayerOptions {
  std::size_t in_flight_max = 64;
  // Spread evenly over the day; more come while contacts wait.
  int barriers = 160;
  DurationMs barrier_when_waiting_every_ms = 120'000;
  // Called often; the callee decides what to show.
  std::function<void(const Progress&)> progress;
};

class Player {
 public:
  // All outlive the Player. The centre is open.
  Player(const DayPlan& plan, const PlayerOptions& options, Centre* centre);

  // Once. UNAVAILABLE and the like if the connection broke; a centre that
  // answers wrongly is the auditor's business, not an error here.
  absl::StatusOr<Record> Run();

 private:
  enum class Todo {
    kSubmit,    // index of the contact
    kPresence,  // index of the planned presence
    kLeave,     // the customer's patience is over
    kAnswer,    // an offer is answered
    kComplete,
    kEndWrapUp,  // the agent is done earlier than the queue allows
    kReturn,     // an agent who missed an offer says that it is there
    kPull,       // an agent looks for what it may pull
    kBarrier,
    kClose,
  };
  struct Item {
    InstantMs at_ms = 0;
    std::uint64_t order = 0;
    Todo todo = Todo::kSubmit;
    std::size_t index = 0;      // contact or planned presence
    std::string agent_id = {};  // kAnswer, kEndWrapUp, kReturn, kPull
    std::uint64_t attempt = 0;  // kAnswer
    bool decline = false;       // kAnswer
  };
  struct Later {
    bool operator()(const Item& a, const Item& b) const {
      return a.at_ms != b.at_ms ? a.at_ms > b.at_ms : a.order > b.order;
    }
  };
  enum class Life { kPlanned, kSubmitted, kAssigned, kEnded };
  struct ContactLife {
    Life life = Life::kPlanned;
    std::uint64_t offers = 0;
    std::uint64_t standing_attempt = 0;  // 0 = no offer known to stand
    bool waits = false;                  // by its last event
    bool wrapping_up = false;
    InstantMs completes_ms = 0;  // 0 = not, as things stand
    DurationMs left_ms = 0;      // of its handling, while interrupted
  };
  struct AgentLife {
    bool signed_in_once = false;
    v1::Presence presence;  // the last one that the plan asked for
    bool idle = false;      // by its last event
    std::vector<std::string> pulls_from;  // queues
  };
  struct InFlight {
    Call call;
    std::size_t contact_index = 0;
    std::uint64_t after_sequence = 0;
  };

  void PlanAll();
  void PlanPulls();
  void Plan(Item item);
  // Whether the day is over.
  absl::StatusOr<bool> Step();
  void Do(const Item& item);
  void DoSubmit(std::size_t index);
  void DoPresence(const PlannedPresence& presence);
  void DoLeave(std::size_t index, v1::EndReason reason);
  void DoAnswer(const Item& item);
  void DoComplete(const Item& item);
  void DoPull(const Item& item);
  void DoClose();
  absl::Status DoBarrier();
  absl::StatusOr<bool> IsOver();

  void Send(Call call, std::size_t contact_index);
  void SendNow(const InFlight& call);
  // What calls must not overtake each other; empty for answers to offers.
  static std::string OrderingKey(const Call& call);

  void Take(std::vector<Notice> notices);
  void TakeAnswer(const CallAnswer& answer);
  void TakeOffer(const v1::Offer& offer);
  void TakeOfferEnded(const v1::OfferEnded& ended);
  void TakeEvent(v1::Event event);
  void ContactEvent(const v1::Event& event, std::size_t index);
  // Its agent is at it, and will be until then.
  void Handle(std::size_t index, InstantMs until_ms);
  void WantBarrierWhileWaiting();
  void ShowProgress();

  const DayPlan& plan_;
  const PlayerOptions& options_;
  Centre* const centre_;

  std::priority_queue<Item, std::vector<Item>, Later> todo_;
  std::uint64_t next_order_ = 0;
  std::unordered_map<std::string, std::size_t> index_of_contact_;
  std::vector<ContactLife> contacts_;
  std::unordered_map<std::string, AgentLife> agents_;
  std::map<std::string, int> waiting_in_;  // by queue
  std::unordered_map<std::uint64_t, InFlight> in_flight_;
  // Calls behind one in flight with the same ordering key; a key is present
  // while one is.
  std::unordered_map<std::string, std::deque<InFlight>> behind_;
  std::uint64_t next_call_ = 1;
  std::uint64_t last_sequence_ = 0;  // of the events read
  bool barrier_wanted_ = false;
  InstantMs last_barrier_ms_ = 0;
  absl::Status broken_;
  Progress progress_;
  Record record_;
};

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_PLAYER_H_
