// relaisctl: the operator's command line. One function per command.

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/util/json_util.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "relais/v1/admin_service.grpc.pb.h"
#include "relais/v1/agent_service.grpc.pb.h"
#include "relais/v1/contact_service.grpc.pb.h"
#include "relais/v1/error.pb.h"
#include "relais/v1/supervision_service.grpc.pb.h"
#include "server/command_line.h"
#include "server/config_file.h"
#include "server/decision_text.h"
#include "server/nearest.h"
#include "server/relaisctl_check.h"
#include "server/relaisctl_journal.h"
#include "server/relaisctl_text.h"
#include "server/relaisctl_values.h"
#include "server/table.h"
#include "server/yaml_message.h"

ABSL_FLAG(std::string, server, "", "address of relaisd");
ABSL_FLAG(bool, json, false, "print JSON");
ABSL_FLAG(double, timeout, 10, "seconds to wait for an answer");
ABSL_FLAG(std::uint64_t, from, 0, "first event number; 0: see --help");
ABSL_FLAG(std::uint64_t, count, 0, "stop after that many; 0: never");
ABSL_FLAG(std::string, queue, "", "queue of the contact");
ABSL_FLAG(std::vector<std::string>, queues, {}, "to pull from");
ABSL_FLAG(std::string, channel, "voice", "channel of the contact");
ABSL_FLAG(std::int32_t, priority, 0, "priority of the contact");
ABSL_FLAG(std::string, segment, "", "customer segment of the contact");
ABSL_FLAG(std::vector<std::string>, skills, {}, "name:level, ...");
ABSL_FLAG(std::string, grade, "", "grade of the agent");
ABSL_FLAG(std::vector<std::string>, certifications, {}, "of the agent");
ABSL_FLAG(std::vector<std::string>, languages, {}, "of the agent");
ABSL_FLAG(std::string, requirement, "", "what the contact asks for, as YAML");
ABSL_FLAG(bool, tutor_may_listen, false, "skills in training count");
ABSL_FLAG(std::vector<std::string>, attributes, {}, "key=value, ...");
ABSL_FLAG(std::vector<std::string>, preferred, {}, "agents, in order");
ABSL_FLAG(std::string, source, "", "why these agents");
ABSL_FLAG(std::string, reply_by, "", "in the agent's box until then");
ABSL_FLAG(std::string, back_at, "", "when the agent will be back");
ABSL_FLAG(std::string, reason, "", "abandoned (default) or cancelled");

namespace relais::server {
namespace {

using Arguments = std::vector<std::string>;
using google::protobuf::Message;

constexpr char kDefaultServer[] = "127.0.0.1:7400";
// Events come as they happen; everything else has a deadline.
constexpr double kTimeoutSecondsMax = 24 * 3600;
constexpr int kMessageBytesMax = 64 * 1024 * 1024;

int Misused(const std::string& message) {
  std::cerr << "relaisctl: " << message << "\n";
  return kExitUsage;
}

std::string ServerAddress() {
  std::string given = absl::GetFlag(FLAGS_server);
  if (!given.empty()) return given;
  // Nobody writes the environment.
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* environment = std::getenv("RELAIS_SERVER");
  return environment != nullptr && *environment != '\0' ? environment
                                                        : kDefaultServer;
}

// What is wrong with the flags that every command has; empty: nothing.
std::string ProblemOfFlags() {
  const double timeout = absl::GetFlag(FLAGS_timeout);
  if (!(timeout > 0 && timeout <= kTimeoutSecondsMax)) {
    return absl::StrCat("--timeout: ", timeout, " is not above 0 and at most ",
                        kTimeoutSecondsMax);
  }
  const auto address = ParseListenAddress(ServerAddress());
  const char* source =
      absl::GetFlag(FLAGS_server).empty() ? "RELAIS_SERVER: " : "--server: ";
  if (!address.ok()) return absl::StrCat(source, address.status().message());
  if (address->port == 0) {
    return absl::StrCat(source, "nothing can listen on port 0");
  }
  return "";
}

std::shared_ptr<grpc::Channel> Channel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  return grpc::CreateCustomChannel(
      ServerAddress(), grpc::InsecureChannelCredentials(), arguments);
}

void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::milliseconds(static_cast<std::int64_t>(
                            absl::GetFlag(FLAGS_timeout) * 1000)));
}

