// How a centre is configured, and what a contact brings.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/journal/convert.h"
#include "lib/journal/message_reader.h"

namespace relais::journal {
namespace {

using ProtoTerms = google::protobuf::RepeatedPtrField<v1::RequirementTerm>;
using ProtoPreferred = google::protobuf::RepeatedPtrField<v1::PreferredTerm>;

void ToRepeated(const std::vector<RequirementTerm>& terms,
                ProtoTerms* repeated);

void ToMessage(const RequirementTerm& term, v1::RequirementTerm* message) {
  message->set_skill(term.skill);
  message->set_level_min(term.level_min);
  message->set_level_max_below_10(std::int64_t{kProficiencyLevelMax} -
                                  term.level_max);
  message->set_certification(term.certification);
  message->set_language(term.language);
  message->set_team(term.team);
  message->set_site(term.site);
  message->set_provider(term.provider);
  message->set_grades(term.grades);
  if (term.requirement == nullptr) return;
  v1::Requirement* nested = message->mutable_requirement();
  ToRepeated(term.requirement->all_of, nested->mutable_all_of());
  ToRepeated(term.requirement->any_of, nested->mutable_any_of());
  ToRepeated(term.requirement->none_of, nested->mutable_none_of());
}

void ToRepeated(const std::vector<RequirementTerm>& terms,
                ProtoTerms* repeated) {
  for (const RequirementTerm& term : terms) ToMessage(term, repeated->Add());
}

void ToRepeated(const std::vector<PreferredTerm>& preferred,
                ProtoPreferred* repeated) {
  for (const PreferredTerm& each : preferred) {
    v1::PreferredTerm* added = repeated->Add();
    ToMessage(each.term, added->mutable_term());
    added->set_weight(each.weight);
  }
}

void FromRepeated(const ProtoTerms& repeated, MessageReader* reader,
                  std::vector<RequirementTerm>* terms);

RequirementTerm FromMessage(const v1::RequirementTerm& message,
                            MessageReader* reader) {
  RequirementTerm term;
  term.skill = message.skill();
  term.level_min = message.level_min();
  term.level_max =
      static_cast<int>(kProficiencyLevelMax - message.level_max_below_10());
  term.certification = message.certification();
  term.language = message.language();
  term.team = message.team();
  term.site = message.site();
  term.provider = message.provider();
  reader->Byte("grades", message.grades(), &term.grades);
  if (!message.has_requirement()) return term;
  auto nested = std::make_shared<RoutingRequirement>();
  FromRepeated(message.requirement().all_of(), reader, &nested->all_of);
  FromRepeated(message.requirement().any_of(), reader, &nested->any_of);
  FromRepeated(message.requirement().none_of(), reader, &nested->none_of);
  term.requirement = std::move(nested);
  return term;
}

void FromRepeated(const ProtoTerms& repeated, MessageReader* reader,
                  std::vector<RequirementTerm>* terms) {
  terms->reserve(static_cast<std::size_t>(repeated.size()));
  for (const v1::RequirementTerm& term : repeated) {
    terms->push_back(FromMessage(term, reader));
  }
}

void FromRepeated(const ProtoPreferred& repeated, MessageReader* reader,
                  std::vector<PreferredTerm>* preferred) {
  for (const v1::PreferredTerm& each : repeated) {
    preferred->push_back({FromMessage(each.term(), reader), each.weight()});
  }
}

// Of a queue and of what a contact brings alike.
template <typename Message>
void RequirementToMessage(const RoutingRequirement& requirement,
                          Message* message) {
  ToRepeated(requirement.all_of, message->mutable_all_of());
  ToRepeated(requirement.any_of, message->mutable_any_of());
  ToRepeated(requirement.none_of, message->mutable_none_of());
  ToRepeated(requirement.preferred, message->mutable_preferred());
}

template <typename Message>
void RequirementFromMessage(const Message& message, MessageReader* reader,
                            RoutingRequirement* requirement) {
  FromRepeated(message.all_of(), reader, &requirement->all_of);
  FromRepeated(message.any_of(), reader, &requirement->any_of);
  FromRepeated(message.none_of(), reader, &requirement->none_of);
  FromRepeated(message.preferred(), reader, &requirement->preferred);
}

}  // namespace

void ToMessage(const ContactQueue& queue, v1::ContactQueue* message) {
  message->set_name(queue.name);
  message->set_channels(queue.channels);
  RequirementToMessage(queue.requirement, message);
  message->set_activity(queue.activity);
  message->set_plan(queue.plan);
  message->set_pull_only(queue.pull_only);
  message->set_answered_fraction(queue.service_level.answered_fraction);
  message->set_threshold_ms(queue.service_level.threshold_ms);
  message->set_offer_timeout_ms(queue.offer_timeout_ms);
  message->set_wrap_up_ms(queue.wrap_up_ms);
  message->set_decline_retry_ms(queue.decline_retry_ms);
  message->set_wait_limit_ms(queue.wait_limit_ms);
  message->set_handling_lease_ms(queue.handling_lease_ms);
  message->set_short_abandon_threshold_ms(queue.short_abandon_threshold_ms);
  for (const DurationMs credit : queue.priority_credit_ms) {
    message->add_priority_credit_ms(credit);
  }
  message->set_fit_rule(static_cast<std::uint32_t>(queue.agent_choice.fit));
  message->set_agent_order(
      static_cast<std::uint32_t>(queue.agent_choice.order));
  message->set_panel_max_share_percent(queue.panel_max_share_percent);
  if (queue.hold == HoldTimes{}) return;
  v1::HoldTimes* hold = message->mutable_hold();
  hold->set_idle_ms(queue.hold.idle_ms);
  hold->set_handling_ms(queue.hold.handling_ms);
  hold->set_wrapping_up_ms(queue.hold.wrapping_up_ms);
  hold->set_absent_until_ms(queue.hold.absent_until_ms);
}

absl::Status FromMessage(const v1::ContactQueue& message, ContactQueue* queue) {
  MessageReader reader;
  queue->name = message.name();
  reader.Byte("channels", message.channels(), &queue->channels);
  RequirementFromMessage(message, &reader, &queue->requirement);
  queue->activity = message.activity();
  queue->plan = message.plan();
  queue->pull_only = message.pull_only();
  queue->service_level.answered_fraction = message.answered_fraction();
  queue->service_level.threshold_ms = message.threshold_ms();
  queue->offer_timeout_ms = message.offer_timeout_ms();
  queue->wrap_up_ms = message.wrap_up_ms();
  queue->decline_retry_ms = message.decline_retry_ms();
  queue->wait_limit_ms = message.wait_limit_ms();
  queue->handling_lease_ms = message.handling_lease_ms();
  queue->short_abandon_threshold_ms = message.short_abandon_threshold_ms();
  if (message.priority_credit_ms_size() != kPriorityCount) {
    reader.Fail(absl::DataLossError(absl::StrCat(
        "priority_credit_ms has ", message.priority_credit_ms_size(),
        " values, not ", kPriorityCount)));
  } else {
    for (int i = 0; i < kPriorityCount; ++i) {
      queue->priority_credit_ms[static_cast<std::size_t>(i)] =
          message.priority_credit_ms(i);
    }
  }
  reader.Enum("fit_rule", message.fit_rule(), FitRule::kLeastOverQualified,
              &queue->agent_choice.fit);
  reader.Enum("agent_order", message.agent_order(), AgentOrder::kRoundRobin,
              &queue->agent_choice.order);
  queue->panel_max_share_percent = message.panel_max_share_percent();
  queue->hold.idle_ms = message.hold().idle_ms();
  queue->hold.handling_ms = message.hold().handling_ms();
  queue->hold.wrapping_up_ms = message.hold().wrapping_up_ms();
  queue->hold.absent_until_ms = message.hold().absent_until_ms();
  return reader.status();
}

absl::Status FromMessage(const v1::ContactDetail& message,
                         ContactDetail* detail) {
  MessageReader reader;
  detail->spec.id = message.id();
  detail->spec.queue = message.queue_name();
  reader.Enum("channel", message.channel(), Channel::kInternal,
              &detail->spec.channel);
  detail->spec.priority = message.priority();
  RequirementFromMessage(message, &reader, &detail->spec.requirement);
  detail->spec.tutor_may_listen = message.tutor_may_listen();
  for (const v1::Attribute& attribute : message.attributes()) {
    // They come by rising key.
    detail->spec.attributes.emplace_hint(detail->spec.attributes.end(),
                                         attribute.key(), attribute.value());
  }
  reader.Fail(FromMessage(message.queue(), &detail->queue));
  reader.Fail(FromMessage(message.plan(), &detail->plan));
  reader.Byte("ring", message.ring(), &detail->ring);
  for (const v1::ContactQueue& queue : message.ring_queues()) {
    reader.Fail(FromMessage(queue, &detail->ring_queues.emplace_back()));
  }
  detail->fingerprint = {message.fingerprint_0(), message.fingerprint_1()};
  detail->rank_key_ms = message.rank_key_ms();
  detail->arrival_sequence = message.arrival_sequence();
  detail->spec.segment = message.segment();
  detail->ranked = message.ranked();
  PreferredAgents& preferred = detail->spec.preferred;
  for (const std::string& agent : message.preferred_agents().agents()) {
    preferred.agents.push_back(agent);
  }
  reader.Enum("preferred_agents.source", message.preferred_agents().source(),
              PreferenceSource::kPanel, &preferred.source);
  preferred.reply_by_ms = message.preferred_agents().reply_by_ms();
  return reader.status();
}

void ToMessage(const AgentConfiguration& agent,
               v1::AgentConfiguration* message) {
  message->set_id(agent.id);
  message->set_grade(static_cast<std::uint32_t>(agent.grade));
  message->set_routing_profile(agent.routing_profile);
  for (const AgentSkill& skill : agent.skills) {
    v1::AgentSkill* held = message->add_skills();
    held->set_skill(skill.skill);
    held->set_level(skill.level);
    held->set_in_training(skill.in_training);
    held->set_tutor(skill.tutor);
  }
  message->mutable_certifications()->Add(agent.certifications.begin(),
                                         agent.certifications.end());
  message->mutable_languages()->Add(agent.languages.begin(),
                                    agent.languages.end());
  message->set_team(agent.team);
  message->set_site(agent.site);
}

absl::Status FromMessage(const v1::AgentConfiguration& message,
                         AgentConfiguration* agent) {
  MessageReader reader;
  agent->id = message.id();
  reader.Enum("agents.grade", message.grade(), AgentGrade::kSpecialised,
              &agent->grade);
  agent->routing_profile = message.routing_profile();
  for (const v1::AgentSkill& skill : message.skills()) {
    agent->skills.push_back(
        {skill.skill(), skill.level(), skill.in_training(), skill.tutor()});
  }
  agent->certifications.assign(message.certifications().begin(),
                               message.certifications().end());
  agent->languages.assign(message.languages().begin(),
                          message.languages().end());
  agent->team = message.team();
  agent->site = message.site();
  return reader.status();
}

namespace {

void ToMessage(const RoutingProfile& profile, v1::RoutingProfile* message) {
  message->set_name(profile.name);
  message->set_channels(profile.channels);
  message->set_capacity_units(
      static_cast<std::uint32_t>(profile.capacity_units));
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    message->add_cost_units(static_cast<std::uint32_t>(profile.cost_units[i]));
    message->add_contacts_max(
        static_cast<std::uint32_t>(profile.contacts_max[i]));
  }
  if (profile.may_interrupt != decltype(profile.may_interrupt){}) {
    for (const ChannelSet channels : profile.may_interrupt) {
      message->add_may_interrupt(channels);
    }
  }
  message->set_load_order(static_cast<std::uint32_t>(profile.load_order));
  for (const QueueRank& rank : profile.queue_order) {
    v1::QueueRank* next = message->add_queue_order();
    for (const std::string& queue : rank.queues) next->add_queues(queue);
  }
}

}  // namespace

