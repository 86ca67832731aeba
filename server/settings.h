// relaisd's command line.

#ifndef RELAIS_SERVER_SETTINGS_H_
#define RELAIS_SERVER_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "relais/configuration.h"
#include "relais/limits.h"
#include "relais/types.h"
#include "server/command_line.h"
#include "server/fail_points.h"
#include "server/fault.h"

namespace relais::server {

struct Settings {
  ListenAddress listen;
  std::string port_file;  // empty: none
  double time_scale = 1;
  bool time_scaled = false;  // or started at another time than the wall's
  InstantMs start_ms = 0;    // what the wall clock read, or was told to read
  DurationMs id_retention_ms = 0;
  DurationMs reconnect_ms = 0;
  Limits limits;
  std::uint32_t events_kept = 0;
  std::string journal;  // directory; empty: none
  std::uint64_t journal_keep_events = 0;
  DurationMs journal_keep_ms = 0;
  std::uint64_t journal_buffer_bytes = 0;
  std::uint64_t disk_low_bytes = 0;
  std::uint64_t disk_read_only_bytes = 0;
  Fault fault = Fault::kNone;
  std::string fault_name;
  Crash crash;
  StorageFault storage_fault;
  std::optional<Configuration> configuration;
};

// What --help prints.
extern const char kRelaisdHelp[];

// Explains on standard error what is wrong with the command line; kExitUsage.
int Misused(const std::string& message);

// After ParseCommandLine. nullopt after an explanation on standard error.
std::optional<Settings> ReadSettings();

}  // namespace relais::server

#endif  // RELAIS_SERVER_SETTINGS_H_
