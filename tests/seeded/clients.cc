// Telephony gateways, desktops, an administrator and somebody unruly, and the
// network between them and the server.

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/seeded/seeded_run.h"

namespace relais::seeded {
namespace {

constexpr std::size_t kOffersKept = 60;
constexpr std::size_t kWrapUpsKept = 12;

// Beside those of model::World::HasAllRules.
bool HasFurtherRules(const Configuration& centre) {
  return !centre.reserves.empty() &&
         std::any_of(centre.queues.begin(), centre.queues.end(),
                     [](const auto& queue) { return queue.pull_only; }) &&
         std::any_of(centre.queues.begin(), centre.queues.end(),
                     [](const auto& queue) {
                       return !(queue.hold == HoldTimes{}) && !queue.pull_only;
                     }) &&
         std::any_of(centre.routing_profiles.begin(),
                     centre.routing_profiles.end(), [](const auto& profile) {
                       return profile.may_interrupt !=
                              RoutingProfile{}.may_interrupt;
                     });
}

}  // namespace

std::string SeededRun::SomeContact() {
  if (submitted_.empty()) return "nobody";
  // Mostly one of the last.
  const std::uint64_t among = random_.Bernoulli(0.8)
                                  ? std::min<std::size_t>(submitted_.size(), 25)
                                  : submitted_.size();
  return submitted_[submitted_.size() - 1 - random_.Uniform(among)].id;
}

std::string SeededRun::SomeAgent() {
  if (configuration_ == nullptr || random_.Bernoulli(0.1)) {
    return absl::StrCat("agent", random_.Uniform(40));
  }
  const auto& agents = configuration_->agents;
  return agents[random_.Uniform(agents.size())].id;
}

SeededRun::Request SeededRun::NewSubmit() {
  Request request;
  request.kind = CallKind::kSubmit;
  // Now and then an id of before: with the same content or with another.
  if (!submitted_.empty() && random_.Bernoulli(0.08)) {
    request.spec = submitted_[random_.Uniform(submitted_.size())];
    if (random_.Bernoulli(0.2)) request.spec.attributes["again"] = "yes";
    return request;
  }
  request.spec = world_.Contact(absl::StrCat("c", next_contact_++));
  // Some agents are chosen more often than others.
  if (configuration_ != nullptr && random_.Bernoulli(0.2)) {
    const auto& agents = configuration_->agents;
    const std::size_t among = std::min<std::size_t>(agents.size(), 2);
    request.spec.preferred = {
        {agents[random_.Uniform(among)].id}, PreferenceSource::kPanel, 0};
  }
  submitted_.push_back(request.spec);
  return request;
}

SeededRun::Request SeededRun::NewContactCall(CallKind kind) {
  Request request;
  request.kind = kind;
  request.contact_id = SomeContact();
  if (kind == CallKind::kComplete && !handling_.empty() &&
      random_.Bernoulli(0.9)) {
    request.contact_id = handling_[random_.Uniform(handling_.size())];
  }
  request.reason =
      random_.Bernoulli(0.7) ? EndReason::kAbandoned : EndReason::kCancelled;
  return request;
}

SeededRun::Request SeededRun::NewAnswerToOffer(CallKind kind) {
  Request request;
  request.kind = kind;
  if (offers_.empty()) return NewPresence();
  // Mostly one of the last; the others no longer stand.
  const std::uint64_t among = random_.Bernoulli(0.9)
                                  ? std::min<std::size_t>(offers_.size(), 8)
                                  : offers_.size();
  const Offer& offer = offers_[offers_.size() - 1 - random_.Uniform(among)];
  request.contact_id = offer.contact_id;
  request.agent_id = offer.agent_id;
  request.attempt = offer.attempt;
  if (kind == CallKind::kDecline && random_.Bernoulli(0.5)) {
    request.retry_after_ms = random_.Uniform(8) * 10'000;
  }
  return request;
}

SeededRun::Request SeededRun::NewPresence() {
  Request request;
  request.kind = CallKind::kSetPresence;
  request.agent_id = SomeAgent();
  const std::uint64_t draw = random_.Uniform(10);
  if (draw < 6) {
    request.presence.state = PresenceState::kAvailable;
  } else if (draw < 9) {
    request.presence.state = PresenceState::kNotReady;
    request.presence.reason = static_cast<NotReadyReason>(
        random_.Uniform(static_cast<std::uint64_t>(NotReadyReason::kNoAnswer)));
  }
  if (draw >= 6 && random_.Bernoulli(0.6)) {
    request.presence.back_at_ms =
        now_ms_ + random_.UniformBetween(0, 5) * 5'000;
  }
  return request;
}

// Of a contact that is being wrapped up or was, by its name or without it.
SeededRun::Request SeededRun::NewEndWrapUp() {
  Request request;
  request.kind = CallKind::kEndWrapUp;
  request.agent_id = SomeAgent();
  if (wrap_ups_.empty() || random_.Bernoulli(0.1)) return request;
  const Offer& ended = wrap_ups_[random_.Uniform(wrap_ups_.size())];
  request.agent_id = ended.agent_id;
  if (random_.Bernoulli(0.6)) request.contact_id = ended.contact_id;
  return request;
}

SeededRun::Request SeededRun::NewApply() {
  Request request;
  request.kind = CallKind::kApply;
  const auto draw = [this] {
    return configuration_ == nullptr ? world_.First()
                                     : world_.Next(*configuration_);
  };
  Configuration next = draw();
  // Every second run has all rules at once; a mistake may be drawn, too.
  for (int tries = 0; seed_ % 2 == 0 && tries < 20 && !HasFurtherRules(next);
       ++tries) {
    next = draw();
  }
  request.configuration =
      std::make_shared<const Configuration>(std::move(next));
  return request;
}

// A team lead's.
SeededRun::Request SeededRun::NewChange() {
  if (configuration_ == nullptr) return NewApply();
  Request request;
  request.kind = CallKind::kChangeAgent;
  request.agent_id = SomeAgent();
  AgentConfiguration present;
  present.id = request.agent_id;
  for (const AgentConfiguration& listed : configuration_->agents) {
    if (listed.id == present.id) present = listed;
  }
  request.change = world_.Change(present, *configuration_);
  return request;
}

// From some of the queues, of which one may be none, or the contact that it
// sees; now and then it does not know what it wants. Mostly who is available.
SeededRun::Request SeededRun::NewPull() {
  Request request;
  request.kind = CallKind::kPull;
  for (int tries = 0; tries < 5; ++tries) {
    request.agent_id = SomeAgent();
    const auto& agents = auditor_.state().agents;
    const auto agent = agents.find(request.agent_id);
    if (agent != agents.end() && agent->second.IsOpen(Channel::kVoice)) break;
  }
  const bool unclear = random_.Bernoulli(0.02);
  const bool one = random_.Bernoulli(0.4);
  if (one || unclear) request.pull.contact_id = SomeContact();
  if (one && !unclear) return request;
  for (std::uint64_t i = 1 + random_.Uniform(4); i > 0; --i) {
    request.pull.queues.push_back(
        absl::StrCat("queue", random_.Uniform(model::World::kQueues)));
  }
  if (random_.Bernoulli(0.05)) request.pull.queues.emplace_back("nowhere");
  return request;
}

SeededRun::Request SeededRun::NewUnruly() {
  switch (random_.Uniform(8)) {
    case 0:
    case 1: {
      Request request = NewSubmit();
      world_.Spoil(&request.spec);
      return request;
    }
    case 2: {
      Request request = NewContactCall(CallKind::kCancel);
      request.reason = EndReason::kCompleted;
      return request;
    }
    case 3: {
      Request request = NewAnswerToOffer(CallKind::kDecline);
      if (request.kind == CallKind::kDecline) request.retry_after_ms = -1;
      return request;
    }
    case 4: {
      Request request = NewPresence();
      request.presence = {PresenceState::kAvailable, NotReadyReason::kMeal};
      return request;
    }
    case 5: {
      Request request = NewAnswerToOffer(CallKind::kAccept);
      request.attempt += random_.Uniform(3);
      if (random_.Bernoulli(0.5)) request.agent_id = SomeAgent();
      return request;
    }
    case 6: {  // a contact that is in its hands no longer
      Request request = NewContactCall(
          random_.Bernoulli(0.5) ? CallKind::kCancel : CallKind::kComplete);
      if (contact_handles_.empty()) return request;
      const auto& kept =
          contact_handles_[random_.Uniform(contact_handles_.size())];
      request.contact_id = kept.first;
      request.contact = kept.second;
      return request;
    }
    default: {
      Request request = NewPresence();
      if (agent_handles_.empty()) return request;
      const auto& kept = agent_handles_[random_.Uniform(agent_handles_.size())];
      request.agent_id = kept.first;
      request.agent = kept.second;
      return request;
    }
  }
}

void SeededRun::Client() {
  std::uint64_t draw = random_.Uniform(
      mood_.submit + mood_.cancel + mood_.complete + mood_.presence +
      mood_.accept + mood_.decline + mood_.wrap_up + mood_.apply +
      mood_.change + mood_.pull + mood_.read + mood_.unruly);
  const auto drawn = [&draw](std::uint64_t weight) {
    const bool hit = draw < weight;
    draw -= hit ? 0 : weight;
    return hit;
  };
  if (drawn(mood_.submit)) return Send(NewSubmit());
  if (drawn(mood_.cancel)) return Send(NewContactCall(CallKind::kCancel));
  if (drawn(mood_.complete)) return Send(NewContactCall(CallKind::kComplete));
  if (drawn(mood_.presence)) return Send(NewPresence());
  if (drawn(mood_.accept)) return Send(NewAnswerToOffer(CallKind::kAccept));
  if (drawn(mood_.decline)) return Send(NewAnswerToOffer(CallKind::kDecline));
  if (drawn(mood_.wrap_up)) return Send(NewEndWrapUp());
  if (drawn(mood_.apply)) return Send(NewApply());
  if (drawn(mood_.change)) return Send(NewChange());
  if (drawn(mood_.pull)) return Send(NewPull());
  if (drawn(mood_.read)) return Send(NewContactCall(CallKind::kGetContact));
  Send(NewUnruly());
}

// At once, or after others, or twice, or never.
void SeededRun::Send(Request request) {
  request.id = next_request_++;
  unanswered_[request.id] = request;
  if (unanswered_.size() > 40) unanswered_.erase(unanswered_.begin());
  if (random_.Bernoulli(mood_.lost)) {
    ++counts_.lost_messages;
    return;
  }
  if (random_.Bernoulli(mood_.doubled)) {
    ++counts_.doubled_messages;
    network_.push_back(request);
  }
  if (random_.Bernoulli(mood_.late)) {
    network_.push_back(std::move(request));
    return;
  }
  Execute(request);
}

// A message arrives late, or a client tries again.
void SeededRun::Network() {
  if (!network_.empty() && random_.Bernoulli(0.7)) {
    const std::size_t at = random_.Uniform(network_.size());
    const Request request = network_[at];
    network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(at));
    return Execute(request);
  }
  if (unanswered_.empty()) return Client();
  auto again = unanswered_.begin();
  std::advance(again, random_.Uniform(unanswered_.size()));
  // What it held in its hands it must ask for again.
  Request request = again->second;
  request.contact.reset();
  request.agent.reset();
  Execute(request);
}