void ToMessage(const Configuration& configuration, v1::Configuration* message) {
  message->set_name(configuration.name);
  for (const Skill& skill : configuration.skills) {
    v1::Skill* added = message->add_skills();
    added->set_name(skill.name);
    added->set_description(skill.description);
    for (const ImpliedSkill& implied : skill.implies) {
      v1::ImpliedSkill* implies = added->add_implies();
      implies->set_skill(implied.skill);
      implies->set_level_max(implied.level_max);
    }
  }
  for (const RoutingProfile& profile : configuration.routing_profiles) {
    ToMessage(profile, message->add_routing_profiles());
  }
  for (const AgentConfiguration& agent : configuration.agents) {
    ToMessage(agent, message->add_agents());
  }
  for (const ContactQueue& queue : configuration.queues) {
    ToMessage(queue, message->add_queues());
  }
  message->mutable_certifications()->Add(configuration.certifications.begin(),
                                         configuration.certifications.end());
  message->mutable_languages()->Add(configuration.languages.begin(),
                                    configuration.languages.end());
  for (const Site& site : configuration.sites) {
    v1::Site* added = message->add_sites();
    added->set_name(site.name);
    added->set_provider(site.provider);
  }
  for (const Team& team : configuration.teams) {
    v1::Team* added = message->add_teams();
    added->set_name(team.name);
    added->set_site(team.site);
  }
  for (const GradePolicy& policy : configuration.grades) {
    v1::GradePolicy* added = message->add_grades();
    added->set_grade(static_cast<std::uint32_t>(policy.grade));
    added->set_default_level(policy.default_level);
  }
  for (const Activity& activity : configuration.activities) {
    v1::Activity* added = message->add_activities();
    added->set_name(activity.name);
    added->set_channels(activity.channels);
    RequirementToMessage(activity.requirement, added);
  }
  message->set_contact_choice(
      static_cast<std::uint32_t>(configuration.contact_choice));
  for (const CustomerSegment& segment : configuration.segments) {
    v1::CustomerSegment* added = message->add_segments();
    added->set_name(segment.name);
    added->set_credit_ms(segment.credit_ms);
  }
  for (const BullseyePlan& plan : configuration.bullseye_plans) {
    ToMessage(plan, message->add_bullseye_plans());
  }
  for (const Reserve& reserve : configuration.reserves) {
    v1::Reserve* added = message->add_reserves();
    added->set_name(reserve.name);
    added->set_queue(reserve.queue);
    added->set_channel(static_cast<std::uint32_t>(reserve.channel));
    added->set_keep(reserve.keep);
    added->set_resume(reserve.resume);
    added->set_holds_back(reserve.holds_back);
  }
}

