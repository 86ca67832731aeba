// The process, its clock and its disk, and what ends it.

#include "tests/seeded/seeded_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/journal/verify.h"

namespace relais::seeded {
namespace {

constexpr InstantMs kFirstWallMs = 1'000'000'000;
constexpr DurationMs kHourMs = 3'600'000;
constexpr std::size_t kTailRecords = 64;
constexpr std::size_t kNotesKept = 40;

struct Drawn {
  bool narrow = false;
  DurationMs reconnect_ms = 0;
};

// Small enough that some runs find them full.
RouterOptions Options(const Drawn& drawn, RouterObserver* observer) {
  RouterOptions options = model::WorldOptions(observer);
  options.reconnect_ms = drawn.reconnect_ms;
  options.limits.requirement_classes = 512;
  options.limits.profile_classes = 64;
  options.limits.lanes = 2'048;
  options.limits.pending_events = drawn.narrow ? 96 : 384;
  if (drawn.narrow) options.limits.contacts = 14;
  return options;
}

}  // namespace

SeededRun::SeededRun(std::uint64_t seed, Planted planted)
    : seed_(seed),
      planted_(planted),
      random_(seed),
      world_(&random_, /*all_rules=*/seed % 2 == 0),
      storage_(random_.NextUint64()),
      options_(Options(
          Drawn{random_.Bernoulli(0.15), random_.UniformBetween(0, 3) * 6'000},
          this)),
      auditor_(options_.limits, options_.id_retention_ms,
               options_.reconnect_ms) {
  mood_ = {random_.Bernoulli(0.5),
           0.03,
           0.03,
           0.1,
           22,
           4,
           12,
           12,
           14,
           4,
           4,
           1,
           2,
           8,
           3,
           4,
           14,
           14,
           2,
           1,
           8};
  switch (random_.Uniform(8)) {
    case 0:
      mood_.decline = 25;
      break;
    case 1:
      mood_.apply = 8;
      mood_.change = 8;
      mood_.presence = 25;
      break;
    case 2:  // a slow disk
      mood_.commit = 3;
      mood_.submit = 30;
      break;
    case 3:  // a bad network
      mood_.lost = 0.2;
      mood_.doubled = 0.2;
      mood_.late = 0.5;
      mood_.network = 40;
      break;
    case 4:
      mood_.crash = 6;
      break;
    case 5:
      mood_.time = 40;
      break;
    case 6:  // everybody is busy
      mood_.submit = 40;
      mood_.accept = 40;
      mood_.complete = 4;
      break;
    default:
      break;
  }
  wall_ms_ = kFirstWallMs;
  storage_.set_lies(planted_ == Planted::kLosesAcknowledged);
}

void SeededRun::OnEvent(const Event& event) {
  auditor_.Violate("the router tells an event without its detail");
  static_cast<void>(event);
}

void SeededRun::OnDetailedEvent(const Event& event, const EventDetail& detail) {
  drained_.push_back({event, detail});
}

RunCounts SeededRun::counts() const {
  RunCounts counts = counts_;
  counts.audited = auditor_.counts();
  return counts;
}

void SeededRun::Note(const std::string& what) {
  notes_.push_back(absl::StrCat("step ", step_, " now ", now_ms_, ": ", what));
  if (notes_.size() > kNotesKept) notes_.pop_front();
}

void SeededRun::Mix(std::string_view bytes) {
  fingerprint_ = FingerprintBuilder()
                     .AddNumber(static_cast<std::int64_t>(fingerprint_.high))
                     .AddNumber(static_cast<std::int64_t>(fingerprint_.low))
                     .Add(bytes)
                     .Finish();
}

std::string SeededRun::Run(std::uint64_t steps) {
  Start();
  Execute(NewApply());
  while (configuration_ == nullptr && violation().empty()) {
    Commit(in_flight_.size());
    if (configuration_ == nullptr) Execute(NewApply());
  }
  for (step_ = 1; step_ <= steps && violation().empty(); ++step_) Step();
  if (violation().empty()) Finish();
  if (violation().empty()) return "";
  return absl::StrCat("seed ", seed_, ", step ", step_, ": ", violation(),
                      "\n  ", absl::StrJoin(notes_, "\n  "));
}

void SeededRun::Step() {
  const std::uint64_t clients = mood_.submit + mood_.cancel + mood_.complete +
                                mood_.presence + mood_.accept + mood_.decline +
                                mood_.wrap_up + mood_.apply + mood_.change +
                                mood_.pull + mood_.read + mood_.unruly;
  std::uint64_t draw = random_.Uniform(clients + mood_.network + mood_.time +
                                       mood_.commit + mood_.crash + mood_.trim);
  const auto drawn = [&draw](std::uint64_t weight) {
    const bool hit = draw < weight;
    draw -= hit ? 0 : weight;
    return hit;
  };
  if (drawn(clients)) return Client();
  if (drawn(mood_.network)) return Network();
  if (drawn(mood_.time)) {
    AdvanceTime();
    if (random_.Bernoulli(0.8)) RunDue();
    return;
  }
  if (drawn(mood_.commit)) {
    Drain();
    const std::size_t all = in_flight_.size();
    return Commit(random_.Bernoulli(0.5) ? all : random_.Uniform(all + 1));
  }
  if (drawn(mood_.trim)) return Trim();
  if (random_.Bernoulli(0.5)) return ArmFault();
  // Sometimes with all events numbered, and sometimes in the middle.
  if (random_.Bernoulli(0.5)) Drain();
  Crash(random_.Bernoulli(0.5));
}

// To what is due, just before it, or on; often not at all.
void SeededRun::AdvanceTime() {
  const std::optional<InstantMs> due = router_->NextDue();
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
      next += 5'000 - now_ms_ % 5'000;
      break;
    default:
      next += random_.Bernoulli(0.1) ? 600'000 : 20'000;
      break;
  }
  now_ms_ = std::max(now_ms_, next);
}

void SeededRun::RunDue() {
  const std::size_t limit =
      random_.Bernoulli(0.2) ? 1 + random_.Uniform(5) : 10'000;
  CallRecord call = Begin(CallKind::kRunDue);
  const std::size_t taken = router_->RunDue(now_ms_, limit);
  const std::uint64_t backlog =
      router_->LastTicket().value - router_->Committed().value;
  // With no room for its events a deadline stays.
  call.complete =
      taken < limit && backlog + 48 < options_.limits.pending_events;
  call.attempt = taken;
  End(std::move(call), 0, 0);
}

void SeededRun::Drain() {
  router_->DrainEvents();
  std::string bytes;
  for (const journal::NumberedEvent& one : drained_) {
    journal::AppendEvent(one.event, one.detail, &bytes);
    in_flight_.push_back(one);
    const Event& event = one.event;
    Note(absl::StrCat("  event ", event.sequence, " ",
                      absl::string_view(EventTypeName(event.type).data(),
                                        EventTypeName(event.type).size()),
                      " '", std::string(event.contact_id.view()), "' '",
                      std::string(event.agent_id.view()), "' presence ",
                      static_cast<int>(event.presence.state), " work ",
                      static_cast<int>(event.work_state), " agent version ",
                      event.agent_version));
  }
  if (!bytes.empty()) Mix(bytes);
  if (router_->LastSequence() != base_ + router_->LastTicket().value) {
    auditor_.Violate("promise 6: events were handed over and not numbered");
  }
  auditor_.Numbered(drained_);
  drained_.clear();
  if (random_.Bernoulli(0.05)) auditor_.Shown(*router_);
}

void SeededRun::Commit(std::size_t count) {
  if (!mood_.eager) Drain();
  count = std::min(count, in_flight_.size());
  std::vector<journal::NumberedEvent> group(
      in_flight_.begin(),
      in_flight_.begin() + static_cast<std::ptrdiff_t>(count));
  const std::vector<journal::NumberedEvent> whole = group;
  if (planted_ == Planted::kLosesEvent && group.size() > 3) {
    group.erase(group.begin() + 1);
  }
  if (planted_ == Planted::kDeliversEarly) Deliver(whole);
  if (planted_ == Planted::kAnswersEarly) SendAnswers();
  const absl::Status status = journal_->Append(group);
  Note(absl::StrCat("commit of ", count, ": ", status.ToString()));
  if (status.code() == absl::StatusCode::kDataLoss) {
    return auditor_.Violate(absl::StrCat("promise 6: the journal refused: ",
                                         std::string(status.message())));
  }
  if (!status.ok() || storage_.dead()) {
    ++counts_.storage_failures;
    return Crash(storage_.dead() && random_.Bernoulli(0.5));
  }
  if (count == 0) return;
  ++counts_.groups;
  in_flight_.erase(in_flight_.begin(),
                   in_flight_.begin() + static_cast<std::ptrdiff_t>(count));
  auditor_.Durable(whole.back().event.sequence);
  if (random_.Bernoulli(0.01)) return Crash(random_.Bernoulli(0.5));
  if (planted_ != Planted::kDeliversEarly) Deliver(whole);
  committed_ticket_ = whole.back().event.sequence - base_;
  if (random_.Bernoulli(0.01)) return Crash(random_.Bernoulli(0.5));
  SendAnswers();
}

void SeededRun::SendAnswers() {
  std::deque<Waiting> still;
  while (!waiting_.empty()) {
    Waiting one = std::move(waiting_.front());
    waiting_.pop_front();
    const bool early = planted_ == Planted::kAnswersEarly;
    if (one.ticket > committed_ticket_ && !early) {
      still.push_back(std::move(one));
      continue;
    }
    const CallRecord& call = one.call;
    Mix(absl::StrCat(one.request, " ", static_cast<int>(call.code), " ",
                     call.version, " ", call.submitted.arrival_ms, " ",
                     call.field, " ", call.message));
    auditor_.Left("an answer", base_ + call.ticket_after, storage_.OnMedium());
    auditor_.Answered(call);
    // Lost on the way: the client will try again.
    if (!random_.Bernoulli(mood_.lost)) unanswered_.erase(one.request);
  }
  waiting_ = std::move(still);
}

void SeededRun::Trim() {
  const auto dropped = journal_->Trim();
  Note(absl::StrCat("trim: ", dropped.status().ToString()));
  if (dropped.ok()) counts_.trimmed += *dropped;
  if (dropped.ok() && !storage_.dead()) return;
  ++counts_.storage_failures;
  Crash(storage_.dead() && random_.Bernoulli(0.5));
}

void SeededRun::ArmFault() {
  const auto fault = static_cast<FaultyStorage::Fault>(
      1 + random_.Uniform(
              static_cast<std::uint64_t>(FaultyStorage::Fault::kDiesUnknown)));
  storage_.FailNext(fault, random_.Uniform(6));
  Note(absl::StrCat("fault ", static_cast<int>(fault), " is near"));
}

// The process ends here, and a new one begins.
void SeededRun::Crash(bool power) {
  if (!violation().empty()) return;
  Note(power ? "the power is lost" : "the process is killed");
  ++(power ? counts_.power_losses : counts_.kills);
  wall_ms_ += now_ms_ - start_ms_;
  router_.reset();
  engine_.reset();
  journal_.reset();
  drained_.clear();
  in_flight_.clear();
  waiting_.clear();
  contact_handles_.clear();
  agent_handles_.clear();
  // Handles are of one process; some messages go with the connection.
  std::erase_if(network_,
                [this](const Request&) { return random_.Bernoulli(0.3); });
  for (Request& request : network_) {
    request.contact.reset();
    request.agent.reset();
  }
  power ? storage_.LosePower() : storage_.Kill();
  Start();
}

bool SeededRun::OpenJournal(journal::Recovered* recovered) {
  journal::JournalOptions options;
  options.retention = {options_.id_retention_ms, options_.limits.ended_ids};
  options.tail_records = kTailRecords;
  options.retain_events = 40 + random_.Uniform(400);
  options.retain_ms =
      static_cast<DurationMs>(10'000 + random_.Uniform(600'000));
  const bool full = random_.Bernoulli(0.03);
  const bool faulty = !full && random_.Bernoulli(0.1);
  storage_.set_full(full);
  if (faulty) ArmFault();
  *recovered = {};
  auto journal = journal::Journal::Open(options, &storage_, recovered);
  storage_.set_full(false);
  if (journal.ok() && !storage_.dead()) {
    journal_ = *std::move(journal);
    return true;
  }
  Note(
      absl::StrCat("the journal does not open: ", journal.status().ToString()));
  ++counts_.failed_starts;
  if (!full && !faulty) auditor_.RefusedToOpen(journal.status());
  // Its one write may have been done or not.
  storage_.dead() && random_.Bernoulli(0.5) ? storage_.LosePower()
                                            : storage_.Kill();
  return false;
}

