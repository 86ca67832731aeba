#include "bench/load/explain.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "bench/load/fold.h"
#include "bench/load/restraints.h"
#include "bench/load/rules.h"

namespace relais::load {

namespace {

std::string SecondsText(DurationMs duration_ms) {
  return absl::StrFormat("%.1f s", static_cast<double>(duration_ms) / 1000.0);
}

// A decision, with what else was there when it was taken.
struct Derived {
  const v1::Event* event = nullptr;
  const v1::Contact* contact = nullptr;
  // Contacts that waited for this agent too, and the best of them.
  int contacts_eligible = 0;
  const v1::Contact* contact_passed = nullptr;
  int contact_passed_rank = 0;
  InstantMs contact_passed_key_ms = 0;
  // The best-placed contact that this agent may not take.
  const v1::Contact* contact_barred = nullptr;
  InstantMs contact_barred_key_ms = 0;
  std::string contact_barred_reason;
  // Agents who were free for this contact too, and the best of them.
  int agents_eligible = 0;
  std::string agent_passed;
  int agent_passed_step = 0;
  int agent_passed_units = 0;
  InstantMs agent_passed_key_ms = 0;
  InstantMs agent_passed_idle_ms = 0;
};

class Deriver {
 public:
  Deriver(const DayPlan& plan, const Record& record);
  std::vector<Derived> All();
  std::string Text(const Derived& derived) const;

 private:
  InstantMs KeyOf(const std::string& id, const v1::Contact& contact,
                  const ContactFold& state) const;
  void FindContacts(Derived* derived) const;
  void FindAgents(Derived* derived) const;
  std::string PassedContactText(const Derived& derived) const;
  std::string PassedAgentText(const Derived& derived) const;