// What subscribers hear, they act on.
void SeededRun::Deliver(const std::vector<journal::NumberedEvent>& group) {
  for (const journal::NumberedEvent& one : group) {
    const Event& event = one.event;
    if (event.type == EventType::kReservationCreated &&
        event.offer_expires_ms > 0) {
      offers_.push_back({std::string(event.contact_id.view()),
                         std::string(event.agent_id.view()), event.attempt});
      if (offers_.size() > kOffersKept) offers_.pop_front();
    }
    if (event.type == EventType::kReservationAccepted) {
      handling_.emplace_back(event.contact_id.view());
      if (handling_.size() > kOffersKept) handling_.pop_front();
    }
    if (event.type == EventType::kContactEnded) {
      std::erase(handling_, std::string(event.contact_id.view()));
      if (event.wrap_up_ends_ms > 0) {
        wrap_ups_.push_back({std::string(event.contact_id.view()),
                             std::string(event.agent_id.view()),
                             event.attempt});
        if (wrap_ups_.size() > kWrapUpsKept) wrap_ups_.pop_front();
      }
    }
    if (event.type == EventType::kConfigurationApplied) {
      configuration_ = one.detail.configuration;
    }
    if (event.type == EventType::kAgentChanged) {
      auto next = std::make_shared<Configuration>(*configuration_);
      for (AgentConfiguration& agent : next->agents) {
        if (agent.id == one.detail.agent->id) agent = *one.detail.agent;
      }
      configuration_ = std::move(next);
    }
    auditor_.Left("an event", event.sequence, storage_.OnMedium());
  }
}

}  // namespace relais::seeded
