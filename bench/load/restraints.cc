#include "bench/load/restraints.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace relais::load {

bool Restraints::Reserve::Keeps() const {
  return ever.size() <= keep || (does == Does::kKeep && ever.size() < resume);
}

bool Restraints::Reserve::Gives() const {
  return always.size() >= resume ||
         (does == Does::kGive && always.size() > keep);
}

Restraints::Restraints(const DayPlan& plan, const Rules& rules,
                       const Fold& fold, bool one_caller, Violation violation)
    : rules_(rules),
      fold_(fold),
      one_caller_(one_caller),
      violation_(std::move(violation)) {
  for (const PlannedContact& planned : plan.contacts) {
    contacts_.emplace(planned.contact.id(), &planned.contact);
  }
  for (const v1::Reserve& configured : plan.configuration.reserves()) {
    Reserve& reserve = reserves_.emplace_back();
    reserve.configured = configured;
    if (configured.channel() == v1::CHANNEL_UNSPECIFIED) {
      reserve.configured.set_channel(v1::CHANNEL_VOICE);
    }
    reserve.keep = static_cast<std::size_t>(configured.keep());
    reserve.resume = configured.resume() == 0
                         ? reserve.keep + 1
                         : static_cast<std::size_t>(configured.resume());
    // A call that asks for nothing itself.
    v1::Contact call;
    call.set_queue(configured.queue());
    call.set_channel(reserve.configured.channel());
    for (const v1::AgentConfiguration& agent : plan.configuration.agents()) {
      if (rules_.Serves(agent.id(), call, 0)) reserve.in.insert(agent.id());
    }
  }
}

bool Restraints::Counts(const Reserve& reserve,
                        const std::string& agent) const {
  const AgentFold* state = fold_.FindAgent(agent);
  const v1::Channel call = reserve.configured.channel();
  return state != nullptr && reserve.in.contains(agent) &&
         Fold::IsOpen(*state) && !Fold::IsClosed(*state, call) &&
         rules_.Fits(agent, call, *state);
}

bool Restraints::CountsWith(const Reserve& reserve, const std::string& agent,
                            v1::Channel channel) const {
  const AgentFold* state = fold_.FindAgent(agent);
  return state != nullptr && rules_.Fits(agent, reserve.configured.channel(),
                                         rules_.With(agent, channel, *state));
}

bool Restraints::HoldsBack(const Reserve& reserve, v1::Channel channel) {
  const auto& channels = reserve.configured.holds_back();
  return std::find(channels.begin(), channels.end(), channel) != channels.end();
}

void Restraints::Settle(Reserve* reserve) {
  reserve->does = reserve->Gives()   ? Does::kGive
                  : reserve->Keeps() ? Does::kKeep
                                     : Does::kUnknown;
}

void Restraints::Count(const std::string& agent) {
  for (Reserve& reserve : reserves_) {
    if (!reserve.in.contains(agent)) continue;
    const bool counts = Counts(reserve, agent);
    const AgentFold* state = fold_.FindAgent(agent);
    // While the contact that it did not take is looked for it counts nowhere.
    if (!counts || (state != nullptr && state->returned)) {
      reserve.always.erase(agent);
    } else if (one_caller_) {
      reserve.always.insert(agent);
    }
    if (counts) {
      reserve.ever.insert(agent);
    } else if (one_caller_) {
      reserve.ever.erase(agent);
    }
    if (one_caller_) Settle(&reserve);
  }
}

void Restraints::Follow(const v1::Event& event) {
  last_sequence_ = event.sequence();
  if (event.agent().version() != 0) Count(event.agent().id());
  const std::string& id = event.contact().id();
  const auto contact = contacts_.find(id);
  if (contact == contacts_.end() || !fold_.waiting().contains(id)) return;
  const std::size_t ring = fold_.FindContact(id)->last.ring();
  if (!rules_.DrainOf(*contact->second, ring).empty()) {
    drained_.emplace(id, ring);
  }
}

