// What a reservation that ends with its contact waiting again carries from step
// to step.
//
// Thread safety: values of one call.

#ifndef RELAIS_LIB_ENGINE_RETURNING_H_
#define RELAIS_LIB_ENGINE_RETURNING_H_

#include <memory>
#include <optional>

#include "lib/engine/class_hold.h"
#include "lib/engine/contact_rings.h"
#include "lib/engine/decline_table.h"
#include "lib/engine/holds.h"
#include "lib/engine/records.h"
#include "lib/match/matcher.h"
#include "relais/event.h"
#include "relais/types.h"

namespace relais {

struct Declining {
  InstantMs until_ms = 0;
  // Set once the exclusion is made, whether or not the contact returns.
  std::optional<DeclineTable::Added> added;
};

// A reservation to be rescinded because its agent leaves.
struct ToRescind {
  ContactHandle contact;
  match::ContactWord reserved;
  ClassHold hold;
};

// What a return has changed in its agent's record, and what it leaves to do.
struct Returning {
  AfterHold after;
  Event event;
  match::ContactWord waiting;
  AgentUpdate closed, update;
  bool had_room = false;
  std::shared_ptr<const QueueTerms> terms;
  // Holds the class that it returns to until nobody looks on its behalf.
  std::shared_ptr<const ContactRings> rings;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_RETURNING_H_