// Says what went wrong, with the findings that came along.
int Failed(const grpc::Status& status) {
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  std::cerr << "relaisctl: ";
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    std::cerr << "no answer from " << ServerAddress() << ": ";
  }
  std::cerr << absl::StatusCodeToString(code) << ": " << status.error_message()
            << "\n";
  v1::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& detail : details.details()) {
      v1::Findings findings;
      if (!detail.UnpackTo(&findings)) continue;
      for (const v1::Finding& finding : findings.findings()) {
        std::cerr << "  "
                  << EnumValueShortName(*v1::Severity_descriptor(),
                                        finding.severity())
                  << ": " << finding.path() << ": " << finding.message()
                  << "\n";
      }
    }
  }
  return code == absl::StatusCode::kInvalidArgument ? kExitUsage : kExitFailed;
}

void PrintJson(const Message& message, bool one_line) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = !one_line;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = !one_line;
  std::string text;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) {
    std::cerr << "relaisctl: " << status.ToString() << "\n";
    return;
  }
  std::cout << text << (one_line ? "\n" : "") << std::flush;
}

// Calls, and prints the answer as JSON or through `print`.
template <typename Stub, typename Request, typename Response>
int Call(Stub* stub,
         grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                      Response*),
         const Request& request,
         const std::function<void(const Response&)>& print) {
  grpc::ClientContext context;
  SetDeadline(&context);
  Response response;
  const grpc::Status status = (stub->*method)(&context, request, &response);
  if (!status.ok()) return Failed(status);
  if (absl::GetFlag(FLAGS_json)) {
    PrintJson(response, /*one_line=*/false);
  } else {
    print(response);
  }
  return kExitDone;
}

// --- config ------------------------------------------------------------------

int ConfigApply(const Arguments& arguments) {
  const std::string& name = arguments[0];
  const ConfigFile file = ReadConfigFile(name, LargestLimits());
  std::cerr << file.Describe(name);
  if (file.HasErrors()) return kExitUsage;
  auto stub = v1::AdminService::NewStub(Channel());
  v1::ApplyConfigurationRequest request;
  *request.mutable_configuration() = file.message;
  return Call<v1::AdminService::Stub, v1::ApplyConfigurationRequest,
              v1::ApplyConfigurationResponse>(
      stub.get(), &v1::AdminService::Stub::ApplyConfiguration, request,
      [](const v1::ApplyConfigurationResponse& response) {
        std::cout << "applied: configuration version "
                  << response.configuration_version() << "\n";
      });
}

int ConfigShow(const Arguments&) {
  auto stub = v1::AdminService::NewStub(Channel());
  return Call<v1::AdminService::Stub, v1::GetConfigurationRequest,
              v1::GetConfigurationResponse>(
      stub.get(), &v1::AdminService::Stub::GetConfiguration, {},
      [](const v1::GetConfigurationResponse& response) {
        std::cout << "# configuration version "
                  << response.configuration_version() << "\n"
                  << ToYaml(response.configuration());
      });
}

// --- what is going on
// ---------------------------------------------------------

int Queues(const Arguments&) {
  auto stub = v1::SupervisionService::NewStub(Channel());
  return Call<v1::SupervisionService::Stub, v1::ListQueuesRequest,
              v1::ListQueuesResponse>(
      stub.get(), &v1::SupervisionService::Stub::ListQueues, {}, PrintQueues);
}

