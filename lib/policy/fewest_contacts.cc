#include "lib/policy/fewest_contacts.h"

#include "lib/policy/order_key.h"

namespace relais::policy {

std::int64_t FewestContactsKey(int load_place, std::uint32_t contacts,
                               InstantMs idle_since_ms) {
  return LoadThenValueThenIdle(load_place, contacts, idle_since_ms);
}

}  // namespace relais::policy
