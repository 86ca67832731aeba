#include "server/journal_text.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver.h"
#include "google/protobuf/util/type_resolver_util.h"
#include "lib/domain/ended_contact.h"
#include "relais/router.h"
#include "relais/v1/contact.pb.h"
#include "relais/v1/event.pb.h"
#include "server/convert.h"

namespace relais::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::JsonPrintOptions;

constexpr char kTypeUrl[] = "type.googleapis.com";
constexpr std::int64_t kProgressEveryMs = 200;

absl::StatusOr<std::string> ToJson(const Message& message,
                                   JsonPrintOptions options) {
  // Through bytes in a fixed order: a map's members come by rising key.
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  static google::protobuf::util::TypeResolver* const resolver =
      google::protobuf::util::NewTypeResolverForDescriptorPool(
          kTypeUrl, google::protobuf::DescriptorPool::generated_pool());
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::BinaryToJsonString(
      resolver,
      absl::StrCat(kTypeUrl, "/", message.GetDescriptor()->full_name()), bytes,
      &text, options);
  if (!status.ok()) {
    return absl::InternalError(
        absl::StrCat("cannot be written as JSON: ", status.ToString()));
  }
  return text;
}

// A column of the CSV: a field of relais.v1.Event. Its name is the path with
// '_' for '.'; an instant ("..._ms") is followed by the same in words.
struct Column {
  const char* path;
  bool instant = false;
};
// Their order is a promise (docs/journal.md): new ones are added at the end.
constexpr std::array kColumns = {
    Column{"sequence"},
    Column{"type"},
    Column{"at_ms", true},
    Column{"configuration_version"},
    Column{"contact.id"},
    Column{"contact.version"},
    Column{"contact.state"},
    Column{"contact.end_reason"},
    Column{"contact.queue"},
    Column{"contact.channel"},
    Column{"contact.priority"},
    Column{"contact.arrival_ms", true},
    Column{"contact.rank_key_ms"},
    Column{"contact.arrival_sequence"},
    Column{"agent.id"},
    Column{"agent.version"},
    Column{"agent.presence.state"},
    Column{"agent.presence.reason"},
    Column{"agent.pending.state"},
    Column{"agent.pending.reason"},
    Column{"agent.work_state"},
    Column{"agent.no_answer_channels"},
    Column{"agent.idle_since_ms", true},
    Column{"agent.wrap_up_ends_ms", true},
    Column{"reservation.attempt"},
    Column{"reservation.offer_expires_ms", true},
    Column{"reservation.decline_until_ms", true},
    Column{"reservation.lane"},
    Column{"reservation.requirement_class"},
    Column{"reservation.profile_class"},
    Column{"reservation.fit_step"},
    Column{"reservation.began_after_sequence"},
    Column{"reservation.at_once"},
    Column{"reservation.units"},
    Column{"reservation.tutor_id"},
    Column{"contact.ring"},
    Column{"reservation.pulled"},
    Column{"contact.held_for"},
    Column{"contact.held_until_ms", true},
    Column{"agent.presence.back_at_ms", true},
    Column{"contact.over_share"},
};

// A cell as RFC 4180 has it.
std::string Cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrJoin(absl::StrSplit(text, '"'), "\"\""),
                      "\"");
}

