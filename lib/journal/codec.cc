#include "lib/journal/codec.h"

#include <google/protobuf/io/coded_stream.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/journal/convert.h"

namespace relais::journal {
namespace {

// The messages have no maps, so their bytes depend on nothing but the value.
template <typename Message>
void AppendBytes(const Message& message, std::string* out) {
  RELAIS_CHECK(message.AppendToString(out), "a message of more than 2 GiB");
}

// An empty message of this thread's: its strings keep their room, which saves
// most of the cost of many small messages.
template <typename Message>
Message& Scratch() {
  static thread_local Message message;
  message.Clear();
  return message;
}

template <typename Value>
std::string Encode(void (*append)(const Value&, std::string*),
                   const Value& value) {
  std::string bytes;
  append(value, &bytes);
  return bytes;
}

absl::Status Damaged(std::string_view name, std::string_view what) {
  return absl::DataLossError(
      absl::StrCat(absl::string_view(name.data(), name.size()), ": ",
                   absl::string_view(what.data(), what.size())));
}

absl::Status NoMessage(std::string_view name, std::string_view bytes) {
  return Damaged(name, absl::StrCat("its ", bytes.size(),
                                    " bytes are not such a message"));
}

// Into what `message` has. Whether the bytes are a message and nothing else.
template <typename Message>
bool Merge(std::string_view bytes, Message* message) {
  if (bytes.size() > std::numeric_limits<int>::max()) return false;
  google::protobuf::io::CodedInputStream input(
      reinterpret_cast<const std::uint8_t*>(bytes.data()),
      static_cast<int>(bytes.size()));
  return message->MergeFromCodedStream(&input) && input.ConsumedEntireMessage();
}

template <typename Message>
absl::Status Parse(std::string_view name, std::string_view bytes,
                   Message* message) {
  message->Clear();
  if (!Merge(bytes, message)) return NoMessage(name, bytes);
  return absl::OkStatus();
}

// Whether these are the bytes that this code writes for what it read.
absl::Status CheckSame(std::string_view name, std::string_view bytes,
                       const std::string& again) {
  if (bytes == again) return absl::OkStatus();
  return Damaged(name,
                 "has fields or an order of fields that its version does not "
                 "write");
}

// Of live records, whose bytes have a check of their own.
template <typename Message, typename Value>
absl::Status Decode(std::string_view name, std::string_view bytes,
                    Value* value) {
  Message& message = Scratch<Message>();
  absl::Status status = Parse(name, bytes, &message);
  if (status.ok()) status = FromMessage(message, value);
  if (status.ok()) return status;
  return Damaged(name, std::string(status.message()));
}

}  // namespace

absl::StatusOr<NumberedEvent> DecodeEvent(std::string_view bytes,
                                          std::uint16_t version) {
  v1::Event& message = Scratch<v1::Event>();
  absl::Status status = Parse("event", bytes, &message);
  if (!status.ok()) return status;
  NumberedEvent event;
  status = FromMessage(message, &event);
  if (!status.ok()) return Damaged("event", std::string(status.message()));
  std::string again;
  AppendEvent(event.event, event.detail, &again, version);
  status = CheckSame("event", bytes, again);
  if (!status.ok()) return status;
  return event;
}

std::string EncodeContactDetail(const ContactDetail& detail) {
  return Encode(&AppendContactDetail, detail);
}

// A start reads one for each contact. The message keeps its queue, which Clear
// would free: an empty one reads as one that is not there.
absl::StatusOr<std::shared_ptr<const ContactDetail>> DecodeContactDetail(
    std::string_view bytes) {
  static thread_local v1::ContactDetail message;
  std::unique_ptr<v1::ContactQueue> queue(message.release_queue());
  message.Clear();
  if (queue != nullptr) {
    queue->Clear();
    message.set_allocated_queue(queue.release());
  }
  if (!Merge(bytes, &message)) return NoMessage("contact's detail", bytes);
  auto detail = std::make_shared<ContactDetail>();
  absl::Status status = FromMessage(message, detail.get());
  if (!status.ok()) {
    return Damaged("contact's detail", std::string(status.message()));
  }
  return std::shared_ptr<const ContactDetail>(std::move(detail));
}

std::string EncodeLiveContact(const LiveContact& contact) {
  return Encode(&AppendLiveContact, contact);
}

absl::StatusOr<LiveContact> DecodeLiveContact(std::string_view bytes) {
  LiveContact contact;
  absl::Status status =
      Decode<v1::LiveContact>("live contact", bytes, &contact);
  if (!status.ok()) return status;
  return contact;
}

std::string EncodeLiveAgent(const LiveAgent& agent) {
  return Encode(&AppendLiveAgent, agent);
}

absl::StatusOr<LiveAgent> DecodeLiveAgent(std::string_view bytes) {
  LiveAgent agent;
  absl::Status status = Decode<v1::LiveAgent>("live agent", bytes, &agent);
  if (!status.ok()) return status;
  return agent;
}

std::string EncodeLiveQueue(const LiveQueue& queue) {
  return Encode(&AppendLiveQueue, queue);
}

absl::StatusOr<LiveQueue> DecodeLiveQueue(std::string_view bytes) {
  LiveQueue queue;
  absl::Status status = Decode<v1::LiveQueue>("live queue", bytes, &queue);
  if (!status.ok()) return status;
  return queue;
}

std::string EncodeEndedContact(const EndedContact& contact) {
  return Encode(&AppendEndedContact, contact);
}

absl::StatusOr<EndedContact> DecodeEndedContact(std::string_view bytes) {
  EndedContact contact;
  absl::Status status =
      Decode<v1::EndedContact>("ended contact", bytes, &contact);
  if (!status.ok()) return status;
  return contact;
}

// Large and rare: its room is given back.
std::string EncodeConfiguration(const Configuration& configuration,
                                std::uint16_t version) {
  v1::Configuration message;
  ToMessage(configuration, &message);
  if (version < 2) {
    for (v1::RoutingProfile& profile : *message.mutable_routing_profiles()) {
      profile.clear_capacity_units();
      profile.clear_cost_units();
      profile.clear_contacts_max();
      profile.clear_load_order();
      profile.clear_may_interrupt();
    }
  }
  std::string bytes;
  AppendBytes(message, &bytes);
  return bytes;
}

std::string EncodeAgentConfiguration(const AgentConfiguration& agent) {
  v1::AgentConfiguration message;
  ToMessage(agent, &message);
  std::string bytes;
  AppendBytes(message, &bytes);
  return bytes;
}

absl::StatusOr<std::shared_ptr<const Configuration>> DecodeConfiguration(
    std::string_view bytes) {
  auto configuration = std::make_shared<Configuration>();
  v1::Configuration message;
  absl::Status status = Parse("configuration", bytes, &message);
  if (status.ok()) status = FromMessage(message, configuration.get());
  if (!status.ok()) {
    return Damaged("configuration", std::string(status.message()));
  }
  return std::shared_ptr<const Configuration>(std::move(configuration));
}

std::string EncodeMeta(const Meta& meta) {
  v1::Meta& message = Scratch<v1::Meta>();
  ToMessage(meta, &message);
  std::string bytes;
  AppendBytes(message, &bytes);
  return bytes;
}

absl::StatusOr<Meta> DecodeMeta(std::string_view bytes) {
  Meta meta;
  v1::Meta message;
  absl::Status status = Parse("meta", bytes, &message);
  if (!status.ok()) return status;
  meta.format_version = message.format_version();
  if (!IsReadable(meta.format_version)) return meta;
  status = Decode<v1::Meta>("meta", bytes, &meta);
  if (!status.ok()) return status;
  return meta;
}

}  // namespace relais::journal
