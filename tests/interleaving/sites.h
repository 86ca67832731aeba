// The places in the code under test that access an atomic, by source location.
//
// Two environment variables, both used by scripts/weaken-orders:
//   RELAIS_SITES=FILE    writes at exit each place that was reached, a line
//                        "file:line:column operation order failure-order".
//   RELAIS_WEAKEN=file:line:column:WHICH:ORDER
//                        runs as if the order at that place were ORDER; WHICH
//                        is `order`, or `failure` for that of a failed CAS.
//                        file is the path's end.
// So one binary serves for every order to be weakened.

#ifndef RELAIS_TESTS_INTERLEAVING_SITES_H_
#define RELAIS_TESTS_INTERLEAVING_SITES_H_

#include <atomic>
#include <source_location>
#include <string>

namespace relais::interleaving {

class Sites {
 public:
  // Replaces the orders if this is the place to weaken.
  static void OnAccess(const std::source_location& at, const char* operation,
                       std::memory_order* order, std::memory_order* failure) {
    if (active_) [[unlikely]] {
      Note(at, operation, order, failure);
    }
  }
  // "lane.h:12 the line's text".
  static std::string Describe(const std::source_location& at);
  static const char* Name(std::memory_order order);

 private:
  static void Note(const std::source_location& at, const char* operation,
                   std::memory_order* order, std::memory_order* failure);
  static const bool active_;
};

}  // namespace relais::interleaving

#endif  // RELAIS_TESTS_INTERLEAVING_SITES_H_
