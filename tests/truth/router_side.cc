#include "tests/truth/router_side.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"

namespace relais::truth {
namespace {

// Of the first, second and third group of a route: three fit steps.
constexpr std::array<ProficiencyLevel, 3> kLevels = {10, 6, 1};

Limits SmallLimits() {
  Limits limits;
  limits.contacts = kContactsMax;
  limits.agents = 256;
  limits.queues = 16;
  limits.requirement_classes = 16;
  limits.profile_classes = 16;
  limits.lanes = 64;
  limits.ended_ids = 1'000;
  limits.pending_events = 1'024;
  return limits;
}

std::string SkillOf(std::size_t contact_class) {
  return absl::StrCat("class-", contact_class);
}

std::string QueueOf(std::size_t contact_class) {
  return absl::StrCat("queue-", contact_class);
}

int AtOnce(const Model& model, std::size_t contact_class) {
  return model.at_once.empty() ? 1 : model.at_once[contact_class];
}

// What several of which may be in hand is a chat.
Channel ChannelOf(const Model& model, std::size_t contact_class) {
  return AtOnce(model, contact_class) > 1 ? Channel::kChat : Channel::kVoice;
}

bool Drains(const Model& model, std::size_t contact_class) {
  return !model.drain_after.empty() && model.drain_after[contact_class] >= 0;
}

std::string PlanOf(std::size_t contact_class) {
  return absl::StrCat("drain-", contact_class);
}

// A ring begins a millisecond after the arrival at the earliest.
BullseyePlan PlanFor(const Model& model, std::size_t contact_class) {
  BullseyePlan plan;
  plan.name = PlanOf(contact_class);
  plan.rings.resize(1);
  plan.rings[0].widen_after_ms = std::max<DurationMs>(
      1,
      std::llround(model.drain_after[contact_class] * kMillisecondsPerMinute));
  plan.rings[0].drain = SetOf(Channel::kChat);
  return plan;
}

std::string ProfileOf(std::size_t group) {
  return absl::StrCat("group-", group);
}

RoutingProfile ProfileFor(const Model& model, std::size_t group) {
  RoutingProfile profile;
  profile.name = ProfileOf(group);
  profile.load_order = model.packs ? LoadOrder::kPack : LoadOrder::kSpread;
  for (std::size_t c = 0; c < model.classes(); ++c) {
    const Channel channel = ChannelOf(model, c);
    profile.channels |= SetOf(channel);
    profile.cost_units.at(static_cast<std::size_t>(channel)) =
        kCapacityUnitsMax / AtOnce(model, c);
  }
  if (!model.prefs.empty()) {
    for (const int c : model.prefs[group]) {
      profile.queue_order.push_back({{QueueOf(static_cast<std::size_t>(c))}});
    }
  }
  return profile;
}

ContactQueue QueueFor(const Model& model, std::size_t contact_class) {
  ContactQueue queue;
  queue.name = QueueOf(contact_class);
  queue.channels = SetOf(ChannelOf(model, contact_class));
  queue.requirement.all_of = {{SkillOf(contact_class), kProficiencyLevelMin}};
  queue.offer_timeout_ms = 0;
  queue.handling_lease_ms = kDurationMsMax;
  if (Drains(model, contact_class)) queue.plan = PlanOf(contact_class);
  if (!model.head_start.empty()) {
    queue.priority_credit_ms[0] =
        std::llround(model.head_start[contact_class] * kMillisecondsPerMinute);
  }
  return queue;
}

std::vector<AgentSkill> SkillsOf(const Model& model, std::size_t group) {
  std::vector<AgentSkill> skills;
  for (std::size_t c = 0; c < model.classes(); ++c) {
    const std::vector<int>& route = model.route[c];
    for (std::size_t rank = 0; rank < route.size(); ++rank) {
      if (static_cast<std::size_t>(route[rank]) != group) continue;
      skills.push_back({SkillOf(c), kLevels.at(rank)});
    }
  }
  return skills;
}

}  // namespace

RouterSide::RouterSide(const Model& model) {
  RouterOptions options;
  options.limits = SmallLimits();
  options.id_retention_ms = 1;
  options.observer = this;
  auto router = Router::Create(options);
  RELAIS_CHECK(router.ok(), "a small Router can be made");
  router_ = std::move(*router);
  handles_.resize(kContactsMax);

  Configuration configuration;
  configuration.name = "model";
  for (std::size_t c = 0; c < model.classes(); ++c) {
    configuration.skills.push_back({SkillOf(c), ""});
    configuration.queues.push_back(QueueFor(model, c));
    if (Drains(model, c)) {
      configuration.bullseye_plans.push_back(PlanFor(model, c));
    }
    ContactSpec spec;
    spec.queue = QueueOf(c);
    spec.channel = ChannelOf(model, c);
    specs_.push_back(std::move(spec));
  }
  for (std::size_t group = 0; group < model.groups(); ++group) {
    configuration.routing_profiles.push_back(ProfileFor(model, group));
    for (int i = 0; i < model.agents[group]; ++i) {
      AgentConfiguration agent;
      agent.id = absl::StrCat("agent-", group_of_.size());
      agent.routing_profile = ProfileOf(group);
      agent.skills = SkillsOf(model, group);
      configuration.agents.push_back(std::move(agent));
      group_of_.push_back(group);
    }
  }
  const auto applied = router_->Apply(configuration, 0);
  RELAIS_CHECK(applied.ok() && applied->applied(), "the model is a centre");
  agent_of_slot_.resize(options.limits.agents);
  for (std::size_t agent = 0; agent < group_of_.size(); ++agent) {
    const auto handle = router_->FindAgent(absl::StrCat("agent-", agent));
    RELAIS_CHECK(handle.ok(), "it was configured");
    agent_of_slot_[handle->slot] = agent;
    const auto signed_in =
        router_->SetPresence(*handle, {PresenceState::kAvailable}, 0);
    RELAIS_CHECK(signed_in.ok(), "an agent may sign in");
  }
  router_->DrainEvents();
}

InstantMs RouterSide::InstantOf(double now) {
  const InstantMs now_ms = std::llround(now * kMillisecondsPerMinute);
  if (const auto due = router_->NextDue(); due.has_value() && *due <= now_ms) {
    router_->RunDue(now_ms, std::numeric_limits<std::size_t>::max());
  }
  return now_ms;
}

std::uint32_t RouterSide::Submit(std::size_t contact_class, double now) {
  ContactSpec& spec = specs_[contact_class];
  spec.id = std::to_string(++submitted_);
  const auto outcome = router_->Submit(spec, InstantOf(now));
  RELAIS_CHECK(outcome.ok(), "there is room for every contact");
  handles_[outcome->contact.slot] = outcome->contact;
  return outcome->contact.slot;
}

void RouterSide::Abandon(std::uint32_t contact, double now) {
  const auto outcome =
      router_->Cancel(handles_[contact], EndReason::kAbandoned, InstantOf(now));
  RELAIS_CHECK(outcome.ok(), "it waits");
}

void RouterSide::Complete(std::uint32_t contact, double now) {
  const auto outcome = router_->Complete(handles_[contact], InstantOf(now));
  RELAIS_CHECK(outcome.ok(), "it is in handling");
}

const std::vector<Start>& RouterSide::TakeStarts() {
  heard_.clear();
  router_->DrainEvents();
  std::swap(heard_, taken_);
  return taken_;
}

void RouterSide::OnEvent(const Event& event) {
  if (event.type != EventType::kReservationAccepted) return;
  heard_.push_back({event.contact.slot, agent_of_slot_[event.agent.slot]});
}

}  // namespace relais::truth
