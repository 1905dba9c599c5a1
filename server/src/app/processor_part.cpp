#include "app/processor_part.h"

namespace parley::app {

ProcessorPart::ProcessorPart(const NodeSettings& settings, Storage& storage, std::uint64_t start,
                             Ties ties, Metrics& metrics, Loop& loop)
    : away_(storage.away, loop) {
  metrics.collect("parley_pushes_left_total",
                  [this] { return static_cast<double>(away_.pushes()); });
  if (!settings.roles.has(delivery::NodeRole::processor)) return;
  housekeeper_.emplace(processor::Housekeeper::Stores{.leases = storage.leases,
                                                      .housekeeping = *storage.engine.housekeeping,
                                                      .away = storage.away,
                                                      .devices = storage.devices},
                       start, settings.retention, storage.clock, loop);
  if (BackupPart::is_wanted(settings))
    backups_.emplace(settings, storage.leases, start, storage.clock, metrics, loop);
  if (settings.digest_after.count() > 0) {
    digests_.emplace(
        processor::Digests::Ties{
            .leases = storage.leases,
            .store = storage.digests,
            .tokens = ties.unsubscribe,
            .is_online = [&router = ties.router](UserId user) { return router.online(user); }},
        start,
        processor::Digests::Settings{.after = settings.digest_after,
                                     .public_url = settings.public_url},
        storage.clock, loop);
    metrics.collect("parley_digests_left_total",
                    [this] { return static_cast<double>(digests_->mails()); });
  }
  metrics.collect("parley_housekeeping_leads",
                  [this] { return housekeeper_->leads() ? 1.0 : 0.0; });
  metrics.collect("parley_housekeeping_removed_total",
                  [this] { return static_cast<double>(housekeeper_->removed()); });
  metrics.collect("parley_housekeeping_entries_cut_total",
                  [this] { return static_cast<double>(housekeeper_->entries_cut()); });
}

Task<void> ProcessorPart::keep_house() {
  if (housekeeper_) co_await housekeeper_->run();
}

Task<void> ProcessorPart::mail_digests() {
  if (digests_) co_await digests_->run();
}

Task<void> ProcessorPart::make_backups() {
  if (backups_) co_await backups_->run();
}

std::optional<std::string> ProcessorPart::backup_health() const {
  if (!backups_) return std::nullopt;
  return backups_->health();
}

void ProcessorPart::stop() {
  away_.stop();
  if (digests_) digests_->stop();
  if (backups_) backups_->stop();
  if (housekeeper_) housekeeper_->stop();
}

}  // namespace parley::app
