// Which text field of a message is not UTF-8.
//
// A proto3 parser refuses a message whose string field is not UTF-8 without
// saying which; a client with such data deserves the field's name.

#ifndef RELAIS_SERVER_UTF8_CHECK_H_
#define RELAIS_SERVER_UTF8_CHECK_H_

#include <string>
#include <string_view>

#include "google/protobuf/descriptor.h"

namespace relais::server {

// The path of the first string field of the message `bytes` that is not UTF-8
// ("contact.requirement.all_of[0].skill"), or empty: the bytes are no such
// message at all. For refused messages only: it is slow.
std::string FieldNotUtf8(const google::protobuf::Descriptor& descriptor,
                         std::string_view bytes);

}  // namespace relais::server

#endif  // RELAIS_SERVER_UTF8_CHECK_H_
