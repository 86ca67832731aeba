#include "bench/core/threads.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <barrier>
#include <chrono>
#include <thread>

namespace relais::bench {
namespace {

double ThreadCpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

// Of the process when it began, whatever its threads were bound to since.
const cpu_set_t& AllowedProcessors() {
  static const cpu_set_t allowed = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof(set), &set);
    return set;
  }();
  return allowed;
}

Slice Run(double seconds, std::uint32_t threads,
          const std::function<void(std::uint32_t, const Stop&)>& body) {
  AllowedProcessors();
  Stop stop;
  std::barrier together(static_cast<std::ptrdiff_t>(threads) + 1);
  std::vector<CacheLinePadded<double>> cpu(threads);
  std::vector<std::thread> running;
  running.reserve(threads);
  for (std::uint32_t i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      BindToProcessor(i);
      together.arrive_and_wait();
      const double begin = ThreadCpuSeconds();
      body(i, stop);
      cpu[i].value = ThreadCpuSeconds() - begin;
    });
  }
  together.arrive_and_wait();
  Slice slice;
  const double begin = WallSeconds();
  if (seconds > 0) {
    SleepSeconds(seconds);
    stop.Request();
  }
  for (std::thread& thread : running) thread.join();
  slice.seconds = WallSeconds() - begin;
  for (const auto& of_thread : cpu) slice.cpu_seconds += of_thread.value;
  return slice;
}

}  // namespace

std::uint32_t Processors() {
  return static_cast<std::uint32_t>(CPU_COUNT(&AllowedProcessors()));
}

void BindToProcessor(std::uint32_t index) {
  const cpu_set_t& allowed = AllowedProcessors();
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || index-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    // A machine that refuses measures unbound.
    pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
    return;
  }
}

Slice RunFor(double seconds, std::uint32_t threads,
             const std::function<void(std::uint32_t, const Stop&)>& body) {
  return Run(seconds, threads, body);
}

Slice RunThrough(std::uint32_t threads,
                 const std::function<void(std::uint32_t)>& body) {
  return Run(0, threads, [&body](std::uint32_t i, const Stop&) { body(i); });
}

void SleepSeconds(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

double WallSeconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace relais::bench
