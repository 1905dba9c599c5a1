#include "base/process_metrics.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

namespace parley {
namespace {

using Type = MetricInfo::Type;

constexpr std::array kProcessMetrics{
    MetricInfo{.name = "process_resident_memory_bytes",
               .type = Type::gauge,
               .help = "Memory of the process that is in RAM. Compare with the machine's: part of "
                       "it is cached files, which the kernel takes back when it needs to."},
    MetricInfo{.name = "process_resident_anonymous_bytes",
               .type = Type::gauge,
               .help = "Memory that is the process's own. Growth without new connections is a "
                       "leak."},
    MetricInfo{.name = "process_cpu_seconds_total",
               .type = Type::counter,
               .help = "Processor time used. A rate near the number of threads means the machine "
                       "is too small."},
    MetricInfo{.name = "process_open_fds",
               .type = Type::gauge,
               .help = "Open files and sockets. Keep it well below process_max_fds."},
    MetricInfo{.name = "process_max_fds",
               .type = Type::gauge,
               .help = "How many files and sockets may be open; raise it with ulimit -n."},
    MetricInfo{.name = "process_start_time_seconds",
               .type = Type::gauge,
               .help = "When the process started, in seconds since 1970. A change nobody made is "
                       "a crash."},
};

// A line like "RssAnon:    1234 kB" of /proc/self/status.
double status_bytes(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name + ":")) continue;
    return std::stod(line.substr(name.size() + 1)) * 1024;
  }
  throw std::runtime_error("/proc/self/status has no " + name);
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

double open_fds() {
  const std::filesystem::directory_iterator files{"/proc/self/fd"};
  return static_cast<double>(std::distance(begin(files), end(files)) - 1);  // without `files`
}

double max_fds() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

// The kernel counts ticks from its own start, field 22 of a line whose second field may hold
// anything in parentheses.
double start_time() {
  std::ifstream stat{"/proc/self/stat"};
  std::string line;
  std::getline(stat, line);
  std::istringstream fields{line.substr(line.rfind(')') + 1)};
  std::string ticks;
  for (int field = 3; field <= 22; ++field) fields >> ticks;

  std::ifstream system{"/proc/stat"};
  for (std::string name, rest; system >> name && std::getline(system, rest);) {
    if (name == "btime")
      return std::stod(rest) + std::stod(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  throw std::runtime_error("/proc/stat has no btime");
}

}  // namespace

std::span<const MetricInfo> process_metrics() { return kProcessMetrics; }

void collect_process(Metrics& metrics) {
  metrics.collect("process_resident_memory_bytes", [] { return status_bytes("VmRSS"); });
  metrics.collect("process_resident_anonymous_bytes", [] { return status_bytes("RssAnon"); });
  metrics.collect("process_cpu_seconds_total", cpu_seconds);
  metrics.collect("process_open_fds", open_fds);
  metrics.collect("process_max_fds", max_fds);
  metrics.collect("process_start_time_seconds", start_time);
}

}  // namespace parley
