// The routers that one table of cases is run against.
//
// Thread safety: pure function.

#ifndef RELAIS_TESTS_REFERENCE_ROUTER_FACTORIES_H_
#define RELAIS_TESTS_REFERENCE_ROUTER_FACTORIES_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "relais/router.h"

namespace relais::reference {

struct RouterFactory {
  std::string name;
  bool is_engine = false;
  std::function<absl::StatusOr<std::unique_ptr<Router>>(const RouterOptions&)>
      create;

  friend void PrintTo(const RouterFactory& factory, std::ostream* out) {
    *out << factory.name;
  }
};

// Defined once per test binary: reference_factory.cc gives the reference
// alone, engine_factory.cc both.
std::vector<RouterFactory> RouterFactories();

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_ROUTER_FACTORIES_H_