void Restraints::AtRest() {
  for (const Suspicion& suspicion : suspicions_) {
    if (suspicion.stands()) violation_(suspicion.text);
  }
  suspicions_.clear();
  rest_sequence_ = last_sequence_;
  for (Reserve& reserve : reserves_) {
    Settle(&reserve);
    reserve.ever.clear();
    for (const std::string& agent : reserve.in) {
      if (Counts(reserve, agent)) reserve.ever.insert(agent);
    }
    reserve.always = reserve.ever;
    Settle(&reserve);
  }
  std::erase_if(drained_, [&](const auto& one) {
    return !fold_.waiting().contains(one.first) ||
           fold_.FindContact(one.first)->last.ring() != one.second;
  });
}

bool Restraints::Drains(const std::string& waiting, std::size_t ring,
                        const std::string& agent, v1::Channel channel) const {
  const v1::Contact& contact = *contacts_.at(waiting);
  return rules_.DrainOf(contact, ring).contains(channel) &&
         rules_.Serves(agent, contact, ring);
}

std::string Restraints::MayKeep(const std::string& agent,
                                const v1::Contact& contact,
                                std::size_t ring) const {
  for (const Reserve& reserve : reserves_) {
    if (!HoldsBack(reserve, contact.channel()) ||
        !reserve.ever.contains(agent) || reserve.Gives()) {
      continue;
    }
    // Who counted for a part of the time may have held more then.
    if (reserve.always.contains(agent) &&
        CountsWith(reserve, agent, contact.channel())) {
      continue;
    }
    return absl::StrCat("kept free by reserve ", reserve.configured.name());
  }
  if (drained_.empty() || !rules_.DrainOf(contact, ring).empty()) return "";
  for (const auto& [waiting, in] : drained_) {
    if (waiting != contact.id() &&
        Drains(waiting, in, agent, contact.channel())) {
      return absl::StrCat("drained for ", waiting);
    }
  }
  return "";
}

void Restraints::Suspect(std::function<bool()> stands, std::string text) {
  if (!one_caller_) {
    suspicions_.push_back({std::move(stands), std::move(text)});
  } else if (stands()) {
    violation_(std::move(text));
  }
}

void Restraints::Check(const v1::Event& event, const v1::Contact& contact) {
  CheckReserves(event, contact);
  CheckDrains(event, contact);
}

void Restraints::CheckReserves(const v1::Event& event,
                               const v1::Contact& contact) {
  if (event.reservation().pulled()) return;
  const std::string& agent = event.agent().id();
  for (const Reserve& reserve : reserves_) {
    if (!HoldsBack(reserve, contact.channel()) ||
        !reserve.always.contains(agent) ||
        CountsWith(reserve, agent, contact.channel())) {
      continue;
    }
    Suspect([&reserve] { return reserve.Keeps(); },
            absl::StrCat("event ", event.sequence(), ": ", contact.id(),
                         " offered to ", agent, ", whom reserve ",
                         reserve.configured.name(),
                         " keeps free: ", reserve.ever.size(),
                         " count, it keeps ", reserve.keep));
  }
}

void Restraints::CheckDrains(const v1::Event& event,
                             const v1::Contact& contact) {
  const std::string& agent = event.agent().id();
  // What is held is given all the same.
  if (!event.contact().held_for().empty() ||
      !rules_.DrainOf(contact, event.contact().ring()).empty()) {
    return;
  }
  for (const auto& [id, ring] : drained_) {
    const ContactFold& waits = *fold_.FindContact(id);
    const std::uint64_t since = waits.published_sequence;
    const auto still_waits = [this, id = id, ring = ring, since] {
      const ContactFold& now = *fold_.FindContact(id);
      return fold_.waiting().contains(id) && now.last.ring() == ring &&
             now.published_sequence == since;
    };
    if (id == contact.id() || !still_waits() ||
        (!one_caller_ && since > rest_sequence_) ||
        !Drains(id, ring, agent, contact.channel())) {
      continue;
    }
    Suspect(still_waits,
            absl::StrCat("event ", event.sequence(), ": ", contact.id(),
                         " offered to ", agent, ", who is drained of ",
                         ChannelText(contact.channel()), " for ", id));
  }
}

}  // namespace relais::load
