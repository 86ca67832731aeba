// What a journal says of itself.

#include "lib/journal/convert.h"

namespace relais::journal {

void ToMessage(const Meta& meta, v1::Meta* message) {
  message->set_format_version(meta.format_version);
  message->set_partition(meta.partition);
  message->set_epoch(meta.epoch);
  message->set_time_scaled(meta.time_scaled);
  message->set_first_sequence(meta.first_sequence);
  message->set_last_sequence(meta.last_sequence);
  message->set_last_at_ms(meta.last_at_ms);
  message->set_arrival_sequence(meta.arrival_sequence);
  message->set_configuration_version(meta.configuration_version);
  message->set_head(meta.head);
  message->set_contacts(meta.contacts);
  message->set_agents(meta.agents);
  message->set_queues(meta.queues);
  message->set_ended(meta.ended);
  message->set_boot_id(meta.clock.boot_id);
  message->set_boot_clock_ms(meta.clock.boot_clock_ms);
  message->set_clock_at_ms(meta.clock.at_ms);
}

absl::Status FromMessage(const v1::Meta& message, Meta* meta) {
  meta->format_version = message.format_version();
  meta->partition = message.partition();
  meta->epoch = message.epoch();
  meta->time_scaled = message.time_scaled();
  meta->first_sequence = message.first_sequence();
  meta->last_sequence = message.last_sequence();
  meta->last_at_ms = message.last_at_ms();
  meta->arrival_sequence = message.arrival_sequence();
  meta->configuration_version = message.configuration_version();
  meta->head = message.head();
  meta->contacts = message.contacts();
  meta->agents = message.agents();
  meta->queues = message.queues();
  meta->ended = message.ended();
  meta->clock.boot_id = message.boot_id();
  meta->clock.boot_clock_ms = message.boot_clock_ms();
  meta->clock.at_ms = message.clock_at_ms();
  return absl::OkStatus();
}

}  // namespace relais::journal
