#include "storage/postgres/read_server.h"

#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "model/error.h"

namespace parley::storage {
namespace {

using namespace std::chrono_literals;

PostgresConnection::Options connection(const ReadServer::Options& options,
                                       std::chrono::milliseconds answer_within) {
  return {.url = options.url,
          .keep_statements = false,  // a pooler gives every transaction another connection
          .connect_within = options.connect_within,
          .answer_within = answer_within};
}

}  // namespace

ReadServer::ReadServer(Options options)
    : options_(std::move(options)),
      primary_({.url = options_.primary_url,
                .connect_within = options_.connect_within,
                .answer_within = options_.looks_within}),
      pool_(connection(options_, options_.answer_within)) {
  thread_ = std::thread{[this] { serve(); }};
}

ReadServer::~ReadServer() { stop(); }

void ReadServer::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

ReadServerState ReadServer::state() const {
  const std::lock_guard lock{mutex_};
  return {.trouble = trouble_, .lag = lag_, .served = served_, .passed_on = passed_on_};
}

// Reading ------------------------------------------------------------------------------------

bool ReadServer::read(const std::function<void(Connection&)>& work) {
  const bool done = fit_ && try_read(work);
  (done ? served_ : passed_on_).fetch_add(1, std::memory_order_relaxed);
  return done;
}

bool ReadServer::try_read(const std::function<void(Connection&)>& work) {
  // A connection that waited in the pool may have been closed meanwhile: that is no failure.
  for (const bool may_be_stale : {true, false}) {
    bool broken = false;
    try {
      const ConnectionPool::Loan db{pool_};
      try {
        db->answer_within(options_.looks_within);
        if (!is_fresh(*db)) return false;
        db->answer_within(options_.answer_within);
        work(*db);
        db->rollback();
        return true;
      } catch (...) {
        db->rollback();
        broken = db->broken();
        throw;
      }
    } catch (const StorageUnavailable& failure) {
      pool_.drop_idle();
      if (broken && may_be_stale && fit_) continue;
      set_trouble(failure.what());
    } catch (const TransactionConflict& conflict) {
      // A replica takes back what it shows when it has to replay what removes it.
      log::debug("a read of storage-reads was cancelled", {{"why", conflict.what()}});
    } catch (const std::exception& fault) {
      refused(fault.what());  // if the fault is ours the primary will say so as well
    }
    return false;
  }
  return false;
}

// Whether `db` shows all the primary has flushed until now.
bool ReadServer::is_fresh(PostgresConnection& db) {
  Position primary = remembered();
  if (!is_replica_) {
    auto row = db.query(
        "SELECT NOT pg_is_in_recovery() AND CASE WHEN pg_is_in_recovery() THEN NULL"
        " ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END = CAST(?1 AS TEXT)",
        primary.timeline);
    if (row.next() && row.integer(0) != 0) return true;
    set_trouble("it is no longer the server it was");
    return false;
  }
  try {
    const ConnectionPool::Loan asked{primary_};
    auto row = asked->query(
        "SELECT CAST(pg_current_wal_flush_lsn() AS TEXT),"
        " left(pg_walfile_name(pg_current_wal_lsn()), 8)");
    row.next();
    primary.flushed = row.string(0);
    if (row.text(1) != primary.timeline) return false;  // until the next look
  } catch (const StorageUnavailable&) {
    primary_.drop_idle();
    return false;  // nobody knows how far it has to be
  }
  const auto since = Clock::now();
  while (!has_reached(db, primary)) {
    const auto late = Clock::now() - since;
    if (late > kMayLag) {
      set_trouble(behind(late));
      return false;
    }
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

// On the same way, too: one that follows a primary of before may be further, and lack the rest.
bool ReadServer::has_reached(PostgresConnection& db, const Position& primary) {
  auto row = db.query(
      "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= CAST(CAST(?1 AS TEXT) AS pg_lsn)"
      " AND (SELECT value FROM store_meta WHERE name = 'origin') = ?2",
      primary.flushed, primary.origin);
  return row.next() && row.integer(0) != 0;
}

// What is wrong with one that is `late`. Rounded up: what is beyond kMayLag is told as beyond it.
std::string ReadServer::behind(Clock::duration late) {
  lag_ = std::chrono::ceil<std::chrono::milliseconds>(late);
  return fmt::format("it is more than {} ms behind the primary", kMayLag.count());
}

void ReadServer::refused(const std::string& why) {
  const std::lock_guard lock{mutex_};
  if (std::exchange(refusal_, why) == why) return;
  log::warning("storage-reads refused a read", {{"why", why}});
}

// Looking ------------------------------------------------------------------------------------

void ReadServer::serve() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    lock.unlock();
    try {
      set_trouble(look());
    } catch (const std::exception& failure) {
      connection_.reset();
      set_trouble(failure.what());
    }
    lock.lock();
    wake_.wait_for(lock, kLook, [this] { return stopping_; });
  }
}

ReadServer::Position ReadServer::remembered() const {
  const std::lock_guard lock{mutex_};
  return known_;
}

void ReadServer::set_trouble(std::optional<std::string> why) {
  const std::lock_guard lock{mutex_};
  if (told_fit_ != !why) {
    if (why)
      log::warning("storage-reads cannot be used; the primary is read", {{"why", *why}});
    else
      log::info("storage-reads is used", {{"replica", is_replica_ ? "yes" : "no"}});
  }
  told_fit_ = !why;
  fit_ = !why;
  trouble_ = std::move(why);
}

// Why it is not fit; nothing when it is.
std::optional<std::string> ReadServer::look() {
  try {
    const ConnectionPool::Loan asked{primary_};
    auto row = asked->query(
        "SELECT CAST(pg_current_wal_flush_lsn() AS TEXT),"
        " left(pg_walfile_name(pg_current_wal_lsn()), 8),"
        " (SELECT value FROM store_meta WHERE name = 'origin')");
    row.next();
    const std::lock_guard lock{mutex_};
    known_ = {.flushed = row.string(0), .timeline = row.string(1), .origin = row.string(2)};
  } catch (const StorageUnavailable&) {
    primary_.drop_idle();
    return state().trouble;  // which says nothing about this one
  }
  if (!connection_)
    connection_ = std::make_unique<PostgresConnection>(connection(options_, options_.looks_within));
  if (auto why = identify()) return why;
  if (is_replica_) return measure_lag();
  lag_ = 0ms;
  return std::nullopt;
}

// Whether it is of this store: by where it is, and by what it has in its tables.
std::optional<std::string> ReadServer::identify() {
  const Position primary = remembered();
  auto row = connection_->query(
      "SELECT pg_is_in_recovery(), concat_ws('.', system_identifier,"
      " CASE WHEN pg_is_in_recovery() THEN CAST(?1 AS TEXT)"
      "  ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,"
      " (SELECT oid FROM pg_database WHERE datname = current_database()),"
      " CAST(CAST('chats' AS regclass) AS oid)),"
      " (SELECT value FROM store_meta WHERE name = 'origin') FROM pg_control_system()",
      primary.timeline);
  row.next();
  is_replica_ = row.integer(0) != 0;
  if (row.text(1) != primary.origin) return "it is not of this store, or was promoted";
  if (row.text(2) != primary.origin) return "it does not follow the primary";
  return std::nullopt;
}

std::optional<std::string> ReadServer::measure_lag() {
  Position primary = remembered();
  if (!awaited_) awaited_ = {.position = primary.flushed, .since = Clock::now()};
  primary.flushed = awaited_->position;
  const auto deadline = Clock::now() + kMayLag;
  while (!has_reached(*connection_, primary)) {
    if (Clock::now() > deadline) return behind(Clock::now() - awaited_->since);
    std::this_thread::sleep_for(5ms);
  }
  const auto late = Clock::now() - std::exchange(awaited_, std::nullopt)->since;
  if (late > kMayLag) return behind(late);
  lag_ = std::chrono::ceil<std::chrono::milliseconds>(late);
  return std::nullopt;
}

}  // namespace parley::storage
