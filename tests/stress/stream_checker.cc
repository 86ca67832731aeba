#include "tests/stress/stream_checker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/reference/event_text.h"

namespace relais::stress {

StreamChecker::StreamChecker(
    const Configuration& configuration,
    std::function<ContactSpec(std::string_view)> spec_of)
    : configuration_(configuration), spec_of_(std::move(spec_of)) {
  for (const AgentConfiguration& agent : configuration_.agents) {
    agent_numbers_[agent.id] = static_cast<int>(agents_.size());
    Agent& one = agents_.emplace_back();
    one.configuration = &agent;
    for (const RoutingProfile& profile : configuration_.routing_profiles) {
      if (profile.name != agent.routing_profile) continue;
      one.profile = &profile;
      for (const QueueRank& rank : profile.queue_order) {
        for (const auto& name : rank.queues) one.ranks[name] = one.other_rank;
        ++one.other_rank;
      }
    }
  }
}

void StreamChecker::FailAlways(const std::string& what) {
  // The first tell the story; thousands more tell nothing.
  if (violations_.size() < 20) violations_.push_back(what);
}

void StreamChecker::Fail(const Event& event, const std::string& what) {
  FailAlways(absl::StrCat(what, ": ", reference::Describe(event)));
}

std::uint64_t StreamChecker::alive() const {
  return static_cast<std::uint64_t>(
      std::count_if(contacts_.begin(), contacts_.end(), [](const auto& one) {
        return one.version != 0 && one.state != ContactState::kEnded;
      }));
}

int StreamChecker::ContactOf(const Event& event) {
  if (event.contact_id.empty()) return -1;
  const std::string id(event.contact_id.view());
  const auto [found, is_new] =
      contact_numbers_.try_emplace(id, static_cast<int>(contacts_.size()));
  if (is_new) {
    Contact& contact = contacts_.emplace_back();
    contact.id = id;
    const ContactSpec spec = spec_of_(id);
    contact.queue = spec.queue;
    contact.channel = spec.channel;
    const auto add = [&contact](const RoutingRequirement& requirement) {
      for (const RequirementTerm& term : requirement.all_of) {
        int& level = contact.required[term.skill];
        level = std::max(level, term.level_min);
      }
    };
    add(spec.requirement);
    for (const ContactQueue& queue : configuration_.queues) {
      if (queue.name == spec.queue) add(queue.requirement);
    }
  }
  return found->second;
}

int StreamChecker::AgentOf(const Event& event) {
  if (event.agent_id.empty()) return -1;
  const auto found = agent_numbers_.find(std::string(event.agent_id.view()));
  if (found != agent_numbers_.end()) return found->second;
  Fail(event, "an agent that is not configured");
  return -1;
}

void StreamChecker::Add(const Event& event) {
  if (event.sequence != last_sequence_ + 1) {
    Fail(event, absl::StrCat("gap: after number ", last_sequence_));
  }
  last_sequence_ = event.sequence;
  ++by_type_[static_cast<std::size_t>(event.type) % 16];
  const int contact = ContactOf(event);
  const int agent = AgentOf(event);
  Record record{event.sequence,
                event.began_after_sequence,
                event.at_ms,
                event.contact_version,
                contact,
                agent,
                event.type,
                contact >= 0 && event.contact_version != 0 &&
                    event.contact_state == ContactState::kWaiting,
                0,
                std::nullopt};
  if (event.type == EventType::kReservationCreated && agent >= 0) {
    const Agent& holder = agents_[static_cast<std::size_t>(agent)];
    if (IsOpen(holder)) {
      record.room = static_cast<ChannelSet>(RoomOf(holder) & ~holder.closed);
    }
    if (Contains(holder.closed, event.channel)) {
      record.closed_ms =
          holder.closed_ms[static_cast<std::size_t>(event.channel)];
    }
  }
  StepVersions(event, contact, agent);
  Step(event, contact, agent);
  if (agent >= 0) TakeAgentState(event, agent);
  if (contact >= 0 || agent >= 0) records_.push_back(record);
}

void StreamChecker::Step(const Event& event, int contact, int agent) {
  switch (event.type) {
    case EventType::kContactSubmitted:
      return StepSubmitted(event, contact);
    case EventType::kContactEnded:
      return StepEnded(event, contact, agent);
    case EventType::kReservationCreated:
      return StepCreated(event, contact, agent);
    case EventType::kReservationAccepted:
    case EventType::kReservationDeclined:
    case EventType::kReservationNoAnswer:
    case EventType::kReservationRescinded:
      return StepClosed(event, contact, agent);
    case EventType::kPresenceChanged:
      if (agent >= 0) agents_[static_cast<std::size_t>(agent)].declined.clear();
      return;
    case EventType::kWrapUpEnded:
      return StepWrapUpEnded(event, contact, agent);
    case EventType::kAgentRemoved:
    case EventType::kAgentChanged:
    case EventType::kConfigurationApplied:
    case EventType::kNone:
      return;
    default:
      return Fail(event, "no plans, preferred agents or interruptions here");
  }
}

void StreamChecker::StepVersions(const Event& event, int contact, int agent) {
  if (contact >= 0 && event.contact_version != 0) {
    std::uint64_t& version =
        contacts_[static_cast<std::size_t>(contact)].version;
    if (event.contact_version != version + 1) {
      Fail(event, absl::StrCat("contact's version after ", version));
    }
    version = event.contact_version;
  }
  if (agent >= 0 && event.agent_version != 0) {
    std::uint64_t& version = agents_[static_cast<std::size_t>(agent)].version;
    if (event.agent_version != version + 1) {
      Fail(event, absl::StrCat("agent's version after ", version));
    }
    version = event.agent_version;
  }
}

bool StreamChecker::IsOpen(const Agent& agent) {
  return agent.presence == PresenceState::kAvailable && !agent.pending;
}

ChannelSet StreamChecker::RoomOf(const Agent& agent) {
  int units = 0;
  std::array<int, kChannelCount> of_channel{};
  for (const auto& [contact, held] : agent.held) {
    units += held.units;
    ++of_channel[static_cast<std::size_t>(held.channel)];
  }
  ChannelSet room = 0;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const int most = agent.profile->contacts_max[i];
    if (units + agent.profile->cost_units[i] <= agent.profile->capacity_units &&
        (most == 0 || of_channel[i] < most)) {
      room = static_cast<ChannelSet>(room | SetOf(static_cast<Channel>(i)));
    }
  }
  return room;
}

