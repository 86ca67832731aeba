#include "bench/load/audit.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/load/fold.h"
#include "bench/load/interruption_audit.h"
#include "bench/load/order_audit.h"
#include "bench/load/refused_audit.h"
#include "bench/load/restraints.h"
#include "bench/load/ring_audit.h"
#include "bench/load/rules.h"

namespace relais::load {

namespace {

constexpr std::size_t kShownMax = 5;

// One pass over the events, in the order in which they came.
class Auditor {
 public:
  Auditor(const DayPlan& plan, const Record& record);
  AuditReport Run();

 private:
  InvariantResult& result(Invariant invariant) {
    return report_.invariants[static_cast<std::size_t>(invariant)];
  }
  void Violation(Invariant invariant, std::string text);

  void LookAhead();
  void CheckSequence(const v1::Event& event);
  void CheckRing(const v1::Event& event);
  void CheckReservation(const v1::Event& event);
  bool HasRoom(const v1::Event& reserved, const AgentFold& agent) const;
  void CheckHolders(const v1::Event& event, const v1::Contact* contact);
  void CheckRankKey(const v1::Event& event, const v1::Contact& contact);
  void CheckAccepted(const v1::Event& event);
  void CheckInterruption(const v1::Event& event);
  void CheckBarriersUpTo(std::uint64_t next_sequence);
  void CheckBarrier(const BarrierPoint& barrier);
  bool MayTake(const std::string& agent_id, const AgentFold& agent,
               const v1::Contact& contact) const;
  void CheckPullsUpTo(std::uint64_t next_sequence);
  void CheckPull(const RefusedCall& pull);
  void CheckEnds();
  void CheckRefused();
  void WriteNotes();

  std::optional<std::size_t> IndexOf(const std::string& contact) const;
  const v1::Contact* Planned(const std::string& contact) const;

