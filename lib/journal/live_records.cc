#include "lib/journal/live_records.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/journal/bytes.h"
#include "lib/journal/digest.h"

namespace relais::journal {
namespace {

std::string Key(char kind, std::string_view id) {
  std::string key(1, kind);
  key.append(id);
  return key;
}

absl::Status Damaged(std::string_view key, std::string_view what) {
  return absl::DataLossError(
      absl::StrCat("live record ", Quoted(key), ": ", Text(what)));
}

// `append` gives the message.
template <typename Append>
void Put(std::string key, Append append, StorageBatch* batch) {
  auto& put = batch->live_puts.emplace_back();
  put.first = std::move(key);
  std::string& bytes = put.second;
  bytes.resize(sizeof(std::uint32_t));
  append(&bytes);
  const std::string_view message =
      std::string_view(bytes).substr(sizeof(std::uint32_t));
  PutBigEndian(Crc32c(put.first, message), 0, &bytes);
}

// Of one kind: null means that it is gone.
template <typename Values, typename Append>
void PutAll(char kind, const Values& changed, Append append,
            StorageBatch* batch) {
  for (const auto& [id, value] : changed) {
    if (value) {
      Put(
          Key(kind, id),
          [&append, &value = *value](std::string* out) { append(value, out); },
          batch);
    } else {
      batch->live_deletes.push_back(Key(kind, id));
    }
  }
}

// Reads live records one after another.
class Loader {
  using Contacts = std::map<std::string, LiveContact>;

 public:
  explicit Loader(LoadedLive* loaded) : loaded_(*loaded) {}

  absl::Status Read(std::string_view key, std::string_view bytes) {
    loaded_.empty = false;
    const auto message = OpenLive(key, bytes);
    if (!message.ok()) return message.status();
    absl::Status status =
        key.empty() ? absl::DataLossError("has no kind")
                    : ReadKind(key[0], std::string(key.substr(1)), *message);
    if (status.ok()) return status;
    if (absl::IsFailedPrecondition(status)) return status;
    return Damaged(key, std::string(status.message()));
  }

  absl::Status Finish() {
    if (loaded_.empty) return absl::OkStatus();
    if (!meta_read_) {
      return absl::DataLossError("the live record \"m\" is missing");
    }
    LiveState& state = loaded_.state;
    absl::Status status = CheckDetailsUpTo(state.contacts.end());
    if (!status.ok()) return status;
    std::sort(state.ended.begin(), state.ended.end(), Fold::EndedBefore);
    return CheckAgainstMeta();
  }

 private:
  template <typename Value, typename Map>
  static absl::Status Into(absl::StatusOr<Value> value, std::string id,
                           Map* map) {
    if (!value.ok()) return value.status();
    // They come by rising key.
    map->emplace_hint(map->end(), std::move(id), *std::move(value));
    return absl::OkStatus();
  }

  absl::Status ReadKind(char kind, std::string id, std::string_view message) {
    LiveState& state = loaded_.state;
    switch (kind) {
      case 'c':
        return Into(DecodeLiveContact(message), std::move(id), &state.contacts);
      case 'd':
        return ReadDetail(id, message);
      case 'a':
        return Into(DecodeLiveAgent(message), std::move(id), &state.agents);
      case 'q':
        return Into(DecodeLiveQueue(message), std::move(id), &state.queues);
      case 'e': {
        auto ended = DecodeEndedContact(message);
        if (!ended.ok()) return ended.status();
        ended->id = std::move(id);
        state.ended.push_back(*std::move(ended));
        return absl::OkStatus();
      }
      case 'f': {
        auto configuration = DecodeConfiguration(message);
        if (!configuration.ok()) return configuration.status();
        if (!id.empty()) return absl::DataLossError("there is only one");
        state.configuration = *std::move(configuration);
        return absl::OkStatus();
      }
      case 'm':
        return ReadMeta(id, message);
      default:
        return absl::DataLossError("is of no known kind");
    }
  }

  // All contacts have been read when the first detail comes: both by rising id.
  absl::Status ReadDetail(const std::string& id, std::string_view message) {
    auto& contacts = loaded_.state.contacts;
    if (!details_begun_) next_detail_ = contacts.begin();
    details_begun_ = true;
    auto contact = next_detail_;
    if (contact == contacts.end() || contact->first != id) {
      contact = contacts.find(id);
      if (contact == contacts.end()) {
        return absl::DataLossError("its contact is not alive");
      }
      absl::Status status = CheckDetailsUpTo(contact);
      if (!status.ok()) return status;
    }
    auto detail = DecodeContactDetail(message);
    if (!detail.ok()) return detail.status();
    if ((*detail)->spec.id != id) {
      return absl::DataLossError(
          absl::StrCat("is of contact ", Quoted((*detail)->spec.id)));
    }
    contact->second.detail = *std::move(detail);
    next_detail_ = std::next(contact);
    return absl::OkStatus();
  }

  // Whether none is missing before that of `contact`.
  absl::Status CheckDetailsUpTo(Contacts::iterator contact) {
    auto& contacts = loaded_.state.contacts;
    if (!details_begun_) next_detail_ = contacts.begin();
    if (next_detail_ == contact) return absl::OkStatus();
    return Damaged(Key('d', next_detail_->first), "is missing");
  }

