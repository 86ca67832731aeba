#include "server/relaisctl_text.h"

#include <algorithm>
#include <cstdint>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "relais/v1/configuration.pb.h"
#include "server/nearest.h"
#include "server/table.h"
#include "server/yaml_message.h"

namespace relais::server {

std::string Instant(std::int64_t milliseconds) {
  if (milliseconds == 0) return "-";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                          absl::FromUnixMillis(milliseconds),
                          absl::UTCTimeZone());
}

namespace {

std::string Seconds(std::int64_t milliseconds) {
  return absl::StrFormat("%.1f", static_cast<double>(milliseconds) / 1000);
}

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

template <typename Enum>
std::string Short(Enum value) {
  return EnumValueShortName(*google::protobuf::GetEnumDescriptor<Enum>(),
                            value);
}

std::string PresenceText(const v1::Presence& presence) {
  const std::string state = Short(presence.state());
  return presence.reason() == v1::NOT_READY_REASON_UNSPECIFIED
             ? state
             : absl::StrCat(state, " (", Short(presence.reason()), ")");
}

std::string HoldText(const v1::ContactSnapshot& contact) {
  const std::string until =
      contact.held_until_ms() == 0
          ? "its hold is over"
          : absl::StrCat("until ", Instant(contact.held_until_ms()));
  return absl::StrCat(contact.held_for(), ", ", until);
}

}  // namespace

const char kRelaisctlHelp[] =
    R"(relaisctl: operates a Relais contact router

usage: relaisctl [flags] COMMAND

  config check FILE          what is wrong with a configuration file
  config apply FILE          put it in force
  config show                the configuration in force, as such a file
  queues                     queues now
  agents                     agents now
  contact get ID             one contact
  contact submit ID          put a contact into a queue
      --queue NAME [--channel voice] [--priority 0..9] [--segment NAME]
      [--skills name:level,...] [--requirement '{any_of: [{team: red}]}']
      [--tutor-may-listen] [--attributes key=value,...]
      [--preferred AGENT,...] [--source portfolio|last|list|panel]
      [--reply-by 4h]        e-mail in the agent's own box, until then
  contact cancel ID          end a contact that nobody has accepted
      [--reason abandoned|cancelled]
  contact complete ID        end a contact in handling
  events                     events as JSON, one a line
      [--from N] [--count N]
                             --from 0 (the default): from the next event on;
                             --count 0 (the default): follow for ever
  presence AGENT STATE [REASON]
                             STATE: logged_out, available, not_ready
                             REASON: break, meal, training, meeting, other
      [--back-at 2026-03-02T14:00:00Z]
                             when it will be back; contacts may wait for it
  agent change AGENT         what a team lead changes; lists replace what is
                             there, "-" leaves none
      [--grade expert] [--skills name,name:level,name:level:tutor]
      [--certifications name,...] [--languages name,...]
  agent pull AGENT [CONTACT] the agent takes this contact, or the one that
      [--queues NAME,...]    stands first for it in these queues
  explain contact ID         why it waits: agent by agent what stands in the
                             way at this moment, the nearest first
  explain agent AGENT        why it is offered nothing
  decision ID [ATTEMPT]      why an agent was given the contact, the last time
                             or with that attempt: what was compared, and which
                             rule decided
  decisions [--count N]      the last decisions, the newest first (100)
  info                       the server
  journal inspect DIR        what a journal holds; no server is needed
      [--from N] [--count N]     instead: its records from that event on
  journal verify DIR         whether it is sound, and if not, what to do
  journal export DIR         its events, for a warehouse
      [--format json|csv] [--from N] [--to N] [--output FILE]
      [--with-attributes]        contacts' attributes, too: personal data
  completion bash            completion for bash

flags: --server HOST:PORT (or RELAIS_SERVER; 127.0.0.1:7400), --json,
       --timeout SECONDS (10), --help, --version

exit codes: 0 done, 1 refused or no answer, 2 wrong command line, value or file
)";

