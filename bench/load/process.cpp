#include "process.h"

#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

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

std::int64_t cpu_with_children_ns(int pid) {
  std::int64_t sum = cpu_ns(pid);
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const std::string name = entry.path().filename();
    int other = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), other).ec != std::errc{}) continue;
    std::ifstream file{entry.path() / "stat"};
    const std::string stat{std::istreambuf_iterator<char>{file}, {}};
    const std::size_t name_ends = stat.rfind(") ");
    if (name_ends == std::string::npos) continue;  // it has ended
    std::istringstream fields{stat.substr(name_ends + 4)};
    int parent = 0;
    fields >> parent;
    if (parent == pid) {
      clockid_t clock = 0;
      timespec time{};
      if (clock_getcpuclockid(other, &clock) == 0 && clock_gettime(clock, &time) == 0)
        sum += time.tv_sec * 1'000'000'000 + time.tv_nsec;
    } else if (other == pid) {
      // cutime and cstime, the 16th and 17th field, are of children that have ended.
      std::string skipped;
      for (int i = 5; i < 16; ++i) fields >> skipped;
      std::int64_t user = 0;
      std::int64_t system = 0;
      fields >> user >> system;
      sum += (user + system) * (1'000'000'000 / sysconf(_SC_CLK_TCK));
    }
  }
  return sum;
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
