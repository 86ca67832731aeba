// Requirements between the wire and the router, for convert.cc alone.
//
// Thread safety: pure functions.

#ifndef RELAIS_SERVER_CONVERT_REQUIREMENT_H_
#define RELAIS_SERVER_CONVERT_REQUIREMENT_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/repeated_field.h"
#include "lib/domain/field_path.h"
#include "relais/configuration.h"
#include "relais/requirement.h"
#include "relais/v1/contact.pb.h"

namespace relais::server {

// "17; use one of CHANNEL_VOICE (1), ..." for a value that nobody knows,
// "missing; use ..." for the unspecified one.
std::string EnumProblem(int value,
                        const google::protobuf::EnumDescriptor& type);

// Channels that are unknown are added to `findings` as errors.
ChannelSet ChannelsToDomain(
    const google::protobuf::RepeatedField<int>& channels,
    const std::string& path, std::vector<Finding>* findings);

// Grades that are unknown are added to `findings` as errors.
RoutingRequirement RequirementToDomain(
    const v1::RoutingRequirement& requirement, const FieldPath& path,
    std::vector<Finding>* findings);

void SetRequirement(const RoutingRequirement& requirement,
                    v1::RoutingRequirement* result);

}  // namespace relais::server

#endif  // RELAIS_SERVER_CONVERT_REQUIREMENT_H_
