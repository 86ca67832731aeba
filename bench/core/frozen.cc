#include "bench/core/frozen.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "bench/core/threads.h"
#include "lib/base/assert.h"
#include "lib/base/random.h"

namespace relais::bench {
namespace {

// What the signal handler may touch.
int thaw_pipe[2] = {-1, -1};
std::atomic<bool> is_frozen{false};

void StayFrozen(int /*signal*/) {
  is_frozen.store(true, std::memory_order_seq_cst);
  char byte = 0;
  while (read(thaw_pipe[0], &byte, 1) < 0) {
  }
}

// A first window this good, as a share of the parked rate, is enough.
constexpr double kGood = 0.97;

// Windows in which somebody else's program stood in the way are outvoted by
// the median of a few.
double MedianOf(const std::vector<double>& values, std::size_t last) {
  Series series;
  const std::size_t begin = values.size() > last ? values.size() - last : 0;
  for (std::size_t i = begin; i < values.size(); ++i) series.Add(values[i]);
  return series.Median();
}

class Freezer {
 public:
  Freezer(const FrozenSettings& settings,
          const std::vector<WatchedThread*>& watched,
          const std::function<void(std::uint32_t)>& steps)
      : settings_(settings),
        watched_(watched),
        steps_(steps),
        random_(settings.seed),
        native_(settings.threads),
        system_ids_(settings.threads) {}

  FrozenResult Run() {
    RELAIS_CHECK(pipe(thaw_pipe) == 0, "no pipe to freeze with");
    struct sigaction action {};
    struct sigaction before {};
    action.sa_handler = StayFrozen;
    sigaction(SIGUSR1, &action, &before);
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < settings_.threads; ++i) {
      threads.emplace_back([this, i] { Work(i); });
      native_[i] = threads.back().native_handle();
    }
    while (started_.load() < settings_.threads) SleepSeconds(0.001);
    WarmUp();
    for (std::uint32_t i = 0; i < settings_.instants && result_.complete; ++i) {
      OneInstant();
    }
    stop_.store(true);
    for (std::thread& thread : threads) thread.join();
    sigaction(SIGUSR1, &before, nullptr);
    close(thaw_pipe[0]);
    close(thaw_pipe[1]);
    return result_;
  }

 private:
  struct Reading {
    double wall = 0;
    double cpu = 0;
    std::uint64_t decisions = 0;
    std::uint64_t sleeps = 0;  // of their own accord, ever
    bool asleep = false;       // one of them, now
  };

  void Work(std::uint32_t i) {
    // The frozen one floats; the others have a processor each if they can.
    if (i > 0) BindToProcessor((i - 1) % Processors());
    system_ids_[i] = static_cast<pid_t>(syscall(SYS_gettid));
    started_.fetch_add(1);
    while (!stop_.load(std::memory_order_relaxed)) {
      steps_(i);
      if (i == 0 && park_.load(std::memory_order_relaxed)) {
        parked_.store(true);
        park_.wait(true);
        parked_.store(false);
      }
    }
  }

  Reading Read() {
    Reading reading;
    reading.wall = WallSeconds();
    for (std::uint32_t i = 1; i < settings_.threads; ++i) {
      reading.decisions += watched_[i]->decisions.load();
      clockid_t clock{};
      timespec time{};
      if (pthread_getcpuclockid(native_[i], &clock) == 0 &&
          clock_gettime(clock, &time) == 0) {
        reading.cpu += static_cast<double>(time.tv_sec) +
                       static_cast<double>(time.tv_nsec) * 1e-9;
      }
      ReadSleeps(system_ids_[i], &reading);
    }
    return reading;
  }

