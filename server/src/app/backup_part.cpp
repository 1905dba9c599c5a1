#include "app/backup_part.h"

namespace parley::app {
namespace {

processor::Backups::Settings schedule(const NodeSettings& settings) {
  return {.directory = settings.backups.directory.empty() ? settings.data / "backups"
                                                          : settings.backups.directory,
          .every = settings.backups.every,
          .keep = settings.backups.keep};
}

processor::Backups::Make maker(const NodeSettings& settings, const Clock& clock) {
  return [source = backup_source(settings), &clock](const std::filesystem::path& file,
                                                    const std::function<bool()>& stops) {
    const storage::BackupReport report = make_backup(source, file, clock.now(), stops);
    return processor::Backups::Made{.bytes = report.bytes,
                                    .messages = report.store.rows("messages")};
  };
}

}  // namespace

storage::BackupSource backup_source(const NodeSettings& settings) {
  return {.directory = settings.data,
          .beside = {"signing-keys", "code.key"},
          .made_by = PARLEY_VERSION};
}

bool BackupPart::is_wanted(const NodeSettings& settings) {
  return settings.backups.every.count() > 0 && settings.roles.has(delivery::NodeRole::processor);
}

BackupPart::BackupPart(const NodeSettings& settings, delivery::Leases& leases, std::uint64_t start,
                       const Clock& clock, Metrics& metrics, Loop& loop)
    : backups_(leases, maker(settings, clock), start, schedule(settings), clock, loop) {
  metrics.collect("parley_backup_last_success_timestamp_seconds",
                  [this] { return backups_.last_success(); });
  metrics.collect("parley_backup_interval_seconds",
                  [this] { return static_cast<double>(backups_.every().count()); });
  metrics.collect("parley_backup_bytes", [this] { return static_cast<double>(backups_.bytes()); });
  metrics.collect("parley_backup_seconds", [this] { return backups_.seconds_taken(); });
  metrics.collect("parley_backups_total", {"made"},
                  [this] { return static_cast<double>(backups_.made()); });
  metrics.collect("parley_backups_total", {"failed"},
                  [this] { return static_cast<double>(backups_.failed()); });
}

std::string BackupPart::health() const {
  const auto trouble = backups_.trouble();
  return trouble ? "degraded: " + *trouble : "ok";
}

}  // namespace parley::app
