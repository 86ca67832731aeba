#include "server/convert.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/domain/utf8.h"
#include "server/convert_plan.h"
#include "server/convert_requirement.h"

namespace relais::server {
namespace {

// Both sides number their enums alike, the wire's one later where zero is
// "unspecified" there and a value here.
static_assert(static_cast<int>(Channel::kInternal) + 1 == v1::CHANNEL_INTERNAL);
static_assert(static_cast<int>(AgentGrade::kSpecialised) + 1 ==
              v1::AGENT_GRADE_SPECIALISED);
static_assert(static_cast<int>(PresenceState::kNotReady) + 1 ==
              v1::PRESENCE_STATE_NOT_READY);
static_assert(static_cast<int>(NotReadyReason::kNoAnswer) ==
              v1::NOT_READY_REASON_NO_ANSWER);
static_assert(static_cast<int>(WorkState::kWrapUp) + 1 ==
              v1::WORK_STATE_WRAP_UP);
static_assert(static_cast<int>(LoadOrder::kPack) + 1 == v1::LOAD_ORDER_PACK);
static_assert(static_cast<int>(ContactState::kEnded) + 1 ==
              v1::CONTACT_STATE_ENDED);
static_assert(static_cast<int>(EndReason::kLeaseExpired) ==
              v1::END_REASON_LEASE_EXPIRED);
static_assert(static_cast<int>(EventType::kContactWidened) ==
              v1::EVENT_TYPE_CONTACT_WIDENED);

// gRPC clients refuse trailers above 8 KiB by default; base64 adds a third.
constexpr std::size_t kMessageBytesMax = 512;
constexpr std::size_t kFindingsBytesMax = 3'000;

template <typename WireEnum, typename DomainEnum>
WireEnum OneLater(DomainEnum value) {
  return static_cast<WireEnum>(static_cast<int>(value) + 1);
}
template <typename WireEnum, typename DomainEnum>
WireEnum SameNumber(DomainEnum value) {
  return static_cast<WireEnum>(static_cast<int>(value));
}

absl::Status EnumError(std::string_view path, int value,
                       const google::protobuf::EnumDescriptor& type) {
  return FieldError(absl::StatusCode::kInvalidArgument, path,
                    EnumProblem(value, type));
}

bool KnownChannel(int channel) {
  return channel != v1::CHANNEL_UNSPECIFIED && v1::Channel_IsValid(channel);
}

void AddError(std::string path, std::string message,
              std::vector<Finding>* findings) {
  findings->push_back(
      {Finding::Severity::kError, std::move(path), std::move(message)});
}

ChannelSet ChannelsToDomain(
    const google::protobuf::RepeatedField<int>& channels,
    const std::string& path, std::vector<Finding>* findings) {
  ChannelSet set = 0;
  for (int i = 0; i < channels.size(); ++i) {
    if (!KnownChannel(channels[i])) {
      AddError(absl::StrCat(path, "[", i, "]"),
               EnumProblem(channels[i], *v1::Channel_descriptor()), findings);
      continue;
    }
    set = static_cast<ChannelSet>(set |
                                  SetOf(static_cast<Channel>(channels[i] - 1)));
  }
  return set;
}

void SetCapacities(const v1::RoutingProfile& profile, const std::string& path,
                   RoutingProfile* result, std::vector<Finding>* findings) {
  ChannelSet given = 0;
  for (int i = 0; i < profile.channel_capacities_size(); ++i) {
    const v1::ChannelCapacity& capacity = profile.channel_capacities(i);
    const std::string here =
        absl::StrCat(path, ".channel_capacities[", i, "].channel");
    if (!KnownChannel(capacity.channel())) {
      AddError(here, EnumProblem(capacity.channel(), *v1::Channel_descriptor()),
               findings);
      continue;
    }
    const auto channel = static_cast<Channel>(capacity.channel() - 1);
    if (Contains(given, channel)) {
      AddError(here,
               absl::StrCat(std::string(ChannelName(channel)),
                            " is given twice; leave one"),
               findings);
      continue;
    }
    given |= SetOf(channel);
    const auto index = static_cast<std::size_t>(channel);
    if (capacity.has_cost_units()) {
      result->cost_units[index] = capacity.cost_units();
    }
    result->contacts_max[index] = capacity.contacts_max();
  }
}

RoutingProfile ToDomain(const v1::RoutingProfile& profile,
                        const std::string& path,
                        std::vector<Finding>* findings) {
  RoutingProfile result;
  result.name = profile.name();
  result.channels = ChannelsToDomain(profile.channels(),
                                     absl::StrCat(path, ".channels"), findings);
  if (profile.has_capacity_units()) {
    result.capacity_units = profile.capacity_units();
  }
  SetCapacities(profile, path, &result, findings);
  if (!v1::LoadOrder_IsValid(profile.load_order())) {
    AddError(absl::StrCat(path, ".load_order"),
             EnumProblem(profile.load_order(), *v1::LoadOrder_descriptor()),
             findings);
  } else if (profile.load_order() != v1::LOAD_ORDER_UNSPECIFIED) {
    result.load_order = static_cast<LoadOrder>(profile.load_order() - 1);
  }
  return result;
}

AgentConfiguration ToDomain(const v1::AgentConfiguration& agent,
                            const std::string& path,
                            std::vector<Finding>* findings) {
  AgentConfiguration result;
  result.id = agent.id();
  result.routing_profile = agent.routing_profile();
  if (!v1::AgentGrade_IsValid(agent.grade())) {
    AddError(absl::StrCat(path, ".grade"),
             EnumProblem(agent.grade(), *v1::AgentGrade_descriptor()),
             findings);
  } else if (agent.grade() != v1::AGENT_GRADE_UNSPECIFIED) {
    result.grade = static_cast<AgentGrade>(agent.grade() - 1);
  }
  for (const v1::AgentSkill& skill : agent.skills()) {
    result.skills.push_back(
        {skill.skill(), skill.level(), skill.in_training(), skill.tutor()});
  }
  result.certifications.assign(agent.certifications().begin(),
                               agent.certifications().end());
  result.languages.assign(agent.languages().begin(), agent.languages().end());
  result.team = agent.team();
  result.site = agent.site();
  return result;
}

void SetCredits(const v1::ContactQueue& queue, const std::string& path,
                std::array<DurationMs, kPriorityCount>* credits,
                std::vector<Finding>* findings) {
  std::array<bool, kPriorityCount> given{};
  for (int i = 0; i < queue.priority_credits_size(); ++i) {
    const v1::PriorityCredit& credit = queue.priority_credits(i);
    const std::string here =
        absl::StrCat(path, ".priority_credits[", i, "].priority");
    if (credit.priority() < 0 || credit.priority() >= kPriorityCount) {
      AddError(here,
               absl::StrCat(credit.priority(), " is no priority; use 0 to ",
                            kPriorityCount - 1),
               findings);
      continue;
    }
    const auto index = static_cast<std::size_t>(credit.priority());
    if (given[index]) {
      AddError(here,
               absl::StrCat("priority ", credit.priority(),
                            " is given twice; leave one"),
               findings);
      continue;
    }
    given[index] = true;
    (*credits)[index] = credit.credit_ms();
  }
}

ContactQueue ToDomain(const v1::ContactQueue& queue, const std::string& path,
                      std::vector<Finding>* findings) {
  ContactQueue result;
  result.name = queue.name();
  result.channels = ChannelsToDomain(queue.channels(),
                                     absl::StrCat(path, ".channels"), findings);
  const FieldPath root(path);
  result.requirement = RequirementToDomain(queue.requirement(),
                                           root.Field("requirement"), findings);
  result.activity = queue.activity();
  result.plan = queue.plan();
  if (queue.has_service_level()) {
    result.service_level = {queue.service_level().answered_fraction(),
                            queue.service_level().threshold_ms()};
  }
  if (queue.has_offer_timeout_ms()) {
    result.offer_timeout_ms = queue.offer_timeout_ms();
  }
  if (queue.has_wrap_up_ms()) result.wrap_up_ms = queue.wrap_up_ms();
  if (queue.has_decline_retry_ms()) {
    result.decline_retry_ms = queue.decline_retry_ms();
  }
  if (queue.has_wait_limit_ms()) result.wait_limit_ms = queue.wait_limit_ms();
  if (queue.has_handling_lease_ms()) {
    result.handling_lease_ms = queue.handling_lease_ms();
  }
  if (queue.has_short_abandon_threshold_ms()) {
    result.short_abandon_threshold_ms = queue.short_abandon_threshold_ms();
  }
  SetCredits(queue, path, &result.priority_credit_ms, findings);
  return result;
}

v1::Presence ToProto(const Presence& presence) {
  v1::Presence result;
  result.set_state(OneLater<v1::PresenceState>(presence.state));
  result.set_reason(SameNumber<v1::NotReadyReason>(presence.reason));
  return result;
}

template <typename Message>
void SetChannels(ChannelSet set, Message* message,
                 void (Message::*add)(v1::Channel)) {
  for (int i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    if (Contains(set, channel)) (message->*add)(OneLater<v1::Channel>(channel));
  }
}

// A contact that asks for nothing of its own has no message for it.
void SetOwnRequirement(const RoutingRequirement& requirement,
                       v1::Contact* contact) {
  if (requirement.empty()) return;
  SetRequirement(requirement, contact->mutable_requirement());
}

std::string Text(const InlineId& id) { return std::string(id.view()); }

void SetContact(const Event& event, v1::ContactChange* contact) {
  contact->set_id(Text(event.contact_id));
  contact->set_version(event.contact_version);
  contact->set_state(OneLater<v1::ContactState>(event.contact_state));
  contact->set_end_reason(SameNumber<v1::EndReason>(event.end_reason));
  contact->set_queue(Text(event.queue));
  contact->set_channel(OneLater<v1::Channel>(event.channel));
  contact->set_priority(event.priority);
  contact->set_arrival_ms(event.arrival_ms);
  contact->set_rank_key_ms(event.rank_key_ms);
  contact->set_arrival_sequence(event.arrival_sequence);
  contact->set_ring(event.ring);
}

void SetAgent(const Event& event, v1::AgentChange* agent) {
  agent->set_id(Text(event.agent_id));
  agent->set_version(event.agent_version);
  *agent->mutable_presence() = ToProto(event.presence);
  if (event.presence_pending) {
    *agent->mutable_pending() = ToProto(event.pending);
  }
  agent->set_work_state(OneLater<v1::WorkState>(event.work_state));
  SetChannels(event.no_answer_channels, agent,
              &v1::AgentChange::add_no_answer_channels);
  agent->set_idle_since_ms(event.idle_since_ms);
  agent->set_wrap_up_ends_ms(event.wrap_up_ends_ms);
}

void SetReservation(const Event& event, v1::ReservationChange* reservation) {
  reservation->set_attempt(event.attempt);
  reservation->set_offer_expires_ms(event.offer_expires_ms);
  reservation->set_decline_until_ms(event.decline_until_ms);
  reservation->set_lane(event.lane);
  reservation->set_requirement_class(event.requirement_class);
  reservation->set_profile_class(event.profile_class);
  reservation->set_fit_step(event.fit_step);
  reservation->set_began_after_sequence(event.began_after_sequence);
  reservation->set_at_once(event.at_once);
  reservation->set_units(event.units);
  reservation->set_tutor_id(Text(event.tutor_id));
}

// At most `bytes_max` bytes, cut between characters; always UTF-8.
std::string Shortened(std::string text, std::size_t bytes_max) {
  if (!IsValidUtf8(text)) text = Quoted(text);
  if (text.size() <= bytes_max) return text;
  text.resize(bytes_max - 3);
  while (!IsValidUtf8(text)) text.pop_back();
  return text + "...";
}

}  // namespace

absl::StatusOr<ContactSpec> ToDomain(const v1::Contact& contact) {
  ContactSpec spec;
  spec.id = contact.id();
  spec.queue = contact.queue();
  if (!KnownChannel(contact.channel())) {
    return EnumError("contact.channel", contact.channel(),
                     *v1::Channel_descriptor());
  }
  spec.channel = static_cast<Channel>(contact.channel() - 1);
  spec.priority = contact.priority();
  std::vector<Finding> findings;
  spec.requirement = RequirementToDomain(
      contact.requirement(), FieldPath("contact.requirement"), &findings);
  if (!findings.empty()) {
    return FieldError(absl::StatusCode::kInvalidArgument, findings[0].path,
                      findings[0].message);
  }
  spec.attributes.insert(contact.attributes().begin(),
                         contact.attributes().end());
  spec.tutor_may_listen = contact.tutor_may_listen();
  return spec;
}

absl::StatusOr<EndReason> CancelReasonToDomain(v1::EndReason reason) {
  switch (reason) {
    case v1::END_REASON_UNSPECIFIED:
    case v1::END_REASON_ABANDONED:
      return EndReason::kAbandoned;
    case v1::END_REASON_CANCELLED:
      return EndReason::kCancelled;
    default:
      return FieldError(
          absl::StatusCode::kInvalidArgument, "reason",
          absl::StrCat(v1::EndReason_IsValid(reason)
                           ? v1::EndReason_Name(reason)
                           : absl::StrCat("unknown value ", reason),
                       "; use END_REASON_ABANDONED (2) or "
                       "END_REASON_CANCELLED (3)"));
  }
}

absl::StatusOr<Presence> ToDomain(const v1::Presence& presence) {
  if (presence.state() == v1::PRESENCE_STATE_UNSPECIFIED ||
      !v1::PresenceState_IsValid(presence.state())) {
    return EnumError("presence.state", presence.state(),
                     *v1::PresenceState_descriptor());
  }
  if (!v1::NotReadyReason_IsValid(presence.reason())) {
    return EnumError("presence.reason", presence.reason(),
                     *v1::NotReadyReason_descriptor());
  }
  return Presence{static_cast<PresenceState>(presence.state() - 1),
                  static_cast<NotReadyReason>(presence.reason())};
}

namespace {

Skill ToDomain(const v1::Skill& skill) {
  Skill result{skill.name(), skill.description()};
  for (const v1::ImpliedSkill& implied : skill.implies()) {
    result.implies.push_back({implied.skill(), implied.level_max() == 0
                                                   ? kProficiencyLevelMax
                                                   : implied.level_max()});
  }
  return result;
}

}  // namespace

namespace {

Activity ActivityToDomain(const v1::Activity& activity, const std::string& path,
                          std::vector<Finding>* findings) {
  Activity result;
  result.name = activity.name();
  result.channels = ChannelsToDomain(activity.channels(),
                                     absl::StrCat(path, ".channels"), findings);
  const FieldPath root(path);
  result.requirement = RequirementToDomain(activity.requirement(),
                                           root.Field("requirement"), findings);
  return result;
}

}  // namespace

Configuration ToDomain(const v1::Configuration& configuration,
                       std::vector<Finding>* findings) {
  Configuration result;
  result.name = configuration.name();
  for (const v1::Skill& skill : configuration.skills()) {
    result.skills.push_back(ToDomain(skill));
  }
  result.certifications.assign(configuration.certifications().begin(),
                               configuration.certifications().end());
  result.languages.assign(configuration.languages().begin(),
                          configuration.languages().end());
  for (const v1::Site& site : configuration.sites()) {
    result.sites.push_back({site.name(), site.provider()});
  }
  for (const v1::Team& team : configuration.teams()) {
    result.teams.push_back({team.name(), team.site()});
  }
  for (int i = 0; i < configuration.grades_size(); ++i) {
    const v1::GradePolicy& policy = configuration.grades(i);
    GradePolicy added;
    added.default_level = policy.default_level();
    if (policy.grade() == v1::AGENT_GRADE_UNSPECIFIED ||
        !v1::AgentGrade_IsValid(policy.grade())) {
      AddError(absl::StrCat("grades[", i, "].grade"),
               EnumProblem(policy.grade(), *v1::AgentGrade_descriptor()),
               findings);
      continue;
    }
    added.grade = static_cast<AgentGrade>(policy.grade() - 1);
    result.grades.push_back(added);
  }
  for (int i = 0; i < configuration.activities_size(); ++i) {
    result.activities.push_back(
        ActivityToDomain(configuration.activities(i),
                         absl::StrCat("activities[", i, "]"), findings));
  }
  for (int i = 0; i < configuration.routing_profiles_size(); ++i) {
    const v1::RoutingProfile& profile = configuration.routing_profiles(i);
    result.routing_profiles.push_back(
        ToDomain(profile, absl::StrCat("routing_profiles[", i, "]"), findings));
  }
  for (int i = 0; i < configuration.agents_size(); ++i) {
    result.agents.push_back(ToDomain(
        configuration.agents(i), absl::StrCat("agents[", i, "]"), findings));
  }
  for (int i = 0; i < configuration.queues_size(); ++i) {
    result.queues.push_back(ToDomain(
        configuration.queues(i), absl::StrCat("queues[", i, "]"), findings));
  }
  for (int i = 0; i < configuration.bullseye_plans_size(); ++i) {
    result.bullseye_plans.push_back(
        PlanToDomain(configuration.bullseye_plans(i),
                     absl::StrCat("bullseye_plans[", i, "]"), findings));
  }
  return result;
}

v1::Event ToProto(const Event& event) {
  v1::Event result;
  result.set_sequence(event.sequence);
  result.set_type(SameNumber<v1::EventType>(event.type));
  result.set_at_ms(event.at_ms);
  result.set_configuration_version(event.configuration_version);
  if (!event.contact_id.empty()) SetContact(event, result.mutable_contact());
  if (!event.agent_id.empty()) SetAgent(event, result.mutable_agent());
  if (event.attempt != 0) SetReservation(event, result.mutable_reservation());
  return result;
}

v1::ContactSnapshot ToProto(const ContactView& contact) {
  v1::ContactSnapshot result;
  v1::Contact* spec = result.mutable_contact();
  spec->set_id(contact.id);
  spec->set_queue(contact.queue);
  spec->set_channel(OneLater<v1::Channel>(contact.channel));
  spec->set_priority(contact.priority);
  SetOwnRequirement(contact.requirement, spec);
  spec->mutable_attributes()->insert(contact.attributes.begin(),
                                     contact.attributes.end());
  spec->set_tutor_may_listen(contact.tutor_may_listen);
  result.set_tutor_id(contact.tutor_id);
  result.set_state(OneLater<v1::ContactState>(contact.state));
  result.set_end_reason(SameNumber<v1::EndReason>(contact.end_reason));
  result.set_version(contact.version);
  result.set_arrival_ms(contact.arrival_ms);
  result.set_rank_key_ms(contact.rank_key_ms);
  result.set_ended_ms(contact.ended_ms);
  result.set_agent_id(contact.agent_id);
  result.set_attempt(contact.attempt);
  result.set_ring(contact.ring);
  result.set_next_ring_ms(contact.next_ring_ms);
  return result;
}

v1::AgentSnapshot ToProto(const AgentView& agent) {
  v1::AgentSnapshot result;
  result.set_id(agent.id);
  result.set_grade(OneLater<v1::AgentGrade>(agent.grade));
  *result.mutable_presence() = ToProto(agent.presence);
  if (agent.presence_pending) {
    *result.mutable_pending() = ToProto(agent.pending);
  }
  result.set_work_state(OneLater<v1::WorkState>(agent.work_state));
  SetChannels(agent.no_answer_channels, &result,
              &v1::AgentSnapshot::add_no_answer_channels);
  result.set_version(agent.version);
  result.set_idle_since_ms(agent.idle_since_ms);
  for (const HeldContact& held : agent.held) {
    v1::HeldContact* added = result.add_held();
    added->set_contact_id(held.contact_id);
    added->set_channel(OneLater<v1::Channel>(held.channel));
    added->set_state(OneLater<v1::WorkState>(held.state));
    added->set_attempt(held.attempt);
    added->set_units(held.units);
    added->set_wrap_up_ends_ms(held.wrap_up_ends_ms);
  }
  return result;
}

v1::QueueSnapshot ToProto(const QueueView& queue) {
  v1::QueueSnapshot result;
  result.set_name(queue.name);
  result.set_waiting(queue.waiting);
  result.set_reserved(queue.reserved);
  result.set_assigned(queue.assigned);
  result.set_offered_total(queue.offered_total);
  result.set_answered_total(queue.answered_total);
  result.set_abandoned_total(queue.abandoned_total);
  result.set_oldest_arrival_ms(queue.oldest_arrival_ms);
  return result;
}

namespace {

void SetSkill(const Skill& skill, v1::Skill* result) {
  result->set_name(skill.name);
  result->set_description(skill.description);
  for (const ImpliedSkill& implied : skill.implies) {
    v1::ImpliedSkill* added = result->add_implies();
    added->set_skill(implied.skill);
    if (implied.level_max != kProficiencyLevelMax) {
      added->set_level_max(implied.level_max);
    }
  }
}

void SetAgent(const AgentConfiguration& agent, v1::AgentConfiguration* result) {
  result->set_id(agent.id);
  result->set_grade(OneLater<v1::AgentGrade>(agent.grade));
  result->set_routing_profile(agent.routing_profile);
  for (const AgentSkill& skill : agent.skills) {
    v1::AgentSkill* held = result->add_skills();
    held->set_skill(skill.skill);
    held->set_level(skill.level);
    held->set_in_training(skill.in_training);
    held->set_tutor(skill.tutor);
  }
  result->mutable_certifications()->Add(agent.certifications.begin(),
                                        agent.certifications.end());
  result->mutable_languages()->Add(agent.languages.begin(),
                                   agent.languages.end());
  result->set_team(agent.team);
  result->set_site(agent.site);
}

void SetQueue(const ContactQueue& queue, v1::ContactQueue* result) {
  result->set_name(queue.name);
  SetChannels(queue.channels, result, &v1::ContactQueue::add_channels);
  SetRequirement(queue.requirement, result->mutable_requirement());
  result->set_activity(queue.activity);
  result->set_plan(queue.plan);
  v1::ServiceLevelTarget* target = result->mutable_service_level();
  target->set_answered_fraction(queue.service_level.answered_fraction);
  target->set_threshold_ms(queue.service_level.threshold_ms);
  result->set_offer_timeout_ms(queue.offer_timeout_ms);
  result->set_wrap_up_ms(queue.wrap_up_ms);
  result->set_decline_retry_ms(queue.decline_retry_ms);
  result->set_wait_limit_ms(queue.wait_limit_ms);
  result->set_handling_lease_ms(queue.handling_lease_ms);
  result->set_short_abandon_threshold_ms(queue.short_abandon_threshold_ms);
  const ContactQueue defaults;
  for (std::size_t priority = 0; priority < queue.priority_credit_ms.size();
       ++priority) {
    const DurationMs credit_ms = queue.priority_credit_ms[priority];
    if (credit_ms == defaults.priority_credit_ms[priority]) continue;
    v1::PriorityCredit* credit = result->add_priority_credits();
    credit->set_priority(static_cast<std::int32_t>(priority));
    credit->set_credit_ms(credit_ms);
  }
}

}  // namespace

v1::Configuration ToProto(const Configuration& configuration) {
  v1::Configuration result;
  result.set_name(configuration.name);
  for (const Skill& skill : configuration.skills) {
    SetSkill(skill, result.add_skills());
  }
  for (const RoutingProfile& profile : configuration.routing_profiles) {
    v1::RoutingProfile* added = result.add_routing_profiles();
    added->set_name(profile.name);
    SetChannels(profile.channels, added, &v1::RoutingProfile::add_channels);
    added->set_capacity_units(profile.capacity_units);
    for (std::size_t i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<Channel>(i);
      if (!Contains(profile.channels, channel) &&
          profile.cost_units[i] == kCostUnitsDefault[i] &&
          profile.contacts_max[i] == 0) {
        continue;
      }
      v1::ChannelCapacity* capacity = added->add_channel_capacities();
      capacity->set_channel(OneLater<v1::Channel>(channel));
      capacity->set_cost_units(profile.cost_units[i]);
      capacity->set_contacts_max(profile.contacts_max[i]);
    }
    added->set_load_order(OneLater<v1::LoadOrder>(profile.load_order));
  }
  result.mutable_certifications()->Add(configuration.certifications.begin(),
                                       configuration.certifications.end());
  result.mutable_languages()->Add(configuration.languages.begin(),
                                  configuration.languages.end());
  for (const Site& site : configuration.sites) {
    v1::Site* added = result.add_sites();
    added->set_name(site.name);
    added->set_provider(site.provider);
  }
  for (const Team& team : configuration.teams) {
    v1::Team* added = result.add_teams();
    added->set_name(team.name);
    added->set_site(team.site);
  }
  for (const GradePolicy& policy : configuration.grades) {
    v1::GradePolicy* added = result.add_grades();
    added->set_grade(OneLater<v1::AgentGrade>(policy.grade));
    added->set_default_level(policy.default_level);
  }
  for (const Activity& activity : configuration.activities) {
    v1::Activity* added = result.add_activities();
    added->set_name(activity.name);
    SetChannels(activity.channels, added, &v1::Activity::add_channels);
    SetRequirement(activity.requirement, added->mutable_requirement());
  }
  for (const AgentConfiguration& agent : configuration.agents) {
    SetAgent(agent, result.add_agents());
  }
  for (const ContactQueue& queue : configuration.queues) {
    SetQueue(queue, result.add_queues());
  }
  for (const BullseyePlan& plan : configuration.bullseye_plans) {
    SetPlan(plan, result.add_bullseye_plans());
  }
  return result;
}

v1::Finding ToProto(const Finding& finding) {
  v1::Finding result;
  result.set_severity(finding.severity == Finding::Severity::kError
                          ? v1::SEVERITY_ERROR
                          : v1::SEVERITY_WARNING);
  result.set_path(finding.path);
  result.set_message(finding.message);
  return result;
}

v1::Offer ToOffer(const Event& event, const ContactView& contact) {
  v1::Offer offer;
  offer.set_agent_id(Text(event.agent_id));
  v1::Contact* spec = offer.mutable_contact();
  spec->set_id(Text(event.contact_id));
  spec->set_queue(Text(event.queue));
  spec->set_channel(OneLater<v1::Channel>(event.channel));
  spec->set_priority(event.priority);
  SetOwnRequirement(contact.requirement, spec);
  spec->mutable_attributes()->insert(contact.attributes.begin(),
                                     contact.attributes.end());
  spec->set_tutor_may_listen(contact.tutor_may_listen);
  offer.set_tutor_id(Text(event.tutor_id));
  offer.set_attempt(event.attempt);
  offer.set_arrival_ms(event.arrival_ms);
  offer.set_expires_ms(event.offer_expires_ms);
  return offer;
}

v1::Status ToProto(const absl::Status& status,
                   const std::vector<Finding>& findings) {
  v1::Status result;
  result.set_code(static_cast<int>(status.code()));
  result.set_message(
      Shortened(std::string(status.message()), kMessageBytesMax));
  const std::string path = FieldPathOf(status);
  if (!path.empty()) {
    v1::FieldViolation violation;
    violation.set_field(Shortened(path, kMessageBytesMax));
    violation.set_description(result.message());
    result.add_details()->PackFrom(violation);
  }
  v1::Findings shown;
  for (const Finding& finding : findings) {
    v1::Finding* added = shown.add_findings();
    *added = ToProto(finding);
    added->set_message(Shortened(added->message(), kMessageBytesMax));
    if (shown.ByteSizeLong() > kFindingsBytesMax) {
      shown.mutable_findings()->RemoveLast();
      break;
    }
  }
  if (shown.findings_size() > 0) result.add_details()->PackFrom(shown);
  return result;
}

}  // namespace relais::server
