#include "server/boot_clock.h"

#include <time.h>

#include <algorithm>
#include <fstream>

namespace relais::server {

journal::ClockMark MarkClock(InstantMs now_ms) {
  // Read once: it does not change while a process lives.
  static const std::string* const boot_id = [] {
    auto* id = new std::string();
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), *id);
    return id;
  }();
  journal::ClockMark mark;
  mark.at_ms = now_ms;
  timespec since_boot = {};
  if (clock_gettime(CLOCK_BOOTTIME, &since_boot) == 0) {
    mark.boot_id = *boot_id;
    mark.boot_clock_ms =
        since_boot.tv_sec * 1'000 + since_boot.tv_nsec / 1'000'000;
  }
  return mark;
}

InstantMs InstantAtRestart(const journal::ClockMark& left,
                           const journal::ClockMark& machine,
                           InstantMs last_at_ms, InstantMs wall_ms) {
  const bool same_boot = !left.boot_id.empty() &&
                         left.boot_id == machine.boot_id &&
                         machine.boot_clock_ms >= left.boot_clock_ms;
  if (!same_boot) return std::max(wall_ms, last_at_ms);
  return std::max(left.at_ms + (machine.boot_clock_ms - left.boot_clock_ms),
                  last_at_ms);
}

}  // namespace relais::server
