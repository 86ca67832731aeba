// Records of decisions in words, as relaisctl prints them.
//
// Thread safety: pure functions.

#ifndef RELAIS_SERVER_DECISION_TEXT_H_
#define RELAIS_SERVER_DECISION_TEXT_H_

#include <string>

#include "relais/v1/supervision_service.pb.h"

namespace relais::server {

std::string DecisionText(const v1::Decision& decision);
// A line for each.
std::string DecisionsText(const v1::ListDecisionsResponse& response);

}  // namespace relais::server

#endif  // RELAIS_SERVER_DECISION_TEXT_H_