int Agents(const Arguments&) {
  auto stub = v1::SupervisionService::NewStub(Channel());
  return Call<v1::SupervisionService::Stub, v1::ListAgentsRequest,
              v1::ListAgentsResponse>(
      stub.get(), &v1::SupervisionService::Stub::ListAgents, {}, PrintAgents);
}

int ExplainContact(const Arguments& arguments) {
  auto stub = v1::SupervisionService::NewStub(Channel());
  v1::ExplainContactRequest request;
  request.set_contact_id(arguments[0]);
  return Call<v1::SupervisionService::Stub, v1::ExplainContactRequest,
              v1::ExplainContactResponse>(
      stub.get(), &v1::SupervisionService::Stub::ExplainContact, request,
      PrintExplanation);
}

int ExplainAgent(const Arguments& arguments) {
  auto stub = v1::SupervisionService::NewStub(Channel());
  v1::ExplainAgentRequest request;
  request.set_agent_id(arguments[0]);
  return Call<v1::SupervisionService::Stub, v1::ExplainAgentRequest,
              v1::ExplainAgentResponse>(
      stub.get(), &v1::SupervisionService::Stub::ExplainAgent, request,
      PrintAgentExplanation);
}

int Decision(const Arguments& arguments) {
  v1::GetDecisionRequest request;
  request.set_contact_id(arguments[0]);
  std::uint64_t attempt = 0;
  if (arguments.size() > 1) {
    if (!absl::SimpleAtoi(arguments[1], &attempt) || attempt == 0) {
      return Misused(absl::StrCat("ATTEMPT: '", arguments[1],
                                  "' is not a number above 0"));
    }
  }
  request.set_attempt(attempt);
  auto stub = v1::SupervisionService::NewStub(Channel());
  return Call<v1::SupervisionService::Stub, v1::GetDecisionRequest,
              v1::GetDecisionResponse>(
      stub.get(), &v1::SupervisionService::Stub::GetDecision, request,
      [](const v1::GetDecisionResponse& response) {
        std::cout << DecisionText(response.decision());
      });
}

int Decisions(const Arguments&) {
  v1::ListDecisionsRequest request;
  const std::uint64_t count = absl::GetFlag(FLAGS_count);
  if (count > std::numeric_limits<std::uint32_t>::max()) {
    return Misused(absl::StrCat("--count: ", count, " is too large"));
  }
  request.set_decisions_max(static_cast<std::uint32_t>(count));
  auto stub = v1::SupervisionService::NewStub(Channel());
  return Call<v1::SupervisionService::Stub, v1::ListDecisionsRequest,
              v1::ListDecisionsResponse>(
      stub.get(), &v1::SupervisionService::Stub::ListDecisions, request,
      [](const v1::ListDecisionsResponse& response) {
        std::cout << DecisionsText(response);
      });
}

int Info(const Arguments&) {
  auto stub = v1::SupervisionService::NewStub(Channel());
  return Call<v1::SupervisionService::Stub, v1::GetServerInfoRequest,
              v1::GetServerInfoResponse>(
      stub.get(), &v1::SupervisionService::Stub::GetServerInfo, {}, PrintInfo);
}

int Events(const Arguments&) {
  auto stub = v1::ContactService::NewStub(Channel());
  grpc::ClientContext context;
  v1::WatchEventsRequest request;
  request.set_from_sequence(absl::GetFlag(FLAGS_from));
  const std::uint64_t wanted = absl::GetFlag(FLAGS_count);
  std::uint64_t shown = 0;
  auto reader = stub->WatchEvents(&context, request);
  v1::WatchEventsResponse response;
  while (reader->Read(&response)) {
    for (const v1::Event& event : response.events()) {
      PrintJson(event, /*one_line=*/true);
      if (++shown == wanted) {
        context.TryCancel();
        return kExitDone;
      }
    }
  }
  return Failed(reader->Finish());
}

// --- contacts and agents
// ------------------------------------------------------