bool ParseEnum(std::string_view what, const std::string& text,
               const google::protobuf::EnumDescriptor& type, int* value,
               std::string* problem, const std::vector<int>& only) {
  std::vector<std::string> known;
  for (int i = 0; i < type.value_count(); ++i) {
    const int number = type.value(i)->number();
    if (number == 0) continue;
    if (!only.empty() &&
        std::find(only.begin(), only.end(), number) == only.end()) {
      continue;
    }
    known.push_back(EnumValueShortName(type, number));
    if (known.back() != text) continue;
    *value = number;
    return true;
  }
  *problem = absl::StrCat(std::string(what), ": unknown value '", text, "'",
                          DidYouMean(text, known),
                          " (known: ", absl::StrJoin(known, ", "), ")");
  return false;
}

void PrintQueues(const v1::ListQueuesResponse& response) {
  Table table({"queue", "waiting", "longest wait s", "reserved", "handling",
               "offered", "answered", "abandoned"});
  for (const v1::QueueSnapshot& queue : response.queues()) {
    const std::int64_t oldest = queue.oldest_arrival_ms();
    table.Add({queue.name(), absl::StrCat(queue.waiting()),
               oldest == 0 ? "0.0" : Seconds(response.now_ms() - oldest),
               absl::StrCat(queue.reserved()), absl::StrCat(queue.assigned()),
               absl::StrCat(queue.offered_total()),
               absl::StrCat(queue.answered_total()),
               absl::StrCat(queue.abandoned_total())});
  }
  std::cout << table.Text();
}

void PrintAgents(const v1::ListAgentsResponse& response) {
  Table table({"agent", "grade", "presence", "pending", "work", "contacts",
               "units", "closed channels", "panel"});
  for (const v1::AgentSnapshot& agent : response.agents()) {
    std::vector<std::string> contacts;
    int units = 0;
    for (const v1::HeldContact& held : agent.held()) {
      contacts.push_back(absl::StrCat(
          held.contact_id(), held.interrupted() ? " (interrupted)" : ""));
      units += held.units();
    }
    std::vector<std::string> closed;
    for (const int channel : agent.no_answer_channels()) {
      closed.push_back(Short(static_cast<v1::Channel>(channel)));
    }
    table.Add({agent.id(), Short(agent.grade()), PresenceText(agent.presence()),
               agent.has_pending() ? PresenceText(agent.pending()) : "-",
               Short(agent.work_state()), OrDash(absl::StrJoin(contacts, ",")),
               absl::StrCat(units), OrDash(absl::StrJoin(closed, ",")),
               agent.panel_choices() == 0
                   ? "-"
                   : absl::StrCat(agent.panel_choices(), " (",
                                  agent.panel_share_percent(), " %)")});
  }
  std::cout << table.Text();
}

namespace {

// "requirement: skill "cards" at level 5 or above, not held".
std::string WhyText(v1::PassedOver reason, const std::string& missing) {
  const std::string why =
      reason == v1::PASSED_OVER_NOT ? "free" : Short(reason);
  return missing.empty() ? why : absl::StrCat(why, ": ", missing);
}

// What the agent holds: "call (handling), mail (wrap_up until ...)".
std::string HeldText(const v1::AgentSnapshot& agent) {
  std::vector<std::string> held;
  for (const v1::HeldContact& one : agent.held()) {
    held.push_back(absl::StrCat(
        one.contact_id(), " (", Short(one.state()),
        one.wrap_up_ends_ms() == 0
            ? ""
            : absl::StrCat(" until ", Instant(one.wrap_up_ends_ms())),
        one.interrupted() ? ", interrupted" : "", ")"));
  }
  return OrDash(absl::StrJoin(held, ", "));
}

}  // namespace