std::string FieldText(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  if (field->is_repeated()) {  // of an enumeration
    const int size = reflection->FieldSize(message, field);
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i) {
      names.push_back(reflection->GetRepeatedEnum(message, field, i)->name());
    }
    return absl::StrJoin(names, ";");
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection->GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection->GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection->GetUInt32(message, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection->GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->GetEnum(message, field)->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetString(message, field);
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return "";
}

// The text of what `path` leads to; empty if a message on the way is absent.
std::string TextAt(const Message& event, absl::string_view path) {
  const Message* message = &event;
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  for (std::size_t i = 0;; ++i) {
    const FieldDescriptor* field =
        message->GetDescriptor()->FindFieldByName(names[i]);
    if (i + 1 == names.size()) return FieldText(*message, field);
    const Reflection* reflection = message->GetReflection();
    if (!reflection->HasField(*message, field)) return "";
    message = &reflection->GetMessage(*message, field);
  }
}

std::string ColumnName(const Column& column) {
  return absl::StrJoin(absl::StrSplit(column.path, '.'), "_");
}

v1::ContactQueue QueueTerms(const ContactQueue& queue) {
  Configuration one;
  one.queues.push_back(queue);
  return ToProto(one).queues(0);
}

v1::BullseyePlan PlanTerms(const BullseyePlan& plan) {
  Configuration one;
  one.bullseye_plans.push_back(plan);
  return ToProto(one).bullseye_plans(0);
}

absl::Status ContactObject(const std::string& id, const LiveContact& contact,
                           bool with_attributes, JsonObject* object) {
  const ContactDetail& detail = *contact.detail;
  ContactView view;
  view.id = id;
  view.queue = detail.spec.queue;
  view.channel = detail.spec.channel;
  view.priority = detail.spec.priority;
  view.state = contact.state;
  view.version = contact.version;
  view.arrival_ms = contact.arrival_ms;
  view.rank_key_ms = contact.placed ? contact.rank_key_ms : detail.rank_key_ms;
  view.agent_id = contact.agent_id;
  view.attempt = contact.attempt;
  view.segment = detail.spec.segment;
  view.tutor_id = contact.tutor_id;
  view.ring = contact.ring;
  view.preferred = detail.spec.preferred;
  view.over_share = contact.over_share;
  if (contact.state == ContactState::kWaiting) {
    view.held_for = contact.held_for;
    view.held_until_ms = contact.held_until_ms;
  }
  view.requirement = detail.spec.requirement;
  view.tutor_may_listen = detail.spec.tutor_may_listen;
  if (with_attributes) view.attributes = detail.spec.attributes;
  absl::Status status = object->Merge(ToProto(view));
  if (!status.ok()) return status;
  std::vector<JsonObject> declines;
  for (const LiveDecline& decline : contact.declines) {
    declines.emplace_back();
    declines.back().Set("agent_id", decline.agent_id);
    declines.back().SetNumber("until_ms", decline.until_ms);
  }
  JsonObject terms;
  status = terms.Merge(QueueTerms(detail.queue));
  object->Set("record", "contact")
      .SetNumber("arrival_sequence", contact.placed ? contact.arrival_sequence
                                                    : detail.arrival_sequence)
      .SetBool("at_once", contact.at_once)
      .SetNumber("fit_step", std::int64_t{contact.fit_step})
      .SetNumber("idle_since_ms", contact.idle_since_ms)
      .SetNumber("offer_expires_ms", contact.offer_expires_ms)
      .SetNumber("accepted_ms", contact.accepted_ms)
      .SetObjects("declines", declines)
      .SetObject("queue_terms", terms);
  if (!detail.plan.name.empty()) {
    JsonObject plan;
    status.Update(plan.Merge(PlanTerms(detail.plan)));
    object->SetObject("plan", plan);
  }
  return status;
}

absl::Status AgentObject(const std::string& id, const LiveAgent& agent,
                         JsonObject* object) {
  AgentView view;
  view.id = id;
  view.presence = agent.presence;
  view.presence_pending = agent.presence_pending;
  view.pending = agent.pending;
  view.work_state = WorkStateOf(agent.held);
  view.no_answer_channels = agent.no_answer_channels;
  view.version = agent.version;
  view.idle_since_ms = agent.idle_since_ms;
  view.held = agent.held;
  view.figures = agent.figures;
  v1::AgentSnapshot snapshot = ToProto(view);
  snapshot.clear_grade();  // the configuration's, not the state's
  absl::Status status = object->Merge(snapshot);
  object->Set("record", "agent")
      .SetNumber("idle_before_pause_ms", agent.idle_before_pause_ms)
      .SetNumber("presence_configuration_version",
                 agent.presence_configuration_version);
  if (agent.last_listed != nullptr) {
    JsonObject listed;
    status.Update(listed.Merge(ToProto(*agent.last_listed)));
    object->SetObject("last_listed", listed);
  }
  return status;
}

absl::Status EndedObject(const EndedContact& ended, JsonObject* object) {
  absl::Status status = object->Merge(ToProto(ViewOf(ended)));
  object->Set("record", "ended").SetBool("at_once", ended.at_once);
  return status;
}

JsonObject QueueObject(const std::string& name, const LiveQueue& queue) {
  JsonObject object;
  object.Set("record", "queue")
      .Set("name", name)
      .SetNumber("offered_total", queue.offered_total)
      .SetNumber("answered_total", queue.answered_total)
      .SetNumber("abandoned_total", queue.abandoned_total);
  return object;
}

JsonObject StateObject(const LiveState& state, const std::string& fingerprint) {
  JsonObject object;
  object.Set("record", "state")
      .SetNumber("last_sequence", state.last_sequence)
      .SetNumber("last_at_ms", state.last_at_ms)
      .SetNumber("arrival_sequence", state.arrival_sequence)
      .SetNumber("configuration_version", state.configuration_version)
      .Set("fingerprint", fingerprint);
  return object;
}

}  // namespace