int ContactGet(const Arguments& arguments) {
  auto stub = v1::ContactService::NewStub(Channel());
  v1::GetContactRequest request;
  request.set_contact_id(arguments[0]);
  return Call<v1::ContactService::Stub, v1::GetContactRequest,
              v1::GetContactResponse>(
      stub.get(), &v1::ContactService::Stub::GetContact, request, PrintContact);
}

int ContactSubmit(const Arguments& arguments) {
  if (absl::GetFlag(FLAGS_queue).empty()) {
    return Misused("--queue is missing: a contact waits in a queue");
  }
  v1::SubmitContactRequest request;
  v1::Contact* contact = request.mutable_contact();
  contact->set_id(arguments[0]);
  contact->set_queue(absl::GetFlag(FLAGS_queue));
  contact->set_priority(absl::GetFlag(FLAGS_priority));
  contact->set_segment(absl::GetFlag(FLAGS_segment));
  int channel = 0;
  std::string problem;
  if (!ParseEnum("--channel", absl::GetFlag(FLAGS_channel),
                 *v1::Channel_descriptor(), &channel, &problem)) {
    return Misused(problem);
  }
  contact->set_channel(static_cast<v1::Channel>(channel));
  problem =
      ReadPreferred(absl::GetFlag(FLAGS_preferred), absl::GetFlag(FLAGS_source),
                    absl::GetFlag(FLAGS_reply_by), contact);
  if (problem.empty() && !absl::GetFlag(FLAGS_requirement).empty()) {
    problem = ReadRequirement(absl::GetFlag(FLAGS_requirement),
                              contact->mutable_requirement());
  }
  if (problem.empty() && !absl::GetFlag(FLAGS_skills).empty()) {
    problem =
        ReadSkills(absl::GetFlag(FLAGS_skills), contact->mutable_requirement());
  }
  contact->set_tutor_may_listen(absl::GetFlag(FLAGS_tutor_may_listen));
  if (problem.empty())
    problem = ReadAttributes(absl::GetFlag(FLAGS_attributes), contact);
  if (!problem.empty()) return Misused(problem);
  auto stub = v1::ContactService::NewStub(Channel());
  return Call<v1::ContactService::Stub, v1::SubmitContactRequest,
              v1::SubmitContactResponse>(
      stub.get(), &v1::ContactService::Stub::SubmitContact, request,
      [](const v1::SubmitContactResponse& response) {
        std::cout << (response.repeated()  ? "submitted before"
                      : response.at_once() ? "submitted; an agent was found"
                                           : "submitted; it waits")
                  << " (event " << response.event_sequence() << ")\n";
      });
}

int ContactCancel(const Arguments& arguments) {
  v1::CancelContactRequest request;
  request.set_contact_id(arguments[0]);
  int reason = v1::END_REASON_ABANDONED;
  std::string problem;
  const std::string given = absl::GetFlag(FLAGS_reason);
  if (!given.empty() &&
      !ParseEnum("--reason", given, *v1::EndReason_descriptor(), &reason,
                 &problem,
                 {v1::END_REASON_ABANDONED, v1::END_REASON_CANCELLED})) {
    return Misused(problem);
  }
  request.set_reason(static_cast<v1::EndReason>(reason));
  auto stub = v1::ContactService::NewStub(Channel());
  return Call<v1::ContactService::Stub, v1::CancelContactRequest,
              v1::CancelContactResponse>(
      stub.get(), &v1::ContactService::Stub::CancelContact, request,
      [](const v1::CancelContactResponse& response) {
        std::cout << "ended (event " << response.event_sequence() << ")\n";
      });
}

int ContactComplete(const Arguments& arguments) {
  if (!absl::GetFlag(FLAGS_reason).empty()) {
    return Misused(
        "--reason goes with contact cancel; a contact in handling "
        "is completed");
  }
  v1::CompleteContactRequest request;
  request.set_contact_id(arguments[0]);
  auto stub = v1::ContactService::NewStub(Channel());
  return Call<v1::ContactService::Stub, v1::CompleteContactRequest,
              v1::CompleteContactResponse>(
      stub.get(), &v1::ContactService::Stub::CompleteContact, request,
      [](const v1::CompleteContactResponse& response) {
        std::cout << "ended (event " << response.event_sequence() << ")\n";
      });
}

