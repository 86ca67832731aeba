// A journal as text for other programs: its events as JSON lines or CSV, its
// state as JSON lines. docs/journal.md describes them to who reads them.
//
// JSON has the names of the API's messages (relais.v1), with numbers of 64 bits
// as strings, as everywhere in the API's JSON. The same value gives the same
// text.
//
// Thread safety: pure functions; an OutputFile belongs to one thread.

#ifndef RELAIS_SERVER_JOURNAL_TEXT_H_
#define RELAIS_SERVER_JOURNAL_TEXT_H_

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "lib/journal/codec.h"
#include "lib/journal/offline.h"
#include "relais/live_state.h"
#include "relais/types.h"

namespace relais::server {

// "2026-11-22T03:10:07.334Z"; empty for 0, which stands for no instant.
std::string UtcInstant(InstantMs instant_ms);

// One object, on one line without the line's end. INTERNAL for text that is no
// UTF-8. `with_defaults`: fields that are 0 or empty are written, too.
absl::StatusOr<std::string> JsonLine(const google::protobuf::Message& message,
                                     bool with_defaults);
// The same on several lines, for people.
absl::StatusOr<std::string> JsonText(const google::protobuf::Message& message);

// What has no message of its own, member by member.
class JsonObject {
 public:
  JsonObject& Set(const std::string& name, std::string_view text);
  // Numbers of 64 bits, written as strings.
  JsonObject& SetNumber(const std::string& name, std::uint64_t number);
  JsonObject& SetNumber(const std::string& name, std::int64_t number);
  JsonObject& SetBool(const std::string& name, bool value);
  JsonObject& SetTexts(const std::string& name,
                       const std::vector<std::string>& texts);
  JsonObject& SetObject(const std::string& name, const JsonObject& object);
  JsonObject& SetObjects(const std::string& name,
                         const std::vector<JsonObject>& objects);
  // All fields of a message, defaults too.
  absl::Status Merge(const google::protobuf::Message& message);
  const google::protobuf::Struct& message() const { return object_; }

 private:
  google::protobuf::Struct object_;
};

// relais.v1.Event, as `relaisctl events` prints it. With attributes, those of a
// contact_submitted stand beside its members as "attributes".
absl::StatusOr<std::string> EventJson(const journal::NumberedEvent& event,
                                      bool with_attributes);

// RFC 4180, each line with its end.
std::string EventCsvHeader();
std::string EventCsv(const journal::NumberedEvent& event);

// The state, one object a record: first {"record": "state"}, then the
// configuration, contacts, agents, queues and the ended. Stops with what
// `write` answers if that is not OK.
absl::Status WriteState(
    const LiveState& state, const std::string& fingerprint,
    bool with_attributes,
    const std::function<absl::Status(const std::string& line)>& write);

// Standard output, or a file that is there whole or not at all: written beside
// its place, synced, and renamed by Finish; readable by its owner alone.
class OutputFile {
 public:
  // Standard output if `path` is empty.
  static absl::StatusOr<OutputFile> Open(const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  // Removes what Finish has not put in place.
  ~OutputFile();

  absl::Status Write(std::string_view text);
  absl::Status Finish();

 private:
  OutputFile(std::string path, std::string fresh, std::FILE* file)
      : path_(std::move(path)), fresh_(std::move(fresh)), file_(file) {}
  absl::Status Failed(std::string_view doing) const;

  std::string path_;   // empty: standard output
  std::string fresh_;  // until it has its name
  std::FILE* file_;
};

// Says to standard error, if that is a terminal, how far long work has come.
class Progress {
 public:
  // `total`: number of the last event; 0 if it is not known.
  Progress(std::string what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void At(std::uint64_t sequence);

 private:
  const std::string what_;
  const std::uint64_t total_;
  const bool shown_;
  bool said_ = false;
  std::int64_t next_ms_ = 0;
};

// Who is writing to a journal that was opened, as a sentence; empty: nobody.
std::string InUseNote(const std::string& directory,
                      const journal::OfflineJournal& journal);

}  // namespace relais::server

#endif  // RELAIS_SERVER_JOURNAL_TEXT_H_
