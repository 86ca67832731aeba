// The replayed state at quiet moments: what is broken, and where the router
// shows something else.

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/stress/history_replay.h"

namespace relais::stress {

using reference::ReferenceRouter;

std::vector<std::string> HistoryReplay::AtQuiet(const Configuration& in_force,
                                                Tick quiet) {
  const auto now_ms = static_cast<InstantMs>(quiet);
  for (std::size_t i = reference_->exclusions_.size(); i-- > 0;) {
    if (reference_->exclusions_[i].deadline.first <= now_ms) {
      reference_->DropExclusion(i);
    }
  }
  dropped_.clear();
  std::vector<std::string> wrong;
  for (auto& [slot, agent] : reference_->agents_) {
    Take(agent, in_force);
    WrongWithHeld(agent, now_ms, &wrong);
  }
  for (const auto& [number, contact] : reference_->contacts_) {
    if (contact.state == ContactState::kWaiting) {
      for (const auto& [slot, agent] : reference_->agents_) {
        pairs_conserved_ +=
            ReferenceRouter::IsFree(agent, contact.spec.channel) ? 1 : 0;
      }
    }
    if (contact.deadline.has_value() && contact.deadline->first <= now_ms) {
      wrong.push_back("a deadline of contact " + contact.spec.id +
                      " is overdue");
    }
  }
  for (const auto& [key, contact] : to_rescind_) {
    wrong.push_back("the reservation of ended contact " + contact.spec.id +
                    " was not rescinded");
  }
  for (std::string& broken : reference_->Violations()) {
    wrong.push_back(std::move(broken));
  }
  return wrong;
}

void HistoryReplay::WrongWithHeld(const Agent& agent, InstantMs now_ms,
                                  std::vector<std::string>* wrong) {
  const bool open = agent.presence.state == PresenceState::kAvailable &&
                    !agent.presence_pending;
  for (const auto& held : agent.held) {
    const std::string what =
        held.contact.contact_id + " with agent " + agent.configuration.id;
    if (held.wrap_up.has_value() && held.wrap_up->first <= now_ms) {
      wrong->push_back("the wrap-up of " + what + " is overdue");
    }
    if (held.contact.state == WorkState::kReserved && !open) {
      wrong->push_back("the reservation of " + what +
                       ", who is not available, was not taken back");
    }
  }
}

std::string HistoryReplay::DifferentAgent(const AgentView& shown) const {
  const auto found = agents_.find(KeyOf(shown.handle));
  AgentView expected;  // of an agent without events
  if (found != agents_.end()) {
    expected = reference_->ViewOf(*reference_->AgentByNumber(found->second));
  }
  if (shown.version != expected.version) return "version";
  if (!(shown.presence == expected.presence)) return "presence";
  if (shown.presence_pending != expected.presence_pending ||
      !(shown.pending == expected.pending)) {
    return "pending";
  }
  if (shown.work_state != expected.work_state) return "work_state";
  if (shown.no_answer_channels != expected.no_answer_channels) {
    return "no_answer_channels";
  }
  if (shown.presence.state != PresenceState::kLoggedOut &&
      shown.idle_since_ms != expected.idle_since_ms) {
    return "idle_since_ms";
  }
  if (shown.presence.state != PresenceState::kLoggedOut &&
      (shown.figures.contacts != expected.figures.contacts ||
       shown.figures.offered != expected.figures.offered ||
       shown.figures.last_offered_ms != expected.figures.last_offered_ms ||
       shown.figures.occupied_ms != expected.figures.occupied_ms)) {
    return "figures";
  }
  return shown.held == expected.held ? "" : "held";
}

std::vector<std::string> HistoryReplay::DifferentViews(
    const Router& router) const {
  std::vector<std::string> wrong;
  std::size_t shown = 0;
  for (const AgentView& view : router.Agents()) {
    shown += agents_.contains(KeyOf(view.handle));
    const std::string field = DifferentAgent(view);
    if (field.empty()) continue;
    wrong.push_back(absl::StrCat("agent ", view.id,
                                 " is shown otherwise than replayed: ", field));
  }
  if (shown != agents_.size()) wrong.push_back("not all agents are shown");
  for (const std::string& id : reference_->AliveContacts()) {
    const auto view = router.GetContact(id);
    const auto expected = reference_->GetContact(id);
    if (!view.ok() || view->version != expected->version ||
        view->state != expected->state ||
        view->agent_id != expected->agent_id ||
        view->attempt != expected->attempt || view->ring != expected->ring ||
        view->rank_key_ms != expected->rank_key_ms) {
      wrong.push_back("contact " + id + " is shown otherwise than replayed");
    }
  }
  std::map<std::string, QueueView> expected;
  for (const QueueView& view : reference_->Queues()) expected[view.name] = view;
  for (const QueueView& view : router.Queues()) {
    const QueueView& other = expected[view.name];
    if (view.waiting != other.waiting || view.reserved != other.reserved ||
        view.assigned != other.assigned ||
        view.oldest_arrival_ms != other.oldest_arrival_ms) {
      wrong.push_back("queue " + view.name +
                      " is shown otherwise than replayed");
    }
  }
  return wrong;
}

}  // namespace relais::stress