std::string UtcInstant(InstantMs instant_ms) {
  if (instant_ms == 0) return "";
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ",
                          absl::FromUnixMillis(instant_ms),
                          absl::UTCTimeZone());
}

absl::StatusOr<std::string> JsonLine(const Message& message,
                                     bool with_defaults) {
  JsonPrintOptions options;
  options.always_print_primitive_fields = with_defaults;
  return ToJson(message, options);
}

absl::StatusOr<std::string> JsonText(const Message& message) {
  JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.add_whitespace = true;
  return ToJson(message, options);
}

JsonObject& JsonObject::Set(const std::string& name, std::string_view text) {
  (*object_.mutable_fields())[name].set_string_value(std::string(text));
  return *this;
}

JsonObject& JsonObject::SetNumber(const std::string& name,
                                  std::uint64_t number) {
  return Set(name, absl::StrCat(number));
}

JsonObject& JsonObject::SetNumber(const std::string& name,
                                  std::int64_t number) {
  return Set(name, absl::StrCat(number));
}

JsonObject& JsonObject::SetBool(const std::string& name, bool value) {
  (*object_.mutable_fields())[name].set_bool_value(value);
  return *this;
}

JsonObject& JsonObject::SetTexts(const std::string& name,
                                 const std::vector<std::string>& texts) {
  auto* list = (*object_.mutable_fields())[name].mutable_list_value();
  for (const std::string& text : texts) {
    list->add_values()->set_string_value(text);
  }
  return *this;
}

JsonObject& JsonObject::SetObject(const std::string& name,
                                  const JsonObject& object) {
  *(*object_.mutable_fields())[name].mutable_struct_value() = object.object_;
  return *this;
}

JsonObject& JsonObject::SetObjects(const std::string& name,
                                   const std::vector<JsonObject>& objects) {
  auto* list = (*object_.mutable_fields())[name].mutable_list_value();
  for (const JsonObject& object : objects) {
    *list->add_values()->mutable_struct_value() = object.object_;
  }
  return *this;
}

absl::Status JsonObject::Merge(const Message& message) {
  const auto text = JsonLine(message, /*with_defaults=*/true);
  if (!text.ok()) return text.status();
  google::protobuf::Struct other;
  const auto status =
      google::protobuf::util::JsonStringToMessage(*text, &other);
  if (!status.ok()) return absl::InternalError(status.ToString());
  object_.MergeFrom(other);
  return absl::OkStatus();
}

absl::StatusOr<std::string> EventJson(const journal::NumberedEvent& event,
                                      bool with_attributes) {
  auto text = JsonLine(ToProto(event.event), /*with_defaults=*/false);
  if (!text.ok() || !with_attributes || event.detail.contact == nullptr) {
    return text;
  }
  const auto& attributes = event.detail.contact->spec.attributes;
  if (attributes.empty()) return text;
  v1::Contact contact;
  contact.mutable_attributes()->insert(attributes.begin(), attributes.end());
  const auto more = JsonLine(contact, /*with_defaults=*/false);
  if (!more.ok()) return more.status();
  // Two objects with other members each: one object.
  text->back() = ',';
  return absl::StrCat(*text, more->substr(1));
}

std::string EventCsvHeader() {
  std::vector<std::string> names;
  for (const Column& column : kColumns) {
    names.push_back(ColumnName(column));
    if (column.instant) {
      names.push_back(names.back().substr(0, names.back().size() - 3));
    }
  }
  return absl::StrJoin(names, ",") + "\r\n";
}

std::string EventCsv(const journal::NumberedEvent& event) {
  const v1::Event message = ToProto(event.event);
  std::vector<std::string> cells;
  for (const Column& column : kColumns) {
    std::string text = TextAt(message, column.path);
    if (!column.instant) {
      cells.push_back(Cell(text));
      continue;
    }
    std::int64_t instant_ms = 0;
    const bool none = !absl::SimpleAtoi(text, &instant_ms) || instant_ms == 0;
    cells.push_back(none ? "" : text);
    cells.push_back(UtcInstant(instant_ms));
  }
  return absl::StrJoin(cells, ",") + "\r\n";
}

