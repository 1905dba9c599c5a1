#pragma once

#include <filesystem>
#include <string>

#include "micro/processor_time.h"
#include "storage/postgres/server_for_test.h"

namespace parley::micro {

// What the PostgreSQL of a database has used, in microseconds; it runs on this machine.
class ServerCpu {
 public:
  explicit ServerCpu(const storage::TestDatabase& database) {
    // The connection that was asked is gone, but another one's parent is the same.
    const std::string child =
        database.ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'");
    postmaster_ = use_of(std::filesystem::path{"/proc"} / child).parent;
  }

  double micros() const { return family_cpu_micros(postmaster_); }

 private:
  pid_t postmaster_ = 0;
};

}  // namespace parley::micro
