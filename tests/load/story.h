// A day told event by event, so that a test can bend one thing and see who
// notices. Versions, sequence numbers and states are kept right unless a test
// spoils them.

#ifndef RELAIS_TESTS_LOAD_STORY_H_
#define RELAIS_TESTS_LOAD_STORY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/audit.h"
#include "bench/load/day.h"
#include "bench/load/record.h"
#include "gtest/gtest.h"

namespace relais::load {

// Queue "calls" (voice, basics >= 3, credit 60 s a priority) and "chats"
// (chat, basics >= 5). Agents: ann (voice, chat; basics 8), bob (voice;
// basics 4), eve (voice, chat; basics 9).
inline v1::Configuration StoryConfiguration() {
  v1::Configuration configuration;
  configuration.set_name("story");
  configuration.add_skills()->set_name("basics");
  v1::RoutingProfile* both = configuration.add_routing_profiles();
  both->set_name("both");
  both->add_channels(v1::CHANNEL_VOICE);
  both->add_channels(v1::CHANNEL_CHAT);
  v1::RoutingProfile* voice = configuration.add_routing_profiles();
  voice->set_name("voice");
  voice->add_channels(v1::CHANNEL_VOICE);
  const auto agent = [&](const char* id, const char* profile, int level) {
    v1::AgentConfiguration* added = configuration.add_agents();
    added->set_id(id);
    added->set_routing_profile(profile);
    v1::AgentSkill* skill = added->add_skills();
    skill->set_skill("basics");
    skill->set_level(level);
  };
  agent("ann", "both", 8);
  agent("bob", "voice", 4);
  agent("eve", "both", 9);
  const auto queue = [&](const char* name, v1::Channel channel, int level) {
    v1::ContactQueue* added = configuration.add_queues();
    added->set_name(name);
    added->add_channels(channel);
    v1::RequirementTerm* term = added->mutable_requirement()->add_all_of();
    term->set_skill("basics");
    term->set_level_min(level);
  };
  queue("calls", v1::CHANNEL_VOICE, 3);
  queue("chats", v1::CHANNEL_CHAT, 5);
  return configuration;
}

class Story {
 public:
  Story() {
    plan.configuration = StoryConfiguration();
    record.one_caller = true;
  }

  // The rest of the story happens at this instant, seconds of the day.
  Story& At(std::int64_t second) {
    now_ms_ = second * 1000;
    return *this;
  }

