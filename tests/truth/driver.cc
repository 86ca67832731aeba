#include "tests/truth/driver.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <queue>
#include <vector>

#include "lib/base/assert.h"
#include "lib/base/random.h"
#include "tests/truth/router_side.h"

namespace relais::truth {
namespace {

class Run {
 public:
  Run(const Model& world, const Model& configured,
      const Replication& replication)
      : world_(world),
        replication_(replication),
        router_(configured),
        random_(replication.seed),
        contacts_(kContactsMax),
        agents_(router_.group_of().size()),
        tallies_(world.classes()) {
    idle_.resize(world.groups());
    for (const std::size_t group : router_.group_of()) ++idle_[group];
    for (const double rate : world.arrival_rate) arrival_rate_ += rate;
    next_arrival_ = DrawExponential(arrival_rate_);
  }

  std::vector<Tally> ToTheEnd() {
    const double end = replication_.warm_up + replication_.length;
    while (next_arrival_ < end || unresolved_ > 0) {
      if (due_.empty() || next_arrival_ <= due_.top().at) {
        now_ = next_arrival_;
        next_arrival_ += DrawExponential(arrival_rate_);
        Arrive();
      } else {
        const Due due = due_.top();
        due_.pop();
        now_ = due.at;
        if (due.is_completion) {
          CompleteOne(due.index, due.version);
        } else {
          Leave(due.index, due.version);
        }
      }
    }
    return tallies_;
  }

 private:
  struct Contact {
    std::size_t contact_class = 0;
    double arrived_at = 0;
    std::uint64_t version = 0;  // of this use of the number
    bool waiting = false;
    bool counted = false;
  };
  struct Agent {
    std::vector<std::uint32_t> contacts;  // in handling
    std::uint64_t version = 0;            // of the completion that is drawn
  };
  struct Due {
    double at = 0;
    bool is_completion = false;
    std::size_t index = 0;  // of the agent, or of the contact that may leave
    std::uint64_t version = 0;
    bool operator>(const Due& other) const { return at > other.at; }
  };

  double DrawExponential(double rate) {
    // In (0, 1], so that its logarithm is finite.
    return -std::log(1.0 - random_.UniformDouble()) / rate;
  }

  std::size_t DrawClass() {
    double left = random_.UniformDouble() * arrival_rate_;
    for (std::size_t c = 0; c + 1 < world_.classes(); ++c) {
      left -= world_.arrival_rate[c];
      if (left < 0) return c;
    }
    return world_.classes() - 1;
  }

  bool Counts() const {
    return now_ >= replication_.warm_up &&
           now_ < replication_.warm_up + replication_.length;
  }

  // Who finds an agent needs no waiting place.
  bool IsTurnedAway(std::size_t contact_class) const {
    if (!world_.room.has_value() || waiting_ < *world_.room) return false;
    for (std::size_t group = 0; group < world_.groups(); ++group) {
      if (world_.service_rate[group][contact_class] > 0 && idle_[group] > 0) {
        return false;
      }
    }
    return true;
  }

  void Arrive() {
    const std::size_t contact_class = DrawClass();
    Tally& tally = tallies_[contact_class];
    const bool counted = Counts();
    if (counted) ++tally.arrived;
    if (IsTurnedAway(contact_class)) {
      if (counted) ++tally.blocked;
      return;
    }
    const std::uint32_t number = router_.Submit(contact_class, now_);
    Contact& contact = contacts_[number];
    contact = {contact_class, now_, contact.version + 1, true, counted};
    ++waiting_;
    if (counted) {
      ++tally.accepted;
      ++unresolved_;
    }
    StartAnswered();
    if (!contact.waiting) return;
    if (counted) ++tally.waited;
    const Patience& patience = world_.patience[contact_class];
    if (patience.law == Patience::Law::kNever) return;
    const double for_minutes = patience.law == Patience::Law::kFixed
                                   ? patience.mean
                                   : DrawExponential(1.0 / patience.mean);
    due_.push({now_ + for_minutes, false, number, contact.version});
  }

