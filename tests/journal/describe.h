// Everything that a journal holds as text, for comparing and for messages.

#ifndef RELAIS_TESTS_JOURNAL_DESCRIBE_H_
#define RELAIS_TESTS_JOURNAL_DESCRIBE_H_

#include <string>
#include <vector>

#include "lib/journal/codec.h"
#include "relais/event.h"
#include "relais/live_state.h"

namespace relais::journal {

// Every field that is journaled. What format version 1 could tell is told in
// the same words as then: the texts beside golden files stay true.
std::string Describe(const Event& event);
std::string Describe(const ContactDetail& detail);
std::string Describe(const Configuration& configuration);
std::string Describe(const NumberedEvent& event);
// Every field of every entity.
std::string Describe(const LiveState& state);

// What these make of an agent, by itself and not by the library's function.
WorkState WorkStateFrom(const std::vector<HeldContact>& held);

}  // namespace relais::journal

#endif  // RELAIS_TESTS_JOURNAL_DESCRIBE_H_