bool StreamChecker::FitsWith(const RoutingProfile& profile, Channel x,
                             Channel y) {
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (profile.contacts_max[i] > 0 &&
        Contains(profile.channels, static_cast<Channel>(i))) {
      return true;  // told one by one
    }
  }
  return profile.cost_units[static_cast<std::size_t>(x)] <=
         profile.cost_units[static_cast<std::size_t>(y)];
}

WorkState StreamChecker::WorkOf(const Agent& agent) {
  const auto any = [&agent](WorkState state) {
    return std::any_of(
        agent.held.begin(), agent.held.end(),
        [state](const auto& one) { return one.second.state == state; });
  };
  if (any(WorkState::kHandling)) return WorkState::kHandling;
  if (any(WorkState::kWrapUp)) return WorkState::kWrapUp;
  return any(WorkState::kReserved) ? WorkState::kReserved : WorkState::kIdle;
}

void StreamChecker::TakeAgentState(const Event& event, int agent) {
  Agent& one = agents_[static_cast<std::size_t>(agent)];
  if (event.work_state != WorkOf(one)) {
    Fail(event, absl::StrCat("a work state that does not follow from the ",
                             one.held.size(), " contacts held"));
  }
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    if (Contains(event.no_answer_channels, channel) &&
        !Contains(one.closed, channel)) {
      one.closed_ms[i] = event.at_ms;
    }
  }
  one.presence = event.presence.state;
  one.pending = event.presence_pending;
  one.closed = event.no_answer_channels;
}

void StreamChecker::NoteKey(const Event& event, int contact) {
  Contact& one = contacts_[static_cast<std::size_t>(contact)];
  const std::pair key{event.rank_key_ms, event.arrival_sequence};
  if (one.key.has_value() && *one.key != key) {
    Fail(event, "the contact had another place before");
  }
  one.key = key;
}

void StreamChecker::StepSubmitted(const Event& event, int contact) {
  Contact& one = contacts_[static_cast<std::size_t>(contact)];
  if (event.contact_version != 1) Fail(event, "submitted twice");
  one.state = ContactState::kWaiting;
  ++submitted_;
}

void StreamChecker::StepEnded(const Event& event, int contact, int agent) {
  Contact& one = contacts_[static_cast<std::size_t>(contact)];
  if (one.state == ContactState::kEnded)
    Fail(event, "ended, and had not begun");
  const bool assigned = one.state == ContactState::kAssigned;
  if (assigned != (agent >= 0)) {
    Fail(event, "an end names the agent exactly if it was assigned");
  }
  if (assigned && agent >= 0) {
    if (one.agent != agent) Fail(event, "ended by who did not hold it");
    if (event.attempt != one.attempt) Fail(event, "ended, another attempt");
    Agent& holder = agents_[static_cast<std::size_t>(agent)];
    if (event.wrap_up_ends_ms > 0) {
      holder.held[contact].state = WorkState::kWrapUp;
    } else {
      holder.held.erase(contact);
    }
  }
  one.left_while_reserved = one.state == ContactState::kReserved;
  if (!one.left_while_reserved) one.agent = -1;
  one.state = ContactState::kEnded;
  ++ended_;
}

