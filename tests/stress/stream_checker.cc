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
      one.channels = profile.channels;
      for (const QueueRank& rank : profile.queue_order) {
        for (const std::string& name : rank.queues) {
          one.ranks[name] = one.other_rank;
        }
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
      for (const SkillRequirement& term : requirement.all_of) {
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
  if (found == agent_numbers_.end()) {
    Fail(event, "an agent that is not configured");
    return -1;
  }
  return found->second;
}

void StreamChecker::Add(const Event& event) {
  if (event.sequence != last_sequence_ + 1) {
    Fail(event, absl::StrCat("gap: after number ", last_sequence_));
  }
  last_sequence_ = event.sequence;
  ++by_type_[static_cast<std::size_t>(event.type) % 16];
  const int contact = ContactOf(event);
  const int agent = AgentOf(event);
  StepVersions(event, contact, agent);
  switch (event.type) {
    case EventType::kContactSubmitted:
      StepSubmitted(event, contact);
      break;
    case EventType::kContactEnded:
      StepEnded(event, contact, agent);
      break;
    case EventType::kReservationCreated:
      StepCreated(event, contact, agent);
      break;
    case EventType::kReservationAccepted:
    case EventType::kReservationDeclined:
    case EventType::kReservationNoAnswer:
    case EventType::kReservationRescinded:
      StepClosed(event, contact, agent);
      break;
    case EventType::kPresenceChanged:
      if (agent >= 0) {
        Agent& one = agents_[static_cast<std::size_t>(agent)];
        one.declined.clear();
        one.presence_sequence = event.sequence;
      }
      break;
    case EventType::kWrapUpEnded:
    case EventType::kAgentRemoved:
    case EventType::kConfigurationApplied:
    case EventType::kNone:
      break;
  }
  if (agent >= 0) {
    CheckTakenBack(event, agents_[static_cast<std::size_t>(agent)]);
    TakeAgentState(event, agent);
  }
  if (contact < 0) return;
  records_.push_back(
      {event.sequence, event.began_after_sequence, event.at_ms,
       event.contact_version, event.agent_version, contact, agent, event.type,
       event.contact_version != 0 &&
           event.contact_state == ContactState::kWaiting,
       agent < 0 ? 0
                 : agents_[static_cast<std::size_t>(agent)].presence_sequence,
       event.no_answer_channels});
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

void StreamChecker::TakeAgentState(const Event& event, int agent) {
  Agent& one = agents_[static_cast<std::size_t>(agent)];
  one.presence = event.presence.state;
  one.work = event.work_state;
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
    agents_[static_cast<std::size_t>(agent)].contact = -1;
  }
  one.left_while_reserved = one.state == ContactState::kReserved;
  if (!one.left_while_reserved) one.agent = -1;
  one.state = ContactState::kEnded;
  ++ended_;
}

void StreamChecker::CheckTakenBack(const Event& event, Agent& agent) {
  if (!agent.must_be_rescinded ||
      event.type == EventType::kReservationCreated) {
    return;
  }
  agent.must_be_rescinded = false;
  if (event.type != EventType::kReservationRescinded) {
    Fail(event, "an agent who is not available kept a reservation");
  }
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
  if (holder.contact >= 0) Fail(event, "a second contact on one agent");
  if (holder.work != WorkState::kIdle) {
    Fail(event, "reserved an agent that is not free");
  }
  // A presence change may meet a decision that has already chosen the agent;
  // then the agent's next event must take the reservation back.
  holder.must_be_rescinded = holder.presence != PresenceState::kAvailable;
  if (Contains(holder.closed, one.channel)) {
    Fail(event, "offered on a channel closed by no answer");
  }
  if (!Suits(one, holder)) Fail(event, "offered without the skill or channel");
  if (event.attempt != event.contact_version) {
    Fail(event, "the attempt is not the contact's version");
  }
  NoteKey(event, contact);
  one.state = ContactState::kReserved;
  one.agent = agent;
  one.attempt = event.attempt;
  holder.contact = contact;
}

// Accepted, declined, not answered or rescinded: the one end of a reservation.
void StreamChecker::StepClosed(const Event& event, int contact, int agent) {
  if (contact < 0 || agent < 0) {
    return Fail(event, "a reservation needs contact and agent");
  }
  Contact& one = contacts_[static_cast<std::size_t>(contact)];
  Agent& holder = agents_[static_cast<std::size_t>(agent)];
  if (holder.work != WorkState::kReserved || holder.contact != contact ||
      one.agent != agent || one.attempt != event.attempt) {
    Fail(event, "the end of a reservation that does not stand");
  }
  NoteKey(event, contact);
  const bool left = one.left_while_reserved;
  const bool rescinded = event.type == EventType::kReservationRescinded;
  if (left != (rescinded && event.contact_version == 0)) {
    Fail(event,
         "a contact that left is rescinded, and only such a one is "
         "with version 0");
  }
  if (event.type == EventType::kReservationAccepted) {
    one.state = ContactState::kAssigned;
    return;
  }
  if (event.type == EventType::kReservationDeclined) {
    holder.declined[contact] = event.decline_until_ms;
  }
  if (!left) one.state = ContactState::kWaiting;
  one.left_while_reserved = false;
  one.agent = -1;
  holder.contact = -1;
}

bool StreamChecker::Suits(const Contact& contact, const Agent& agent) const {
  if (!Contains(agent.channels, contact.channel)) return false;
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
    if (agent.presence != PresenceState::kAvailable ||
        agent.work != WorkState::kIdle) {
      continue;
    }
    for (std::size_t i = 0; i < contacts_.size(); ++i) {
      const Contact& contact = contacts_[i];
      if (contact.state != ContactState::kWaiting || contact.version == 0 ||
          Contains(agent.closed, contact.channel)) {
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
    if (view.version != agent.version || view.work_state != agent.work ||
        view.presence.state != agent.presence ||
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

// The logs of all threads, by what the events can be found with.
class StreamChecker::Marks {
 public:
  explicit Marks(const std::vector<CallLog>& logs) {
    for (const CallLog& log : logs) {
      for (const auto& one : log.published) {
        published_[{one.contact, one.version}] = one.after;
      }
      for (const auto& one : log.presences) {
        presences_[{one.agent, one.version}] = one.after;
      }
      for (const auto& one : log.runs)
        runs_[one.at_ms] = {one.before, one.after};
      for (const auto& one : log.cancels) cancels_[one.contact] = one.before;
    }
  }

  // A number that had been given when the call that published it returned.
  std::optional<std::uint64_t> PublishedAfter(const Record& record,
                                              const std::string& contact,
                                              const std::string& agent) const {
    switch (record.type) {
      case EventType::kContactSubmitted:
      case EventType::kReservationDeclined:
        return Find(published_, std::pair{contact, record.contact_version});
      case EventType::kReservationRescinded:
        return Find(presences_, std::pair{agent, record.agent_version});
      case EventType::kReservationNoAnswer: {
        const auto run = Find(runs_, record.at_ms);
        if (run.has_value()) return run->second;
        return std::nullopt;
      }
      default:
        return std::nullopt;
    }
  }

  // A number that had been given when the taking of a waiting contact began.
  std::optional<std::uint64_t> TakenNotBefore(
      const Record& record, const std::string& contact) const {
    if (record.type == EventType::kReservationCreated) {
      return record.began_after;
    }
    if (record.type != EventType::kContactEnded) return std::nullopt;
    const auto cancel = Find(cancels_, contact);
    if (cancel.has_value()) return cancel;
    const auto run = Find(runs_, record.at_ms);
    if (run.has_value()) return run->first;
    return std::nullopt;
  }

 private:
  template <typename Map, typename Key>
  static std::optional<typename Map::mapped_type> Find(const Map& map,
                                                       const Key& key) {
    const auto found = map.find(key);
    if (found == map.end()) return std::nullopt;
    return found->second;
  }

  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> published_;
  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> presences_;
  std::map<InstantMs, std::pair<std::uint64_t, std::uint64_t>> runs_;
  std::map<std::string, std::uint64_t> cancels_;
};

void StreamChecker::CheckOrder(const std::vector<CallLog>& logs) {
  const Marks marks(logs);
  // For each event after which its contact waits: how that wait was ended.
  std::vector<std::optional<std::uint64_t>> taken(records_.size());
  std::vector<std::size_t> begun(contacts_.size(), records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const Record& record = records_[i];
    if (record.contact_version == 0) continue;
    std::size_t& wait = begun[static_cast<std::size_t>(record.contact)];
    const std::string& id =
        contacts_[static_cast<std::size_t>(record.contact)].id;
    if (wait < records_.size()) taken[wait] = marks.TakenNotBefore(record, id);
    wait = record.waits ? i : records_.size();
  }
  // Those that wait to the end were taken after everything.
  for (const std::size_t wait : begun) {
    if (wait < records_.size()) taken[wait] = ~std::uint64_t{0};
  }

  std::map<int, Waiting> waiting;
  std::map<std::pair<int, int>, bool> declined;  // ever, by (contact, agent)
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const Record& record = records_[i];
    if (record.contact_version == 0) continue;
    waiting.erase(record.contact);
    if (record.type == EventType::kReservationCreated) {
      CompareTaken(record, waiting, declined);
    }
    if (record.type == EventType::kReservationDeclined) {
      declined[{record.contact, record.agent}] = true;
    }
    if (!record.waits) continue;
    const std::string agent =
        record.agent < 0
            ? ""
            : agents_[static_cast<std::size_t>(record.agent)].configuration->id;
    waiting[record.contact] = {
        marks.PublishedAfter(
            record, contacts_[static_cast<std::size_t>(record.contact)].id,
            agent),
        taken[i]};
  }
}

std::size_t StreamChecker::RankOf(const Contact& contact, const Agent& agent) {
  const auto found = agent.ranks.find(contact.queue);
  return found == agent.ranks.end() ? agent.other_rank : found->second;
}

void StreamChecker::CompareTaken(
    const Record& taken, const std::map<int, Waiting>& waiting,
    const std::map<std::pair<int, int>, bool>& declined) {
  if (taken.presence_sequence > taken.began_after) return;
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
    if (!x.key.has_value() || Contains(taken.closed, x.channel) ||
        declined.contains({number, taken.agent}) || !Suits(x, agent)) {
      continue;
    }
    ++pairs_ordered_;
    if (std::pair(RankOf(x, agent), *x.key) <
        std::pair(RankOf(y, agent), *y.key)) {
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
