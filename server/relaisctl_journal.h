// `relaisctl journal ...`: looks at a journal's directory, without a server and
// without changing anything. Each answers the program's exit code.

#ifndef RELAIS_SERVER_RELAISCTL_JOURNAL_H_
#define RELAIS_SERVER_RELAISCTL_JOURNAL_H_

#include <string>
#include <vector>

namespace relais::server {

// The argument is the directory. Flags: --json, --from, --count, --to,
// --format, --output, --with-attributes.
int JournalInspect(const std::vector<std::string>& arguments);
int JournalVerify(const std::vector<std::string>& arguments);
int JournalExport(const std::vector<std::string>& arguments);

}  // namespace relais::server

#endif  // RELAIS_SERVER_RELAISCTL_JOURNAL_H_