  const DayPlan& plan_;
  const Record& record_;
  const Rules rules_;
  Fold fold_;
  AuditReport report_;
  Restraints restraints_;
  RingAudit rings_;
  OrderAudit order_;
  std::unordered_map<std::string, std::size_t> index_;
  std::unordered_map<std::string, std::uint64_t> submitted_at_;
  // Reservations, by their event's number, that the agent's next event took
  // back.
  std::set<std::uint64_t> taken_back_;
  std::vector<BarrierPoint> barriers_;  // by sequence
  std::size_t next_barrier_ = 0;
  std::vector<const RefusedCall*> pulls_;  // refused; by sequence
  std::size_t next_pull_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::map<std::string, std::uint64_t> contact_versions_;
  std::map<std::string, std::uint64_t> agent_versions_;
  std::uint64_t barriers_with_waiting_ = 0;
  std::uint64_t barrier_pairs_ = 0;
  std::uint64_t interruptions_ = 0;  // and resumptions
};

Auditor::Auditor(const DayPlan& plan, const Record& record)
    : plan_(plan),
      record_(record),
      rules_(plan.configuration),
      restraints_(plan, rules_, fold_, record.one_caller,
                  [this](std::string text) {
                    Violation(Invariant::kDeclined, std::move(text));
                  }),
      rings_(rules_, record, fold_,
             [this](std::string text) {
               Violation(Invariant::kRing, std::move(text));
             }),
      order_(plan, record, rules_, fold_, restraints_,
             [this](OrderAudit::Wrong wrong, std::string text) {
               Violation(wrong == OrderAudit::Wrong::kInversion
                             ? Invariant::kInversion
                             : Invariant::kOvertaking,
                         std::move(text));
             }),
      barriers_(record.barriers) {
  const char* const names[kInvariantCount] = {
      "every submitted contact ended exactly once",
      "no agent held two contacts without room, no contact two agents",
      "no offer to an agent without the skill, level or channel",
      "no offer against decline, no answer, presence, reserve or drain",
      "no inversion",
      "no free agent beside an eligible waiting contact at quiet moments",
      "event sequence without gaps, versions consecutive",
      "rank key is arrival less boost",
      "no call refused without a reason in the events",
      "every contact in the ring of its plan and its wait",
      "nobody overtaken beyond the bound",
  };
  for (const char* name : names) {
    report_.invariants.emplace_back().name = name;
  }
  for (std::size_t i = 0; i < plan_.contacts.size(); ++i) {
    index_.emplace(plan_.contacts[i].contact.id(), i);
  }
  std::stable_sort(barriers_.begin(), barriers_.end(),
                   [](const BarrierPoint& a, const BarrierPoint& b) {
                     return a.sequence < b.sequence;
                   });
  // Where calls run at the same time no event tells what such a pull saw.
  for (const RefusedCall& call : record_.refused) {
    if (record_.one_caller && call.kind == CallKind::kPull) {
      pulls_.push_back(&call);
    }
  }
}

void Auditor::Violation(Invariant invariant, std::string text) {
  InvariantResult& into = result(invariant);
  ++into.violations;
  if (into.first.size() < kShownMax) into.first.push_back(std::move(text));
}

std::optional<std::size_t> Auditor::IndexOf(const std::string& contact) const {
  const auto found = index_.find(contact);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

const v1::Contact* Auditor::Planned(const std::string& contact) const {
  const auto index = IndexOf(contact);
  return index ? &plan_.contacts[*index].contact : nullptr;
}

void Auditor::LookAhead() {
  // (agent, contact) -> event
  std::map<std::pair<std::string, std::string>, std::uint64_t> reserved;
  for (const v1::Event& event : record_.events) {
    if (event.has_agent() && event.has_contact()) {
      const std::pair pair(event.agent().id(), event.contact().id());
      const auto before = reserved.find(pair);
      if (before != reserved.end()) {
        if (event.type() == v1::EVENT_TYPE_RESERVATION_RESCINDED) {
          taken_back_.insert(before->second);
        }
        reserved.erase(before);
      }
      if (event.type() == v1::EVENT_TYPE_RESERVATION_CREATED) {
        reserved.emplace(pair, event.sequence());
      }
    }
    if (!event.has_contact()) continue;
    if (event.type() == v1::EVENT_TYPE_CONTACT_SUBMITTED) {
      submitted_at_.emplace(event.contact().id(), event.sequence());
    }
  }
}

AuditReport Auditor::Run() {
  LookAhead();
  for (const v1::Event& event : record_.events) {
    CheckPullsUpTo(event.sequence());
    CheckBarriersUpTo(event.sequence());
    CheckSequence(event);
    CheckRing(event);
    if (event.type() == v1::EVENT_TYPE_RESERVATION_CREATED) {
      CheckReservation(event);
    } else if (event.type() == v1::EVENT_TYPE_RESERVATION_ACCEPTED) {
      CheckAccepted(event);
    } else if (event.type() == v1::EVENT_TYPE_CONTACT_INTERRUPTED ||
               event.type() == v1::EVENT_TYPE_CONTACT_RESUMED) {
      CheckInterruption(event);
    }
    fold_.Apply(event);
    restraints_.Follow(event);
  }
  CheckPullsUpTo(~std::uint64_t{0});
  CheckBarriersUpTo(~std::uint64_t{0});
  ++result(Invariant::kGapless).checks;
  if (last_sequence_ != record_.last_sequence) {
    Violation(Invariant::kGapless,
              absl::StrCat("the last event read is ", last_sequence_,
                           ", the last barrier named ", record_.last_sequence));
  }
  CheckEnds();
  CheckRefused();
  WriteNotes();
  return report_;
}

void Auditor::CheckSequence(const v1::Event& event) {
  ++result(Invariant::kGapless).checks;
  if (event.sequence() != last_sequence_ + 1) {
    Violation(Invariant::kGapless,
              absl::StrCat("event ", event.sequence(), " follows event ",
                           last_sequence_));
  }
  last_sequence_ = event.sequence();
  const auto check = [&](const char* what, const std::string& id,
                         std::uint64_t version,
                         std::map<std::string, std::uint64_t>* versions) {
    if (version == 0) return;
    ++result(Invariant::kGapless).checks;
    std::uint64_t& last = (*versions)[id];
    if (version != last + 1) {
      Violation(Invariant::kGapless,
                absl::StrCat("event ", event.sequence(), ": version ", version,
                             " of ", what, " ", id, " follows version ", last));
    }
    last = version;
  };
  check("contact", event.contact().id(), event.contact().version(),
        &contact_versions_);
  check("agent", event.agent().id(), event.agent().version(), &agent_versions_);
  // Forgotten, it begins anew when it is configured again.
  if (event.type() == v1::EVENT_TYPE_AGENT_REMOVED) {
    agent_versions_.erase(event.agent().id());
  }
}

void Auditor::CheckRing(const v1::Event& event) {
  const v1::Contact* contact = Planned(event.contact().id());
  if (contact == nullptr) return;  // found by CheckEnds
  rings_.Check(event, *contact);
  order_.Know(*contact);
  if (event.type() == v1::EVENT_TYPE_CONTACT_WIDENED ||
      event.type() == v1::EVENT_TYPE_CONTACT_HOLD_ENDED) {
    CheckRankKey(event, *contact);
  }
}

void Auditor::CheckReservation(const v1::Event& event) {
  const v1::Contact* contact = Planned(event.contact().id());
  CheckHolders(event, contact);
  if (contact == nullptr) return;  // found by CheckEnds
  const std::string& agent = event.agent().id();
  ++result(Invariant::kSkill).checks;
  const std::string missing =
      rules_.WhatIsMissing(agent, *contact, event.contact().ring());
  if (!missing.empty()) {
    Violation(Invariant::kSkill,
              absl::StrCat("event ", event.sequence(), ": ", contact->id(),
                           " offered to ", agent, ": ", missing));
  }
  ++result(Invariant::kDeclined).checks;
  if (fold_.SurelyExcluded(contact->id(), agent,
                           event.at_ms() + record_.clock_tolerance_ms)) {
    Violation(Invariant::kDeclined,
              absl::StrCat("event ", event.sequence(), ": ", contact->id(),
                           " offered to ", agent, ", who declined it"));
  }
  const ContactFold* waits = fold_.FindContact(contact->id());
  if (waits != nullptr &&
      (!Fold::MayGoTo(*waits, agent) ||
       waits->last.held_for() != event.contact().held_for())) {
    Violation(
        Invariant::kDeclined,
        absl::StrCat(
            "event ", event.sequence(), ": ", contact->id(), " offered to ",
            agent, " while it waits for ",
            waits->last.held_for().empty() ? "nobody" : waits->last.held_for(),
            " alone"));
  }
  const AgentFold* state = fold_.FindAgent(agent);
  if (state != nullptr && Fold::IsClosed(*state, contact->channel())) {
    Violation(Invariant::kDeclined,
              absl::StrCat("event ", event.sequence(), ": ", contact->id(),
                           " offered to ", agent, ", whose ",
                           ChannelText(contact->channel()), " is closed"));
  }
  // An agent may leave while it is being chosen; then the reservation must be
  // taken back before anything else happens to agent and contact together.
  if (state == nullptr ||
      (state->last.presence().state() != v1::PRESENCE_STATE_AVAILABLE &&
       !taken_back_.contains(event.sequence()))) {
    Violation(Invariant::kDeclined,
              absl::StrCat("event ", event.sequence(), ": ", contact->id(),
                           " offered to ", agent, ", who is not available"));
  }
  if (rules_.IsPulled(*contact, event.contact().ring()) &&
      !event.reservation().pulled()) {
    Violation(Invariant::kDeclined,
              absl::StrCat("event ", event.sequence(), ": ", contact->id(),
                           " offered to ", agent, ", who did not pull it"));
  }
  restraints_.Check(event, *contact);
  CheckRankKey(event, *contact);
  order_.Check(event);
}

bool Auditor::HasRoom(const v1::Event& reserved, const AgentFold& agent) const {
  const auto fits = [&](const AgentFold& with) {
    return rules_.Fits(reserved.agent().id(), reserved.contact().channel(),
                       with);
  };
  if (record_.one_caller || !taken_back_.contains(reserved.sequence())) {
    return fits(agent);
  }
  // What it was to interrupt may end, and be wrapped up, while the agent is
  // being chosen.
  AgentFold before = agent;
  for (auto& [id, held] : before.held) {
    if (held.state == v1::WORK_STATE_WRAP_UP) {
      held.state = v1::WORK_STATE_HANDLING;
    }
  }
  return fits(before);
}

void Auditor::CheckHolders(const v1::Event& event, const v1::Contact* contact) {
  ++result(Invariant::kOneHolder).checks;
  const AgentFold* agent = fold_.FindAgent(event.agent().id());
  if (agent != nullptr && !HasRoom(event, *agent)) {
    Violation(Invariant::kOneHolder,
              absl::StrCat("event ", event.sequence(), ": ", event.agent().id(),
                           " is given ", event.contact().id(),
                           " while holding ", agent->HeldText()));
  }
  const ContactFold* state = fold_.FindContact(event.contact().id());
  if (contact != nullptr &&
      (state == nullptr || state->last.state() != v1::CONTACT_STATE_WAITING)) {
    Violation(
        Invariant::kOneHolder,
        absl::StrCat("event ", event.sequence(), ": ", event.contact().id(),
                     " is given to ", event.agent().id(), " while ",
                     state == nullptr          ? "unknown"
                     : state->agent_id.empty() ? "ended"
                                               : "held by " + state->agent_id));
  }
}

void Auditor::CheckAccepted(const v1::Event& event) {
  ++result(Invariant::kOneHolder).checks;
  const ContactFold* contact = fold_.FindContact(event.contact().id());
  const AgentFold* agent = fold_.FindAgent(event.agent().id());
  if (contact == nullptr || agent == nullptr ||
      contact->last.state() != v1::CONTACT_STATE_RESERVED ||
      contact->agent_id != event.agent().id() ||
      !agent->held.contains(event.contact().id()) ||
      contact->attempt != event.reservation().attempt()) {
    Violation(Invariant::kOneHolder,
              absl::StrCat("event ", event.sequence(), ": ", event.agent().id(),
                           " accepted ", event.contact().id(),
                           ", which was not reserved for it"));
  }
}

void Auditor::CheckInterruption(const v1::Event& event) {
  ++result(Invariant::kOneHolder).checks;
  ++interruptions_;
  std::string wrong =
      WrongInterruption(rules_, fold_, event, record_.one_caller);
  if (!wrong.empty()) Violation(Invariant::kOneHolder, std::move(wrong));
}

void Auditor::CheckRankKey(const v1::Event& event, const v1::Contact& contact) {
  ++result(Invariant::kRankKey).checks;
  const InstantMs expected = event.contact().arrival_ms() -
                             rules_.BoostMs(contact, event.contact().ring());
  const InstantMs key = event.contact().rank_key_ms();
  // A submit that reads an earlier clock than the last of its lane takes that
  // one's key.
  if (key < expected || key > expected + record_.clock_tolerance_ms) {
    Violation(Invariant::kRankKey,
              absl::StrCat("event ", event.sequence(), ": key of ",
                           contact.id(), " is ", TimeOfDayText(key),
                           " instead of ", TimeOfDayText(expected)));
  }
}

void Auditor::CheckBarriersUpTo(std::uint64_t next_sequence) {
  while (next_barrier_ < barriers_.size() &&
         barriers_[next_barrier_].sequence < next_sequence) {
    CheckBarrier(barriers_[next_barrier_++]);
  }
}

void Auditor::CheckBarrier(const BarrierPoint& barrier) {
  ++result(Invariant::kQuiet).checks;
  restraints_.AtRest();
  if (!fold_.waiting().empty()) ++barriers_with_waiting_;
  for (const auto& [agent_id, agent] : fold_.agents()) {
    const std::string missed = MissedInterruption(rules_, agent_id, agent);
    if (missed.empty()) continue;
    Violation(Invariant::kQuiet,
              absl::StrCat("at ", TimeOfDayText(barrier.now_ms),
                           ", after event ", barrier.sequence, ": ", missed));
  }
  for (const std::string& id : fold_.waiting()) {
    const v1::Contact* contact = Planned(id);
    if (contact == nullptr) continue;
    rings_.CheckAtRest(barrier, *contact);
    const std::size_t ring = fold_.FindContact(id)->last.ring();
    if (rules_.IsPulled(*contact, ring)) continue;
    for (const auto& [agent_id, agent] : fold_.agents()) {
      ++barrier_pairs_;
      if (!MayTake(agent_id, agent, *contact) ||
          fold_.SurelyExcluded(id, agent_id, barrier.now_ms)) {
        continue;
      }
      Violation(Invariant::kQuiet,
                absl::StrCat("at ", TimeOfDayText(barrier.now_ms),
                             ", after event ", barrier.sequence, ": ", agent_id,
                             " is free while ", id, " waits"));
    }
  }
}

// Whether it is free for the contact, which waits, if it did not decline it.
bool Auditor::MayTake(const std::string& agent_id, const AgentFold& agent,
                      const v1::Contact& contact) const {
  const ContactFold& state = *fold_.FindContact(contact.id());
  const std::size_t ring = state.last.ring();
  return Fold::IsOpen(agent) && Fold::MayGoTo(state, agent_id) &&
         rules_.Serves(agent_id, contact, ring) &&
         rules_.Fits(agent_id, contact.channel(), agent) &&
         !Fold::IsClosed(agent, contact.channel()) &&
         restraints_.MayKeep(agent_id, contact, ring).empty();
}

void Auditor::CheckPullsUpTo(std::uint64_t next_sequence) {
  while (next_pull_ < pulls_.size() &&
         pulls_[next_pull_]->answer_sequence < next_sequence) {
    CheckPull(*pulls_[next_pull_++]);
  }
}

// One that was refused: there was nothing for the agent.
void Auditor::CheckPull(const RefusedCall& pull) {
  const AgentFold* agent = fold_.FindAgent(pull.agent_id);
  if (agent == nullptr) return;
  for (const std::string& id : fold_.waiting()) {
    const v1::Contact* contact = Planned(id);
    if (contact == nullptr ||
        std::find(pull.queues.begin(), pull.queues.end(), contact->queue()) ==
            pull.queues.end() ||
        !MayTake(pull.agent_id, *agent, *contact) ||
        fold_.MaybeExcluded(id, pull.agent_id, 0, 0)) {
      continue;
    }
    return Violation(Invariant::kRefused,
                     absl::StrCat("Pull by ", pull.agent_id, " after event ",
                                  pull.answer_sequence, " while ", id,
                                  " waits: ", pull.status.ToString()));
  }
}

void Auditor::CheckEnds() {
  for (std::size_t i = 0; i < plan_.contacts.size(); ++i) {
    const SentContact& sent = record_.contacts[i];
    const std::string& id = plan_.contacts[i].contact.id();
    const ContactFold* contact = fold_.FindContact(id);
    if (!sent.accepted_by_centre) {
      if (contact == nullptr) continue;
      ++result(Invariant::kEndedOnce).checks;
      Violation(Invariant::kEndedOnce,
                absl::StrCat(id, " has events though its submit was ",
                             sent.sent ? "refused" : "never sent"));
      continue;
    }
    ++result(Invariant::kEndedOnce).checks;
    if (contact == nullptr) {
      Violation(Invariant::kEndedOnce,
                absl::StrCat(id, " was acknowledged and has no event"));
    } else if (contact->submitted_events != 1 || contact->ended_events != 1) {
      Violation(
          Invariant::kEndedOnce,
          absl::StrCat(id, ": submitted ", contact->submitted_events,
                       " times, ended ", contact->ended_events, " times"));
    } else if (submitted_at_.at(id) > sent.answer_sequence) {
      Violation(
          Invariant::kEndedOnce,
          absl::StrCat(id, " was acknowledged at event ", sent.answer_sequence,
                       " before its own event ", submitted_at_.at(id)));
    }
  }
  for (const auto& [id, contact] : fold_.contacts()) {
    if (IndexOf(id)) continue;
    Violation(Invariant::kEndedOnce,
              absl::StrCat(id, " has events and was never submitted"));
  }
}

void Auditor::CheckRefused() {
  InvariantResult& into = result(Invariant::kRefused);
  into.checks = record_.calls;
  for (const RefusedCall& call : record_.refused) {
    if (IsExplained(call, record_.events)) continue;
    Violation(Invariant::kRefused,
              absl::StrCat(CallKindName(call.kind), " ", call.contact_id,
                           call.contact_id.empty() ? "" : " ", call.agent_id,
                           ": ", call.status.ToString()));
  }
}

void Auditor::WriteNotes() {
  result(Invariant::kInversion).checks = order_.checks();
  result(Invariant::kInversion).note = order_.Note();
  result(Invariant::kQuiet).note =
      absl::StrCat("at ", barriers_with_waiting_, " of them contacts waited; ",
                   barrier_pairs_, " pairs");
  result(Invariant::kOneHolder).note =
      absl::StrCat(interruptions_, " interruptions and resumptions");
  result(Invariant::kRing).checks = rings_.checks();
  result(Invariant::kRing).note = rings_.Note();
  result(Invariant::kOvertaking).checks = order_.overtaken();
  result(Invariant::kOvertaking).note = order_.OvertakingNote();
  result(Invariant::kRefused).note = absl::StrCat(
      record_.refused.size(), " refused, having lost a race or worse");
}

}  // namespace

bool AuditReport::AllHold() const {
  for (const InvariantResult& result : invariants) {
    if (result.violations != 0) return false;
  }
  return !invariants.empty();
}

AuditReport Audit(const DayPlan& plan, const Record& record) {
  return Auditor(plan, record).Run();
}

std::string AuditText(const AuditReport& report) {
  std::string text = absl::StrFormat("%-68s %10s %10s\n", "Invariants",
                                     "checks", "violations");
  for (const InvariantResult& result : report.invariants) {
    absl::StrAppendFormat(&text, "  %-66s %10d %10d\n", result.name,
                          result.checks, result.violations);
    if (!result.note.empty()) {
      absl::StrAppend(&text, "      ", result.note, "\n");
    }
    for (const std::string& violation : result.first) {
      absl::StrAppend(&text, "      VIOLATED: ", violation, "\n");
    }
    if (result.violations > result.first.size()) {
      absl::StrAppend(&text, "      and ",
                      result.violations - result.first.size(), " more\n");
    }
  }
  return text;
}

}  // namespace relais::load
