#include "lib/domain/ended_contact.h"

namespace relais {

ContactView ViewOf(const EndedContact& ended) {
  ContactView view;
  view.id = ended.id;
  view.queue = ended.queue;
  view.channel = ended.channel;
  view.priority = ended.priority;
  view.state = ContactState::kEnded;
  view.end_reason = ended.end_reason;
  view.version = ended.version;
  view.arrival_ms = ended.arrival_ms;
  view.rank_key_ms = ended.rank_key_ms;
  view.ring = ended.ring;
  view.ended_ms = ended.ended_ms;
  return view;
}

}  // namespace relais