namespace {

// Numbers out of range are refused where every configuration is checked.
void CapacityFromMessage(const v1::RoutingProfile& message,
                         MessageReader* reader, RoutingProfile* profile) {
  if (message.capacity_units() == 0) {
    // Format version 1: one contact at a time.
    profile->cost_units.fill(kCapacityUnitsMax);
    return;
  }
  profile->capacity_units = static_cast<int>(message.capacity_units());
  if (message.cost_units_size() != kChannelCount ||
      message.contacts_max_size() != kChannelCount) {
    reader->Fail(absl::DataLossError(
        absl::StrCat("routing_profiles has costs of ",
                     message.cost_units_size(), " channels and maxima of ",
                     message.contacts_max_size(), ", not of ", kChannelCount)));
    return;
  }
  for (int i = 0; i < kChannelCount; ++i) {
    const auto at = static_cast<std::size_t>(i);
    profile->cost_units[at] = static_cast<int>(message.cost_units(i));
    profile->contacts_max[at] = static_cast<int>(message.contacts_max(i));
  }
  const int sets = message.may_interrupt_size();
  if (sets != 0 && sets != kChannelCount) {
    reader->Fail(absl::DataLossError(
        absl::StrCat("routing_profiles has what ", sets,
                     " channels may interrupt, not ", kChannelCount)));
    return;
  }
  for (int i = 0; i < sets; ++i) {
    reader->Byte("routing_profiles.may_interrupt", message.may_interrupt(i),
                 &profile->may_interrupt[static_cast<std::size_t>(i)]);
  }
  reader->Enum("routing_profiles.load_order", message.load_order(),
               LoadOrder::kPack, &profile->load_order);
}

void FromMessage(const v1::Reserve& message, MessageReader* reader,
                 Reserve* reserve) {
  reserve->name = message.name();
  reserve->queue = message.queue();
  reader->Enum("reserves.channel", message.channel(), Channel::kInternal,
               &reserve->channel);
  reserve->keep = static_cast<int>(message.keep());
  reserve->resume = static_cast<int>(message.resume());
  reader->Byte("reserves.holds_back", message.holds_back(),
               &reserve->holds_back);
}

}  // namespace