int SetPresence(const Arguments& arguments) {
  v1::SetPresenceRequest request;
  request.set_agent_id(arguments[0]);
  const std::string problem =
      ReadPresence(arguments[1], arguments.size() > 2 ? arguments[2] : "",
                   absl::GetFlag(FLAGS_back_at), request.mutable_presence());
  if (!problem.empty()) return Misused(problem);
  auto stub = v1::AgentService::NewStub(Channel());
  return Call<v1::AgentService::Stub, v1::SetPresenceRequest,
              v1::SetPresenceResponse>(
      stub.get(), &v1::AgentService::Stub::SetPresence, request,
      [](const v1::SetPresenceResponse& response) {
        std::cout << "done (event " << response.event_sequence() << ")\n";
      });
}

int AgentPull(const Arguments& arguments) {
  v1::PullRequest request;
  request.set_agent_id(arguments[0]);
  for (const std::string& queue : absl::GetFlag(FLAGS_queues)) {
    request.add_queues(queue);
  }
  if (arguments.size() > 1) request.set_contact_id(arguments[1]);
  if (request.queues().empty() == request.contact_id().empty()) {
    return Misused("agent pull: name a contact, or queues with --queues");
  }
  auto stub = v1::AgentService::NewStub(Channel());
  return Call<v1::AgentService::Stub, v1::PullRequest, v1::PullResponse>(
      stub.get(), &v1::AgentService::Stub::Pull, request,
      [](const v1::PullResponse& response) {
        std::cout << (response.repeated() ? "pulled before: " : "pulled: ")
                  << response.contact_id() << ", attempt " << response.attempt()
                  << " (event " << response.event_sequence() << ")\n";
      });
}

// "-" stands for none at all.
bool IsNone(const std::vector<std::string>& list) {
  return list.size() == 1 && list[0] == "-";
}

int ChangeAgent(const Arguments& arguments) {
  v1::ChangeAgentRequest request;
  v1::AgentConfiguration* agent = request.mutable_agent();
  agent->set_id(arguments[0]);
  std::string problem;
  if (const std::string grade = absl::GetFlag(FLAGS_grade); !grade.empty()) {
    int value = 0;
    if (!ParseEnum("--grade", grade, *v1::AgentGrade_descriptor(), &value,
                   &problem)) {
      return Misused(problem);
    }
    agent->set_grade(static_cast<v1::AgentGrade>(value));
    request.add_fields("grade");
  }
  if (const auto skills = absl::GetFlag(FLAGS_skills); !skills.empty()) {
    request.add_fields("skills");
    if (!IsNone(skills)) problem = ReadHeldSkills(skills, agent);
    if (!problem.empty()) return Misused(problem);
  }
  const auto names = [&request](const std::vector<std::string>& list,
                                const char* field, auto* to) {
    if (list.empty()) return;
    request.add_fields(field);
    if (!IsNone(list)) to->Add(list.begin(), list.end());
  };
  names(absl::GetFlag(FLAGS_certifications), "certifications",
        agent->mutable_certifications());
  names(absl::GetFlag(FLAGS_languages), "languages",
        agent->mutable_languages());
  if (request.fields().empty()) {
    return Misused(
        "agent change: nothing is changed; give --grade, --skills, "
        "--certifications or --languages");
  }
  auto stub = v1::AdminService::NewStub(Channel());
  return Call<v1::AdminService::Stub, v1::ChangeAgentRequest,
              v1::ChangeAgentResponse>(
      stub.get(), &v1::AdminService::Stub::ChangeAgent, request,
      [](const v1::ChangeAgentResponse& response) {
        std::cout << "changed: configuration version "
                  << response.configuration_version() << " (event "
                  << response.event_sequence() << ")\n";
      });
}