  absl::Status ReadMeta(const std::string& id, std::string_view message) {
    auto meta = DecodeMeta(message);
    if (!meta.ok()) return meta.status();
    if (!id.empty()) return absl::DataLossError("there is only one");
    if (!IsReadable(meta->format_version)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the journal has format version ", meta->format_version,
          ", this program reads versions ", kFormatVersionOldest, " to ",
          kFormatVersion, "; use the program that wrote it or a later one"));
    }
    meta_read_ = true;
    loaded_.meta = *std::move(meta);
    loaded_.state.last_sequence = loaded_.meta.last_sequence;
    loaded_.state.last_at_ms = loaded_.meta.last_at_ms;
    loaded_.state.arrival_sequence = loaded_.meta.arrival_sequence;
    loaded_.state.configuration_version = loaded_.meta.configuration_version;
    // Version 1 knew no other changes.
    loaded_.state.applied_configuration_version =
        loaded_.meta.format_version == 1
            ? loaded_.meta.configuration_version
            : loaded_.meta.applied_configuration_version;
    return absl::OkStatus();
  }

  absl::Status CheckAgainstMeta() const {
    const LiveState& state = loaded_.state;
    const Meta& meta = loaded_.meta;
    const auto check = [](std::string_view what, std::uint64_t is,
                          std::uint64_t said) -> absl::Status {
      if (is == said) return absl::OkStatus();
      return absl::DataLossError(absl::StrCat("there are ", is,
                                              " live records of ", Text(what),
                                              ", the meta record says ", said));
    };
    absl::Status status =
        check("contacts", state.contacts.size(), meta.contacts);
    status.Update(check("agents", state.agents.size(), meta.agents));
    status.Update(check("queues", state.queues.size(), meta.queues));
    status.Update(check("ended contacts", state.ended.size(), meta.ended));
    status.Update(check("configurations", state.configuration != nullptr,
                        meta.configuration_version != 0));
    return status;
  }

  LoadedLive& loaded_;
  bool meta_read_ = false;
  bool details_begun_ = false;
  Contacts::iterator next_detail_;  // of the contact whose detail comes next
};

}  // namespace

std::string SealLive(std::string_view key, std::string_view message) {
  std::string bytes;
  bytes.reserve(sizeof(std::uint32_t) + message.size());
  AppendBigEndian(Crc32c(key, message), &bytes);
  bytes.append(message);
  return bytes;
}

absl::StatusOr<std::string_view> OpenLive(std::string_view key,
                                          std::string_view bytes) {
  if (bytes.size() < sizeof(std::uint32_t)) {
    return Damaged(key, absl::StrCat("has ", bytes.size(),
                                     " bytes, its check alone has 4"));
  }
  const std::string_view message = bytes.substr(sizeof(std::uint32_t));
  const auto said = GetBigEndian<std::uint32_t>(bytes, 0);
  const std::uint32_t is = Crc32c(key, message);
  if (said != is) {
    return Damaged(key, absl::StrCat("crc32c says ", absl::Hex(said),
                                     ", its bytes have ", absl::Hex(is)));
  }
  return message;
}

void AppendChanges(const LiveState& state, const ChangedKeys& changed,
                   StorageBatch* batch) {
  // And the configuration and the meta record.
  batch->live_puts.reserve(batch->live_puts.size() + changed.contacts.size() +
                           changed.details.size() + changed.agents.size() +
                           changed.queues.size() + changed.ended.size() + 2);
  PutAll('c', changed.contacts, AppendLiveContact, batch);
  PutAll('d', changed.details, AppendContactDetail, batch);
  PutAll('a', changed.agents, AppendLiveAgent, batch);
  PutAll('q', changed.queues, AppendLiveQueue, batch);
  PutAll('e', changed.ended, AppendEndedContact, batch);
  if (changed.configuration) {
    Put(
        std::string(kConfigurationKey),
        [&state](std::string* out) {
          out->append(EncodeConfiguration(*state.configuration));
        },
        batch);
  }
}

void AppendMeta(const LiveState& state, Meta meta, StorageBatch* batch) {
  meta.last_sequence = state.last_sequence;
  meta.last_at_ms = state.last_at_ms;
  meta.arrival_sequence = state.arrival_sequence;
  meta.configuration_version = state.configuration_version;
  meta.applied_configuration_version = state.applied_configuration_version;
  meta.contacts = state.contacts.size();
  meta.agents = state.agents.size();
  meta.queues = state.queues.size();
  meta.ended = state.ended.size();
  Put(
      std::string(kMetaKey),
      [&meta](std::string* out) { out->append(EncodeMeta(meta)); }, batch);
}

std::map<std::string, std::string> AllLiveRecords(const LiveState& state) {
  StorageBatch batch;
  ChangedKeys all;
  for (const auto& [id, contact] : state.contacts) {
    all.contacts.Set(id, &contact);
    all.details.Set(id, contact.detail.get());
  }
  for (const auto& [id, agent] : state.agents) all.agents.Set(id, &agent);
  for (const auto& [name, queue] : state.queues) all.queues.Set(name, &queue);
  all.configuration = state.configuration != nullptr;
  for (const EndedContact& ended : state.ended) all.ended.Set(ended.id, ended);
  AppendChanges(state, all, &batch);
  std::map<std::string, std::string> records;
  for (auto& [key, bytes] : batch.live_puts) {
    records.emplace(std::move(key), std::move(bytes));
  }
  return records;
}

absl::StatusOr<LoadedLive> LoadLive(Storage& storage) {
  LoadedLive loaded;
  Loader loader(&loaded);
  absl::Status status =
      storage.ReadLive([&loader](std::string_view key, std::string_view bytes) {
        return loader.Read(key, bytes);
      });
  if (status.ok()) status = loader.Finish();
  if (!status.ok()) return status;
  return loaded;
}

}  // namespace relais::journal