// One bit of a copy is turned round: it must not open.
void SeededRun::TryDamage() {
  journal::MemoryStorage copy = storage_.CopyOfShown();
  std::string* bytes = nullptr;
  if (!copy.records().empty() && random_.Bernoulli(0.5)) {
    auto at = copy.records().end();
    const std::size_t tail = std::min(copy.records().size(), kTailRecords);
    std::advance(at, -static_cast<std::ptrdiff_t>(1 + random_.Uniform(tail)));
    bytes = &at->second;
  } else if (!copy.live().empty()) {
    auto at = copy.live().begin();
    std::advance(
        at, static_cast<std::ptrdiff_t>(random_.Uniform(copy.live().size())));
    bytes = &at->second;
  }
  if (bytes == nullptr || bytes->empty()) return;
  const std::size_t at = random_.Uniform(bytes->size());
  (*bytes)[at] = static_cast<char>(static_cast<unsigned char>((*bytes)[at]) ^
                                   (1U << random_.Uniform(8)));
  journal::JournalOptions options;
  options.tail_records = kTailRecords;
  options.accept_time_scaled = true;
  journal::Recovered recovered;
  ++counts_.damages;
  if (journal::Journal::Open(options, &copy, &recovered).ok()) {
    auditor_.Violate(
        absl::StrCat("promise 6: a damaged journal was opened, byte ", at));
  }
}