  static void ReadSleeps(pid_t thread, Reading* reading) {
    std::ifstream status(absl::StrCat("/proc/self/task/", thread, "/status"));
    const std::string sleeps = "voluntary_ctxt_switches:";
    const std::string asleep = "State:\tS";
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(asleep)) reading->asleep = true;
      if (line.starts_with(sleeps)) {
        reading->sleeps += std::stoull(line.substr(sleeps.size()));
      }
    }
  }

  // Decisions per second. Lasts until the others have had half the window's
  // processor time, unless they sleep: a busy machine may keep them waiting.
  double Window() {
    constexpr int kPatience = 50;
    const double others = settings_.threads - 1;
    const Reading begin = Read();
    Reading end;
    bool starved = true;
    for (int i = 0; i < kPatience && starved; ++i) {
      SleepSeconds(settings_.window);
      end = Read();
      starved =
          !end.asleep && end.cpu - begin.cpu < settings_.window * others / 2;
    }
    // One sleep more or less is the machine's, not the lock's.
    const bool slept = end.asleep || end.sleeps - begin.sleeps > 1;
    const double seconds =
        slept ? others * (end.wall - begin.wall) : end.cpu - begin.cpu;
    return static_cast<double>(end.decisions - begin.decisions) /
           std::max(seconds, 1e-9);
  }

  double ParkedWindow() {
    park_.store(true);
    while (!parked_.load()) SleepSeconds(0.0002);
    const double rate = Window();
    park_.store(false);
    park_.notify_all();
    return rate;
  }

  void WarmUp() {
    for (int i = 0; i < 9; ++i) parked_rates_.push_back(ParkedWindow());
  }

  // The thread works again, so that the signal does not meet it on its way
  // out of the park.
  void WaitUntilAtWork() const {
    const std::uint64_t before = watched_[0]->decisions.load();
    while (watched_[0]->decisions.load() == before) SleepSeconds(0.0001);
  }

  void OneInstant() {
    WaitUntilAtWork();
    SleepSeconds(0.001 * random_.UniformDouble());
    is_frozen.store(false);
    if (pthread_kill(native_[0], SIGUSR1) != 0) {
      result_.complete = false;
      return;
    }
    while (!is_frozen.load()) SleepSeconds(0.0001);
    if (watched_[0]->in_call.load()) ++result_.instants_in_calls;
    const std::vector<std::uint32_t> served = Served();
    const double parked = MedianOf(parked_rates_, 9);
    std::vector<double> frozen;
    std::uint32_t not_served = 0;
    do {
      frozen.push_back(Window());
      not_served = NotServedSince(served);
    } while (
        static_cast<int>(frozen.size()) < settings_.windows_max &&
        (MedianOf(frozen, frozen.size()) < kGood * parked || not_served > 0));
    result_.ratios.Add(MedianOf(frozen, frozen.size()) / parked);
    result_.lanes_not_served = std::max(result_.lanes_not_served, not_served);
    const char byte = 0;
    if (write(thaw_pipe[1], &byte, 1) != 1) result_.complete = false;
    parked_rates_.push_back(ParkedWindow());
  }

  std::vector<std::uint32_t> Served() const {
    std::vector<std::uint32_t> served(watched_[0]->served.size());
    for (std::size_t lane = 0; lane < served.size(); ++lane) {
      for (std::uint32_t i = 1; i < settings_.threads; ++i) {
        served[lane] += watched_[i]->served[lane].load();
      }
    }
    return served;
  }
  std::uint32_t NotServedSince(const std::vector<std::uint32_t>& before) const {
    const std::vector<std::uint32_t> now = Served();
    std::uint32_t count = 0;
    for (std::size_t lane = 0; lane < now.size(); ++lane) {
      if (now[lane] == before[lane]) ++count;
    }
    return count;
  }

  const FrozenSettings settings_;
  const std::vector<WatchedThread*>& watched_;
  const std::function<void(std::uint32_t)>& steps_;
  Random random_;
  std::vector<pthread_t> native_;
  std::vector<pid_t> system_ids_;
  std::atomic<std::uint32_t> started_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> park_{false};
  std::atomic<bool> parked_{false};
  std::vector<double> parked_rates_;
  FrozenResult result_;
};

}  // namespace

FrozenResult Freeze(const FrozenSettings& settings,
                    const std::vector<WatchedThread*>& watched,
                    const std::function<void(std::uint32_t)>& steps) {
  return Freezer(settings, watched, steps).Run();
}

}  // namespace relais::bench
