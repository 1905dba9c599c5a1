#pragma once

#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

#include <unistd.h>

#include "storage/postgres/server_for_test.h"

// Processor time: of this process, and of a PostgreSQL on this machine.
namespace parley::micro {

inline double process_cpu_micros() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

// Of a process, from /proc/<pid>/stat: who started it, and what it and the children it has outlived
// have used.
struct ProcessUse {
  pid_t parent = 0;
  double micros = 0;
};
inline ProcessUse use_of(const std::filesystem::path& process) {
  std::ifstream file{process / "stat"};
  const std::string stat{std::istreambuf_iterator<char>{file}, {}};
  const auto name_ends = stat.rfind(") ");
  if (name_ends == std::string::npos) return {};  // gone meanwhile
  std::istringstream fields{stat.substr(name_ends + 4)};
  ProcessUse use;
  fields >> use.parent;
  std::string skipped;
  for (int i = 5; i < 14; ++i) fields >> skipped;
  double ticks = 0;
  for (int i = 0; i < 4; ++i) {
    double more = 0;
    fields >> more;
    ticks += more;
  }
  use.micros = ticks * 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
  return use;
}

// The server of a database.
class ServerCpu {
 public:
  explicit ServerCpu(const storage::TestDatabase& database) {
    // The connection that was asked is gone, but another one's parent is the same.
    const std::string child =
        database.ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'");
    postmaster_ = use_of(std::filesystem::path{"/proc"} / child).parent;
  }

  double micros() const {
    double sum = 0;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
      const std::string name = entry.path().filename().string();
      pid_t pid = 0;
      if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc{}) continue;
      const ProcessUse use = use_of(entry.path());
      if (pid == postmaster_ || use.parent == postmaster_) sum += use.micros;
    }
    return sum;
  }

 private:
  pid_t postmaster_ = 0;
};

}  // namespace parley::micro
