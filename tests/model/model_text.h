// Calls in words, for whoever reads why two routers differ.
//
// Thread safety: pure functions.

#ifndef RELAIS_TESTS_MODEL_MODEL_TEXT_H_
#define RELAIS_TESTS_MODEL_MODEL_TEXT_H_

#include <string>

#include "relais/agent.h"
#include "relais/contact.h"

namespace relais::model {

std::string Text(const Presence& presence);
std::string Text(const ContactSpec& spec);

}  // namespace relais::model

#endif  // RELAIS_TESTS_MODEL_MODEL_TEXT_H_