void PrintExplanation(const v1::ExplainContactResponse& response) {
  const v1::ContactSnapshot& contact = response.contact();
  std::cout << "contact " << contact.contact().id() << " in queue "
            << contact.contact().queue() << ": " << Short(contact.state());
  if (!contact.agent_id().empty()) std::cout << ", " << contact.agent_id();
  if (contact.interrupted()) {
    std::cout << ", interrupted: goes on when nothing that may interrupt it "
                 "waits for that agent";
  }
  if (contact.state() == v1::CONTACT_STATE_WAITING) {
    std::cout << " for " << Seconds(response.at_ms() - contact.arrival_ms())
              << " s";
  }
  if (contact.over_share()) {
    std::cout << ", not held: the agent chosen had more than its share";
  }
  if (!contact.held_for().empty()) {
    std::cout << ", held for " << HoldText(contact) << " ("
              << Short(contact.contact().preferred().source()) << ")";
  }
  if (contact.ring() != 0 || contact.next_ring_ms() != 0) {
    std::cout << ", ring " << contact.ring();
  }
  if (contact.next_ring_ms() != 0) {
    std::cout << ", the next one " << Instant(contact.next_ring_ms());
  }
  std::cout << "\nas of " << Instant(response.at_ms())
            << ", not of a decision (that is: relaisctl decision "
            << contact.contact().id() << ")\n";
  std::uint64_t agents = 0;
  std::vector<std::string> counts;
  for (const v1::ReasonCount& count : response.agents_by_reason()) {
    agents += count.agents();
    counts.push_back(
        absl::StrCat(count.agents(), " ", WhyText(count.reason(), "")));
  }
  if (agents == 0) return;
  std::cout << "agents: " << absl::StrJoin(counts, ", ") << "\n\n";
  Table table({"agent", "why not", "fit", "ahead", "presence", "holds"});
  for (const v1::AgentVerdict& one : response.agents()) {
    std::string why = WhyText(one.reason(), one.missing());
    if (one.until_ms() != 0) {
      absl::StrAppend(&why, " until ", Instant(one.until_ms()));
    }
    if (one.ring() != 0) {
      absl::StrAppend(&why, "; ring ", one.ring(), " ", Instant(one.ring_ms()));
    }
    // 0 says something only of those who could be given it.
    const bool meets = one.reason() != v1::PASSED_OVER_CHANNEL &&
                       one.reason() != v1::PASSED_OVER_REQUIREMENT;
    const bool queued = meets && one.reason() != v1::PASSED_OVER_DECLINED &&
                        one.reason() != v1::PASSED_OVER_HELD &&
                        contact.state() == v1::CONTACT_STATE_WAITING;
    table.Add({one.agent().id(), why,
               meets ? absl::StrCat(one.fit_step()) : "-",
               queued ? absl::StrCat(one.ahead()) : "-",
               PresenceText(one.agent().presence()), HeldText(one.agent())});
  }
  std::cout << table.Text();
  const auto shown = static_cast<std::uint64_t>(response.agents_size());
  if (shown < agents) std::cout << "and " << agents - shown << " more\n";
}

void PrintAgentExplanation(const v1::ExplainAgentResponse& response) {
  std::cout << "agent " << response.agent().id() << ": "
            << PresenceText(response.agent().presence()) << ", "
            << Short(response.agent().work_state()) << ", holds "
            << HeldText(response.agent()) << "\nas of "
            << Instant(response.at_ms()) << ", not of a decision\n"
            << response.waiting() << " contacts wait\n";
  if (response.verdicts().empty()) return;
  std::cout << "\n";
  Table table(
      {"queue", "channel", "rank", "contacts", "longest wait s", "why not"});
  for (const v1::WaitingVerdict& one : response.verdicts()) {
    table.Add({one.queue(), Short(one.channel()),
               absl::StrCat(one.queue_rank()), absl::StrCat(one.contacts()),
               Seconds(response.at_ms() - one.oldest_arrival_ms()),
               WhyText(one.reason(), one.missing())});
  }
  std::cout << table.Text();
}

void PrintInfo(const v1::GetServerInfoResponse& response) {
  Table table({"server", ""});
  table.Add({"version", response.version()});
  table.Add({"clock", Instant(response.now_ms())});
  table.Add({"time scale", absl::StrCat(response.time_scale())});
  table.Add({"last event", absl::StrCat(response.last_sequence())});
  table.Add(
      {"oldest event kept", absl::StrCat(response.oldest_sequence_kept())});
  table.Add({"decisions", absl::StrCat(response.decisions_total())});
  table.Add({"offers not answered", absl::StrCat(response.rona_total())});
  table.Add({"ids forgotten", absl::StrCat(response.ids_forgotten_total())});
  std::cout << table.Text();
}

