// Reads a centre's configuration from a YAML file.
//
// The schema is the message relais.v1.Configuration: a key is a field's name,
// an enum value its name without the prefix in lower case ("voice"), and a
// field that ends in _ms takes milliseconds or a number with a unit ("500ms",
// "20s", "5min", "4h"). A key that is unknown or given twice is an error.
//
// Thread safety: pure functions, but for reading the file.

#ifndef RELAIS_SERVER_CONFIG_FILE_H_
#define RELAIS_SERVER_CONFIG_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "relais/configuration.h"
#include "relais/v1/configuration.pb.h"

namespace relais::server {

// A finding and where in the file it is; line 0 if the file as a whole.
struct FileFinding {
  Finding finding;
  int line = 0;  // from 1
  int column = 0;
};

struct ConfigFile {
  v1::Configuration message;
  Configuration configuration;
  // What is wrong with the file and what ValidateConfiguration says, in the
  // order of the file. Of a file that could be read only in part the latter
  // leaves out what may hold only for what was not read, and all warnings
  // (what_was_read.h).
  std::vector<FileFinding> findings;

  bool HasErrors() const;
  // One line each: "bank.yaml:12:5: error: queues[3].chanels: ...".
  std::string Describe(std::string_view file_name) const;
};

// Nobody reads more at a server's start; errors come before warnings then.
inline constexpr std::size_t kFindingsShown = 200;

// Never fails: what is wrong is in the findings, at most so many of them and a
// word about the others.
ConfigFile ReadConfigFile(const std::string& file_name, const Limits& limits,
                          std::size_t findings_max = kFindingsShown);
ConfigFile ReadConfigText(const std::string& text, const Limits& limits,
                          std::size_t findings_max = kFindingsShown);

}  // namespace relais::server

#endif  // RELAIS_SERVER_CONFIG_FILE_H_