int Completion(const Arguments& arguments);

// --- commands
// -----------------------------------------------------------------

struct Command {
  std::string name;  // "config check"
  std::string arguments;
  std::size_t arguments_min;
  std::size_t arguments_max;
  int (*run)(const Arguments&);
};

const std::vector<Command>& Commands() {
  static const std::vector<Command> kCommands = {
      {"config check", "FILE", 1, 1, ConfigCheck},
      {"config apply", "FILE", 1, 1, ConfigApply},
      {"config show", "", 0, 0, ConfigShow},
      {"queues", "", 0, 0, Queues},
      {"agents", "", 0, 0, Agents},
      {"contact get", "ID", 1, 1, ContactGet},
      {"contact submit", "ID", 1, 1, ContactSubmit},
      {"contact cancel", "ID", 1, 1, ContactCancel},
      {"contact complete", "ID", 1, 1, ContactComplete},
      {"events", "", 0, 0, Events},
      {"presence", "AGENT STATE [REASON]", 2, 3, SetPresence},
      {"agent change", "AGENT", 1, 1, ChangeAgent},
      {"agent pull", "AGENT [CONTACT]", 1, 2, AgentPull},
      {"explain contact", "ID", 1, 1, ExplainContact},
      {"explain agent", "AGENT", 1, 1, ExplainAgent},
      {"decision", "ID [ATTEMPT]", 1, 2, Decision},
      {"decisions", "", 0, 0, Decisions},
      {"info", "", 0, 0, Info},
      {"journal inspect", "DIR", 1, 1, JournalInspect},
      {"journal verify", "DIR", 1, 1, JournalVerify},
      {"journal export", "DIR", 1, 1, JournalExport},
      {"completion", "bash", 1, 1, Completion},
  };
  return kCommands;
}

std::vector<std::string> CommandNames() {
  std::vector<std::string> names;
  for (const Command& command : Commands()) names.push_back(command.name);
  return names;
}

int Completion(const Arguments& arguments) {
  if (arguments[0] != "bash") {
    return Misused("completion: '" + arguments[0] +
                   "' is no shell known here; use bash");
  }
  std::cout << BashCompletion(CommandNames());
  return kExitDone;
}

int Run(Arguments arguments) {
  if (arguments.empty()) {
    return Misused("a command is missing; use one of " +
                   absl::StrJoin(CommandNames(), ", "));
  }
  const std::string one = arguments[0];
  const std::string two = arguments.size() > 1 ? one + " " + arguments[1] : one;
  for (const Command& command : Commands()) {
    const bool is_two = command.name == two && two != one;
    if (!is_two && command.name != one) continue;
    arguments.erase(arguments.begin(), arguments.begin() + (is_two ? 2 : 1));
    if (arguments.size() < command.arguments_min ||
        arguments.size() > command.arguments_max) {
      return Misused(absl::StrCat("usage: relaisctl ", command.name, " ",
                                  command.arguments));
    }
    const std::string problem = ProblemOfFlags();
    return problem.empty() ? command.run(arguments) : Misused(problem);
  }
  std::string suggestion = DidYouMean(two, CommandNames());
  if (suggestion.empty()) suggestion = DidYouMean(one, CommandNames());
  if (suggestion.empty()) {
    suggestion = "; use one of " + absl::StrJoin(CommandNames(), ", ");
  }
  return Misused("unknown command '" + two + "'" + suggestion);
}

}  // namespace
}  // namespace relais::server

int main(int argc, char** argv) {
  // What it would print (text that is not UTF-8) the answer says, too.
  google::protobuf::SetLogHandler(nullptr);
  return relais::server::Run(relais::server::ParseCommandLine(
      argc, argv, relais::server::kRelaisctlHelp));
}
