#include <memory>
#include <utility>

#include "tests/reference/reference_router.h"
#include "tests/reference/router_factories.h"

namespace relais::reference {

std::vector<RouterFactory> RouterFactories() {
  return {{"Reference", false,
           [](const RouterOptions& options)
               -> absl::StatusOr<std::unique_ptr<Router>> {
             auto router = ReferenceRouter::Create(options);
             if (!router.ok()) return router.status();
             return std::unique_ptr<Router>(std::move(*router));
           }},
          {"Engine", true, [](const RouterOptions& options) {
             return Router::Create(options);
           }}};
}

}  // namespace relais::reference
