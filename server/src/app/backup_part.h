#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/settings.h"
#include "base/metrics.h"
#include "base/task.h"
#include "delivery/leases.h"
#include "processor/backups.h"
#include "storage/sqlite/backup.h"

namespace parley::app {

// What a backup of a data directory takes: the store and the secrets beside it.
storage::BackupSource backup_source(const NodeSettings& settings);

// The backups a server makes by itself, wired: of a store in the data directory, where
// `backup-every` says how often.
class BackupPart {
 public:
  // `start` names this run of the node.
  BackupPart(const NodeSettings& settings, delivery::Leases& leases, std::uint64_t start,
             const Clock& clock, Metrics& metrics, Loop& loop);

  static bool is_wanted(const NodeSettings& settings);

  Task<void> run() { return backups_.run(); }
  void stop() { backups_.stop(); }

  // "ok", or what is the matter. From any thread.
  std::string health() const;

 private:
  processor::Backups backups_;
};

}  // namespace parley::app
