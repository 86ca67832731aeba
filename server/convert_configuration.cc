// Configurations and changes of agents between the wire and the router.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/domain/utf8.h"
#include "server/convert.h"
#include "server/convert_plan.h"
#include "server/convert_requirement.h"
#include "server/wire_enum.h"

namespace relais::server {
namespace {

static_assert(static_cast<int>(FitRule::kLeastOverQualified) + 1 ==
              v1::FIT_RULE_LEAST_OVER_QUALIFIED);
static_assert(static_cast<int>(AgentOrder::kRoundRobin) + 1 ==
              v1::AGENT_ORDER_ROUND_ROBIN);
static_assert(static_cast<int>(ContactChoice::kStrict) + 1 ==
              v1::CONTACT_CHOICE_STRICT);

void AddError(std::string path, std::string message,
              std::vector<Finding>* findings) {
  findings->push_back(
      {Finding::Severity::kError, std::move(path), std::move(message)});
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
    result->may_interrupt[index] = ChannelsToDomain(
        capacity.may_interrupt(),
        absl::StrCat(path, ".channel_capacities[", i, "].may_interrupt"),
        findings);
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
  for (const v1::QueueRank& rank : profile.queue_order()) {
    result.queue_order.push_back(
        {{rank.queues().begin(), rank.queues().end()}});
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
    // Told here: the router has all ten, and not under this name.
    if (credit.credit_ms() < 0 || credit.credit_ms() > kDurationMsMax) {
      AddError(
          absl::StrCat(path, ".priority_credits[", i, "].credit_ms"),
          absl::StrCat(credit.credit_ms(), " ms is out of range; give 0 to ",
                       kDurationMsMax, " (a week)"),
          findings);
      continue;
    }
    (*credits)[index] = credit.credit_ms();
  }
}

// A value that is not given leaves `*result` as it is.
template <typename Enum>
void EnumToDomain(int value, const google::protobuf::EnumDescriptor& type,
                  std::string path, Enum* result,
                  std::vector<Finding>* findings) {
  if (value == 0) return;
  if (type.FindValueByNumber(value) == nullptr) {
    AddError(std::move(path), EnumProblem(value, type), findings);
    return;
  }
  *result = static_cast<Enum>(value - 1);
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
  result.pull_only = queue.pull_only();
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
  EnumToDomain(queue.agent_choice().fit(), *v1::FitRule_descriptor(),
               absl::StrCat(path, ".agent_choice.fit"),
               &result.agent_choice.fit, findings);
  EnumToDomain(queue.agent_choice().order(), *v1::AgentOrder_descriptor(),
               absl::StrCat(path, ".agent_choice.order"),
               &result.agent_choice.order, findings);
  result.panel_max_share_percent = queue.panel_max_share_percent();
  result.hold = {queue.hold().idle_ms(), queue.hold().handling_ms(),
                 queue.hold().wrapping_up_ms(), queue.hold().absent_until_ms()};
  return result;
}

Skill ToDomain(const v1::Skill& skill) {
  Skill result{skill.name(), skill.description()};
  for (const v1::ImpliedSkill& implied : skill.implies()) {
    result.implies.push_back({implied.skill(), implied.level_max() == 0
                                                   ? kProficiencyLevelMax
                                                   : implied.level_max()});
  }
  return result;
}

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

Reserve ReserveToDomain(const v1::Reserve& reserve, const std::string& path,
                        std::vector<Finding>* findings) {
  Reserve result;
  result.name = reserve.name();
  result.queue = reserve.queue();
  EnumToDomain(reserve.channel(), *v1::Channel_descriptor(),
               absl::StrCat(path, ".channel"), &result.channel, findings);
  result.keep = reserve.keep();
  result.resume = reserve.resume();
  result.holds_back = ChannelsToDomain(
      reserve.holds_back(), absl::StrCat(path, ".holds_back"), findings);
  return result;
}

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

void SetProfile(const RoutingProfile& profile, v1::RoutingProfile* result) {
  result->set_name(profile.name);
  SetChannels(profile.channels, result, &v1::RoutingProfile::add_channels);
  result->set_capacity_units(profile.capacity_units);
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    if (!Contains(profile.channels, channel) &&
        profile.cost_units[i] == kCostUnitsDefault[i] &&
        profile.contacts_max[i] == 0 && profile.may_interrupt[i] == 0) {
      continue;
    }
    v1::ChannelCapacity* capacity = result->add_channel_capacities();
    capacity->set_channel(OneLater<v1::Channel>(channel));
    capacity->set_cost_units(profile.cost_units[i]);
    capacity->set_contacts_max(profile.contacts_max[i]);
    SetChannels(profile.may_interrupt[i], capacity,
                &v1::ChannelCapacity::add_may_interrupt);
  }
  result->set_load_order(OneLater<v1::LoadOrder>(profile.load_order));
  for (const QueueRank& rank : profile.queue_order) {
    v1::QueueRank* next = result->add_queue_order();
    for (const std::string& queue : rank.queues) next->add_queues(queue);
  }
}

void SetQueue(const ContactQueue& queue, v1::ContactQueue* result) {
  result->set_name(queue.name);
  SetChannels(queue.channels, result, &v1::ContactQueue::add_channels);
  SetRequirement(queue.requirement, result->mutable_requirement());
  result->set_activity(queue.activity);
  result->set_plan(queue.plan);
  result->set_pull_only(queue.pull_only);
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
  result->set_panel_max_share_percent(queue.panel_max_share_percent);
  if (queue.hold != defaults.hold) {
    v1::HoldTimes* hold = result->mutable_hold();
    hold->set_idle_ms(queue.hold.idle_ms);
    hold->set_handling_ms(queue.hold.handling_ms);
    hold->set_wrapping_up_ms(queue.hold.wrapping_up_ms);
    hold->set_absent_until_ms(queue.hold.absent_until_ms);
  }
  if (queue.agent_choice == defaults.agent_choice) return;
  result->mutable_agent_choice()->set_fit(
      OneLater<v1::FitRule>(queue.agent_choice.fit));
  result->mutable_agent_choice()->set_order(
      OneLater<v1::AgentOrder>(queue.agent_choice.order));
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
  EnumToDomain(configuration.contact_choice(), *v1::ContactChoice_descriptor(),
               "contact_choice", &result.contact_choice, findings);
  for (const v1::CustomerSegment& segment : configuration.segments()) {
    result.segments.push_back({segment.name(), segment.credit_ms()});
  }
  for (int i = 0; i < configuration.bullseye_plans_size(); ++i) {
    result.bullseye_plans.push_back(
        PlanToDomain(configuration.bullseye_plans(i),
                     absl::StrCat("bullseye_plans[", i, "]"), findings));
  }
  for (int i = 0; i < configuration.reserves_size(); ++i) {
    result.reserves.push_back(ReserveToDomain(configuration.reserves(i),
                                              absl::StrCat("reserves[", i, "]"),
                                              findings));
  }
  return result;
}

absl::StatusOr<AgentChange> ToDomain(const v1::ChangeAgentRequest& request) {
  std::vector<Finding> findings;
  const AgentConfiguration agent =
      ToDomain(request.agent(), "agent", &findings);
  if (!findings.empty()) {
    return FieldError(absl::StatusCode::kInvalidArgument, findings[0].path,
                      findings[0].message);
  }
  AgentChange change;
  for (int i = 0; i < request.fields_size(); ++i) {
    const std::string& field = request.fields(i);
    if (field == "grade") {
      if (request.agent().grade() == v1::AGENT_GRADE_UNSPECIFIED) {
        return FieldError(absl::StatusCode::kInvalidArgument, "agent.grade",
                          "is not given, and fields names it");
      }
      change.grade = agent.grade;
    } else if (field == "skills") {
      change.skills = agent.skills;
    } else if (field == "certifications") {
      change.certifications = agent.certifications;
    } else if (field == "languages") {
      change.languages = agent.languages;
    } else {
      return FieldError(absl::StatusCode::kInvalidArgument,
                        absl::StrCat("fields[", i, "]"),
                        absl::StrCat(Quoted(field),
                                     " is not a field that is changed; use "
                                     "grade, skills, certifications or "
                                     "languages"));
    }
  }
  if (request.fields().empty()) {
    return FieldError(absl::StatusCode::kInvalidArgument, "fields",
                      "is empty; name what of the agent is to be replaced");
  }
  return change;
}

v1::Configuration ToProto(const Configuration& configuration) {
  v1::Configuration result;
  result.set_name(configuration.name);
  for (const Skill& skill : configuration.skills) {
    SetSkill(skill, result.add_skills());
  }
  for (const RoutingProfile& profile : configuration.routing_profiles) {
    SetProfile(profile, result.add_routing_profiles());
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
  if (configuration.contact_choice != ContactChoice::kAged) {
    result.set_contact_choice(
        OneLater<v1::ContactChoice>(configuration.contact_choice));
  }
  for (const CustomerSegment& segment : configuration.segments) {
    v1::CustomerSegment* added = result.add_segments();
    added->set_name(segment.name);
    added->set_credit_ms(segment.credit_ms);
  }
  for (const BullseyePlan& plan : configuration.bullseye_plans) {
    SetPlan(plan, result.add_bullseye_plans());
  }
  for (const Reserve& reserve : configuration.reserves) {
    v1::Reserve* added = result.add_reserves();
    added->set_name(reserve.name);
    added->set_queue(reserve.queue);
    added->set_channel(OneLater<v1::Channel>(reserve.channel));
    added->set_keep(reserve.keep);
    added->set_resume(reserve.resume);
    SetChannels(reserve.holds_back, added, &v1::Reserve::add_holds_back);
  }
  return result;
}

}  // namespace relais::server