absl::Status FromMessage(const v1::Configuration& message,
                         Configuration* configuration) {
  MessageReader reader;
  configuration->name = message.name();
  for (const v1::Skill& skill : message.skills()) {
    Skill& added = configuration->skills.emplace_back();
    added.name = skill.name();
    added.description = skill.description();
    for (const v1::ImpliedSkill& implied : skill.implies()) {
      added.implies.push_back({implied.skill(), implied.level_max()});
    }
  }
  for (const v1::RoutingProfile& profile : message.routing_profiles()) {
    RoutingProfile& added = configuration->routing_profiles.emplace_back();
    added.name = profile.name();
    reader.Byte("routing_profiles.channels", profile.channels(),
                &added.channels);
    CapacityFromMessage(profile, &reader, &added);
    for (const v1::QueueRank& rank : profile.queue_order()) {
      added.queue_order.push_back(
          {{rank.queues().begin(), rank.queues().end()}});
    }
  }
  for (const v1::AgentConfiguration& agent : message.agents()) {
    reader.Fail(FromMessage(agent, &configuration->agents.emplace_back()));
  }
  for (const v1::ContactQueue& queue : message.queues()) {
    reader.Fail(FromMessage(queue, &configuration->queues.emplace_back()));
  }
  configuration->certifications.assign(message.certifications().begin(),
                                       message.certifications().end());
  configuration->languages.assign(message.languages().begin(),
                                  message.languages().end());
  for (const v1::Site& site : message.sites()) {
    configuration->sites.push_back({site.name(), site.provider()});
  }
  for (const v1::Team& team : message.teams()) {
    configuration->teams.push_back({team.name(), team.site()});
  }
  for (const v1::GradePolicy& policy : message.grades()) {
    GradePolicy& added = configuration->grades.emplace_back();
    reader.Enum("grades.grade", policy.grade(), AgentGrade::kSpecialised,
                &added.grade);
    added.default_level = policy.default_level();
  }
  for (const v1::Activity& activity : message.activities()) {
    Activity& added = configuration->activities.emplace_back();
    added.name = activity.name();
    reader.Byte("activities.channels", activity.channels(), &added.channels);
    RequirementFromMessage(activity, &reader, &added.requirement);
  }
  reader.Enum("contact_choice", message.contact_choice(),
              ContactChoice::kStrict, &configuration->contact_choice);
  for (const v1::CustomerSegment& segment : message.segments()) {
    configuration->segments.push_back({segment.name(), segment.credit_ms()});
  }
  for (const v1::BullseyePlan& plan : message.bullseye_plans()) {
    reader.Fail(
        FromMessage(plan, &configuration->bullseye_plans.emplace_back()));
  }
  for (const v1::Reserve& reserve : message.reserves()) {
    FromMessage(reserve, &reader, &configuration->reserves.emplace_back());
  }
  return reader.status();
}

}  // namespace relais::journal
