#include "bench/load/fold.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace relais::load {

namespace {

// From docs/routing-model.md, "Decline".
constexpr std::size_t kDeclinesOfContact = 8;
constexpr std::size_t kDeclinesOfAgent = 64;

}  // namespace

void Fold::Apply(const v1::Event& event) {
  // Before the agent's side, so that the old holder is known.
  if (event.has_contact() && !event.contact().id().empty()) {
    ApplyToContact(event);
  }
  if (event.has_agent() && !event.agent().id().empty()) ApplyToAgent(event);
  if (event.type() == v1::EVENT_TYPE_RESERVATION_DECLINED) Exclude(event);
  if (event.type() == v1::EVENT_TYPE_PRESENCE_CHANGED ||
      event.type() == v1::EVENT_TYPE_AGENT_REMOVED) {
    ForgetDeclinesOf(event.agent().id(), event.sequence());
  }
}

void Fold::ApplyToContact(const v1::Event& event) {
  if (event.contact().version() == 0) return;  // named, not changed
  ContactFold& contact = contacts_[event.contact().id()];
  contact.last = event.contact();
  switch (event.type()) {
    case v1::EVENT_TYPE_CONTACT_SUBMITTED:
      ++contact.submitted_events;
      contact.published_sequence = event.sequence();
      break;
    case v1::EVENT_TYPE_CONTACT_ENDED:
      ++contact.ended_events;
      break;
    case v1::EVENT_TYPE_RESERVATION_CREATED:
      contact.agent_id = event.agent().id();
      contact.attempt = event.reservation().attempt();
      break;
    case v1::EVENT_TYPE_RESERVATION_DECLINED:
    case v1::EVENT_TYPE_RESERVATION_NO_ANSWER:
    case v1::EVENT_TYPE_RESERVATION_RESCINDED:
      contact.agent_id.clear();
      [[fallthrough]];
    case v1::EVENT_TYPE_CONTACT_WIDENED:
    case v1::EVENT_TYPE_CONTACT_HOLD_ENDED:
      contact.published_sequence = event.sequence();
      contact.placed_again = true;
      break;
    default:
      break;
  }
  if (contact.last.state() == v1::CONTACT_STATE_WAITING) {
    waiting_.insert(event.contact().id());
  } else {
    waiting_.erase(event.contact().id());
  }
}

void Fold::ApplyToAgent(const v1::Event& event) {
  if (event.agent().version() == 0) return;
  AgentFold& agent = agents_[event.agent().id()];
  agent.last = event.agent();
  agent.returned = false;
  const std::string& contact = event.contact().id();
  switch (event.type()) {
    case v1::EVENT_TYPE_RESERVATION_CREATED:
      agent.held[contact] = {.channel = event.contact().channel(),
                             .units = event.reservation().units(),
                             .reserved_sequence = event.sequence()};
      return;
    case v1::EVENT_TYPE_RESERVATION_ACCEPTED:
      agent.held[contact].state = v1::WORK_STATE_HANDLING;
      agent.accepted_id = contact;
      // For what may interrupt it.
      agent.given_back_sequence = event.sequence();
      return;
    case v1::EVENT_TYPE_CONTACT_INTERRUPTED:
    case v1::EVENT_TYPE_CONTACT_RESUMED:
      agent.held[contact].interrupted =
          event.type() == v1::EVENT_TYPE_CONTACT_INTERRUPTED;
      return;
    case v1::EVENT_TYPE_CONTACT_ENDED:
      if (event.agent().wrap_up_ends_ms() != 0) {
        agent.held[contact].state = v1::WORK_STATE_WRAP_UP;
        return;
      }
      agent.held.erase(contact);
      agent.given_back_sequence = event.sequence();
      return;
    case v1::EVENT_TYPE_RESERVATION_DECLINED:
    case v1::EVENT_TYPE_RESERVATION_NO_ANSWER:
    case v1::EVENT_TYPE_RESERVATION_RESCINDED:
      agent.returned = true;
      [[fallthrough]];
    case v1::EVENT_TYPE_WRAP_UP_ENDED:
      agent.held.erase(contact);
      agent.given_back_sequence = event.sequence();
      return;
    case v1::EVENT_TYPE_AGENT_REMOVED:
      agents_.erase(event.agent().id());
      return;
    default:
      return;
  }
}

