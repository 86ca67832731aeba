// What the auditor thinks of a journal that was opened again, and of what a
// router shows.

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/seeded/auditor.h"

namespace relais::seeded {
namespace {

std::map<std::string, InstantMs> StandingAfter(
    InstantMs at_ms, const std::vector<AuditedExclusion>& exclusions) {
  std::map<std::string, InstantMs> standing;
  for (const AuditedExclusion& one : exclusions) {
    if (one.until_ms > at_ms) standing[one.agent_id] = one.until_ms;
  }
  return standing;
}

std::map<std::string, InstantMs> StandingAfter(
    InstantMs at_ms, const std::vector<LiveDecline>& declines) {
  std::map<std::string, InstantMs> standing;
  for (const LiveDecline& one : declines) {
    if (one.until_ms > at_ms) standing[one.agent_id] = one.until_ms;
  }
  return standing;
}

}  // namespace

void Auditor::Durable(std::uint64_t sequence) {
  while (!undecided_.empty() && undecided_.front().event.sequence <= sequence) {
    // What is impossible about it was said when it was numbered. Here it is not
    // known when a configuration was in force for everybody: the one before
    // counts on.
    durable_.Apply(undecided_.front().event, undecided_.front().detail);
    undecided_.pop_front();
  }
  if (durable_.sequence != sequence) {
    Violate(absl::StrCat("promise 6: the journal says ", sequence,
                         " is durable, numbered were ", durable_.sequence));
  }
}

void Auditor::RefusedToOpen(const absl::Status& status) {
  Violate(absl::StrCat("promise 6: the journal cannot be opened: ",
                       std::string(status.message())));
}

// Decides which of the last events happened. Empty, or what is wrong.
std::string Auditor::Undecide(const LiveState& state) {
  const std::uint64_t last = state.last_sequence;
  if (last < answered_sequence_) {
    return absl::StrCat("event ", answered_sequence_,
                        " had left the process and is lost; the journal ends "
                        "with ",
                        last);
  }
  if (last < durable_.sequence) {
    return absl::StrCat("the journal had ", durable_.sequence,
                        " events and has ", last);
  }
  const std::uint64_t numbered =
      undecided_.empty() ? durable_.sequence : undecided_.back().event.sequence;
  if (last > numbered) {
    return absl::StrCat("the journal ends with event ", last, ", no more than ",
                        numbered, " were numbered");
  }
  Durable(last);
  counts_.undone += undecided_.size();
  undecided_.clear();
  return "";
}

void Auditor::Recovered(const LiveState& state, std::uint64_t epoch,
                        InstantMs now_ms) {
  if (!violation_.empty()) return;
  ++counts_.recoveries;
  const std::string lost = Undecide(state);
  if (!lost.empty()) return Violate(absl::StrCat("promise 6: ", lost));
  if (epoch <= epoch_) {
    Violate(absl::StrCat("promise 6: epoch ", epoch, " after ", epoch_));
  }
  epoch_ = epoch;
  now_ = durable_;
  now_.drops_passed_exclusions = false;
  base_ = now_.sequence;
  maybe_until_ms_ = -1;
  calls_.clear();
  events_.clear();
  CompareContacts(state);
  CompareAgents(state);
  CompareRest(state);
  CompareAcknowledged(state);
  now_.TakeConfiguredSkills();
  // Of an agent without any event nothing is left when it is dropped.
  std::erase_if(now_.agents, [this](const auto& entry) {
    return !entry.second.listed && entry.second.version == 0 &&
           !now_.IsAwaited(entry.first);
  });
  now_.DropExclusionsUntil(now_ms);
  now_.ProlongOffers(now_ms + reconnect_ms_);
  latest_now_ms_ = std::max(latest_now_ms_, now_ms);
  if (!Half().empty()) ++counts_.halves;
}

void Auditor::CompareContact(const std::string& id, const AuditedContact& own,
                             const LiveContact& live, InstantMs last_at_ms) {
  const InstantMs key_ms =
      live.placed ? live.rank_key_ms : live.detail->rank_key_ms;
  const std::uint64_t place =
      live.placed ? live.arrival_sequence : live.detail->arrival_sequence;
  if (live.version != own.version || live.state != own.state ||
      live.arrival_ms != own.arrival_ms || live.at_once != own.at_once ||
      live.agent_id != own.agent_id || live.attempt != own.attempt ||
      live.offer_expires_ms != own.offer_expires_ms ||
      (own.state == ContactState::kAssigned &&
       live.accepted_ms != own.accepted_ms)) {
    return Violate(absl::StrCat(
        "promise 6: contact '", id,
        "' is recovered with another state: version ", live.version, " ",
        std::string(ContactStateName(live.state)), " of '", live.agent_id,
        "', attempt ", live.attempt, ", arrived ", live.arrival_ms,
        ", offer until ", live.offer_expires_ms, ", accepted ",
        live.accepted_ms, "; was ", own.version, " ",
        std::string(ContactStateName(own.state)), " of '", own.agent_id,
        "', attempt ", own.attempt, ", arrived ", own.arrival_ms,
        ", offer until ", own.offer_expires_ms, ", accepted ",
        own.accepted_ms));
  }
  if (live.held_for != own.hold.agent_id ||
      live.over_share != own.hold.over_share ||
      (own.held() && (live.held_since_ms != own.held_since_ms ||
                      live.held_until_ms != own.hold.until_ms))) {
    return Violate(absl::StrCat(
        "promise 6: contact '", id, "' is recovered, ", "held for '",
        live.held_for, "' until ", live.held_until_ms, "; was for '",
        own.hold.agent_id, "' until ", own.hold.until_ms));
  }
  if (live.ring != own.ring) {
    return Violate(absl::StrCat("promise 4: contact '", id,
                                "' is recovered in ring ", live.ring, ", not ",
                                own.ring));
  }
  if (key_ms != own.rank_key_ms || place != own.arrival_sequence) {
    return Violate(absl::StrCat("promise 4: contact '", id,
                                "' is recovered at another place"));
  }
  if (!(live.detail->queue == own.terms) ||
      live.detail->spec.queue != own.spec.queue ||
      live.detail->spec.requirement != own.spec.requirement ||
      live.detail->spec.attributes != own.spec.attributes ||
      live.detail->spec.channel != own.spec.channel ||
      live.detail->spec.priority != own.spec.priority) {
    return Violate(absl::StrCat("promise 6: contact '", id,
                                "' is recovered with other terms"));
  }
  if (StandingAfter(last_at_ms, live.declines) !=
      StandingAfter(last_at_ms, own.exclusions)) {
    Violate(absl::StrCat("promise 6: contact '", id,
                         "' is recovered with other declines"));
  }
}

void Auditor::CompareContacts(const LiveState& state) {
  for (const auto& [id, own] : now_.contacts) {
    const auto live = state.contacts.find(id);
    if (live == state.contacts.end()) {
      return Violate(
          absl::StrCat("promise 6: contact '", id, "' is not recovered"));
    }
    CompareContact(id, own, live->second, state.last_at_ms);
  }
  if (state.contacts.size() != now_.contacts.size()) {
    Violate("promise 6: more contacts are recovered than were alive");
  }
}

void Auditor::CompareAgents(const LiveState& state) {
  for (const auto& [id, live] : state.agents) {
    if (live.version > 0 && !now_.agents.contains(id)) {
      Violate(absl::StrCat("promise 6: agent '", id, "' had gone"));
    }
  }
  for (const auto& [id, own] : now_.agents) {
    if (own.version == 0) continue;
    const auto found = state.agents.find(id);
    if (found == state.agents.end()) {
      return Violate(
          absl::StrCat("promise 6: agent '", id, "' is not recovered"));
    }
    const LiveAgent& live = found->second;
    const bool means = own.presence.state != PresenceState::kLoggedOut;
    if (live.version != own.version || live.presence != own.presence ||
        live.presence_pending != own.presence_pending ||
        live.pending != own.pending || live.held.size() != own.held.size() ||
        live.no_answer_channels != own.closed) {
      return Violate(absl::StrCat("promise 6: agent '", id,
                                  "' is recovered with another state"));
    }
    if (means && live.idle_since_ms != own.idle_since_ms) {
      return Violate(absl::StrCat("promise 5: agent '", id, "' is recovered ",
                                  "idle since ", live.idle_since_ms, ", was ",
                                  own.idle_since_ms));
    }
    for (std::size_t i = 0; i < own.held.size(); ++i) {
      if (live.held[i] == own.held[i]) continue;
      return Violate(absl::StrCat(
          "promise 5: agent '", id, "' is recovered with '",
          live.held[i].contact_id, "' of ", live.held[i].units,
          " units, in wrap-up until ", live.held[i].wrap_up_ends_ms, ", held '",
          own.held[i].contact_id, "' of ", own.held[i].units, ", until ",
          own.held[i].wrap_up_ends_ms));
    }
    const std::string other = means ? own.work.Compare(live.figures) : "";
    if (!other.empty()) {
      return Violate(absl::StrCat("promise 5: agent '", id,
                                  "' is recovered with ", other));
    }
  }
}

void Auditor::CompareRest(const LiveState& state) {
  if (state.configuration_version != now_.configuration_version ||
      state.arrival_sequence != now_.arrivals ||
      state.last_at_ms != now_.last_at_ms) {
    Violate("promise 6: recovered with other counts or another configuration");
  }
  std::map<std::string, AuditedFigures> own = now_.figures;
  for (const auto& [name, live] : state.queues) {
    const AuditedFigures& figures = own[name];
    if (live.offered_total != figures.offered ||
        live.answered_total != figures.answered ||
        live.abandoned_total != figures.abandoned) {
      Violate(absl::StrCat("promise 6: queue '", name,
                           "' is recovered with other totals"));
    }
    own.erase(name);
  }
  for (const auto& [name, figures] : own) {
    if (figures.offered > 0) {
      Violate(absl::StrCat("promise 6: queue '", name, "' is not recovered"));
    }
  }
  if (state.ended.size() > limits_.ended_ids) {
    Violate("promise 10: more ended ids than the limit");
  }
  std::map<std::string, const EndedContact*> by_id;
  for (const EndedContact& ended : state.ended) by_id[ended.id] = &ended;
  for (const auto& [id, end] : now_.ended) {
    const auto found = by_id.find(id);
    if (found == by_id.end()) {
      if (SurelyRemembered(id)) {
        Violate(absl::StrCat("promise 6: the ended '", id, "' is forgotten"));
      }
      continue;
    }
    const EndedContact& live = *found->second;
    if (live.version != end.version || live.end_reason != end.reason ||
        live.arrival_ms != end.arrival_ms || live.ended_ms != end.ended_ms ||
        live.at_once != end.at_once) {
      Violate(absl::StrCat("promise 6: the ended '", id,
                           "' is recovered with another answer"));
    }
  }
}

// What clients hold in their hands is true, whatever happened meanwhile.
void Auditor::CompareAcknowledged(const LiveState& state) {
  for (const auto& [id, known] : acknowledged_) {
    const auto alive = state.contacts.find(id);
    if (alive != state.contacts.end() &&
        alive->second.arrival_ms == known.arrival_ms) {
      const LiveContact& live = alive->second;
      if (known.ended || live.version < known.version ||
          (!known.accepted_by.empty() &&
           (live.state != ContactState::kAssigned ||
            live.agent_id != known.accepted_by))) {
        Violate(absl::StrCat("promise 6: '", id,
                             "' is behind what a client was told of it"));
      }
      continue;
    }
    const auto end = now_.ended.find(id);
    const bool ended =
        end != now_.ended.end() && end->second.arrival_ms == known.arrival_ms;
    // Ended, or so long ago that the id was taken again.
    if (!ended &&
        (alive == state.contacts.end() ||
         alive->second.arrival_ms < known.arrival_ms) &&
        (end == now_.ended.end() ||
         end->second.arrival_ms < known.arrival_ms)) {
      Violate(absl::StrCat("promise 6: '", id,
                           "' was acknowledged to a client and is lost"));
    }
  }
}

void Auditor::Shown(const Router& router) {
  if (!violation_.empty()) return;
  std::map<std::string, std::array<std::uint64_t, 3>> by_queue;
  for (const auto& [id, contact] : now_.contacts) {
    const auto view = router.GetContact(id);
    if (!view.ok()) {
      return Violate(absl::StrCat("promise 6: contact '", id, "' is gone"));
    }
    CompareView(*view);
    // There is one thread: nothing can be under way.
    if (!view->settled) {
      return Violate(absl::StrCat("contact '", id, "' is not settled"));
    }
    ++by_queue[contact.spec.queue].at(static_cast<std::size_t>(contact.state));
  }
  const std::vector<AgentView> agents = router.Agents();
  if (agents.size() != now_.agents.size()) {
    return Violate(absl::StrCat("promise 6: ", agents.size(),
                                " agents are shown, there are ",
                                now_.agents.size()));
  }
  for (const AgentView& view : agents) {
    const auto found = now_.agents.find(view.id);
    const bool means = view.presence.state != PresenceState::kLoggedOut;
    if (found == now_.agents.end() || !view.settled ||
        view.version != found->second.version ||
        view.presence != found->second.presence ||
        view.work_state != found->second.work_state() ||
        view.presence_pending != found->second.presence_pending ||
        view.no_answer_channels != found->second.closed ||
        view.held != found->second.held) {
      return Violate(absl::StrCat("promise 6: agent '", view.id,
                                  "' is shown with another state"));
    }
    if (means && view.idle_since_ms != found->second.idle_since_ms) {
      return Violate(absl::StrCat("promise 5: agent '", view.id,
                                  "' is shown idle since ", view.idle_since_ms,
                                  ", not ", found->second.idle_since_ms));
    }
    // Those of the four hours up to the last choice in the centre.
    if (view.panel_choices < found->second.ChoicesOf4Hours(latest_now_ms_) ||
        view.panel_choices > found->second.panel_choices.size()) {
      return Violate(absl::StrCat("promise 6: agent '", view.id,
                                  "' is shown with ", view.panel_choices,
                                  " choices"));
    }
    const std::string other =
        means ? found->second.work.Compare(view.figures) : "";
    if (!other.empty()) {
      return Violate(absl::StrCat("promise 5: agent '", view.id,
                                  "' is shown with ", other));
    }
  }
  for (const QueueView& view : router.Queues()) {
    const auto figures = now_.figures.find(view.name);
    const AuditedFigures own =
        figures == now_.figures.end() ? AuditedFigures{} : figures->second;
    const auto& counts = by_queue[view.name];
    if (view.waiting != counts[0] || view.reserved != counts[1] ||
        view.assigned != counts[2] || view.offered_total != own.offered ||
        view.answered_total != own.answered ||
        view.abandoned_total != own.abandoned) {
      return Violate(absl::StrCat("promise 7: queue '", view.name,
                                  "' is shown with other figures"));
    }
  }
}

}  // namespace relais::seeded
