#include "bench/load/figures.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <unordered_map>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "bench/load/rules.h"

namespace relais::load {

namespace {

double Percent(double part, double whole) {
  return whole > 0 ? 100.0 * part / whole : 0.0;
}

// Follows each contact's acceptance and each agent's state through the day.
class Folder {
 public:
  explicit Folder(const DayPlan& plan) : rules_(plan.configuration) {
    for (const v1::AgentConfiguration& agent : plan.configuration.agents()) {
      grades_[agent.id()] = agent.grade() == v1::AGENT_GRADE_UNSPECIFIED
                                ? v1::AGENT_GRADE_SENIOR
                                : agent.grade();
    }
  }

  void Apply(const v1::Event& event) {
    // Named with version 0, it has not changed.
    if (event.contact().version() > 0) ApplyToContact(event);
    if (event.has_agent()) ApplyToAgent(event);
  }

  QueueFigures& queue(const std::string& name) { return queues_[name]; }
  // Adds to the queue's figures the time of the agents who may serve it.
  void AddAgentsOf(const v1::ContactQueue& queue);
  std::array<GroupFigures, 5> Groups() const;

 private:
  struct Contact {
    InstantMs arrival_ms = 0;
    std::optional<InstantMs> accepted_ms;
  };
  struct Agent {
    InstantMs since_ms = 0;  // of the state below
    bool available = false;
    bool busy = false;
    bool was_there = false;
    DurationMs available_ms = 0;
    DurationMs busy_ms = 0;
    // By contact: its queue, and since when it is wrapped up.
    std::map<std::string, std::pair<std::string, InstantMs>> wrapping_up;
  };

  void ApplyToContact(const v1::Event& event);
  void ApplyEnd(const v1::Event& event, const Contact& contact);
  void ApplyToAgent(const v1::Event& event);

