// Readers of the stream of events that log what they read.

#ifndef RELAIS_TESTS_CRASH_WATCH_H_
#define RELAIS_TESTS_CRASH_WATCH_H_

#include <cstdint>

#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "lib/base/mutex.h"
#include "tests/crash/call_log.h"
#include "tests/crash/session.h"

namespace relais::crash {

// Reads the events `from` to `to` and logs them. OK once all are read,
// otherwise why the stream ended. Thread safety: pure but for the log.
grpc::Status ReadEvents(CallLog& log, const Session& session,
                        std::uint64_t from, std::uint64_t to);

// Reads from the first event on, in each life behind what it read in the one
// before, until stopped. Stop may be called from another thread than Run.
class Watcher {
 public:
  Watcher(CallLog* log, Sessions* sessions)
      : log_(*log), sessions_(*sessions) {}
  void Run();
  void Stop();

 private:
  CallLog& log_;
  Sessions& sessions_;
  std::uint64_t next_ = 1;
  Mutex mutex_;
  grpc::ClientContext* context_ RELAIS_GUARDED_BY(mutex_) = nullptr;
  bool stopped_ RELAIS_GUARDED_BY(mutex_) = false;
};

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_WATCH_H_
