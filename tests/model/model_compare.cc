// The comparisons after each call.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/model/model_run.h"

namespace relais::model {

void ModelRun::Note(const std::string& call) {
  calls_.push_back(absl::StrCat("step ", step_, " now ", now_ms_, ": ", call));
  if (calls_.size() > 20) calls_.pop_front();
}

void ModelRun::Fail(const std::string& what) {
  if (!failure_.empty()) return;
  failure_ = absl::StrCat("seed ", seed_, ", step ", step_, ": ", what,
                          "\nreplay: RELAIS_MODEL_SEED=", seed_,
                          " RELAIS_MODEL_STEPS=", step_,
                          "\nthe last calls, the last one differed:");
  for (const std::string& call : calls_) {
    absl::StrAppend(&failure_, "\n  ", call);
  }
}

template <typename T>
void ModelRun::Same(std::string_view what, T subject, T reference,
                    std::string_view of) {
  if (subject == reference) return;
  Fail(absl::StrCat(std::string(of), of.empty() ? "" : ": ", std::string(what),
                    " is ", subject, ", the reference says ", reference));
}
template void ModelRun::Same(std::string_view, bool, bool, std::string_view);
template void ModelRun::Same(std::string_view, std::int64_t, std::int64_t,
                             std::string_view);
template void ModelRun::Same(std::string_view, std::uint64_t, std::uint64_t,
                             std::string_view);

bool ModelRun::SameStatus(const absl::Status& subject,
                          const absl::Status& reference) {
  if (subject.code() != reference.code() ||
      FieldPathOf(subject) != FieldPathOf(reference)) {
    Fail(absl::StrCat("answer ", subject.ToString(), " [", FieldPathOf(subject),
                      "], the reference says ", reference.ToString(), " [",
                      FieldPathOf(reference), "]"));
  }
  if (!reference.ok()) ++counts_.refused;
  if (absl::IsResourceExhausted(reference)) ++counts_.full;
  return subject.ok() && reference.ok();
}

void ModelRun::SameOutcome(const absl::StatusOr<Outcome>& subject,
                           const absl::StatusOr<Outcome>& reference) {
  if (!SameStatus(subject.status(), reference.status())) return;
  Same("outcome's version", subject->version, reference->version);
}

void ModelRun::SameEvents() {
  subject_->DrainEvents();
  reference_->DrainEvents();
  const std::vector<Event> subject = subject_events_->Take();
  const std::vector<Event> expected = reference_events_.Take();
  std::string difference;
  for (std::size_t i = 0; i < std::min(subject.size(), expected.size()); ++i) {
    difference = reference::Difference(subject[i], expected[i]);
    if (!difference.empty()) {
      difference = absl::StrCat("event ", i, " of this call, ", difference);
      break;
    }
  }
  if (difference.empty() && subject.size() != expected.size()) {
    difference = absl::StrCat(subject.size(), " events, the reference has ",
                              expected.size());
  }
  if (!difference.empty()) {
    const auto list = [&](const char* whose, const std::vector<Event>& events) {
      absl::StrAppend(&difference, "\n", whose, ":");
      for (const Event& event : events) {
        absl::StrAppend(&difference, "\n    ", reference::Describe(event));
      }
    };
    list("subject", subject);
    list("reference", expected);
    Fail(difference);
  }
  if (difference.empty()) SameDecisions(subject);
  counts_.events += expected.size();
  for (const Event& event : expected) {
    ++counts_.by_type[static_cast<std::size_t>(event.type)];
    if (!event.tutor_id.empty()) ++counts_.tutored;
    // No later ring's time has come then.
    if (event.ring > 0 && event.at_ms == event.arrival_ms) ++counts_.skipped;
  }
  Same("LastSequence", subject_->LastSequence(), reference_->LastSequence());
}

// Never late; early is allowed, and RunDue there does nothing, which the
// comparison of RunDue holds.
void ModelRun::SameNextDue() {
  const std::optional<InstantMs> expected = reference_->NextDue();
  const std::optional<InstantMs> subject = subject_->NextDue();
  if (!expected.has_value()) return;
  const std::string due = reference_->NextDueText();
  // Which of those that ended in one instant is forgotten first is not kept by
  // a restart.
  if (restarted_ && due.rfind("forgotten id", 0) == 0) return;
  if (!subject.has_value() || *subject > *expected) {
    Fail(absl::StrCat("NextDue is late: ", subject.value_or(-1),
                      ", the reference says ", due));
  }
}

void ModelRun::SameContactView(const ContactView& subject,
                               const ContactView& reference) {
  const std::string& of = reference.id;
  Same("preferred", subject.preferred == reference.preferred, true, of);
  Same("held for", subject.held_for == reference.held_for, true, of);
  Same("over share", subject.over_share, reference.over_share, of);
  Same("held until", subject.held_until_ms, reference.held_until_ms, of);
  Same("id", subject.id == reference.id, true, of);
  Same("queue", subject.queue == reference.queue, true, of);
  Same("channel", subject.channel == reference.channel, true, of);
  Same("priority", subject.priority == reference.priority, true, of);
  Same("state", subject.state == reference.state, true, of);
  Same("end_reason", subject.end_reason == reference.end_reason, true, of);
  Same("version", subject.version, reference.version, of);
  Same("arrival_ms", subject.arrival_ms, reference.arrival_ms, of);
  Same("rank_key_ms", subject.rank_key_ms, reference.rank_key_ms, of);
  Same("ring", static_cast<std::uint64_t>(subject.ring),
       static_cast<std::uint64_t>(reference.ring), of);
  Same("next_ring_ms", subject.next_ring_ms, reference.next_ring_ms, of);
  Same("ended_ms", subject.ended_ms, reference.ended_ms, of);
  Same("segment", subject.segment == reference.segment, true, of);
  Same("requirement", subject.requirement == reference.requirement, true, of);
  Same("attributes", subject.attributes == reference.attributes, true, of);
  Same("tutor_may_listen", subject.tutor_may_listen, reference.tutor_may_listen,
       of);
  if (reference.state == ContactState::kReserved) {
    Same("attempt", subject.attempt, reference.attempt, of);
  }
  if (reference.state != ContactState::kEnded) {
    Same("agent_id", subject.agent_id == reference.agent_id, true, of);
    Same("tutor_id", subject.tutor_id == reference.tutor_id, true, of);
  }
}

bool ModelRun::IsListed(const std::string& agent) const {
  return std::any_of(configuration_.agents.begin(), configuration_.agents.end(),
                     [&](const auto& listed) { return listed.id == agent; });
}

void ModelRun::SameAgentView(const AgentView& subject,
                             const AgentView& reference) {
  const std::string& of = reference.id;
  Same("grade", subject.grade == reference.grade, true, of);
  Same("presence", subject.presence == reference.presence, true, of);
  Same("presence_pending", subject.presence_pending, reference.presence_pending,
       of);
  if (reference.presence_pending) {
    Same("pending", subject.pending == reference.pending, true, of);
  }
  Same("work_state", subject.work_state == reference.work_state, true, of);
  Same("no_answer_channels",
       subject.no_answer_channels == reference.no_answer_channels, true, of);
  Same("version", subject.version, reference.version, of);
  Same("panel_choices", subject.panel_choices, reference.panel_choices, of);
  Same("panel_share_percent",
       static_cast<std::uint64_t>(subject.panel_share_percent),
       static_cast<std::uint64_t>(reference.panel_share_percent), of);
  if (reference.presence.state != PresenceState::kLoggedOut) {
    Same("idle_since_ms", subject.idle_since_ms, reference.idle_since_ms, of);
    const AgentFigures& a = subject.figures;
    const AgentFigures& b = reference.figures;
    Same("contacts", std::uint64_t{a.contacts}, std::uint64_t{b.contacts}, of);
    Same("offered", a.offered, b.offered, of);
    Same("last_offered_ms", a.last_offered_ms, b.last_offered_ms, of);
    Same("occupied_ms", a.occupied_ms, b.occupied_ms, of);
  }
  Same("held", subject.held.size(), reference.held.size(), of);
  for (std::size_t i = 0; failure_.empty() && i < reference.held.size(); ++i) {
    Same(absl::StrCat("held[", i, "] (", reference.held[i].contact_id, ")"),
         subject.held[i] == reference.held[i], true, of);
  }
}

void ModelRun::SameQueues() {
  std::map<std::string, QueueView> subject;
  for (const QueueView& view : subject_->Queues()) subject[view.name] = view;
  for (const QueueView& expected : reference_->Queues()) {
    const auto found = subject.find(expected.name);
    if (found == subject.end()) {
      return Fail("queue not shown: " + expected.name);
    }
    const QueueView& view = found->second;
    const std::string& of = expected.name;
    Same("waiting", view.waiting, expected.waiting, of);
    Same("reserved", view.reserved, expected.reserved, of);
    Same("assigned", view.assigned, expected.assigned, of);
    Same("oldest_arrival_ms", view.oldest_arrival_ms,
         expected.oldest_arrival_ms, of);
    // The totals of one taken off the list may start anew.
    if (once_unlisted_.contains(expected.name)) continue;
    Same("offered_total", view.offered_total, expected.offered_total, of);
    Same("answered_total", view.answered_total, expected.answered_total, of);
    Same("abandoned_total", view.abandoned_total, expected.abandoned_total, of);
  }
}

void ModelRun::SameViews() {
  std::map<std::string, AgentView> agents;
  std::vector<AgentView> subject_agents = subject_->Agents();
  for (const AgentView& view : subject_agents) agents[view.id] = view;
  const std::vector<AgentView> expected = reference_->Agents();
  Same("agents shown", agents.size(), expected.size());
  for (const AgentView& view : expected) {
    const auto found = agents.find(view.id);
    if (found == agents.end()) return Fail("agent not shown: " + view.id);
    SameAgentView(found->second, view);
  }
  std::vector<ContactView> contacts;
  for (const std::string& id : reference_->AliveContacts()) {
    const auto subject = subject_->GetContact(id);
    if (!subject.ok()) return Fail("contact not found: " + id);
    SameContactView(*subject, *reference_->GetContact(id));
    contacts.push_back(*subject);
  }
  SameQueues();
  SameContactExplanation();
  SameAgentExplanation();
  RouterCounters a = subject_->Counters();
  a.decisions += before_restart_.decisions;
  a.rona_total += before_restart_.rona_total;
  a.declines_forgotten += before_restart_.declines_forgotten;
  const RouterCounters b = reference_->Counters();
  Same("counter decisions", a.decisions, b.decisions);
  Same("counter rona_total", a.rona_total, b.rona_total);
  // Which of those that ended in one instant is forgotten first is not kept by
  // a restart.
  if (!restarted_) {
    Same("counter ids_forgotten", a.ids_forgotten, b.ids_forgotten);
  }
  Same("counter declines_forgotten", a.declines_forgotten,
       b.declines_forgotten);
  for (const std::string& violation : reference_->Violations()) {
    Fail("the reference itself: " + violation);
  }
  CheckConservation(subject_agents, contacts);
}

// One at each step, in turn.
void ModelRun::SameContactExplanation() {
  constexpr std::size_t kMost = 1'000;
  const std::vector<std::string> contacts = reference_->AliveContacts();
  if (contacts.empty()) return;
  const std::string& id = contacts[step_ % contacts.size()];
  auto subject = subject_->ExplainContact(id, now_ms_, kMost);
  auto expected = reference_->ExplainContact(id, now_ms_, kMost);
  if (!SameStatus(subject.status(), expected.status())) return;
  Same("explained version", subject->configuration_version,
       expected->configuration_version, id);
  decltype(subject->agents_by_reason) counted{};
  for (const AgentVerdict& one : subject->agents) {
    ++counted[static_cast<std::size_t>(one.reason)];
  }
  Same("agents by reason", subject->agents_by_reason == counted, true, id);
  Same("agents told", subject->agents.size(), expected->agents.size(), id);
  for (std::size_t i = 0; failure_.empty() && i < expected->agents.size();
       ++i) {
    const AgentVerdict& a = subject->agents[i];
    const AgentVerdict& b = expected->agents[i];
    const std::string of = absl::StrCat(id, " and ", b.agent.id);
    Same("the agent", a.agent.id == b.agent.id, true, of);
    Same(absl::StrCat("that it is passed over for ",
                      std::string(PassedOverName(b.reason))),
         a.reason == b.reason, true, of);
    Same("that something is missing", !a.missing.empty(), !b.missing.empty(),
         of);
    Same("until_ms", a.until_ms, b.until_ms, of);
    Same("fit_step", static_cast<std::int64_t>(a.fit_step),
         static_cast<std::int64_t>(b.fit_step), of);
    Same("queue_rank", static_cast<std::int64_t>(a.queue_rank),
         static_cast<std::int64_t>(b.queue_rank), of);
    Same("ahead", a.ahead, b.ahead, of);
    Same("ring", static_cast<std::int64_t>(a.ring),
         static_cast<std::int64_t>(b.ring), of);
    Same("ring_ms", a.ring_ms, b.ring_ms, of);
    if (b.ring > 0) ++counts_.told_later_ring;
    if (b.ahead > 0) ++counts_.told_ahead;
    ++counts_.passed_over[static_cast<std::size_t>(b.reason)];
  }
}

void ModelRun::SameAgentExplanation() {
  constexpr std::size_t kMost = 1'000;
  const std::vector<AgentView> agents = reference_->Agents();
  if (agents.empty()) return;
  const std::string& id = agents[step_ % agents.size()].id;
  const auto subject =
      subject_->ExplainAgent(*subject_->FindAgent(id), now_ms_, kMost);
  const auto expected =
      reference_->ExplainAgent(*reference_->FindAgent(id), now_ms_, kMost);
  if (!SameStatus(subject.status(), expected.status())) return;
  Same("contacts that wait", subject->waiting, expected->waiting, id);
  // The reference does not say what is missing, and so tells fewer apart.
  std::map<std::tuple<std::string, Channel, PassedOver, int>,
           std::pair<std::uint64_t, InstantMs>>
      told;
  for (const WaitingVerdict& one : subject->verdicts) {
    Same("that something is missing", !one.missing.empty(),
         one.reason == PassedOver::kRequirement ||
             one.reason == PassedOver::kReserve,
         id);
    const auto [at, first] =
        told.try_emplace({one.queue, one.channel, one.reason, one.queue_rank},
                         0, one.oldest_arrival_ms);
    at->second.first += one.contacts;
    at->second.second = std::min(at->second.second, one.oldest_arrival_ms);
  }
  Same("verdicts", told.size(), expected->verdicts.size(), id);
  for (const WaitingVerdict& one : expected->verdicts) {
    const std::string of = absl::StrCat(id, " and queue ", one.queue);
    const auto& [contacts_told, oldest] =
        told[{one.queue, one.channel, one.reason, one.queue_rank}];
    Same(absl::StrCat("contacts passed over for ",
                      std::string(PassedOverName(one.reason))),
         contacts_told, one.contacts, of);
    Same("oldest_arrival_ms", oldest, one.oldest_arrival_ms, of);
  }
}

bool ModelRun::HasRoomFor(const AgentView& agent, Channel channel) const {
  const auto at = static_cast<std::size_t>(channel);
  const auto listed =
      std::find_if(configuration_.agents.begin(), configuration_.agents.end(),
                   [&](const auto& one) { return one.id == agent.id; });
  if (listed == configuration_.agents.end()) {
    return agent.held.empty();  // by the profile of nobody knows when
  }
  const auto profile = std::find_if(
      configuration_.routing_profiles.begin(),
      configuration_.routing_profiles.end(),
      [&](const auto& one) { return one.name == listed->routing_profile; });
  int units = profile->cost_units[at];
  int room = profile->capacity_units;
  int of_channel = 0;
  for (const HeldContact& held : agent.held) {
    units += held.units;
    if (held.state == WorkState::kHandling &&
        Contains(profile->may_interrupt[at], held.channel)) {
      room += held.units;
    }
    if (held.channel == channel) ++of_channel;
  }
  const int most = profile->contacts_max[at];
  return units <= std::min(room, kHeldUnitsMax) &&
         agent.held.size() < kContactsPerAgentMax &&
         (most == 0 || of_channel < most);
}

// Promise 3 on what the subject shows; the pairs' eligibility is the model's.
void ModelRun::CheckConservation(const std::vector<AgentView>& agents,
                                 const std::vector<ContactView>& contacts) {
  for (const AgentView& agent : agents) {
    if (agent.presence.state != PresenceState::kAvailable ||
        agent.presence_pending) {
      continue;
    }
    for (const ContactView& contact : contacts) {
      if (contact.state != ContactState::kWaiting ||
          Contains(agent.no_answer_channels, contact.channel)) {
        continue;
      }
      if (HasRoomFor(agent, contact.channel) &&
          reference_->IsEligible(contact.id, agent.id) &&
          !reference_->IsKeptBack(contact.id, agent.id)) {
        Fail(absl::StrCat("free agent ", agent.id,
                          " beside eligible waiting contact ", contact.id));
      }
    }
  }
}

}  // namespace relais::model