void SeededRun::Start() {
  journal::Recovered recovered;
  while (!OpenJournal(&recovered)) {
    if (!violation().empty()) return;
  }
  if (random_.Bernoulli(0.2)) TryDamage();
  wall_ms_ += random_.UniformBetween(0, 3'000);
  if (random_.Bernoulli(0.25)) {
    ++counts_.clock_jumps;
    wall_ms_ += random_.Bernoulli(0.5) ? kHourMs : -kHourMs;
    wall_ms_ = std::max(wall_ms_, kFirstWallMs / 2);
  }
  const LiveState& state = journal_->state();
  start_ms_ = std::max(wall_ms_, state.last_at_ms);
  now_ms_ = start_ms_;
  Note(absl::StrCat("a process begins after event ", state.last_sequence));
  auditor_.Recovered(state, recovered.epoch, now_ms_);
  base_ = state.last_sequence;
  committed_ticket_ = 0;
  for (auto& [id, request] : unanswered_) {
    request.contact.reset();
    request.agent.reset();
  }
  auto created = Router::Create(options_);
  if (!created.ok()) {
    return auditor_.Violate(created.status().ToString());
  }
  engine_ = *std::move(created);
  router_ = std::make_unique<PlantedRouter>(planted_, engine_.get());
  CallRecord call;
  call.kind = CallKind::kRestore;
  call.now_ms = now_ms_;
  const absl::Status restored = router_->Restore(state, now_ms_);
  if (!restored.ok()) {
    return auditor_.Violate(
        absl::StrCat("promise 6: not restored: ", restored.ToString()));
  }
  End(std::move(call), 0, 0);
  if (!violation().empty()) return;
  Drain();
  auditor_.Shown(*router_);
}

// With a good disk: all that is under way is committed, and once more a new
// process shows the same.
void SeededRun::Finish() {
  storage_.Kill();
  for (int round = 0; round < 2 && violation().empty(); ++round) {
    Drain();
    Commit(in_flight_.size());
    Drain();
    if (round == 0) Crash(random_.Bernoulli(0.5));
  }
  if (!violation().empty()) return;
  journal::MemoryStorage copy = storage_.CopyOfShown();
  const auto report = journal::Verify(copy);
  if (!report.ok() || !report->ok()) {
    auditor_.Violate(absl::StrCat(
        "promise 6: the journal is not right: ",
        report.ok() ? report->problems.front() : report.status().ToString()));
  }
  for (const auto& [sequence, bytes] : copy.records()) Mix(bytes);
  for (const auto& [key, bytes] : copy.live()) Mix(absl::StrCat(key, bytes));
  for (const QueueView& queue : router_->Queues()) {
    Mix(absl::StrCat(queue.name, " ", queue.waiting, " ", queue.offered_total));
  }
  for (const AgentView& agent : router_->Agents()) {
    Mix(absl::StrCat(agent.id, " ", agent.version, " ", agent.handle.slot));
  }
}

}  // namespace relais::seeded