absl::Status WriteState(
    const LiveState& state, const std::string& fingerprint,
    bool with_attributes,
    const std::function<absl::Status(const std::string& line)>& write) {
  const auto line = [&write](const JsonObject& object) -> absl::Status {
    const auto text = JsonLine(object.message(), /*with_defaults=*/true);
    return text.ok() ? write(*text + "\n") : text.status();
  };
  absl::Status status = line(StateObject(state, fingerprint));
  if (status.ok() && state.configuration != nullptr) {
    JsonObject inner;
    status = inner.Merge(ToProto(*state.configuration));
    JsonObject object;
    object.Set("record", "configuration").SetObject("configuration", inner);
    if (status.ok()) status = line(object);
  }
  for (const auto& [id, contact] : state.contacts) {
    if (!status.ok()) return status;
    JsonObject object;
    status = ContactObject(id, contact, with_attributes, &object);
    if (status.ok()) status = line(object);
  }
  for (const auto& [id, agent] : state.agents) {
    if (!status.ok()) return status;
    JsonObject object;
    status = AgentObject(id, agent, &object);
    if (status.ok()) status = line(object);
  }
  for (const auto& [name, queue] : state.queues) {
    if (!status.ok()) return status;
    status = line(QueueObject(name, queue));
  }
  for (const EndedContact& ended : state.ended) {
    if (!status.ok()) return status;
    JsonObject object;
    status = EndedObject(ended, &object);
    if (status.ok()) status = line(object);
  }
  return status;
}

// --- Files and the terminal --------------------------------------------------

absl::StatusOr<OutputFile> OutputFile::Open(const std::string& path) {
  if (path.empty()) return OutputFile("", "", stdout);
  std::string fresh = path + ".XXXXXX";
  const int descriptor = ::mkstemp(fresh.data());
  OutputFile file(path, fresh,
                  descriptor < 0 ? nullptr : ::fdopen(descriptor, "w"));
  if (file.file_ == nullptr) {
    const absl::Status failed = file.Failed("cannot be made");
    file.fresh_.clear();
    return failed;
  }
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::exchange(other.path_, "")),
      fresh_(std::exchange(other.fresh_, "")),
      file_(std::exchange(other.file_, nullptr)) {}

OutputFile::~OutputFile() {
  if (fresh_.empty()) return;
  if (file_ != nullptr) std::fclose(file_);
  ::unlink(fresh_.c_str());
}

absl::Status OutputFile::Failed(std::string_view doing) const {
  const int error = errno;
  return absl::UnavailableError(
      absl::StrCat(path_.empty() ? "standard output" : fresh_, " ",
                   absl::string_view(doing.data(), doing.size()), ": ",
                   std::generic_category().message(error)));
}

absl::Status OutputFile::Write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) == text.size()) {
    return absl::OkStatus();
  }
  return Failed("cannot be written");
}

absl::Status OutputFile::Finish() {
  if (std::fflush(file_) != 0) return Failed("cannot be written");
  if (path_.empty()) return absl::OkStatus();
  if (::fsync(::fileno(file_)) != 0) return Failed("cannot be synced");
  if (std::fclose(std::exchange(file_, nullptr)) != 0) {
    return Failed("cannot be closed");
  }
  if (std::rename(fresh_.c_str(), path_.c_str()) != 0) {
    return Failed(absl::StrCat("cannot be renamed to ", path_));
  }
  fresh_.clear();
  return absl::OkStatus();
}

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      shown_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  // Takes the line away.
  if (said_) std::cerr << "\r\033[K" << std::flush;
}

void Progress::At(std::uint64_t sequence) {
  if (!shown_) return;
  const std::int64_t now_ms = absl::ToUnixMillis(absl::Now());
  if (next_ms_ == 0) next_ms_ = now_ms + kProgressEveryMs;
  if (now_ms < next_ms_) return;
  next_ms_ = now_ms + kProgressEveryMs;
  said_ = true;
  std::cerr << "\r\033[K" << what_ << ": event " << sequence;
  if (total_ > 0) std::cerr << " of " << total_;
  std::cerr << std::flush;
}

std::string InUseNote(const std::string& directory,
                      const journal::OfflineJournal& journal) {
  if (!journal.in_use) return "";
  const std::string who = journal.writer_pid == 0
                              ? std::string("a process")
                              : absl::StrCat("process ", journal.writer_pid);
  return absl::StrCat(
      directory, " is in use: ", who,
      " is writing to it; this is what it had written when it was opened here",
      journal.live.ok()
          ? absl::StrCat(", up to event ", journal.live->meta.last_sequence)
          : "");
}

}  // namespace relais::server