  v1::Event& SignIn(const std::string& agent) {
    return Presence(agent, v1::PRESENCE_STATE_AVAILABLE);
  }
  v1::Event& Presence(const std::string& agent, v1::PresenceState state) {
    v1::Event& event = AgentEvent(v1::EVENT_TYPE_PRESENCE_CHANGED, agent);
    agents_[agent].mutable_presence()->set_state(state);
    agents_[agent].set_idle_since_ms(now_ms_);
    agents_[agent].clear_no_answer_channels();
    return Snapshot(event, agent);
  }
  v1::Event& Submit(const std::string& id, const std::string& queue = "calls",
                    int priority = 0) {
    PlannedContact planned;
    planned.at_ms = now_ms_;
    planned.contact.set_id(id);
    planned.contact.set_queue(queue);
    planned.contact.set_channel(queue == "calls" ? v1::CHANNEL_VOICE
                                                 : v1::CHANNEL_CHAT);
    planned.contact.set_priority(priority);
    plan.contacts.push_back(planned);
    v1::ContactChange& contact = contacts_[id];
    contact.set_id(id);
    contact.set_queue(queue);
    contact.set_channel(planned.contact.channel());
    contact.set_priority(priority);
    contact.set_arrival_ms(now_ms_);
    places_[id] = static_cast<std::uint64_t>(plan.contacts.size());
    v1::Event& event = ContactEvent(v1::EVENT_TYPE_CONTACT_SUBMITTED, id,
                                    v1::CONTACT_STATE_WAITING);
    SentContact sent;
    sent.sent = true;
    sent.accepted_by_centre = true;
    sent.answer_sequence = event.sequence();
    sent.arrival_ms = now_ms_;
    record.contacts.push_back(sent);
    ++record.calls;
    return event;
  }
  // `began`: the last number when the decision began; the one before, if not
  // given.
  v1::Event& Reserve(const std::string& id, const std::string& agent,
                     std::optional<std::uint64_t> began = std::nullopt) {
    const std::uint64_t last = record.events.size();
    v1::ContactChange& contact = contacts_[id];
    Place(contact);
    v1::Event& event =
        Both(v1::EVENT_TYPE_RESERVATION_CREATED, id, agent,
             v1::CONTACT_STATE_RESERVED, v1::WORK_STATE_RESERVED);
    attempts_[id] = event.contact().version();
    event.mutable_reservation()->set_attempt(attempts_[id]);
    event.mutable_reservation()->set_began_after_sequence(began.value_or(last));
    event.mutable_reservation()->set_units(
        contact.channel() == v1::CHANNEL_VOICE ? 100 : 34);
    return event;
  }
  v1::Event& Accept(const std::string& id, const std::string& agent) {
    return WithAttempt(
        Both(v1::EVENT_TYPE_RESERVATION_ACCEPTED, id, agent,
             v1::CONTACT_STATE_ASSIGNED, v1::WORK_STATE_HANDLING),
        id);
  }
  v1::Event& Decline(const std::string& id, const std::string& agent,
                     DurationMs retry_ms) {
    v1::Event& event =
        WithAttempt(Both(v1::EVENT_TYPE_RESERVATION_DECLINED, id, agent,
                         v1::CONTACT_STATE_WAITING, v1::WORK_STATE_IDLE),
                    id);
    event.mutable_reservation()->set_decline_until_ms(now_ms_ + retry_ms);
    return event;
  }
  v1::Event& NoAnswer(const std::string& id, const std::string& agent) {
    agents_[agent].add_no_answer_channels(contacts_[id].channel());
    return WithAttempt(Both(v1::EVENT_TYPE_RESERVATION_NO_ANSWER, id, agent,
                            v1::CONTACT_STATE_WAITING, v1::WORK_STATE_IDLE),
                       id);
  }
  v1::Event& Rescind(const std::string& id, const std::string& agent) {
    return WithAttempt(Both(v1::EVENT_TYPE_RESERVATION_RESCINDED, id, agent,
                            v1::CONTACT_STATE_WAITING, v1::WORK_STATE_IDLE),
                       id);
  }
  // Of a contact in handling; the agent goes into wrap-up.
  v1::Event& Complete(const std::string& id, const std::string& agent) {
    contacts_[id].set_end_reason(v1::END_REASON_COMPLETED);
    wrapped_up_[agent] = id;
    v1::Event& event = Both(v1::EVENT_TYPE_CONTACT_ENDED, id, agent,
                            v1::CONTACT_STATE_ENDED, v1::WORK_STATE_WRAP_UP);
    event.mutable_agent()->set_wrap_up_ends_ms(now_ms_ + 30'000);
    return event;
  }
  v1::Event& EndWrapUp(const std::string& agent) {
    v1::Event& event = AgentEvent(v1::EVENT_TYPE_WRAP_UP_ENDED, agent);
    agents_[agent].set_work_state(v1::WORK_STATE_IDLE);
    agents_[agent].set_idle_since_ms(now_ms_);
    event.mutable_contact()->set_id(wrapped_up_[agent]);
    event.mutable_contact()->set_state(v1::CONTACT_STATE_ENDED);
    return Snapshot(event, agent);
  }
  // Of a contact in handling, which gives way or goes on.
  v1::Event& Interrupt(const std::string& id, const std::string& agent) {
    return Handling(v1::EVENT_TYPE_CONTACT_INTERRUPTED, id, agent);
  }
  v1::Event& Resume(const std::string& id, const std::string& agent) {
    return Handling(v1::EVENT_TYPE_CONTACT_RESUMED, id, agent);
  }
  // Accept, complete and wrap-up, at once.
  void Serve(const std::string& id, const std::string& agent) {
    Accept(id, agent);
    Complete(id, agent);
    EndWrapUp(agent);
  }
  // From now on the contact is in this ring, in which all boosts of its rings
  // are `boost_ms`.
  void Ring(const std::string& id, std::uint32_t ring, DurationMs boost_ms) {
    contacts_[id].set_ring(ring);
    boosts_[id] = boost_ms;
  }
  v1::Event& Widen(const std::string& id, std::uint32_t ring,
                   DurationMs boost_ms) {
    Ring(id, ring, boost_ms);
    Place(contacts_[id]);
    return ContactEvent(v1::EVENT_TYPE_CONTACT_WIDENED, id,
                        v1::CONTACT_STATE_WAITING);
  }
  // From now on the contact waits for this agent alone; empty: for nobody.
  void HeldFor(const std::string& id, const std::string& agent) {
    contacts_[id].set_held_for(agent);
  }
  v1::Event& EndHold(const std::string& id, const std::string& next) {
    HeldFor(id, next);
    Place(contacts_[id]);
    return ContactEvent(v1::EVENT_TYPE_CONTACT_HOLD_ENDED, id,
                        v1::CONTACT_STATE_WAITING);
  }
  v1::Event& Leave(const std::string& id) {
    contacts_[id].set_end_reason(v1::END_REASON_ABANDONED);
    return ContactEvent(v1::EVENT_TYPE_CONTACT_ENDED, id,
                        v1::CONTACT_STATE_ENDED);
  }
  void Barrier() { record.barriers.push_back({record.events.size(), now_ms_}); }
  // The day is over; names the last event.
  Story& End() {
    record.last_sequence =
        record.events.empty() ? 0 : record.events.back().sequence();
    return *this;
  }
  std::uint64_t last() const { return record.events.size(); }

  DayPlan plan;
  Record record;

 private:
  void Place(v1::ContactChange& contact) {
    contact.set_rank_key_ms(contact.arrival_ms() - 60'000 * contact.priority() -
                            boosts_[contact.id()]);
    contact.set_arrival_sequence(places_[contact.id()]);
  }
  v1::Event& Add(v1::EventType type) {
    v1::Event& event = record.events.emplace_back();
    event.set_sequence(record.events.size());
    event.set_type(type);
    event.set_at_ms(now_ms_);
    return event;
  }
  v1::Event& AgentEvent(v1::EventType type, const std::string& agent) {
    v1::AgentChange& change = agents_[agent];
    change.set_id(agent);
    change.set_version(change.version() + 1);
    if (change.work_state() == v1::WORK_STATE_UNSPECIFIED) {
      change.set_work_state(v1::WORK_STATE_IDLE);
    }
    return Add(type);
  }
  v1::Event& Snapshot(v1::Event& event, const std::string& agent) {
    *event.mutable_agent() = agents_[agent];
    return event;
  }
  v1::Event& ContactEvent(v1::EventType type, const std::string& id,
                          v1::ContactState state) {
    v1::ContactChange& change = contacts_[id];
    change.set_version(change.version() + 1);
    change.set_state(state);
    v1::Event& event = Add(type);
    *event.mutable_contact() = change;
    return event;
  }
  v1::Event& Both(v1::EventType type, const std::string& id,
                  const std::string& agent, v1::ContactState state,
                  v1::WorkState work) {
    v1::AgentChange& change = agents_[agent];
    change.set_id(agent);
    change.set_version(change.version() + 1);
    change.set_work_state(work);
    v1::Event& event = ContactEvent(type, id, state);
    *event.mutable_agent() = change;
    return event;
  }
  v1::Event& Handling(v1::EventType type, const std::string& id,
                      const std::string& agent) {
    v1::Event& event = AgentEvent(type, agent);
    *event.mutable_contact() = contacts_[id];
    event.mutable_contact()->set_version(0);
    return Snapshot(event, agent);
  }
  v1::Event& WithAttempt(v1::Event& event, const std::string& id) {
    event.mutable_reservation()->set_attempt(attempts_[id]);
    return event;
  }

  InstantMs now_ms_ = 0;
  std::map<std::string, v1::ContactChange> contacts_;
  std::map<std::string, v1::AgentChange> agents_;
  std::map<std::string, DurationMs> boosts_;  // of their rings
  std::map<std::string, std::uint64_t> attempts_;
  std::map<std::string, std::uint64_t> places_;
  std::map<std::string, std::string> wrapped_up_;  // by agent
};

// The invariants that are violated.
inline std::vector<Invariant> Red(const Story& story) {
  const AuditReport report = Audit(story.plan, story.record);
  std::vector<Invariant> red;
  for (int i = 0; i < kInvariantCount; ++i) {
    const auto invariant = static_cast<Invariant>(i);
    if (report.of(invariant).violations > 0) red.push_back(invariant);
  }
  EXPECT_EQ(report.AllHold(), red.empty());
  return red;
}

}  // namespace relais::load

#endif  // RELAIS_TESTS_LOAD_STORY_H_
