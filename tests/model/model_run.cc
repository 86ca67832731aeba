// The random calls.
#include "tests/model/model_run.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/model/model_text.h"

namespace relais::model {
namespace {

constexpr std::size_t kRecentContacts = 150;
constexpr std::uint64_t kPhaseSteps = 250;

}  // namespace

ModelRun::ModelRun(std::uint64_t seed, Router* subject,
                   reference::EventRecorder* subject_events)
    : seed_(seed),
      random_(seed),
      world_(&random_, /*all_rules=*/seed % 2 == 0),
      subject_(subject),
      subject_events_(subject_events) {
  auto reference =
      reference::ReferenceRouter::Create(WorldOptions(&reference_events_));
  if (!reference.ok()) {
    Fail(absl::StrCat("reference: ", reference.status().ToString()));
    return;
  }
  reference_ = std::move(*reference);
}

std::string ModelRun::Run(std::uint64_t steps) {
  if (failure_.empty()) {
    Apply(world_.First());
    SameEvents();
  }
  for (step_ = 1; step_ <= steps && failure_.empty(); ++step_) {
    if (step_ % kPhaseSteps == 0) {
      phase_ = static_cast<Phase>(
          random_.Uniform(static_cast<std::uint64_t>(Phase::kLast) + 1));
    }
    Step();
    ++counts_.calls;
    if (World::HasAllRules(configuration_)) ++counts_.with_all_rules;
    SameEvents();
    SameNextDue();
    SameViews();
  }
  const RouterCounters counters = reference_->Counters();
  counts_.declines_forgotten = counters.declines_forgotten;
  counts_.ids_forgotten = counters.ids_forgotten;
  return failure_;
}

void ModelRun::Step() {
  struct Weights {
    std::uint64_t submit, cancel, complete, presence, accept, decline, wrap_up,
        run_due, apply, change, pull, read;
  };
  static constexpr Weights kWeights[] = {
      {25, 6, 16, 8, 16, 6, 5, 12, 1, 2, 8, 5},   // usual
      {15, 1, 1, 1, 1, 70, 1, 2, 0, 1, 2, 2},     // decline storm
      {45, 8, 6, 3, 8, 4, 3, 8, 1, 3, 4, 5},      // overload
      {15, 5, 12, 35, 10, 5, 3, 10, 4, 5, 4, 5},  // churn
  };
  const Weights& weights = kWeights[static_cast<std::size_t>(phase_)];
  AdvanceTime();
  std::uint64_t draw = random_.Uniform(
      weights.submit + weights.cancel + weights.complete + weights.presence +
      weights.accept + weights.decline + weights.wrap_up + weights.run_due +
      weights.apply + weights.change + weights.pull + weights.read);
  const auto drawn = [&draw](std::uint64_t weight) {
    const bool hit = draw < weight;
    draw -= hit ? 0 : weight;
    return hit;
  };
  if (drawn(weights.submit)) return Submit();
  if (drawn(weights.cancel)) return Cancel();
  if (drawn(weights.complete)) return Complete();
  if (drawn(weights.presence)) return SetPresence();
  if (drawn(weights.accept)) return AnswerOffer(true);
  if (drawn(weights.decline)) return AnswerOffer(false);
  if (drawn(weights.wrap_up)) return EndWrapUp();
  if (drawn(weights.run_due)) return RunDue();
  if (drawn(weights.apply)) return Apply(world_.Next(configuration_));
  if (drawn(weights.change)) return ChangeAgent();
  if (drawn(weights.pull)) return Pull();
  Read();
}

// Exactly to what is due, just before or after it, or on; often not at all, so
// that calls tie. What is due need not be run: a late RunDue is usual.
void ModelRun::AdvanceTime() {
  if (!random_.Bernoulli(phase_ == Phase::kDeclineStorm ? 0.02 : 0.35)) return;
  const std::optional<InstantMs> due =
      random_.Bernoulli(0.8) ? reference_->NextDue() : subject_->NextDue();
  InstantMs next = now_ms_;
  switch (random_.Uniform(8)) {
    case 0:
    case 1:
    case 2:
      if (due.has_value()) next = *due;
      break;
    case 3:
      if (due.has_value()) next = *due - 1;
      break;
    case 4:
      next += random_.UniformBetween(1, 400);
      break;
    case 5:
      next += 1'000;
      break;
    case 6:
      // To the next multiple of 5 s: terms are multiples of it too.
      next += 5'000 - now_ms_ % 5'000;
      break;
    default:
      if (random_.Bernoulli(0.1)) next += 30'000;
      break;
  }
  now_ms_ = std::max(now_ms_, next);
}

void ModelRun::Apply(const Configuration& configuration) {
  Note(absl::StrCat("Apply ", configuration.agents.size(), " agents, ",
                    configuration.queues.size(), " queues"));
  const auto subject = subject_->Apply(configuration, now_ms_);
  const auto reference = reference_->Apply(configuration, now_ms_);
  if (!SameStatus(subject.status(), reference.status())) return;
  Same("configuration_version", subject->configuration_version,
       reference->configuration_version);
  Same("applied", subject->applied(), reference->applied());
  Same("findings", subject->findings.size(), reference->findings.size());
  if (reference->applied()) {
    for (const ContactQueue& queue : configuration_.queues) {
      if (std::none_of(
              configuration.queues.begin(), configuration.queues.end(),
              [&](const auto& other) { return other.name == queue.name; })) {
        once_unlisted_.insert(queue.name);
      }
    }
    configuration_ = configuration;
  }
  for (const AgentView& agent : reference_->Agents()) {
    const auto handle = subject_->FindAgent(agent.id);
    if (!handle.ok()) return Fail("agent unknown to the subject: " + agent.id);
    subject_agents_[agent.handle.generation] = *handle;
  }
}

void ModelRun::ChangeAgent() {
  const auto agent = SomeAgent();
  if (!agent.has_value()) return;
  AgentConfiguration present;
  present.id = agent->id;
  for (const AgentConfiguration& listed : configuration_.agents) {
    if (listed.id == agent->id) present = listed;
  }
  const AgentChange change = world_.Change(present, configuration_);
  Note(absl::StrCat("ChangeAgent ", agent->id));
  const auto [subject, reference] = HandlesOf(*agent);
  const InstantMs now_ms = random_.Bernoulli(0.01) ? -1 : now_ms_;
  const auto a = subject_->ChangeAgent(subject, change, now_ms);
  const auto b = reference_->ChangeAgent(reference, change, now_ms);
  if (!SameStatus(a.status(), b.status())) return;
  Same("version", a->version, b->version);
  Same("configuration_version", a->configuration_version,
       b->configuration_version);
  configuration_ = reference_->CurrentConfiguration(nullptr);
  Same("agents in force",
       subject_->CurrentConfiguration(nullptr).agents == configuration_.agents,
       true);
}

void ModelRun::Submit() {
  ContactSpec spec;
  InstantMs now_ms = now_ms_;
  const bool again = !recent_.empty() && random_.Bernoulli(0.06);
  if (again) {
    spec = recent_[random_.Uniform(recent_.size())];
    if (random_.Bernoulli(0.4)) spec.priority = (spec.priority + 1) % 10;
  } else {
    spec = world_.Contact(absl::StrCat("contact", ++submitted_));
  }
  if (random_.Bernoulli(0.04)) world_.Spoil(&spec);
  if (random_.Bernoulli(0.005)) now_ms = -1;
  SubmitSpec(spec, now_ms);
}

void ModelRun::SubmitSpec(const ContactSpec& spec, InstantMs now_ms) {
  Note("Submit " + Text(spec));
  const auto subject = subject_->Submit(spec, now_ms);
  const auto reference = reference_->Submit(spec, now_ms);
  if (!SameStatus(subject.status(), reference.status())) return;
  Same("repeated", subject->repeated, reference->repeated);
  Same("at_once", subject->at_once, reference->at_once);
  Same("arrival_ms", subject->arrival_ms, reference->arrival_ms);
  if (reference->repeated) {
    ++counts_.repeated;
    const auto known = handles_.find(spec.id);
    if (known != handles_.end() && known->second.second == reference->contact) {
      Same("same handle", known->second.first == subject->contact, true);
    }
    return;
  }
  handles_[spec.id] = {subject->contact, reference->contact};
  recent_.push_back(spec);
  if (recent_.size() > kRecentContacts) {
    const std::string oldest = recent_.front().id;
    recent_.pop_front();
    if (std::none_of(recent_.begin(), recent_.end(),
                     [&](const auto& other) { return other.id == oldest; }) &&
        !reference_->GetContact(oldest).ok()) {
      handles_.erase(oldest);
    }
  }
}

// Mostly one that lives, sometimes one that has ended or was forgotten.
std::optional<std::string> ModelRun::SomeContact() {
  const std::vector<std::string> alive = reference_->AliveContacts();
  if (!alive.empty() && !random_.Bernoulli(0.08)) {
    return alive[random_.Uniform(alive.size())];
  }
  if (recent_.empty()) return std::nullopt;
  return recent_[random_.Uniform(recent_.size())].id;
}

ModelRun::Both<ContactHandle> ModelRun::HandlesOf(
    const std::string& contact_id) {
  if (random_.Bernoulli(0.01)) {
    const ContactHandle never{0x7F'FFFF, 0x7FFF'FFFF'FFFF};
    return {never, never};
  }
  return handles_.at(contact_id);
}

void ModelRun::Cancel() {
  const std::optional<std::string> id = SomeContact();
  if (!id.has_value()) return;
  EndReason reason =
      random_.Bernoulli(0.5) ? EndReason::kAbandoned : EndReason::kCancelled;
  if (random_.Bernoulli(0.02)) reason = EndReason::kCompleted;
  Note(absl::StrCat("Cancel ", *id));
  const auto [subject, reference] = HandlesOf(*id);
  SameOutcome(subject_->Cancel(subject, reason, now_ms_),
              reference_->Cancel(reference, reason, now_ms_));
}

void ModelRun::Complete() {
  std::optional<std::string> id = SomeContact();
  const auto handling = SomeHolder(WorkState::kHandling);
  if (handling.has_value()) id = handling->held.contact_id;
  if (!id.has_value()) return;
  Note(absl::StrCat("Complete ", *id));
  const auto [subject, reference] = HandlesOf(*id);
  SameOutcome(subject_->Complete(subject, now_ms_),
              reference_->Complete(reference, now_ms_));
}

std::optional<AgentView> ModelRun::SomeAgent() {
  std::vector<AgentView> agents = reference_->Agents();
  if (agents.empty()) return std::nullopt;
  return agents[random_.Uniform(agents.size())];
}

std::optional<ModelRun::Holder> ModelRun::SomeHolder(WorkState state) {
  std::vector<Holder> holders;
  for (const AgentView& agent : reference_->Agents()) {
    for (const HeldContact& held : agent.held) {
      if (held.state == state) holders.push_back({agent, held});
    }
  }
  if (holders.empty()) return std::nullopt;
  return holders[random_.Uniform(holders.size())];
}

ModelRun::Both<AgentHandle> ModelRun::HandlesOf(const AgentView& agent) {
  if (random_.Bernoulli(0.01)) {
    // Some agent of earlier, often removed.
    auto earlier = subject_agents_.begin();
    std::advance(earlier, static_cast<std::ptrdiff_t>(
                              random_.Uniform(subject_agents_.size())));
    const auto now = std::find_if(
        subject_agents_.begin(), subject_agents_.end(),
        [&](const auto& entry) { return entry.first == earlier->first; });
    for (const AgentView& view : reference_->Agents()) {
      if (view.handle.generation == now->first) {
        return {now->second, view.handle};
      }
    }
    return {now->second, AgentHandle{0, now->first}};
  }
  return {subject_agents_.at(agent.handle.generation), agent.handle};
}

void ModelRun::SetPresence() {
  const auto agent = SomeAgent();
  if (!agent.has_value()) return;
  Presence presence;
  const double draw = random_.UniformDouble();
  if (draw < 0.6) {
    presence.state = PresenceState::kAvailable;
  } else if (draw < 0.85) {
    presence.state = PresenceState::kNotReady;
    presence.reason = static_cast<NotReadyReason>(random_.Uniform(4));
  }
  const bool absent = presence.state != PresenceState::kAvailable;
  if (random_.Bernoulli(absent ? 0.6 : 0.01)) {
    presence.back_at_ms = now_ms_ + 5'000 * random_.UniformBetween(0, 5);
  }
  if (random_.Bernoulli(0.01)) presence.back_at_ms = -1;
  if (random_.Bernoulli(0.02)) presence.reason = NotReadyReason::kNoAnswer;
  if (random_.Bernoulli(0.01)) presence.state = static_cast<PresenceState>(3);
  Note(absl::StrCat("SetPresence ", agent->id, " ", Text(presence)));
  const auto [subject, reference] = HandlesOf(*agent);
  SameOutcome(subject_->SetPresence(subject, presence, now_ms_),
              reference_->SetPresence(reference, presence, now_ms_));
}

void ModelRun::AnswerOffer(bool accept) {
  auto holder = SomeHolder(WorkState::kReserved);
  if (!holder.has_value()) holder = SomeHolder(WorkState::kHandling);
  if (!holder.has_value()) return;
  std::optional<AgentView> agent = holder->agent;
  const std::string contact_id = holder->held.contact_id;
  std::uint64_t attempt = holder->held.attempt;
  if (random_.Bernoulli(0.03)) attempt += random_.Uniform(3);
  if (random_.Bernoulli(0.02)) agent = SomeAgent();
  const auto [subject_agent, reference_agent] = HandlesOf(*agent);
  const auto [subject, reference] = HandlesOf(contact_id);
  if (accept) {
    Note(absl::StrCat("Accept ", agent->id, " ", contact_id, "/", attempt));
    SameOutcome(
        subject_->Accept(subject_agent, subject, attempt, now_ms_),
        reference_->Accept(reference_agent, reference, attempt, now_ms_));
    return;
  }
  std::optional<DurationMs> retry;
  if (random_.Bernoulli(0.4)) retry = 5'000 * random_.UniformBetween(0, 8);
  if (phase_ == Phase::kDeclineStorm) retry = 600'000;
  if (random_.Bernoulli(0.02)) retry = kDurationMsMax + 1;
  if (random_.Bernoulli(0.02)) retry = -1;
  Note(absl::StrCat("Decline ", agent->id, " ", contact_id, "/", attempt,
                    " retry ", retry.value_or(-2)));
  SameOutcome(
      subject_->Decline(subject_agent, subject, attempt, retry, now_ms_),
      reference_->Decline(reference_agent, reference, attempt, retry, now_ms_));
}

void ModelRun::EndWrapUp() {
  const auto holder = SomeHolder(WorkState::kWrapUp);
  const auto agent = holder.has_value() ? holder->agent : SomeAgent();
  if (!agent.has_value()) return;
  std::string contact_id;
  if (holder.has_value() && random_.Bernoulli(0.6)) {
    contact_id = holder->held.contact_id;
  }
  if (random_.Bernoulli(0.02)) contact_id = "nobody";
  Note(absl::StrCat("EndWrapUp ", agent->id, " ", contact_id));
  const auto [subject, reference] = HandlesOf(*agent);
  SameOutcome(subject_->EndWrapUp(subject, contact_id, now_ms_),
              reference_->EndWrapUp(reference, contact_id, now_ms_));
}

void ModelRun::Pull() {
  const auto agent = SomeAgent();
  if (!agent.has_value()) return;
  PullRequest request;
  if (random_.Bernoulli(0.4)) {
    request.contact_id = SomeContact().value_or("nobody");
  }
  if (request.contact_id.empty() != random_.Bernoulli(0.02)) {
    for (const ContactQueue& queue : configuration_.queues) {
      if (random_.Bernoulli(0.6)) request.queues.push_back(queue.name);
    }
  }
  if (random_.Bernoulli(0.02)) request.queues.emplace_back("queue99");
  const InstantMs now_ms = random_.Bernoulli(0.01) ? -1 : now_ms_;
  Note(absl::StrCat("Pull ", agent->id, " ", request.contact_id, " ",
                    absl::StrJoin(request.queues, ",")));
  const auto [subject, reference] = HandlesOf(*agent);
  const auto a = subject_->Pull(subject, request, now_ms);
  const auto b = reference_->Pull(reference, request, now_ms);
  if (!SameStatus(a.status(), b.status())) return;
  ++counts_.pulled;
  Same("what was pulled", a->contact_id == b->contact_id, true, b->contact_id);
  Same("its handle", handles_.at(b->contact_id).first == a->contact, true);
  Same("its attempt", a->attempt, b->attempt, b->contact_id);
}

void ModelRun::RunDue() {
  const std::size_t limit =
      random_.Bernoulli(0.4) ? random_.Uniform(4) : 1'000'000;
  Note(absl::StrCat("RunDue limit ", limit));
  const std::size_t taken = subject_->RunDue(now_ms_, limit);
  Same("RunDue", taken, reference_->RunDue(now_ms_, limit));
  const std::optional<InstantMs> next = subject_->NextDue();
  if (taken < limit && next.has_value() && *next <= now_ms_) {
    Fail(absl::StrCat("NextDue ", *next, " after all due at ", now_ms_,
                      " was run: a caller would spin"));
  }
}

std::string ModelRun::RestartAndServeAll(const Restart& restart) {
  if (!failure_.empty()) return failure_;
  if (seed_ % 2 == 1) UnlistSomeBusy();
  RestartSubject(restart);
  // Who is free first, so that no contact that comes back is offered again.
  std::vector<AgentView> agents = reference_->Agents();
  std::stable_partition(agents.begin(), agents.end(), [](const auto& agent) {
    return agent.work_state == WorkState::kIdle;
  });
  std::erase_if(agents, [this](const auto& agent) { return Withdraw(agent); });
  for (const AgentView& agent : agents) SignOut(agent);
  for (const AgentView& agent : reference_->Agents()) ServeAll(agent);
  return failure_;
}

// Ids are forgotten by whoever runs deadlines, which a restart does not do.
void ModelRun::RunAllDue() {
  subject_->RunDue(now_ms_, 1'000'000);
  reference_->RunDue(now_ms_, 1'000'000);
  SameEvents();
}

void ModelRun::RestartSubject(const Restart& restart) {
  Note("restart");
  RunAllDue();
  if (!failure_.empty()) return;
  before_restart_ = subject_->Counters();
  restarted_ = true;
  subject_ = restart(now_ms_);
  if (subject_ == nullptr) return Fail("the state is refused");
  reference_->ForgetReserves();
  for (auto& [id, handles] : handles_) {
    // One that is forgotten has a handle that was given and has ended.
    handles.first = subject_->FindContact(id).value_or(ContactHandle{0, 1});
  }
  subject_agents_.clear();
  for (const AgentView& agent : reference_->Agents()) {
    const auto handle = subject_->FindAgent(agent.id);
    if (!handle.ok()) return Fail("agent lost by a restart: " + agent.id);
    subject_agents_[agent.handle.generation] = *handle;
  }
  SameEvents();
  SameNextDue();
  SameViews();
}

// They stay until they are no longer busy.
void ModelRun::UnlistSomeBusy() {
  Configuration next = configuration_;
  for (const AgentView& agent : reference_->Agents()) {
    if (agent.work_state == WorkState::kIdle || !random_.Bernoulli(0.5)) {
      continue;
    }
    std::erase_if(next.agents,
                  [&](const auto& listed) { return listed.id == agent.id; });
  }
  if (next.agents.size() == configuration_.agents.size()) return;
  Apply(next);
  SameEvents();
  SameViews();
}

// Of one that is not listed any more and still there: it stays, as it was.
bool ModelRun::Withdraw(const AgentView& agent) {
  if (!failure_.empty() || IsListed(agent.id) || !agent.presence_pending) {
    return false;
  }
  Note("withdraw the sign-out of " + agent.id);
  ++counts_.withdrawn_after_restart;
  const AgentHandle subject = subject_agents_.at(agent.handle.generation);
  SameOutcome(subject_->SetPresence(subject, agent.presence, now_ms_),
              reference_->SetPresence(agent.handle, agent.presence, now_ms_));
  SameEvents();
  SameViews();
  return true;
}

// Whatever it does is over afterwards.
void ModelRun::SignOut(const AgentView& agent) {
  if (!failure_.empty()) return;
  const AgentHandle subject = subject_agents_.at(agent.handle.generation);
  Note("sign out " + agent.id);
  const Presence out{PresenceState::kLoggedOut, NotReadyReason::kNone};
  SameOutcome(subject_->SetPresence(subject, out, now_ms_),
              reference_->SetPresence(agent.handle, out, now_ms_));
  SameEvents();
  for (const HeldContact& held : agent.held) {
    if (held.state == WorkState::kHandling) {
      const auto& [contact, expected] = handles_.at(held.contact_id);
      SameOutcome(subject_->Complete(contact, now_ms_),
                  reference_->Complete(expected, now_ms_));
      SameEvents();
    }
    if (held.state != WorkState::kReserved) {
      const auto ended = subject_->EndWrapUp(subject, held.contact_id, now_ms_);
      SameOutcome(
          ended, reference_->EndWrapUp(agent.handle, held.contact_id, now_ms_));
      SameEvents();
    }
  }
}

// One after another, in the order in which they stand for the agent.
void ModelRun::ServeAll(const AgentView& agent) {
  const auto generation = agent.handle.generation;
  for (bool more = true; more && failure_.empty();) {
    ++now_ms_;
    Note("serve by " + agent.id);
    const auto view = reference_->GetAgent(agent.handle);
    if (!view.ok()) return;  // it was not listed any more, and has left
    const AgentHandle subject = subject_agents_.at(generation);
    more = false;
    if (view->presence.state != PresenceState::kAvailable) {
      const Presence in{PresenceState::kAvailable, NotReadyReason::kNone};
      SameOutcome(subject_->SetPresence(subject, in, now_ms_),
                  reference_->SetPresence(agent.handle, in, now_ms_));
      more = true;
    } else if (!view->held.empty()) {
      const HeldContact& held = view->held.front();
      const auto& [contact, expected] = handles_.at(held.contact_id);
      if (held.state == WorkState::kReserved) {
        SameOutcome(
            subject_->Accept(subject, contact, held.attempt, now_ms_),
            reference_->Accept(agent.handle, expected, held.attempt, now_ms_));
      } else if (held.state == WorkState::kHandling) {
        ++counts_.served_after_restart;
        SameOutcome(subject_->Complete(contact, now_ms_),
                    reference_->Complete(expected, now_ms_));
      } else {
        SameOutcome(
            subject_->EndWrapUp(subject, held.contact_id, now_ms_),
            reference_->EndWrapUp(agent.handle, held.contact_id, now_ms_));
      }
      more = true;
    } else {
      PullRequest request;
      for (const ContactQueue& queue : configuration_.queues) {
        request.queues.push_back(queue.name);
      }
      const auto pulled = subject_->Pull(subject, request, now_ms_);
      const auto expected = reference_->Pull(agent.handle, request, now_ms_);
      more = SameStatus(pulled.status(), expected.status());
    }
    SameEvents();
    SameViews();
  }
  const auto view = reference_->GetAgent(agent.handle);
  if (failure_.empty() && view.ok()) SignOut(*view);
}

void ModelRun::Read() {
  const std::optional<std::string> id = SomeContact();
  Note(absl::StrCat("Read ", id.value_or("nobody")));
  const std::string contact_id = id.value_or("nobody");
  const auto subject = subject_->FindContact(contact_id);
  const auto reference = reference_->FindContact(contact_id);
  if (SameStatus(subject.status(), reference.status())) {
    Same("found handle", handles_.at(contact_id).first == *subject, true);
    const auto a = subject_->GetContact(contact_id);
    const auto b = reference_->GetContact(contact_id);
    if (SameStatus(a.status(), b.status())) SameContactView(*a, *b);
  }
  SameStatus(subject_->FindAgent(contact_id).status(),
             reference_->FindAgent(contact_id).status());
  std::uint64_t version = 0;
  std::uint64_t reference_version = 0;
  const Configuration in_force = subject_->CurrentConfiguration(&version);
  const Configuration expected =
      reference_->CurrentConfiguration(&reference_version);
  Same("configuration version", version, reference_version);
  Same("agents in force", in_force.agents == expected.agents, true);
}

}  // namespace relais::model