void PrintContact(const v1::GetContactResponse& response) {
  const v1::ContactSnapshot& contact = response.contact();
  Table table({"contact", contact.contact().id()});
  table.Add({"queue", contact.contact().queue()});
  table.Add({"channel", Short(contact.contact().channel())});
  table.Add({"priority", absl::StrCat(contact.contact().priority())});
  if (!contact.contact().segment().empty()) {
    table.Add({"segment", contact.contact().segment()});
  }
  table.Add({"state", Short(contact.state())});
  if (contact.end_reason() != v1::END_REASON_UNSPECIFIED) {
    table.Add({"end", Short(contact.end_reason())});
    table.Add({"ended", Instant(contact.ended_ms())});
  }
  table.Add({"arrived", Instant(contact.arrival_ms())});
  table.Add({"ring", absl::StrCat(contact.ring())});
  if (contact.next_ring_ms() != 0) {
    table.Add({"next ring", Instant(contact.next_ring_ms())});
  }
  if (!contact.contact().preferred().agents().empty()) {
    const v1::PreferredAgents& preferred = contact.contact().preferred();
    table.Add({"prefers", absl::StrCat(absl::StrJoin(preferred.agents(), ", "),
                                       " (", Short(preferred.source()), ")")});
  }
  if (!contact.held_for().empty()) {
    table.Add({"held for", HoldText(contact)});
  }
  if (contact.over_share()) {
    table.Add({"not held", "the agent had more than its share"});
  }
  table.Add({"agent", absl::StrCat(OrDash(contact.agent_id()),
                                   contact.interrupted()
                                       ? " (interrupted, goes on afterwards)"
                                       : "")});
  if (!contact.tutor_id().empty()) {
    table.Add({"tutor listens", contact.tutor_id()});
  }
  for (const auto& [key, value] : contact.contact().attributes()) {
    table.Add({"attribute " + key, value});
  }
  std::cout << table.Text();
}

std::string BashCompletion(const std::vector<std::string>& commands) {
  return absl::StrCat(R"(# bash completion for relaisctl
_relaisctl() {
  local commands=")",
                      absl::StrJoin(commands, "\n"), R"("
  local word="${COMP_WORDS[COMP_CWORD]}" before="" i
  local flags="--server --json --timeout --from --count --queue --channel
    --priority --segment --skills --grade --certifications --languages
    --requirement --tutor-may-listen --attributes --preferred --source
    --reply-by --back-at --reason --format --to --output
    --with-attributes --help --version"
  if [[ "${word}" == -* ]]; then
    COMPREPLY=($(compgen -W "${flags}" -- "${word}"))
    return
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ "${COMP_WORDS[i]}" == -* ]] || before+="${COMP_WORDS[i]} "
  done
  case "${COMP_WORDS[COMP_CWORD - 1]}" in
    --format) COMPREPLY=($(compgen -W "json csv" -- "${word}")); return ;;
    --output) COMPREPLY=($(compgen -f -- "${word}")); return ;;
  esac
  case "${before}" in
    "config check " | "config apply ") COMPREPLY=($(compgen -f -- "${word}")) ;;
    "journal inspect " | "journal verify " | "journal export ")
      COMPREPLY=($(compgen -d -- "${word}")) ;;
    "completion ") COMPREPLY=($(compgen -W "bash" -- "${word}")) ;;
    *)
      local rest
      rest=$(while read -r line; do
        [[ "${line} " == "${before}"* ]] &&
          read -r first _ <<<"${line:${#before}}" && echo "${first}"
      done <<<"${commands}")
      COMPREPLY=($(compgen -W "${rest}" -- "${word}"))
      ;;
  esac
}
complete -F _relaisctl relaisctl
complete -d -W "--to --against --partial --print-state --with-attributes
  --help --version" relais-replay
)");
}

}  // namespace relais::server