  const DayPlan& plan_;
  const Record& record_;
  const Rules rules_;
  Fold fold_;
  Restraints restraints_;
  std::unordered_map<std::string, const v1::Contact*> contacts_;
  // By contact and ring, wherever an event tells it.
  std::map<std::pair<std::string, std::size_t>, InstantMs> keys_;
};

Deriver::Deriver(const DayPlan& plan, const Record& record)
    : plan_(plan),
      record_(record),
      rules_(plan.configuration),
      restraints_(plan, rules_, fold_, /*one_caller=*/true,
                  [](const std::string&) {}) {
  for (const PlannedContact& planned : plan_.contacts) {
    contacts_.emplace(planned.contact.id(), &planned.contact);
  }
  for (const v1::Event& event : record_.events) {
    if (event.contact().rank_key_ms() != 0) {
      keys_.emplace(std::pair(event.contact().id(), event.contact().ring()),
                    event.contact().rank_key_ms());
    }
  }
}

InstantMs Deriver::KeyOf(const std::string& id, const v1::Contact& contact,
                         const ContactFold& state) const {
  const auto found = keys_.find(std::pair(id, state.last.ring()));
  return found != keys_.end() ? found->second
                              : state.last.arrival_ms() -
                                    rules_.BoostMs(contact, state.last.ring());
}

std::vector<Derived> Deriver::All() {
  std::vector<Derived> all;
  for (const v1::Event& event : record_.events) {
    const auto contact = contacts_.find(event.contact().id());
    if (event.type() == v1::EVENT_TYPE_RESERVATION_CREATED &&
        contact != contacts_.end() && !event.reservation().pulled()) {
      Derived derived;
      derived.event = &event;
      derived.contact = contact->second;
      FindContacts(&derived);
      FindAgents(&derived);
      if (derived.contact_passed != nullptr || !derived.agent_passed.empty()) {
        all.push_back(std::move(derived));
      }
    }
    fold_.Apply(event);
    restraints_.Follow(event);
    restraints_.AtRest();
  }
  return all;
}

void Deriver::FindContacts(Derived* derived) const {
  const std::string& agent_id = derived->event->agent().id();
  const AgentFold* agent = fold_.FindAgent(agent_id);
  for (const std::string& id : fold_.waiting()) {
    const auto found = contacts_.find(id);
    if (found == contacts_.end() || found->second == derived->contact) continue;
    const v1::Contact& contact = *found->second;
    const ContactFold& state = *fold_.FindContact(id);
    const std::size_t ring = state.last.ring();
    const InstantMs key = KeyOf(id, contact, state);
    std::string barred;
    if (!Fold::MayGoTo(state, agent_id)) {
      barred = absl::StrCat("waits for ", state.last.held_for(), " alone");
    } else if (!rules_.Serves(agent_id, contact, ring)) {
      barred = rules_.WhatIsMissing(agent_id, contact, ring);
    } else if (agent != nullptr && Fold::IsClosed(*agent, contact.channel())) {
      barred = ChannelText(contact.channel()) + " closed by no answer";
    } else if (fold_.SurelyExcluded(id, agent_id, derived->event->at_ms())) {
      barred = "declined by this agent";
    } else if (agent != nullptr &&
               !rules_.Fits(agent_id, contact.channel(), *agent)) {
      barred = absl::StrCat("no room beside the ", agent->units(),
                            " units that the agent holds");
    } else if (rules_.IsPulled(contact, ring)) {
      barred = "is pulled only";
    } else {
      barred = restraints_.MayKeep(agent_id, contact, ring);
    }
    if (barred.empty()) {
      ++derived->contacts_eligible;
      const int rank = rules_.QueueRankOf(agent_id, contact, ring);
      if (derived->contact_passed == nullptr ||
          std::pair(rank, key) < std::pair(derived->contact_passed_rank,
                                           derived->contact_passed_key_ms)) {
        derived->contact_passed = &contact;
        derived->contact_passed_rank = rank;
        derived->contact_passed_key_ms = key;
      }
    } else if (derived->contact_barred == nullptr ||
               key < derived->contact_barred_key_ms) {
      derived->contact_barred = &contact;
      derived->contact_barred_key_ms = key;
      derived->contact_barred_reason = barred;
    }
  }
}

void Deriver::FindAgents(Derived* derived) const {
  const std::string& chosen = derived->event->agent().id();
  const std::size_t ring = derived->event->contact().ring();
  const bool held = !derived->event->contact().held_for().empty();
  for (const auto& [id, agent] : fold_.agents()) {
    const v1::Channel channel = derived->contact->channel();
    if (held || id == chosen || !Fold::IsOpen(agent) ||
        !rules_.Fits(id, channel, agent) ||
        !rules_.Serves(id, *derived->contact, ring) ||
        Fold::IsClosed(agent, derived->contact->channel()) ||
        fold_.SurelyExcluded(derived->contact->id(), id,
                             derived->event->at_ms()) ||
        !restraints_.MayKeep(id, *derived->contact, ring).empty()) {
      continue;
    }
    ++derived->agents_eligible;
    const int step = rules_.FitStep(id, *derived->contact, ring);
    const InstantMs key =
        rules_.OrderKey(id, agent.last.idle_since_ms(), agent.units());
    if (derived->agent_passed.empty() || step > derived->agent_passed_step ||
        (step == derived->agent_passed_step &&
         key < derived->agent_passed_key_ms)) {
      derived->agent_passed = id;
      derived->agent_passed_step = step;
      derived->agent_passed_units = agent.units();
      derived->agent_passed_key_ms = key;
      derived->agent_passed_idle_ms = agent.last.idle_since_ms();
    }
  }
}

std::string Deriver::PassedContactText(const Derived& derived) const {
  const InstantMs key = derived.event->contact().rank_key_ms();
  const InstantMs other = derived.contact_passed_key_ms;
  const int rank =
      rules_.QueueRankOf(derived.event->agent().id(), *derived.contact,
                         derived.event->contact().ring());
  std::string reason;
  if (derived.contact_passed_rank != rank) {
    const bool later = derived.contact_passed_rank > rank;
    reason = absl::StrCat(
        "is of a queue that comes ", later ? "later" : "earlier",
        " for this agent's profile: rank ", derived.contact_passed_rank,
        later ? " > " : " < ", rank,
        later ? "" : "; was published or taken while this was decided");
  } else if (other > key) {
    reason = absl::StrCat("ranks later: key ", TimeOfDayText(other), " > ",
                          TimeOfDayText(key));
  } else if (other == key) {
    reason = absl::StrCat("same key ", TimeOfDayText(key), ", arrived later");
  } else {
    reason = absl::StrCat("ranks before, key ", TimeOfDayText(other), " < ",
                          TimeOfDayText(key),
                          ": was published or taken while this was decided");
  }
  return absl::StrCat(derived.contact_passed->id(), " ", reason);
}

std::string Deriver::PassedAgentText(const Derived& derived) const {
  const int step = static_cast<int>(derived.event->reservation().fit_step());
  const InstantMs idle = derived.event->agent().idle_since_ms();
  const v1::AgentOrder order =
      rules_.OrderOf(derived.contact->queue(), derived.event->contact().ring());
  std::string reason;
  if (derived.agent_passed_step != step) {
    const bool worse = derived.agent_passed_step < step;
    reason =
        absl::StrCat(worse ? "fits worse: step " : "fits better: step ",
                     derived.agent_passed_step, worse ? " < " : " > ", step,
                     worse ? "" : ", was taken by another call meanwhile");
  } else if (order != v1::AGENT_ORDER_LONGEST_IDLE) {
    reason = absl::StrCat("fits as well (step ", step,
                          "); agents of this queue come in the ", "order ",
                          absl::AsciiStrToLower(absl::StripPrefix(
                              v1::AgentOrder_Name(order), "AGENT_ORDER_")));
  } else if (derived.agent_passed_units != 0) {
    reason = absl::StrCat("fits as well (step ", step, "), holds ",
                          derived.agent_passed_units, " units");
  } else if (derived.agent_passed_idle_ms != idle) {
    const bool shorter = derived.agent_passed_idle_ms > idle;
    reason = absl::StrCat(
        "fits as well (step ", step, "), idle ", shorter ? "shorter" : "longer",
        ": since ", TimeOfDayText(derived.agent_passed_idle_ms),
        shorter ? " > " : " < ", TimeOfDayText(idle),
        shorter ? "" : ", was taken by another call meanwhile");
  } else {
    reason = absl::StrCat("fits as well (step ", step,
                          "), idle as long, stands later in the list");
  }
  return absl::StrCat(derived.agent_passed, " ", reason);
}

std::string Deriver::Text(const Derived& derived) const {
  const v1::Event& event = *derived.event;
  const v1::Contact& contact = *derived.contact;
  const InstantMs arrival = event.contact().arrival_ms();
  const InstantMs key = event.contact().rank_key_ms();
  std::string text = absl::StrCat(
      TimeOfDayText(event.at_ms()), "  ", contact.id(), " (", contact.queue(),
      ", ", ChannelText(contact.channel()), ", priority ", contact.priority(),
      ") -> ", event.agent().id(),
      event.reservation().at_once() ? ", at once" : "", "  [event ",
      event.sequence(), "]\n");
  absl::StrAppend(&text, "    contact: key ", TimeOfDayText(key), " = arrival ",
                  TimeOfDayText(arrival), " less ", SecondsText(arrival - key),
                  "; waited ", SecondsText(event.at_ms() - arrival));
  if (derived.contact_passed == nullptr) {
    absl::StrAppend(&text, "; no other waited for this agent\n");
  } else {
    absl::StrAppend(&text, "; ", derived.contacts_eligible,
                    " more waited for this agent\n    passed over: ",
                    PassedContactText(derived), "\n");
  }
  if (derived.contact_barred != nullptr &&
      derived.contact_barred_key_ms < key) {
    absl::StrAppend(
        &text, "    not for this agent: ", derived.contact_barred->id(),
        ", key ", TimeOfDayText(derived.contact_barred_key_ms), " < ",
        TimeOfDayText(key), ": ", derived.contact_barred_reason, "\n");
  }
  absl::StrAppend(&text, "    agent: fit step ", event.reservation().fit_step(),
                  ", idle since ",
                  TimeOfDayText(event.agent().idle_since_ms()));
  if (derived.agent_passed.empty()) {
    absl::StrAppend(&text, "; no other was free for this contact\n");
  } else {
    absl::StrAppend(&text, "; ", derived.agents_eligible,
                    " more were free for this contact\n    passed over: ",
                    PassedAgentText(derived), "\n");
  }
  return text;
}

}  // namespace

std::vector<std::string> ExplainDecisions(const DayPlan& plan,
                                          const Record& record,
                                          std::size_t count) {
  Deriver deriver(plan, record);
  const std::vector<Derived> all = deriver.All();
  std::vector<std::string> texts;
  for (std::size_t part = 0; part < count; ++part) {
    const std::size_t begin = all.size() * part / count;
    const std::size_t end = all.size() * (part + 1) / count;
    if (begin == end) continue;
    // From the middle of the part on, then its first half.
    const bool want_contact = part % 2 == 0;
    const std::size_t middle = begin + (end - begin) / 2;
    std::size_t chosen = middle;
    for (std::size_t i = 0; i < end - begin; ++i) {
      const std::size_t at = begin + (middle - begin + i) % (end - begin);
      const bool fits = want_contact ? all[at].contact_passed != nullptr
                                     : !all[at].agent_passed.empty();
      if (!fits) continue;
      chosen = at;
      break;
    }
    texts.push_back(deriver.Text(all[chosen]));
  }
  return texts;
}

}  // namespace relais::load
