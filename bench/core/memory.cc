#include "bench/core/memory.h"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

namespace relais::bench {

double ResidentBytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  std::string line;
  while (std::getline(rollup, line)) {
    if (line.starts_with("Rss:")) return std::stod(line.substr(4)) * 1'024;
  }
  return 0;
}

std::vector<double> InChild(
    const std::function<std::vector<double>()>& measure) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  std::cout.flush();
  std::cerr.flush();
  const pid_t child = fork();
  if (child < 0) return {};
  if (child == 0) {
    close(ends[0]);
    // What is freed goes back at once, what is allocated is fresh.
    mallopt(M_MMAP_THRESHOLD, 64 * 1'024);
    malloc_trim(0);
    const std::vector<double> figures = measure();
    const std::size_t bytes = figures.size() * sizeof(double);
    const bool written =
        write(ends[1], figures.data(), bytes) == static_cast<ssize_t>(bytes);
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::vector<double> figures;
  double figure = 0;
  while (read(ends[0], &figure, sizeof(figure)) ==
         static_cast<ssize_t>(sizeof(figure))) {
    figures.push_back(figure);
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) figures.clear();
  return figures;
}

}  // namespace relais::bench