void StreamChecker::StepCreated(const Event& event, int contact, int agent) {
  ++reservations_;
  if (contact < 0 || agent < 0) {
    return Fail(event, "a reservation needs contact and agent");
  }
  Contact& one = contacts_[static_cast<std::size_t>(contact)];
  Agent& holder = agents_[static_cast<std::size_t>(agent)];
  if (one.state != ContactState::kWaiting) {
    Fail(event, "reserved, and was not waiting");
  }
  if (one.agent >= 0) Fail(event, "a second agent on one contact");
  const auto at = static_cast<std::size_t>(one.channel);
  if (event.units != holder.profile->cost_units[at]) {
    Fail(event, absl::StrCat("a contact of ", holder.profile->cost_units[at],
                             " units takes others"));
  }
  if (!Contains(RoomOf(holder), one.channel) ||
      holder.held.size() >= kContactsPerAgentMax) {
    Fail(event, absl::StrCat("reserved an agent who has no room for it beside ",
                             holder.held.size(), " others"));
  }
  // A presence change may meet a decision that has already chosen the agent;
  // then the reservation is taken back.
  one.must_be_rescinded = !IsOpen(holder);
  if (!Suits(one, holder)) Fail(event, "offered without the skill or channel");
  if (event.attempt != event.contact_version) {
    Fail(event, "the attempt is not the contact's version");
  }
  NoteKey(event, contact);
  one.state = ContactState::kReserved;
  one.agent = agent;
  one.attempt = event.attempt;
  holder.held[contact] = {WorkState::kReserved, one.channel, event.attempt,
                          event.units};
}

// Accepted, declined, not answered or rescinded: the one end of a reservation.
void StreamChecker::StepClosed(const Event& event, int contact, int agent) {
  if (contact < 0 || agent < 0) {
    return Fail(event, "a reservation needs contact and agent");
  }
  Contact& one = contacts_[static_cast<std::size_t>(contact)];
  Agent& holder = agents_[static_cast<std::size_t>(agent)];
  const auto held = holder.held.find(contact);
  if (held == holder.held.end() || held->second.state != WorkState::kReserved ||
      one.agent != agent || one.attempt != event.attempt ||
      held->second.units != event.units) {
    return Fail(event, "the end of a reservation that does not stand");
  }
  NoteKey(event, contact);
  const bool left = one.left_while_reserved;
  const bool rescinded = event.type == EventType::kReservationRescinded;
  if (left != (rescinded && event.contact_version == 0)) {
    Fail(event,
         "a contact that left is rescinded, and only such a one is "
         "with version 0");
  }
  if (one.must_be_rescinded && !rescinded) {
    Fail(event, "an agent who is not available kept a reservation");
  }
  one.must_be_rescinded = false;
  if (event.type == EventType::kReservationAccepted) {
    one.state = ContactState::kAssigned;
    held->second.state = WorkState::kHandling;
    return;
  }
  if (event.type == EventType::kReservationDeclined) {
    holder.declined[contact] = event.decline_until_ms;
  }
  if (!left) one.state = ContactState::kWaiting;
  one.left_while_reserved = false;
  one.agent = -1;
  holder.held.erase(held);
}

void StreamChecker::StepWrapUpEnded(const Event& event, int contact,
                                    int agent) {
  if (contact < 0 || agent < 0) {
    return Fail(event, "a wrap-up needs contact and agent");
  }
  Agent& holder = agents_[static_cast<std::size_t>(agent)];
  const auto held = holder.held.find(contact);
  if (held == holder.held.end() || held->second.state != WorkState::kWrapUp ||
      held->second.attempt != event.attempt ||
      held->second.units != event.units) {
    return Fail(event, "the end of a wrap-up that was none");
  }
  holder.held.erase(held);
}

bool StreamChecker::Suits(const Contact& contact, const Agent& agent) const {
  if (!Contains(agent.profile->channels, contact.channel)) return false;
  return std::all_of(contact.required.begin(), contact.required.end(),
                     [&agent](const auto& term) {
                       return std::any_of(agent.configuration->skills.begin(),
                                          agent.configuration->skills.end(),
                                          [&term](const AgentSkill& held) {
                                            return held.skill == term.first &&
                                                   held.level >= term.second;
                                          });
                     });
}

