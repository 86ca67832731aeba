// A directory for the time of a measurement.

#ifndef RELAIS_BENCH_JOURNAL_SCRATCH_H_
#define RELAIS_BENCH_JOURNAL_SCRATCH_H_

#include <string>

namespace relais::bench {

// Made inside `parent`, removed with everything in it when this goes.
class Scratch {
 public:
  explicit Scratch(const std::string& parent);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string In(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Why nothing about syncing can be measured in `directory`; empty if it can.
std::string WhyNotMeasurable(const std::string& directory);

// A file that only grows, written as plainly as can be.
class RawLog {
 public:
  explicit RawLog(const std::string& path);
  ~RawLog();
  RawLog(const RawLog&) = delete;
  RawLog& operator=(const RawLog&) = delete;

  // On the medium when it returns.
  void Append(const std::string& bytes);

 private:
  int file_ = -1;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_JOURNAL_SCRATCH_H_
