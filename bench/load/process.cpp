#include "process.h"

#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>

#include <sys/resource.h>

namespace bench {

std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

std::int64_t cpu_ns(int pid) {
  clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
  timespec time{};
  if ((pid != 0 && clock_getcpuclockid(pid, &clock) != 0) || clock_gettime(clock, &time) != 0) {
    throw std::runtime_error("no CPU clock for process " + std::to_string(pid) + ": has it ended?");
  }
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

std::int64_t rss_anon_bytes(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const auto find = [&](const std::string& file, const std::string& key) -> std::int64_t {
    std::ifstream lines{folder + file};
    for (std::string word; lines >> word;) {
      std::int64_t kilobytes = 0;
      if (word == key && lines >> kilobytes) return kilobytes * 1024;
    }
    return -1;
  };
  // The counter in `status` is kept per CPU and may be some pages off; the roll-up walks the pages.
  std::int64_t bytes = find("/smaps_rollup", "Anonymous:");
  if (bytes < 0) bytes = find("/status", "RssAnon:");
  if (bytes < 0)
    throw std::runtime_error("cannot read the memory of process " + std::to_string(pid));
  return bytes;
}

std::uint64_t raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  for (const rlim_t wanted : {rlim_t{1} << 20, rlim_t{1} << 18, rlim_t{1} << 16, limit.rlim_max}) {
    if (wanted < limit.rlim_max) continue;
    const rlimit raised{wanted, wanted};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
  }
  return limit.rlim_cur;
}

}  // namespace bench