  // The number may have been answered since, and given again.
  void Leave(std::size_t number, std::uint64_t version) {
    Contact& contact = contacts_[number];
    if (contact.version != version || !contact.waiting) return;
    const double wait = now_ - contact.arrived_at;
    contact.waiting = false;
    --waiting_;
    if (contact.counted) {
      Tally& tally = tallies_[contact.contact_class];
      ++tally.abandoned;
      tally.wait_of_all += wait;
      if (wait < world_.threshold[contact.contact_class]) ++tally.left_early;
      --unresolved_;
    }
    router_.Abandon(static_cast<std::uint32_t>(number), now_);
    StartAnswered();
  }

  void StartAnswered() {
    for (const Start& start : router_.TakeStarts()) {
      Contact& contact = contacts_[start.contact];
      RELAIS_CHECK(contact.waiting, "who is answered was waiting");
      contact.waiting = false;
      --waiting_;
      if (contact.counted) CountAnswer(contact);
      Agent& agent = agents_[start.agent];
      if (agent.contacts.empty()) --idle_[router_.group_of()[start.agent]];
      agent.contacts.push_back(start.contact);
      DrawCompletion(start.agent);
    }
  }

  void CountAnswer(const Contact& contact) {
    Tally& tally = tallies_[contact.contact_class];
    const double wait = now_ - contact.arrived_at;
    ++tally.served;
    tally.wait_of_served += wait;
    tally.wait_of_all += wait;
    if (wait <= world_.threshold[contact.contact_class]) ++tally.served_in_time;
    --unresolved_;
  }

  double RateOf(std::size_t agent, std::uint32_t number) const {
    const double rate = world_.service_rate[router_.group_of()[agent]]
                                           [contacts_[number].contact_class];
    if (world_.rate_at_load.empty()) return rate;
    return rate * world_.rate_at_load[agents_[agent].contacts.size() - 1];
  }

  // When the next of the agent's contacts is done. Drawn anew whenever what the
  // agent has in hand changes: what is exponential has no memory.
  void DrawCompletion(std::size_t index) {
    Agent& agent = agents_[index];
    ++agent.version;
    double rate = 0;
    for (const std::uint32_t number : agent.contacts) {
      rate += RateOf(index, number);
    }
    if (agent.contacts.empty()) return;
    due_.push({now_ + DrawExponential(rate), true, index, agent.version});
  }

  void CompleteOne(std::size_t index, std::uint64_t version) {
    Agent& agent = agents_[index];
    if (agent.version != version) return;
    const auto done = agent.contacts.begin() + PlaceOfDone(index);
    const std::uint32_t number = *done;
    agent.contacts.erase(done);
    if (agent.contacts.empty()) ++idle_[router_.group_of()[index]];
    DrawCompletion(index);
    router_.Complete(number, now_);
    StartAnswered();
  }

  // Each with the probability that its rate has of all.
  std::ptrdiff_t PlaceOfDone(std::size_t index) {
    const std::vector<std::uint32_t>& in_hand = agents_[index].contacts;
    if (in_hand.size() == 1) return 0;
    double rate = 0;
    for (const std::uint32_t number : in_hand) rate += RateOf(index, number);
    double left = random_.UniformDouble() * rate;
    for (std::size_t i = 0; i + 1 < in_hand.size(); ++i) {
      left -= RateOf(index, in_hand[i]);
      if (left < 0) return static_cast<std::ptrdiff_t>(i);
    }
    return static_cast<std::ptrdiff_t>(in_hand.size()) - 1;
  }

  const Model& world_;
  const Replication& replication_;
  RouterSide router_;
  Random random_;
  std::vector<Contact> contacts_;
  std::vector<Agent> agents_;
  std::vector<Tally> tallies_;
  std::vector<int> idle_;  // agents of each group with nothing in hand
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  double arrival_rate_ = 0;
  double next_arrival_ = 0;
  double now_ = 0;
  int waiting_ = 0;
  std::uint64_t unresolved_ = 0;  // counted, neither answered nor left
};

}  // namespace

std::vector<Tally> Simulate(const Model& world, const Model& configured,
                            const Replication& replication) {
  return Run(world, configured, replication).ToTheEnd();
}

}  // namespace relais::truth
