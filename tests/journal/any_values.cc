#include "tests/journal/any_values.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace relais::journal {

std::uint64_t Any(Random& random) {
  switch (random.Uniform(4)) {
    case 0:
      return 0;
    case 1:
      return std::numeric_limits<std::uint64_t>::max();
    case 2:
      return std::uint64_t{1} << random.Uniform(64);
    default:
      return random.NextUint64() >> random.Uniform(64);
  }
}
std::int64_t AnySigned(Random& random) {
  return static_cast<std::int64_t>(Any(random));
}

std::string AnyText(Random& random, std::size_t bytes_max) {
  std::string text(random.Uniform(bytes_max + 1), '\0');
  for (char& c : text) c = static_cast<char>(random.Uniform(256));
  return text;
}

Presence AnyPresence(Random& random) {
  return {AnyOf(random, PresenceState::kNotReady),
          AnyOf(random, NotReadyReason::kNoAnswer), AnySigned(random)};
}

namespace {

Event AnyEvent(Random& random, EventType type) {
  Event event;
  event.type = type;
  event.sequence = Any(random);
  event.at_ms = AnySigned(random);
  event.configuration_version = Any(random);
  event.contact_id.Assign(AnyText(random, kIdBytesMax));
  event.contact_version = Any(random);
  event.contact_state = AnyOf(random, ContactState::kEnded);
  event.end_reason = AnyOf(random, EndReason::kLeaseExpired);
  event.queue.Assign(AnyText(random, kIdBytesMax));
  event.channel = AnyOf(random, Channel::kInternal);
  event.priority = static_cast<std::uint8_t>(Any(random));
  event.arrival_ms = AnySigned(random);
  event.rank_key_ms = AnySigned(random);
  event.arrival_sequence = Any(random);
  event.agent_id.Assign(AnyText(random, kIdBytesMax));
  event.agent_version = Any(random);
  event.presence = AnyPresence(random);
  event.presence_pending = random.Bernoulli(0.5);
  event.pending = AnyPresence(random);
  event.work_state = AnyOf(random, WorkState::kWrapUp);
  event.no_answer_channels = static_cast<ChannelSet>(Any(random));
  event.idle_since_ms = AnySigned(random);
  event.idle_before_pause_ms = AnySigned(random);
  event.attempt = Any(random);
  event.offer_expires_ms = AnySigned(random);
  event.decline_until_ms = AnySigned(random);
  event.wrap_up_ends_ms = AnySigned(random);
  event.lane = static_cast<std::uint32_t>(Any(random));
  event.requirement_class = static_cast<std::uint32_t>(Any(random));
  event.profile_class = static_cast<std::uint32_t>(Any(random));
  event.fit_step = static_cast<std::uint8_t>(Any(random));
  event.began_after_sequence = Any(random);
  event.at_once = random.Bernoulli(0.5);
  event.pulled = random.Bernoulli(0.5);
  event.tutor_id.Assign(AnyText(random, kIdBytesMax));
  event.units = static_cast<std::uint8_t>(Any(random));
  event.ring = static_cast<std::uint8_t>(Any(random));
  event.held_for.Assign(AnyText(random, kIdBytesMax));
  event.held_until_ms = AnySigned(random);
  event.over_share = random.Bernoulli(0.5);
  return event;
}

RequirementTerm AnyTerm(Random& random, int depth);

std::vector<RequirementTerm> AnyTerms(Random& random, int depth) {
  std::vector<RequirementTerm> terms;
  for (std::uint64_t i = random.Uniform(4); i > 0; --i) {
    terms.push_back(AnyTerm(random, depth));
  }
  return terms;
}

RequirementTerm AnyTerm(Random& random, int depth) {
  RequirementTerm term;
  term.skill = AnyText(random, 20);
  term.level_min = static_cast<int>(AnySigned(random));
  if (random.Bernoulli(0.5)) {
    term.level_max = static_cast<int>(AnySigned(random));
  }
  if (random.Bernoulli(0.5)) return term;
  term.certification = AnyText(random, 9);
  term.language = AnyText(random, 9);
  term.team = AnyText(random, 9);
  term.site = AnyText(random, 9);
  term.provider = random.Bernoulli(0.5);
  term.grades = static_cast<GradeSet>(Any(random));
  if (depth > 0 && random.Bernoulli(0.5)) {
    auto nested = std::make_shared<RoutingRequirement>();
    nested->all_of = AnyTerms(random, depth - 1);
    nested->any_of = AnyTerms(random, depth - 1);
    nested->none_of = AnyTerms(random, depth - 1);
    term.requirement = std::move(nested);
  }
  return term;
}

RoutingRequirement AnyRequirement(Random& random) {
  RoutingRequirement requirement;
  requirement.all_of = AnyTerms(random, 2);
  if (random.Bernoulli(0.5)) return requirement;
  requirement.any_of = AnyTerms(random, 2);
  requirement.none_of = AnyTerms(random, 2);
  for (std::uint64_t i = random.Uniform(3); i > 0; --i) {
    requirement.preferred.push_back(
        {AnyTerm(random, 0), static_cast<int>(AnySigned(random))});
  }
  return requirement;
}

std::vector<std::string> AnyNames(Random& random) {
  std::vector<std::string> names;
  for (std::uint64_t i = random.Uniform(3); i > 0; --i) {
    names.push_back(AnyText(random, 9));
  }
  return names;
}

BullseyePlan AnyPlan(Random& random) {
  const auto any_int = [&] { return static_cast<int>(AnySigned(random)); };
  BullseyePlan plan;
  plan.name = AnyText(random, 9) + "x";  // without a name there is none
  plan.skip_first_if = AnyOf(random, RingCondition::kNobodyScheduled);
  for (std::uint64_t i = random.Uniform(4); i > 0; --i) {
    BullseyeRing& ring = plan.rings.emplace_back();
    ring.widen_after_ms = AnySigned(random);
    ring.lower = {{AnyText(random, 9), any_int(), any_int()}, {}};
    ring.lower_all_by = any_int();
    ring.drop_skills = AnyNames(random);
    ring.teams = AnyNames(random);
    ring.sites = AnyNames(random);
    ring.provider = random.Bernoulli(0.5);
    ring.anywhere = random.Bernoulli(0.5);
    ring.raise_boost_ms = AnySigned(random);
    ring.drain = static_cast<ChannelSet>(Any(random));
    ring.queue = AnyText(random, 9);
    ring.skip_if = AnyOf(random, RingCondition::kNobodyScheduled);
    plan.curve.push_back({any_int(), any_int()});
  }
  return plan;
}

ContactQueue AnyQueue(Random& random) {
  ContactQueue queue;
  queue.name = AnyText(random, 30);
  queue.channels = static_cast<ChannelSet>(Any(random));
  queue.requirement = AnyRequirement(random);
  queue.activity = AnyText(random, 9);
  queue.plan = AnyText(random, 9);
  queue.pull_only = random.Bernoulli(0.5);
  queue.service_level = {random.UniformDouble(), AnySigned(random)};
  queue.offer_timeout_ms = AnySigned(random);
  queue.wrap_up_ms = AnySigned(random);
  queue.decline_retry_ms = AnySigned(random);
  queue.wait_limit_ms = AnySigned(random);
  queue.handling_lease_ms = AnySigned(random);
  queue.short_abandon_threshold_ms = AnySigned(random);
  for (DurationMs& credit : queue.priority_credit_ms) {
    credit = AnySigned(random);
  }
  queue.agent_choice = {AnyOf(random, FitRule::kLeastOverQualified),
                        AnyOf(random, AgentOrder::kRoundRobin)};
  queue.panel_max_share_percent = static_cast<int>(random.Uniform(1'000));
  queue.hold = {AnySigned(random), AnySigned(random), AnySigned(random),
                AnySigned(random)};
  return queue;
}

RoutingProfile AnyProfile(Random& random) {
  RoutingProfile profile;
  profile.name = AnyText(random, 9);
  profile.channels = static_cast<ChannelSet>(Any(random));
  profile.capacity_units = static_cast<int>(random.Uniform(1'000)) + 1;
  for (int& cost : profile.cost_units) {
    cost = static_cast<int>(AnySigned(random));
  }
  for (int& most : profile.contacts_max) {
    most = static_cast<int>(AnySigned(random));
  }
  if (random.Bernoulli(0.5)) {
    for (ChannelSet& gives_way : profile.may_interrupt) {
      gives_way = static_cast<ChannelSet>(Any(random));
    }
  }
  profile.load_order = AnyOf(random, LoadOrder::kPack);
  for (std::uint64_t n = random.Uniform(3); n > 0; --n) {
    profile.queue_order.push_back(
        {{AnyText(random, 9), "", AnyText(random, 9)}});
  }
  return profile;
}

AgentConfiguration AnyAgent(Random& random) {
  AgentConfiguration agent;
  agent.id = AnyText(random, 9);
  agent.grade = AnyOf(random, AgentGrade::kSpecialised);
  agent.routing_profile = AnyText(random, 9);
  agent.skills = {{AnyText(random, 9), static_cast<int>(AnySigned(random)),
                   random.Bernoulli(0.5), AnyText(random, 9)}};
  agent.certifications = AnyNames(random);
  agent.languages = AnyNames(random);
  agent.team = AnyText(random, 9);
  agent.site = AnyText(random, 9);
  return agent;
}

std::shared_ptr<Configuration> AnyConfiguration(Random& random) {
  auto configuration = std::make_shared<Configuration>();
  configuration->name = AnyText(random, 20);
  for (std::uint64_t i = random.Uniform(4); i > 0; --i) {
    configuration->skills.push_back(
        {AnyText(random, 9),
         AnyText(random, 9),
         {{AnyText(random, 9), static_cast<int>(AnySigned(random))}}});
    configuration->sites.push_back({AnyText(random, 9), random.Bernoulli(0.5)});
    configuration->teams.push_back({AnyText(random, 9), AnyText(random, 9)});
    configuration->routing_profiles.push_back(AnyProfile(random));
    configuration->grades.push_back({AnyOf(random, AgentGrade::kSpecialised),
                                     static_cast<int>(AnySigned(random))});
    configuration->activities.push_back({AnyText(random, 9),
                                         static_cast<ChannelSet>(Any(random)),
                                         AnyRequirement(random)});
    configuration->agents.push_back(AnyAgent(random));
    configuration->queues.push_back(AnyQueue(random));
    configuration->segments.push_back({AnyText(random, 9), AnySigned(random)});
    configuration->bullseye_plans.push_back(AnyPlan(random));
    configuration->reserves.push_back({AnyText(random, 9), AnyText(random, 9),
                                       AnyOf(random, Channel::kInternal),
                                       static_cast<int>(AnySigned(random)),
                                       static_cast<int>(AnySigned(random)),
                                       static_cast<ChannelSet>(Any(random))});
  }
  configuration->contact_choice = AnyOf(random, ContactChoice::kStrict);
  configuration->certifications = AnyNames(random);
  configuration->languages = AnyNames(random);
  return configuration;
}

}  // namespace

std::shared_ptr<ContactDetail> AnyDetail(Random& random) {
  auto detail = std::make_shared<ContactDetail>();
  detail->spec.id = AnyText(random, kIdBytesMax);
  detail->spec.queue = AnyText(random, kIdBytesMax);
  detail->spec.channel = AnyOf(random, Channel::kInternal);
  detail->spec.priority = static_cast<int>(AnySigned(random));
  detail->spec.segment = AnyText(random, 20);
  detail->ranked = random.Bernoulli(0.5);
  detail->spec.requirement = AnyRequirement(random);
  detail->spec.tutor_may_listen = random.Bernoulli(0.5);
  for (std::uint64_t i = random.Uniform(5); i > 0; --i) {
    detail->spec.attributes[AnyText(random, 10)] = AnyText(random, 300);
  }
  detail->queue = AnyQueue(random);
  if (random.Bernoulli(0.5)) {
    detail->plan = AnyPlan(random);
    detail->ring = static_cast<std::uint8_t>(Any(random));
    for (std::uint64_t i = random.Uniform(3); i > 0; --i) {
      detail->ring_queues.push_back(AnyQueue(random));
    }
  }
  PreferredAgents& preferred = detail->spec.preferred;
  for (std::uint64_t i = random.Uniform(3); i > 0; --i) {
    preferred.agents.push_back(AnyText(random, 9));
  }
  if (!preferred.empty()) {
    preferred.source = AnyOf(random, PreferenceSource::kPanel);
    preferred.reply_by_ms = AnySigned(random);
  }
  detail->fingerprint = {Any(random), Any(random)};
  detail->rank_key_ms = AnySigned(random);
  detail->arrival_sequence = Any(random);
  return detail;
}

// Any capacity but none, which no configuration has and version 1 knew as its
// only one.
NumberedEvent AnyNumbered(Random& random, EventType type) {
  NumberedEvent numbered;
  numbered.event = AnyEvent(random, type);
  if (type == EventType::kContactSubmitted) {
    numbered.detail.contact = AnyDetail(random);
  }
  if (type == EventType::kConfigurationApplied) {
    numbered.detail.configuration = AnyConfiguration(random);
  }
  if (type == EventType::kAgentChanged) {
    numbered.detail.agent =
        std::make_shared<AgentConfiguration>(AnyAgent(random));
  }
  return numbered;
}

}  // namespace relais::journal
