#include "tests/journal/describe.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/journal/bytes.h"

namespace relais::journal {
namespace {

std::string Describe(const Presence& presence) {
  std::string text = absl::StrCat(static_cast<int>(presence.state), "/",
                                  static_cast<int>(presence.reason));
  if (presence.back_at_ms != 0) {
    absl::StrAppend(&text, " back ", presence.back_at_ms);
  }
  return text;
}

// What version 1 had looks as it did then; the rest is shown where it is.
std::string Describe(const RequirementTerm& term);

std::string Describe(const std::vector<RequirementTerm>& terms) {
  std::string text;
  for (const RequirementTerm& term : terms) {
    absl::StrAppend(&text, Describe(term), ",");
  }
  return text;
}

std::string Describe(const RequirementTerm& term) {
  std::string text = absl::StrCat(term.skill, ">=", term.level_min);
  if (term.level_max != 10) absl::StrAppend(&text, "<=", term.level_max);
  const std::pair<const char*, const std::string*> names[] = {
      {"certification", &term.certification},
      {"language", &term.language},
      {"team", &term.team},
      {"site", &term.site}};
  for (const auto& [what, name] : names) {
    if (!name->empty()) absl::StrAppend(&text, " ", what, "=", *name);
  }
  if (term.provider) absl::StrAppend(&text, " provider");
  if (term.grades != 0) absl::StrAppend(&text, " grades=", term.grades);
  if (term.requirement != nullptr) {
    absl::StrAppend(&text, " (", Describe(term.requirement->all_of), "|",
                    Describe(term.requirement->any_of), "|",
                    Describe(term.requirement->none_of), ")");
  }
  return text;
}

std::string Describe(const RoutingRequirement& requirement) {
  std::string text = absl::StrCat("[", Describe(requirement.all_of));
  if (!requirement.any_of.empty()) {
    absl::StrAppend(&text, " any ", Describe(requirement.any_of));
  }
  if (!requirement.none_of.empty()) {
    absl::StrAppend(&text, " none ", Describe(requirement.none_of));
  }
  for (const PreferredTerm& preferred : requirement.preferred) {
    absl::StrAppend(&text, " ", preferred.weight, "*",
                    Describe(preferred.term));
  }
  return text + "]";
}

std::string Describe(const std::vector<std::string>& names,
                     const std::string& what) {
  std::string text;
  for (const std::string& name : names) {
    absl::StrAppend(&text, what, name);
  }
  return text;
}

// What format version 1 could tell is told as it was then.
std::string Describe(const RoutingProfile& profile) {
  std::string text = absl::StrCat(profile.name, " ", profile.channels);
  RoutingProfile one_contact{profile.name, profile.channels};
  one_contact.cost_units.fill(kCapacityUnitsMax);
  if (profile == one_contact) return text;
  absl::StrAppend(&text, " units=", profile.capacity_units,
                  " order=", static_cast<int>(profile.load_order), " costs=");
  for (const int cost : profile.cost_units) absl::StrAppend(&text, cost, ",");
  absl::StrAppend(&text, " most=");
  for (const int most : profile.contacts_max) absl::StrAppend(&text, most, ",");
  if (profile.may_interrupt != RoutingProfile{}.may_interrupt) {
    absl::StrAppend(&text, " interrupts=");
    for (const ChannelSet channels : profile.may_interrupt) {
      absl::StrAppend(&text, channels, ",");
    }
  }
  for (const QueueRank& rank : profile.queue_order) {
    absl::StrAppend(&text, Describe(rank.queues, " , "), " then");
  }
  return text;
}

// Likewise: one contact, which took all of its agent.
std::string Describe(const std::vector<HeldContact>& held) {
  const HeldContact first = held.empty() ? HeldContact() : held.front();
  std::string text =
      absl::StrCat(" wrap=", first.wrap_up_ends_ms,
                   " contact=", first.contact_id, " att=", first.attempt);
  if (held.empty() || (held.size() == 1 && first.units == kCapacityUnitsMax &&
                       first.channel == Channel::kVoice)) {
    return text;
  }
  for (const HeldContact& one : held) {
    absl::StrAppend(&text, " [", one.contact_id,
                    " ch=", static_cast<int>(one.channel),
                    " w=", static_cast<int>(one.state), " att=", one.attempt,
                    " units=", one.units, " wrap=", one.wrap_up_ends_ms,
                    one.interrupted ? " interrupted]" : "]");
  }
  return text;
}

std::string Describe(const ContactQueue& queue) {
  std::string text = absl::StrCat(
      queue.name, " channels=", queue.channels, Describe(queue.requirement),
      " fraction=", queue.service_level.answered_fraction,
      " threshold=", queue.service_level.threshold_ms,
      " offer=", queue.offer_timeout_ms, " wrap=", queue.wrap_up_ms,
      " retry=", queue.decline_retry_ms, " limit=", queue.wait_limit_ms,
      " lease=", queue.handling_lease_ms,
      " short=", queue.short_abandon_threshold_ms, " credits=");
  for (const DurationMs credit : queue.priority_credit_ms) {
    absl::StrAppend(&text, credit, ",");
  }
  if (!queue.activity.empty()) {
    absl::StrAppend(&text, " activity=", queue.activity);
  }
  if (queue.agent_choice != AgentChoice()) {
    absl::StrAppend(&text, " chosen=", static_cast<int>(queue.agent_choice.fit),
                    ":", static_cast<int>(queue.agent_choice.order));
  }
  if (!queue.plan.empty()) absl::StrAppend(&text, " plan=", queue.plan);
  if (queue.pull_only) absl::StrAppend(&text, " pull_only");
  if (queue.panel_max_share_percent != 0) {
    absl::StrAppend(&text, " panel=", queue.panel_max_share_percent);
  }
  if (queue.hold != HoldTimes()) {
    absl::StrAppend(&text, " hold=", queue.hold.idle_ms, ":",
                    queue.hold.handling_ms, ":", queue.hold.wrapping_up_ms, ":",
                    queue.hold.absent_until_ms);
  }
  return text;
}

std::string Describe(const BullseyePlan& plan) {
  std::string text =
      absl::StrCat(plan.name, " skip=", static_cast<int>(plan.skip_first_if));
  for (const BullseyeRing& ring : plan.rings) {
    absl::StrAppend(&text, " [", ring.widen_after_ms,
                    " all=", ring.lower_all_by, " provider=", ring.provider,
                    " anywhere=", ring.anywhere, " drain=", ring.drain,
                    " boost=", ring.raise_boost_ms,
                    " skip=", static_cast<int>(ring.skip_if));
    if (!ring.queue.empty()) absl::StrAppend(&text, " queue=", ring.queue);
    for (const SkillLowering& lowering : ring.lower) {
      absl::StrAppend(&text, " lower ", lowering.skill, " ", lowering.by, ":",
                      lowering.to);
    }
    absl::StrAppend(&text, Describe(ring.drop_skills, " drop "),
                    Describe(ring.teams, " team "),
                    Describe(ring.sites, " site "), "]");
  }
  for (const CurvePoint& point : plan.curve) {
    absl::StrAppend(&text, " ", point.share_percent, "%:", point.reduction);
  }
  return text;
}

std::string Describe(const AgentFigures& figures) {
  if (figures == AgentFigures{}) return "";
  std::string text = absl::StrCat(
      " contacts=", figures.contacts, " offered=", figures.offered, ":",
      figures.last_offered_ms, " since=", figures.occupied_since_ms,
      " occupied=", figures.occupied_ms, " piece=", figures.piece);
  for (const std::uint32_t pieces_ms : figures.pieces_ms) {
    absl::StrAppend(&text, ",", pieces_ms);
  }
  return text;
}

}  // namespace

WorkState WorkStateFrom(const std::vector<HeldContact>& held) {
  for (const WorkState state :
       {WorkState::kHandling, WorkState::kWrapUp, WorkState::kReserved}) {
    for (const HeldContact& one : held) {
      if (one.state == state) return state;
    }
  }
  return WorkState::kIdle;
}

std::string Describe(const Event& event) {
  std::string text = absl::StrCat(
      event.sequence, " ", static_cast<int>(event.type), " at=", event.at_ms,
      " cfg=", event.configuration_version,
      " contact=", Text(event.contact_id.view()), " v=", event.contact_version,
      " s=", static_cast<int>(event.contact_state),
      " end=", static_cast<int>(event.end_reason),
      " q=", Text(event.queue.view()), " ch=", static_cast<int>(event.channel),
      " p=", event.priority, " arr=", event.arrival_ms,
      " key=", event.rank_key_ms, " as=", event.arrival_sequence);
  absl::StrAppend(
      &text, " agent=", Text(event.agent_id.view()), " v=", event.agent_version,
      " pres=", Describe(event.presence), " pend=", event.presence_pending, ":",
      Describe(event.pending), " w=", static_cast<int>(event.work_state),
      " na=", event.no_answer_channels, " idle=", event.idle_since_ms,
      " before=", event.idle_before_pause_ms);
  absl::StrAppend(
      &text, " att=", event.attempt, " exp=", event.offer_expires_ms,
      " dec=", event.decline_until_ms, " wrap=", event.wrap_up_ends_ms,
      " lane=", event.lane, " rc=", event.requirement_class,
      " pc=", event.profile_class, " fit=", event.fit_step,
      " began=", event.began_after_sequence, " once=", event.at_once);
  if (event.units != 0) absl::StrAppend(&text, " units=", event.units);
  if (event.ring != 0) absl::StrAppend(&text, " ring=", event.ring);
  if (event.pulled) absl::StrAppend(&text, " pulled");
  if (!event.held_for.empty() || event.held_until_ms != 0) {
    absl::StrAppend(&text, " held=", Text(event.held_for.view()), ":",
                    event.held_until_ms);
  }
  if (event.over_share) absl::StrAppend(&text, " over share");
  if (!event.tutor_id.empty()) {
    absl::StrAppend(&text, " tutor=", Text(event.tutor_id.view()));
  }
  return text;
}

std::string Describe(const ContactDetail& detail) {
  std::string text = absl::StrCat(
      detail.spec.id, " q=", detail.spec.queue,
      " ch=", static_cast<int>(detail.spec.channel),
      " p=", detail.spec.priority, Describe(detail.spec.requirement), " {",
      Describe(detail.queue), "} fp=", detail.fingerprint[0], ":",
      detail.fingerprint[1], " key=", detail.rank_key_ms,
      " as=", detail.arrival_sequence);
  for (const auto& [key, value] : detail.spec.attributes) {
    absl::StrAppend(&text, " ", key, "=", value);
  }
  if (detail.spec.tutor_may_listen) absl::StrAppend(&text, " tutor may listen");
  if (!detail.spec.segment.empty()) {
    absl::StrAppend(&text, " segment=", detail.spec.segment);
  }
  if (detail.ranked) absl::StrAppend(&text, " ranked");
  if (!detail.spec.preferred.empty()) {
    absl::StrAppend(&text, Describe(detail.spec.preferred.agents, " prefers "),
                    " ", static_cast<int>(detail.spec.preferred.source), " ",
                    detail.spec.preferred.reply_by_ms);
  }
  if (!detail.plan.name.empty()) {
    absl::StrAppend(&text, " ring=", static_cast<int>(detail.ring), " plan ",
                    Describe(detail.plan));
    for (const ContactQueue& queue : detail.ring_queues) {
      absl::StrAppend(&text, " of ", Describe(queue));
    }
  }
  return text;
}

std::string Describe(const AgentConfiguration& agent) {
  std::string text = absl::StrCat(agent.id, " ", static_cast<int>(agent.grade),
                                  " ", agent.routing_profile);
  for (const AgentSkill& skill : agent.skills) {
    absl::StrAppend(&text, " ", skill.skill, ":", skill.level);
    if (skill.in_training) absl::StrAppend(&text, " in training");
    if (!skill.tutor.empty()) absl::StrAppend(&text, " by ", skill.tutor);
  }
  absl::StrAppend(&text, Describe(agent.certifications, " certification "),
                  Describe(agent.languages, " language "));
  if (!agent.team.empty()) absl::StrAppend(&text, " team ", agent.team);
  if (!agent.site.empty()) absl::StrAppend(&text, " site ", agent.site);
  return text;
}

std::string Describe(const Configuration& configuration) {
  std::string text = configuration.name;
  for (const Skill& skill : configuration.skills) {
    absl::StrAppend(&text, "\nskill ", skill.name, " ", skill.description);
    for (const ImpliedSkill& implied : skill.implies) {
      absl::StrAppend(&text, " -> ", implied.skill, "<=", implied.level_max);
    }
  }
  for (const RoutingProfile& profile : configuration.routing_profiles) {
    absl::StrAppend(&text, "\nprofile ", Describe(profile));
  }
  for (const AgentConfiguration& agent : configuration.agents) {
    absl::StrAppend(&text, "\nagent ", Describe(agent));
  }
  for (const ContactQueue& queue : configuration.queues) {
    absl::StrAppend(&text, "\nqueue ", Describe(queue));
  }
  absl::StrAppend(&text,
                  Describe(configuration.certifications, "\ncertification "),
                  Describe(configuration.languages, "\nlanguage "));
  for (const Site& site : configuration.sites) {
    absl::StrAppend(&text, "\nsite ", site.name, " ", site.provider);
  }
  for (const Team& team : configuration.teams) {
    absl::StrAppend(&text, "\nteam ", team.name, " ", team.site);
  }
  for (const GradePolicy& policy : configuration.grades) {
    absl::StrAppend(&text, "\ngrade ", static_cast<int>(policy.grade), " ",
                    policy.default_level);
  }
  for (const Activity& activity : configuration.activities) {
    absl::StrAppend(&text, "\nactivity ", activity.name, " ", activity.channels,
                    Describe(activity.requirement));
  }
  if (configuration.contact_choice != ContactChoice::kAged) {
    absl::StrAppend(&text, "\nchoice ",
                    static_cast<int>(configuration.contact_choice));
  }
  for (const CustomerSegment& segment : configuration.segments) {
    absl::StrAppend(&text, "\nsegment ", segment.name, " ", segment.credit_ms);
  }
  for (const BullseyePlan& plan : configuration.bullseye_plans) {
    absl::StrAppend(&text, "\nplan ", Describe(plan));
  }
  for (const Reserve& reserve : configuration.reserves) {
    absl::StrAppend(&text, "\nreserve ", reserve.name, " ", reserve.queue, " ",
                    static_cast<int>(reserve.channel), " ", reserve.keep, " ",
                    reserve.resume, " ", reserve.holds_back);
  }
  return text;
}

std::string Describe(const NumberedEvent& event) {
  std::string text = Describe(event.event);
  if (event.detail.contact != nullptr) {
    absl::StrAppend(&text, " detail ", Describe(*event.detail.contact));
  }
  if (event.detail.configuration != nullptr) {
    absl::StrAppend(&text, " configuration ",
                    Describe(*event.detail.configuration));
  }
  if (event.detail.agent != nullptr) {
    absl::StrAppend(&text, " changed ", Describe(*event.detail.agent));
  }
  return text;
}

std::string Describe(const LiveState& state) {
  std::string text = absl::StrCat(
      "seq=", state.last_sequence, " at=", state.last_at_ms,
      " as=", state.arrival_sequence, " cfg=", state.configuration_version, " ",
      state.configuration ? Describe(*state.configuration) : "none");
  if (state.applied_configuration_version != state.configuration_version) {
    absl::StrAppend(&text, "\napplied ", state.applied_configuration_version);
  }
  for (const auto& [id, c] : state.contacts) {
    absl::StrAppend(&text, "\ncontact ", id, " ", Describe(*c.detail),
                    " arr=", c.arrival_ms, " v=", c.version,
                    " s=", static_cast<int>(c.state), " once=", c.at_once,
                    " placed=", c.placed, " key=", c.rank_key_ms,
                    " as=", c.arrival_sequence, " agent=", c.agent_id);
    absl::StrAppend(&text, " att=", c.attempt, " fit=", c.fit_step,
                    " idle=", c.idle_since_ms, " exp=", c.offer_expires_ms,
                    " acc=", c.accepted_ms);
    if (!c.tutor_id.empty()) absl::StrAppend(&text, " tutor=", c.tutor_id);
    if (c.ring != 0) absl::StrAppend(&text, " ring=", c.ring);
    if (!c.held_for.empty()) {
      absl::StrAppend(&text, " held=", c.held_for, ":", c.held_since_ms, ":",
                      c.held_until_ms);
    }
    if (c.over_share) absl::StrAppend(&text, " over share");
    for (const LiveDecline& decline : c.declines) {
      absl::StrAppend(&text, " declined ", decline.agent_id, ":",
                      decline.until_ms);
    }
  }
  for (const auto& [id, a] : state.agents) {
    absl::StrAppend(
        &text, "\nagent ", id, " v=", a.version, " ", Describe(a.presence),
        " pend=", a.presence_pending, ":", Describe(a.pending),
        " w=", static_cast<int>(WorkStateFrom(a.held)),
        " na=", a.no_answer_channels, " idle=", a.idle_since_ms,
        " before=", a.idle_before_pause_ms, Describe(a.held),
        " under=", a.presence_configuration_version, Describe(a.figures));
    if (a.panel != PanelChoices{}) {
      absl::StrAppend(&text, " panel=", a.panel.piece);
      for (const std::uint32_t count : a.panel.pieces) {
        absl::StrAppend(&text, ",", count);
      }
    }
    if (a.last_listed != nullptr) {
      absl::StrAppend(&text, " last listed: ", Describe(*a.last_listed));
    }
  }
  for (const auto& [name, q] : state.queues) {
    absl::StrAppend(&text, "\nqueue ", name, " ", q.offered_total, " ",
                    q.answered_total, " ", q.abandoned_total);
  }
  for (const EndedContact& e : state.ended) {
    absl::StrAppend(&text, "\nended ", e.id, " ", e.fingerprint[0], ":",
                    e.fingerprint[1], " ", e.queue, " ",
                    static_cast<int>(e.channel), " p=", e.priority,
                    " r=", static_cast<int>(e.end_reason), " v=", e.version,
                    " arr=", e.arrival_ms, " key=", e.rank_key_ms,
                    " at=", e.ended_ms, " once=", e.at_once);
  }
  return text;
}

}  // namespace relais::journal