  const Rules rules_;
  std::unordered_map<std::string, v1::AgentGrade> grades_;
  std::unordered_map<std::string, QueueFigures> queues_;
  std::unordered_map<std::string, Contact> contacts_;
  std::map<std::string, Agent> agents_;
};

void Folder::ApplyToContact(const v1::Event& event) {
  const std::string& queue = event.contact().queue();
  QueueFigures& figures = queues_[queue];
  Contact& contact = contacts_[event.contact().id()];
  switch (event.type()) {
    case v1::EVENT_TYPE_CONTACT_SUBMITTED:
      contact.arrival_ms = event.contact().arrival_ms();
      ++figures.offered;
      return;
    case v1::EVENT_TYPE_RESERVATION_ACCEPTED: {
      if (contact.accepted_ms) return;  // found by the auditor
      contact.accepted_ms = event.at_ms();
      const DurationMs wait =
          std::max<DurationMs>(0, event.at_ms() - contact.arrival_ms);
      ++figures.answered;
      figures.wait_sum_ms += wait;
      if (wait <= rules_.ServiceThresholdMs(queue)) ++figures.within_threshold;
      return;
    }
    case v1::EVENT_TYPE_RESERVATION_DECLINED:
      ++figures.declined;
      return;
    case v1::EVENT_TYPE_RESERVATION_NO_ANSWER:
      ++figures.no_answer;
      return;
    case v1::EVENT_TYPE_CONTACT_ENDED:
      return ApplyEnd(event, contact);
    default:
      return;
  }
}

void Folder::ApplyEnd(const v1::Event& event, const Contact& contact) {
  const std::string& queue = event.contact().queue();
  QueueFigures& figures = queues_[queue];
  switch (event.contact().end_reason()) {
    case v1::END_REASON_ABANDONED:
      ++figures.abandoned;
      if (event.at_ms() - contact.arrival_ms < rules_.ShortAbandonMs(queue)) {
        ++figures.short_abandoned;
      }
      break;
    case v1::END_REASON_CANCELLED:
    case v1::END_REASON_WAIT_LIMIT:
      ++figures.withdrawn;
      break;
    case v1::END_REASON_LEASE_EXPIRED:
      ++figures.lost_hang_ups;
      break;
    default:
      break;
  }
  if (!contact.accepted_ms) return;
  figures.handle_sum_ms +=
      std::max<DurationMs>(0, event.at_ms() - *contact.accepted_ms);
  if (event.agent().wrap_up_ends_ms() > 0) {
    agents_[event.agent().id()].wrapping_up[event.contact().id()] = {
        queue, event.at_ms()};
  }
}

void Folder::ApplyToAgent(const v1::Event& event) {
  if (event.agent().version() == 0) return;
  Agent& agent = agents_[event.agent().id()];
  const DurationMs passed =
      std::max<DurationMs>(0, event.at_ms() - agent.since_ms);
  if (agent.available) {
    agent.available_ms += passed;
    if (agent.busy) agent.busy_ms += passed;
  }
  if (event.type() == v1::EVENT_TYPE_WRAP_UP_ENDED) {
    const auto ended = agent.wrapping_up.find(event.contact().id());
    if (ended != agent.wrapping_up.end()) {
      const auto& [queue, since_ms] = ended->second;
      queues_[queue].handle_sum_ms +=
          std::max<DurationMs>(0, event.at_ms() - since_ms);
      agent.wrapping_up.erase(ended);
    }
  }
  agent.since_ms = std::max(agent.since_ms, event.at_ms());
  agent.available =
      event.agent().presence().state() == v1::PRESENCE_STATE_AVAILABLE;
  agent.busy = event.agent().work_state() != v1::WORK_STATE_IDLE;
  agent.was_there = agent.was_there || agent.available;
}

std::array<GroupFigures, 5> Folder::Groups() const {
  std::array<GroupFigures, 5> groups{};
  for (const auto& [id, agent] : agents_) {
    if (!agent.was_there) continue;
    const auto grade = grades_.find(id);
    if (grade == grades_.end()) continue;
    GroupFigures& group = groups[static_cast<std::size_t>(grade->second)];
    ++group.agents;
    group.available_ms += agent.available_ms;
    group.busy_ms += agent.busy_ms;
  }
  return groups;
}

void Folder::AddAgentsOf(const v1::ContactQueue& queue) {
  QueueFigures& figures = queues_[queue.name()];
  for (const auto& [id, agent] : agents_) {
    bool serves = false;
    for (const int channel : queue.channels()) {
      v1::Contact contact;
      contact.set_queue(queue.name());
      contact.set_channel(static_cast<v1::Channel>(channel));
      serves = serves || rules_.Serves(id, contact, 0);
    }
    if (!serves) continue;
    figures.agents_available_ms += agent.available_ms;
    figures.agents_busy_ms += agent.busy_ms;
  }
}

}  // namespace

void QueueFigures::Add(const QueueFigures& other) {
  offered += other.offered;
  answered += other.answered;
  abandoned += other.abandoned;
  short_abandoned += other.short_abandoned;
  withdrawn += other.withdrawn;
  lost_hang_ups += other.lost_hang_ups;
  within_threshold += other.within_threshold;
  at_once += other.at_once;
  declined += other.declined;
  no_answer += other.no_answer;
  wait_sum_ms += other.wait_sum_ms;
  handle_sum_ms += other.handle_sum_ms;
}

double QueueFigures::AbandonedPercent() const {
  return Percent(static_cast<double>(abandoned), static_cast<double>(offered));
}
double QueueFigures::AtOncePercent() const {
  return Percent(static_cast<double>(at_once), static_cast<double>(offered));
}
double QueueFigures::ServiceLevelPercent() const {
  return Percent(static_cast<double>(within_threshold),
                 static_cast<double>(offered));
}
double QueueFigures::AccessibilityPercent() const {
  return Percent(static_cast<double>(answered), static_cast<double>(offered));
}
double QueueFigures::AverageSpeedOfAnswerS() const {
  return answered == 0 ? 0
                       : static_cast<double>(wait_sum_ms) / 1000.0 /
                             static_cast<double>(answered);
}
double QueueFigures::AverageHandleS() const {
  return answered == 0 ? 0
                       : static_cast<double>(handle_sum_ms) / 1000.0 /
                             static_cast<double>(answered);
}

double QueueFigures::OccupancyPercent() const {
  return Percent(static_cast<double>(agents_busy_ms),
                 static_cast<double>(agents_available_ms));
}

double GroupFigures::OccupancyPercent() const {
  return Percent(static_cast<double>(busy_ms),
                 static_cast<double>(available_ms));
}

Figures ComputeFigures(const DayPlan& plan, const Record& record) {
  Folder folder(plan);
  for (const v1::Event& event : record.events) folder.Apply(event);
  for (std::size_t i = 0; i < plan.contacts.size(); ++i) {
    if (record.contacts[i].at_once) {
      ++folder.queue(plan.contacts[i].contact.queue()).at_once;
    }
  }
  Figures figures;
  figures.events = record.events.size();
  for (const v1::ContactQueue& queue : plan.configuration.queues()) {
    folder.AddAgentsOf(queue);
    figures.queues.emplace_back(queue.name(), folder.queue(queue.name()));
    figures.all_queues.Add(figures.queues.back().second);
  }
  const auto groups = folder.Groups();
  for (std::size_t grade = 1; grade < groups.size(); ++grade) {
    if (groups[grade].agents == 0) continue;
    figures.groups.emplace_back(
        absl::AsciiStrToLower(absl::StripPrefix(
            v1::AgentGrade_Name(static_cast<v1::AgentGrade>(grade)),
            "AGENT_GRADE_")),
        groups[grade]);
    figures.all_groups.agents += groups[grade].agents;
    figures.all_groups.available_ms += groups[grade].available_ms;
    figures.all_groups.busy_ms += groups[grade].busy_ms;
  }
  figures.all_queues.agents_available_ms = figures.all_groups.available_ms;
  figures.all_queues.agents_busy_ms = figures.all_groups.busy_ms;
  return figures;
}

}  // namespace relais::load