void StreamChecker::CheckConservation(InstantMs now_ms) {
  for (const Agent& agent : agents_) {
    if (!IsOpen(agent)) {
      for (const auto& [number, held] : agent.held) {
        if (held.state != WorkState::kReserved) continue;
        FailAlways(absl::StrCat(
            "agent ", agent.configuration->id, ", who has left, keeps ",
            contacts_[static_cast<std::size_t>(number)].id));
      }
      continue;
    }
    const auto room = static_cast<ChannelSet>(RoomOf(agent) & ~agent.closed);
    for (std::size_t i = 0; i < contacts_.size(); ++i) {
      const Contact& contact = contacts_[i];
      if (contact.state != ContactState::kWaiting || contact.version == 0 ||
          !Contains(room, contact.channel)) {
        continue;
      }
      ++pairs_conserved_;
      // Forgotten declines (the ninth, the 65th) count as standing here: a
      // pair more is let through, never a false report.
      const auto declined = agent.declined.find(static_cast<int>(i));
      if (declined != agent.declined.end() && declined->second > now_ms) {
        continue;
      }
      if (Suits(contact, agent)) {
        FailAlways(absl::StrCat("free agent ", agent.configuration->id,
                                " beside eligible waiting contact ", contact.id,
                                " at ", now_ms, ", event ", last_sequence_));
      }
    }
  }
}

void StreamChecker::CheckHeld(const AgentView& view, const Agent& agent) {
  bool same = view.held.size() == agent.held.size();
  for (const HeldContact& shown : view.held) {
    const auto number = contact_numbers_.find(shown.contact_id);
    const auto held = number == contact_numbers_.end()
                          ? agent.held.end()
                          : agent.held.find(number->second);
    same = same && held != agent.held.end() &&
           held->second.state == shown.state &&
           held->second.channel == shown.channel &&
           held->second.attempt == shown.attempt &&
           held->second.units == shown.units;
  }
  if (!same) {
    FailAlways("shown otherwise than its events say: what agent " + view.id +
               " holds");
  }
}

void StreamChecker::CheckViews(const Router& router) {
  std::size_t shown = 0;
  for (const AgentView& view : router.Agents()) {
    ++shown;
    const auto found = agent_numbers_.find(view.id);
    if (found == agent_numbers_.end()) {
      FailAlways("shown, not configured: " + view.id);
      continue;
    }
    const Agent& agent = agents_[static_cast<std::size_t>(found->second)];
    CheckHeld(view, agent);
    if (view.version != agent.version || view.work_state != WorkOf(agent) ||
        view.presence.state != agent.presence ||
        view.presence_pending != agent.pending ||
        view.no_answer_channels != agent.closed) {
      FailAlways("shown otherwise than its events say: agent " + view.id);
    }
  }
  if (shown != agents_.size()) FailAlways("not all agents are shown");
  std::uint64_t alive = 0;
  for (const QueueView& queue : router.Queues()) {
    alive += queue.waiting + queue.reserved + queue.assigned;
  }
  if (alive != this->alive()) {
    FailAlways(absl::StrCat("the queues show ", alive, " contacts, events say ",
                            this->alive()));
  }
  for (const Contact& contact : contacts_) {
    if (contact.state == ContactState::kEnded) continue;
    const auto view = router.GetContact(contact.id);
    if (!view.ok() || view->version != contact.version ||
        view->state != contact.state) {
      FailAlways("shown otherwise than its events say: contact " + contact.id);
    }
  }
}

// --- Order -----------------------------------------------------------------

// The calls of all threads, by their instants.
class StreamChecker::Calls {
 public:
  explicit Calls(const std::vector<CallLog>& logs) {
    for (const CallLog& log : logs) {
      for (const CallLog::Call& call : log.calls) calls_[call.at_ms] = call;
    }
  }

  // A number that had been given when the call behind this returned.
  std::optional<std::uint64_t> AfterCall(InstantMs at_ms) const {
    const auto found = calls_.find(at_ms);
    if (found == calls_.end()) return std::nullopt;
    return found->second.after;
  }

  // A number that had been given when the taking of a waiting contact began.
  std::optional<std::uint64_t> TakenNotBefore(const Record& record) const {
    if (record.type == EventType::kReservationCreated) {
      return record.began_after;
    }
    const auto found = calls_.find(record.at_ms);
    if (found == calls_.end()) return std::nullopt;
    return found->second.before;
  }