int AgentFold::units() const {
  int units = 0;
  for (const auto& [id, contact] : held) units += contact.units;
  return units;
}

int AgentFold::HeldOf(v1::Channel channel) const {
  return static_cast<int>(std::count_if(
      held.begin(), held.end(),
      [&](const auto& one) { return one.second.channel == channel; }));
}

std::string AgentFold::HeldText() const {
  std::string text;
  for (const auto& [id, contact] : held) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", id);
  }
  return text;
}

void Fold::Exclude(const v1::Event& event) {
  const std::string& contact = event.contact().id();
  const std::string& agent = event.agent().id();
  std::vector<std::size_t> of_contact;
  std::vector<std::size_t> of_agent;
  for (std::size_t i = 0; i < exclusions_.size(); ++i) {
    Exclusion& old = exclusions_[i];
    if (old.cleared_sequence != 0 || old.until_ms <= event.at_ms()) continue;
    if (old.contact_id == contact && old.agent_id == agent) {
      old.cleared_sequence = event.sequence();  // replaced by the new one
      continue;
    }
    if (old.contact_id == contact) of_contact.push_back(i);
    if (old.agent_id == agent) of_agent.push_back(i);
  }
  if (of_contact.size() >= kDeclinesOfContact) {
    exclusions_[of_contact.front()].cleared_sequence = event.sequence();
  }
  if (of_agent.size() >= kDeclinesOfAgent) {
    exclusions_[of_agent.front()].cleared_sequence = event.sequence();
  }
  exclusions_of_contact_[contact].push_back(exclusions_.size());
  exclusions_.push_back(
      {contact, agent, event.reservation().decline_until_ms(), 0});
}

void Fold::ForgetDeclinesOf(const std::string& agent, std::uint64_t sequence) {
  for (Exclusion& exclusion : exclusions_) {
    if (exclusion.agent_id == agent && exclusion.cleared_sequence == 0) {
      exclusion.cleared_sequence = sequence;
    }
  }
}

const ContactFold* Fold::FindContact(const std::string& id) const {
  const auto found = contacts_.find(id);
  return found == contacts_.end() ? nullptr : &found->second;
}

const AgentFold* Fold::FindAgent(const std::string& id) const {
  const auto found = agents_.find(id);
  return found == agents_.end() ? nullptr : &found->second;
}

bool Fold::IsOpen(const AgentFold& agent) {
  return agent.last.presence().state() == v1::PRESENCE_STATE_AVAILABLE &&
         !agent.last.has_pending();
}

bool Fold::IsClosed(const AgentFold& agent, v1::Channel channel) {
  const auto& closed = agent.last.no_answer_channels();
  return std::find(closed.begin(), closed.end(), channel) != closed.end();
}

bool Fold::SurelyExcluded(const std::string& contact, const std::string& agent,
                          InstantMs now_ms) const {
  const auto found = exclusions_of_contact_.find(contact);
  if (found == exclusions_of_contact_.end()) return false;
  for (const std::size_t i : found->second) {
    const Exclusion& exclusion = exclusions_[i];
    if (exclusion.agent_id == agent && exclusion.cleared_sequence == 0 &&
        exclusion.until_ms > now_ms) {
      return true;
    }
  }
  return false;
}

bool Fold::MaybeExcluded(const std::string& contact, const std::string& agent,
                         InstantMs now_ms, std::uint64_t seen) const {
  const auto found = exclusions_of_contact_.find(contact);
  if (found == exclusions_of_contact_.end()) return false;
  for (const std::size_t i : found->second) {
    const Exclusion& exclusion = exclusions_[i];
    if (exclusion.agent_id == agent &&
        (exclusion.cleared_sequence == 0 ||
         exclusion.cleared_sequence > seen) &&
        exclusion.until_ms >= now_ms) {
      return true;
    }
  }
  return false;
}

}  // namespace relais::load
