// Bullseye plans between the wire and the router, for convert.cc alone.
//
// Thread safety: pure functions.

#ifndef RELAIS_SERVER_CONVERT_PLAN_H_
#define RELAIS_SERVER_CONVERT_PLAN_H_

#include <string>
#include <vector>

#include "relais/bullseye_plan.h"
#include "relais/configuration.h"
#include "relais/v1/configuration.pb.h"

namespace relais::server {

// Conditions that are unknown are added to `findings` as errors.
BullseyePlan PlanToDomain(const v1::BullseyePlan& plan, const std::string& path,
                          std::vector<Finding>* findings);

void SetPlan(const BullseyePlan& plan, v1::BullseyePlan* result);

}  // namespace relais::server

#endif  // RELAIS_SERVER_CONVERT_PLAN_H_
