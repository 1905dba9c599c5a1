#include "storage/postgres/monitor.h"

#include <utility>

#include <fmt/format.h>

#include "base/id_source.h"
#include "base/log.h"
#include "model/error.h"
#include "storage/postgres/epoch.h"
#include "storage/postgres/partitions.h"

namespace parley::storage {

PostgresMonitor::PostgresMonitor(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(clock) {
  connection_ = std::make_unique<PostgresConnection>(options_.connection);
  claim();
  holds_ = true;
  measure_clock();
  thread_ = std::thread{[this] { serve(); }};
}

PostgresMonitor::~PostgresMonitor() { stop(); }

void PostgresMonitor::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool PostgresMonitor::try_claim(std::uint32_t node) {
  auto row = connection_->query(
      "SELECT pg_try_advisory_lock(CAST(?1 AS INTEGER), CAST(?2 AS INTEGER))", kNodeLocks, node);
  return row.next() && row.integer(0) != 0;
}

void PostgresMonitor::claim() {
  if (!options_.node) {
    for (node_ = IdSource::kNodes - 1; !try_claim(node_); --node_)
      if (node_ == 0) throw NodeIdInUse{"every number of a node is in use"};
    return;
  }
  node_ = *options_.node;
  const auto deadline = std::chrono::steady_clock::now() + options_.claim_within;
  while (!try_claim(node_)) {
    if (std::chrono::steady_clock::now() > deadline)
      throw NodeIdInUse{
          fmt::format("another node with node-id {} uses this database: give each its own", node_)};
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
  end_earlier_holder();
}

// It may have lost the lock without knowing: its other connections live on.
void PostgresMonitor::end_earlier_holder() {
  std::int64_t ended = 0;
  {
    auto rows = connection_->query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?1"
        " AND datname = current_database() AND usename = current_user"
        " AND pid <> pg_backend_pid()",
        name_of(node_));
    while (rows.next()) ++ended;
  }
  if (ended == 0) return;
  log::warning("an earlier holder of our number still had connections",
               {{"node", node_}, {"ended", ended}});
  std::this_thread::sleep_for(kHandOver);
}

std::string PostgresMonitor::name_of(std::uint32_t node) { return fmt::format("parley-{}", node); }

std::optional<std::string> PostgresMonitor::number_lost() const {
  if (holds_) return {};
  return trouble().value_or(fmt::format("whether node-id {} is still ours is not known", node_));
}

void PostgresMonitor::failed(std::string why) {
  const std::lock_guard lock{mutex_};
  if (!trouble_) log::error("nothing can be stored", {{"why", why}});
  trouble_ = std::move(why);
  wake_.notify_all();
}

std::optional<std::string> PostgresMonitor::trouble() const {
  const std::lock_guard lock{mutex_};
  return trouble_;
}

void PostgresMonitor::serve() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    wait_for_look(lock);
    if (stopping_) return;
    lock.unlock();
    std::optional<std::string> why;
    try {
      look();
    } catch (const std::exception& failure) {
      why = failure.what();
      holds_ = false;
      connection_.reset();
    }
    lock.lock();
    if (why && !trouble_) log::error("nothing can be stored", {{"why", *why}});
    if (!why && trouble_) log::info("everything can be stored again");
    trouble_ = std::move(why);
  }
}

// A connection that ends is noticed at once.
void PostgresMonitor::wait_for_look(std::unique_lock<std::mutex>& lock) {
  const auto until = std::chrono::steady_clock::now() + kLook;
  while (!stopping_ && std::chrono::steady_clock::now() < until) {
    if (connection_ && connection_->has_news()) return;
    wake_.wait_for(lock, kGlance, [this] { return stopping_; });
  }
}

void PostgresMonitor::look() {
  const bool in_trouble = trouble().has_value();
  if (!connection_) {
    connection_ = std::make_unique<PostgresConnection>(options_.connection);
    if (!try_claim(node_))
      throw StorageUnavailable{fmt::format("another node has taken node-id {}", node_)};
    holds_ = true;
  }
  measure_clock();
  if (watches_schema_.load(std::memory_order_acquire)) {
    keep_epoch(*connection_);
    keep_partitions();
  }
  // Whether it takes something is seen by giving it something.
  if (in_trouble)
    connection_->run(
        "INSERT INTO store_meta VALUES ('last_trial', CAST(now() AS TEXT))"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value");
}

void PostgresMonitor::keep_partitions() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_partitions_) return;
  next_partitions_ = now + kPartitions;
  make_partitions(*connection_, clock_.now());
}

void PostgresMonitor::measure_clock() {
  const Timestamp before = clock_.now();
  auto row = connection_->query(
      "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT), pg_is_in_recovery()");
  row.next();
  const Timestamp after = clock_.now();
  if (row.integer(1) != 0) throw StorageUnavailable{"the server is a standby that only reads"};
  if (options_.clock_measured) options_.clock_measured(row.time(0) - before - (after - before) / 2);
}

}  // namespace parley::storage
