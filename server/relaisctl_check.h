// relaisctl config check, which needs no server.
//
// Thread safety: for the program's only thread.

#ifndef RELAIS_SERVER_RELAISCTL_CHECK_H_
#define RELAIS_SERVER_RELAISCTL_CHECK_H_

#include <string>
#include <vector>

#include "relais/limits.h"

namespace relais::server {

// No server can be started with more; what one allows, it judges itself.
Limits LargestLimits();

// Says what is wrong with the file that is the only argument; an exit code.
int ConfigCheck(const std::vector<std::string>& arguments);

}  // namespace relais::server

#endif  // RELAIS_SERVER_RELAISCTL_CHECK_H_