 private:
  std::map<InstantMs, CallLog::Call> calls_;
};

// Whether all calls that changed an agent before some event of it were over.
class StreamChecker::Settling {
 public:
  void Changed(InstantMs at_ms, std::uint64_t after) {
    if (at_ms == last_.at_ms) return;
    if (after >= last_.after) {
      before_ = last_.after;
      last_ = {at_ms, after};
    } else {
      before_ = std::max(before_, after);
    }
  }
  // For a decision of the call at this instant. Its own changes were made
  // before it looked.
  bool IsOver(InstantMs at_ms, std::uint64_t began_after) const {
    return (at_ms == last_.at_ms ? before_ : last_.after) < began_after;
  }

 private:
  struct Change {
    InstantMs at_ms = -1;
    std::uint64_t after = 0;
  };
  Change last_;               // of those known, the one over last
  std::uint64_t before_ = 0;  // when the others were over
};

void StreamChecker::CheckOrder(const std::vector<CallLog>& logs) {
  const Calls calls(logs);
  // For each event after which its contact waits: how that wait was ended.
  std::vector<std::optional<std::uint64_t>> taken(records_.size());
  std::vector<std::size_t> begun(contacts_.size(), records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const Record& record = records_[i];
    if (record.contact_version == 0) continue;
    std::size_t& wait = begun[static_cast<std::size_t>(record.contact)];
    if (wait < records_.size()) taken[wait] = calls.TakenNotBefore(record);
    wait = record.waits ? i : records_.size();
  }
  // Those that wait to the end were taken after everything.
  for (const std::size_t wait : begun) {
    if (wait < records_.size()) taken[wait] = ~std::uint64_t{0};
  }

  std::map<int, Waiting> waiting;
  std::vector<Settling> settling(agents_.size());
  std::map<std::pair<int, int>, bool> declined;  // ever, by (contact, agent)
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const Record& record = records_[i];
    const bool created = record.type == EventType::kReservationCreated;
    if (record.contact_version != 0) waiting.erase(record.contact);
    if (created && record.closed_ms.has_value()) {
      // A decision that had begun before may still come.
      const auto after = calls.AfterCall(*record.closed_ms);
      if (after.has_value() && *after < record.began_after) {
        FailAlways(absl::StrCat("event ", record.sequence,
                                ": offered on a channel closed by no answer"));
      }
    }
    if (record.agent >= 0) {
      Settling& agent = settling[static_cast<std::size_t>(record.agent)];
      if (created && agent.IsOver(record.at_ms, record.began_after)) {
        CompareTaken(record, waiting, declined);
      } else if (!created && record.type != EventType::kReservationAccepted) {
        agent.Changed(
            record.at_ms,
            calls.AfterCall(record.at_ms).value_or(~std::uint64_t{0}));
      }
    }
    if (record.type == EventType::kReservationDeclined) {
      declined[{record.contact, record.agent}] = true;
    }
    if (!record.waits) continue;
    waiting[record.contact] = {calls.AfterCall(record.at_ms), taken[i]};
  }
}

void StreamChecker::CompareTaken(
    const Record& taken, const std::map<int, Waiting>& waiting,
    const std::map<std::pair<int, int>, bool>& declined) {
  const Contact& y = contacts_[static_cast<std::size_t>(taken.contact)];
  const Agent& agent = agents_[static_cast<std::size_t>(taken.agent)];
  for (const auto& [number, wait] : waiting) {
    const Contact& x = contacts_[static_cast<std::size_t>(number)];
    if (!wait.published_after.has_value() ||
        *wait.published_after >= taken.began_after) {
      continue;  // not proven to have been there
    }
    if (!wait.taken_not_before.has_value() ||
        *wait.taken_not_before < taken.sequence) {
      continue;  // not proven to have stayed
    }
    if (!x.key.has_value() || !Contains(taken.room, x.channel) ||
        declined.contains({number, taken.agent}) || !Suits(x, agent) ||
        !FitsWith(*agent.profile, x.channel, y.channel)) {
      continue;
    }
    ++pairs_ordered_;
    if (std::pair(agent.RankOf(x), *x.key) <
        std::pair(agent.RankOf(y), *y.key)) {
      FailAlways(absl::StrCat(
          "inversion: event ", taken.sequence, ", begun after ",
          taken.began_after, ", gave ", y.id, " (key ", y.key->first, "/",
          y.key->second, ") to ", agent.configuration->id, " while ", x.id,
          " (key ", x.key->first, "/", x.key->second, ") waited, published by ",
          *wait.published_after));
    }
  }
}

}  // namespace relais::stress
