#include "bench/load/bank_day.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/base/random.h"

namespace relais::load {

namespace {

constexpr char kProfile[] = "telephone";

struct Service {
  std::int64_t start_s = 0;
  std::int64_t end_s = 0;
};

struct Queued {
  std::int64_t from_s = 0;
  std::int64_t until_s = 0;
  std::string type;
};

// For how long within the gap at least one caller of these types stood in the
// bank's queue. `queued` is by `from_s`.
std::int64_t StoodWithin(std::int64_t from_s, std::int64_t until_s,
                         const std::set<std::string>& types,
                         const std::vector<Queued>& queued) {
  std::int64_t stood = 0;
  std::int64_t counted_to = from_s;
  for (const Queued& caller : queued) {
    if (caller.from_s >= until_s) break;
    if (!types.contains(caller.type)) continue;
    const std::int64_t from = std::max(caller.from_s, counted_to);
    const std::int64_t until = std::min(caller.until_s, until_s);
    if (until <= from) continue;
    stood += until - from;
    counted_to = until;
  }
  return stood;
}

v1::Configuration BankConfiguration(
    const std::string& date, const std::set<std::string>& types,
    const std::map<std::string, std::vector<Stay>>& stays,
    const std::map<std::string, std::set<std::string>>& skills) {
  v1::Configuration configuration;
  configuration.set_name(absl::StrCat("bank ", date));
  v1::RoutingProfile* profile = configuration.add_routing_profiles();
  profile->set_name(kProfile);
  profile->add_channels(v1::CHANNEL_VOICE);
  std::set<std::string> known = types;
  for (const auto& [agent, agent_stays] : stays) {
    v1::AgentConfiguration* added = configuration.add_agents();
    added->set_id(agent);
    added->set_grade(v1::AGENT_GRADE_SENIOR);
    added->set_routing_profile(kProfile);
    const auto served = skills.find(agent);
    if (served == skills.end()) continue;
    for (const std::string& type : served->second) {
      v1::AgentSkill* skill = added->add_skills();
      skill->set_skill(type);
      skill->set_level(1);
      known.insert(type);
    }
  }
  for (const std::string& type : known) {
    configuration.add_skills()->set_name(type);
  }
  for (const std::string& type : types) {
    v1::ContactQueue* queue = configuration.add_queues();
    queue->set_name(type);
    queue->add_channels(v1::CHANNEL_VOICE);
    v1::RequirementTerm* required = queue->mutable_requirement()->add_all_of();
    required->set_skill(type);
    required->set_level_min(1);
    queue->set_offer_timeout_ms(0);
    queue->set_wrap_up_ms(kBankWrapUpMs);
    for (int priority = 0; priority < 10; ++priority) {
      v1::PriorityCredit* credit = queue->add_priority_credits();
      credit->set_priority(priority);
      credit->set_credit_ms(priority == kBankCreditPriority ? kBankCreditMs
                                                            : 0);
    }
  }
  return configuration;
}

void AddPresence(InstantMs at_ms, const std::string& agent,
                 v1::PresenceState state, DayPlan* plan) {
  PlannedPresence presence;
  presence.at_ms = at_ms;
  presence.agent_id = agent;
  presence.presence.set_state(state);
  if (state == v1::PRESENCE_STATE_NOT_READY) {
    presence.presence.set_reason(v1::NOT_READY_REASON_BREAK);
  }
  plan->presences.push_back(std::move(presence));
}

void AddBankFigures(const BankCall& call, DayPlan* plan) {
  BankFigures& figures = plan->bank[call.type];
  ++figures.offered;
  if (!call.answered) {
    ++figures.abandoned;
    return;
  }
  ++figures.answered;
  if (!call.queued) ++figures.at_once;
  figures.wait_sum_ms += call.queue_s * 1000;
}

}  // namespace

std::map<std::string, std::set<std::string>> SkillsServed(
    const BankTrace& trace) {
  std::map<std::pair<std::string, std::string>, int> served;
  for (const BankCall& call : trace.calls) {
    if (call.answered) ++served[{call.server, call.type}];
  }
  std::map<std::string, std::set<std::string>> skills;
  for (const auto& [pair, count] : served) {
    if (count >= kServedForSkillMin) skills[pair.first].insert(pair.second);
  }
  return skills;
}

std::map<std::string, std::vector<Stay>> Presences(
    const BankTrace& trace, const std::string& date,
    const std::map<std::string, std::set<std::string>>& skills) {
  std::map<std::string, std::vector<Service>> services;
  std::vector<Queued> queued;
  for (const BankCall& call : trace.calls) {
    if (call.date != date) continue;
    if (call.answered) {
      services[call.server].push_back(
          {call.service_start_s, call.service_start_s + call.service_s});
    }
    if (call.queued) {
      queued.push_back(
          {call.arrival_s, call.arrival_s + call.queue_s, call.type});
    }
  }
  std::sort(queued.begin(), queued.end(), [](const Queued& a, const Queued& b) {
    return a.from_s < b.from_s;
  });
  static const std::set<std::string> kNone;
  std::map<std::string, std::vector<Stay>> stays;
  for (auto& [agent, list] : services) {
    std::sort(list.begin(), list.end(), [](const Service& a, const Service& b) {
      return a.start_s < b.start_s;
    });
    const auto found = skills.find(agent);
    const std::set<std::string>& types =
        found == skills.end() ? kNone : found->second;
    Stay stay{list.front().start_s, list.front().end_s};
    for (const Service& service : list) {
      if (service.start_s > stay.until_s &&
          StoodWithin(stay.until_s, service.start_s, types, queued) >
              kQueueStoodS) {
        stays[agent].push_back(stay);
        stay = {service.start_s, service.end_s};
      }
      stay.until_s = std::max(stay.until_s, service.end_s);
    }
    stays[agent].push_back(stay);
  }
  return stays;
}

absl::StatusOr<DayPlan> BankDay(const BankTrace& trace, const std::string& date,
                                std::uint64_t seed) {
  const auto midnight = ParseDate(date);
  if (!midnight.ok()) return midnight.status();
  std::set<std::string> types;
  std::set<std::string> dates;
  std::map<std::string, std::vector<std::int64_t>> services;
  for (const BankCall& call : trace.calls) {
    dates.insert(call.date);
    if (call.date == date) types.insert(call.type);
    if (call.answered) services[call.type].push_back(call.service_s);
  }
  if (types.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no offered call on ", date,
        dates.empty() ? std::string("; the file has none at all")
                      : absl::StrCat("; the file has ", *dates.begin(), " to ",
                                     *dates.rbegin())));
  }
  const auto skills = SkillsServed(trace);
  const auto stays = Presences(trace, date, skills);
  DayPlan plan;
  plan.title = absl::StrCat("real day ", date);
  plan.seed = seed;
  plan.configuration = BankConfiguration(date, types, stays, skills);
  Random random(seed);
  for (const BankCall& call : trace.calls) {
    if (call.date != date) continue;
    PlannedContact planned;
    planned.at_ms = *midnight + call.arrival_s * 1000;
    planned.contact.set_id(call.id);
    planned.contact.set_queue(call.type);
    planned.contact.set_channel(v1::CHANNEL_VOICE);
    planned.contact.set_priority(call.priority);
    if (call.answered) {
      planned.handling_ms = call.service_s * 1000;
    } else {
      planned.patience_ms = call.queue_s * 1000;
      const std::vector<std::int64_t>& drawn_from = services[call.type];
      if (!drawn_from.empty()) {
        planned.handling_ms =
            drawn_from[random.Uniform(drawn_from.size())] * 1000;
      }
    }
    plan.contacts.push_back(std::move(planned));
    AddBankFigures(call, &plan);
  }
  for (const auto& [agent, agent_stays] : stays) {
    for (std::size_t i = 0; i < agent_stays.size(); ++i) {
      const Stay& stay = agent_stays[i];
      const bool last = i + 1 == agent_stays.size();
      AddPresence(*midnight + stay.from_s * 1000, agent,
                  v1::PRESENCE_STATE_AVAILABLE, &plan);
      AddPresence(
          *midnight + stay.until_s * 1000, agent,
          last ? v1::PRESENCE_STATE_LOGGED_OUT : v1::PRESENCE_STATE_NOT_READY,
          &plan);
    }
  }
  FinishPlan(&plan);
  return plan;
}

}  // namespace relais::load
