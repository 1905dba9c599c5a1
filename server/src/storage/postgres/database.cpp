#include "storage/postgres/database.h"

#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/log.h"
#include "model/error.h"
#include "storage/postgres/chat_log.h"
#include "storage/postgres/epoch.h"
#include "storage/postgres/migrate.h"
#include "storage/postgres/partitions.h"

namespace parley::storage {
namespace {

constexpr int kMostAttempts = 20;
constexpr std::chrono::milliseconds kReplicaMayLag{100};

std::string name_of(const PostgresOptions& options) {
  return options.node ? PostgresMonitor::name_of(*options.node) : "parley";
}

PostgresConnection::Options direct(const PostgresOptions& options) {
  return {.url = options.url, .name = name_of(options), .answer_within = options.answer_within};
}

PostgresConnection::Options for_reads(const PostgresOptions& options) {
  return {.url = options.reads_url,
          .keep_statements = false,  // a pooler gives every transaction another connection
          .answer_within = options.answer_within};
}

// Those who met each other do not meet again at once.
void wait_after(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<int> milliseconds{1, 2 << std::min(attempt, 6)};
  std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds(random)});
}

// Ids go on after the greatest there is, whoever gave it out.
void continue_ids(PostgresConnection& db, IdSource& ids) {
  auto row = db.query(
      "SELECT greatest((SELECT max(id) FROM messages), (SELECT max(id) FROM users),"
      " (SELECT max(id) FROM chats), 0)");
  row.next();
  ids.continue_after(static_cast<std::uint64_t>(row.integer(0)));
}

}  // namespace

PostgresDatabase::PostgresDatabase(PostgresOptions options, IdSource& ids, const Clock& clock)
    : options_(std::move(options)),
      ids_(ids),
      clock_(clock),
      monitor_({.connection = direct(options_),
                .node = options_.node,
                .claim_within = options_.claim_within,
                .clock_measured = options_.clock_measured},
               clock),
      writing_(direct(options_)),
      reading_(direct(options_)),
      replica_(for_reads(options_)),
      writers_("store-writer", options_.writers, options_.longest_queue),
      readers_("store-reader", options_.readers, options_.longest_queue) {
  const ConnectionPool::Loan db{writing_};
  migrate(*db, postgres_migrations(), clock.now());
  continue_ids(*db, ids_);
  keep_epoch(*db);
  make_partitions(*db, clock.now());
  monitor_.watch_schema();
  chat_writers_ = std::make_unique<PostgresChatWriters>(
      PostgresChatWriters::Options{
          .each = {.connection = {.url = options_.url,
                                  .name = name_of(options_),
                                  .answer_within = options_.answer_within},
                   .tells_all = options_.publishes.messages == delivery::MessageEvents::all,
                   .refused = [this] { return monitor_.number_lost(); }},
          .writers = options_.chat_writers},
      ids_, clock_);
}

PostgresDatabase::~PostgresDatabase() {
  stop();
  stop_reading();
}

void PostgresDatabase::stop() {
  if (chat_writers_) chat_writers_->stop();
  writers_.stop();
  monitor_.stop();
}

std::optional<std::string> PostgresDatabase::trouble() const {
  auto trouble = monitor_.trouble();
  return trouble ? trouble : chat_writers_->trouble();
}

std::uint64_t PostgresDatabase::commits() const {
  return commits_.load(std::memory_order_relaxed) + chat_writers_->commits();
}

void PostgresDatabase::stop_reading() { readers_.stop(); }

Task<void> PostgresDatabase::transact(std::function<void(Transaction&)> work) {
  co_await run_on_writer(&PostgresConnection::begin_serializable, work);
}

Task<void> PostgresDatabase::change_chats(std::function<void(ChatLog&)> work) {
  co_await run_on_writer(&PostgresConnection::begin_locking, work);
}

template <class Work>
Task<void> PostgresDatabase::run_on_writer(Begin begin, Work& work) {
  const auto done = co_await writers_.run([this, begin, &work] {
    run_transaction(begin, [&](PostgresConnection& db) {
      PostgresChatLog log{db, ids_, clock_, options_.publishes};
      work(log);
    });
    return true;
  });
  if (!done) throw StorageUnavailable{"too many changes are waiting"};
}

void PostgresDatabase::run_transaction(Begin begin,
                                       const std::function<void(PostgresConnection&)>& work) {
  for (int attempt = 1; attempt <= kMostAttempts; ++attempt) {
    try {
      // A connection that waited in the pool may have been closed meanwhile: that is no failure.
      if (try_transaction(begin, work, attempt == 1)) return;
    } catch (const StorageUnavailable& failure) {
      monitor_.failed(failure.what());
      throw;
    }
    wait_after(attempt);
  }
  throw StorageUnavailable{"too many changes are in each other's way"};
}

// False: try again.
bool PostgresDatabase::try_transaction(Begin begin,
                                       const std::function<void(PostgresConnection&)>& work,
                                       bool may_be_stale) {
  if (auto lost = monitor_.number_lost()) throw StorageUnavailable{*std::move(lost)};
  const ConnectionPool::Loan db{writing_};
  bool committing = false;
  try {
    ((*db).*begin)();
    work(*db);
    committing = true;
    db->commit();
    commits_.fetch_add(1, std::memory_order_relaxed);
    return true;
  } catch (const TransactionConflict&) {
    db->rollback();
    return false;
  } catch (const StorageUnavailable&) {
    db->rollback();
    if (!db->broken() || committing || !may_be_stale) throw;
    writing_.drop_idle();
    return false;
  } catch (...) {
    db->rollback();
    throw;
  }
}

Task<bool> PostgresDatabase::look(std::function<void(Connection&)> work) {
  const auto done = co_await readers_.run([this, &work] {
    if (!options_.reads_url.empty() && look_at_replica(work)) return true;
    for (const bool may_be_stale : {true, false}) {
      const ConnectionPool::Loan db{reading_};
      try {
        work(*db);
        db->rollback();
        return true;
      } catch (const StorageUnavailable&) {
        db->rollback();
        if (!db->broken() || !may_be_stale) throw;
        reading_.drop_idle();
      } catch (...) {
        db->rollback();
        throw;
      }
    }
    return true;
  });
  co_return done.has_value();
}

// False when it lags, or is not there: then the primary has to do it.
bool PostgresDatabase::look_at_replica(const std::function<void(Connection&)>& work) {
  try {
    const ConnectionPool::Loan replica{replica_};
    {
      auto row = replica->query("SELECT pg_is_in_recovery()");
      row.next();
      if (row.integer(0) == 0) {
        // Not a replica but a pooler in front of the primary.
        work(*replica);
        return true;
      }
    }
    std::string reached;
    {
      const ConnectionPool::Loan primary{reading_};
      auto row = primary->query("SELECT CAST(pg_current_wal_flush_lsn() AS TEXT)");
      row.next();
      reached = row.string(0);
    }
    const auto deadline = std::chrono::steady_clock::now() + kReplicaMayLag;
    for (;;) {
      {
        auto row = replica->query("SELECT pg_last_wal_replay_lsn() >= CAST(?1 AS pg_lsn)", reached);
        if (row.next() && row.integer(0) != 0) break;
      }
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    work(*replica);
    return true;
  } catch (const StorageUnavailable& failure) {
    log::debug("storage-reads cannot be used", {{"why", failure.what()}});
    replica_.drop_idle();
    return false;
  }
}

}  // namespace parley::storage
