#include "storage/postgres/database.h"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/log.h"
#include "model/error.h"
#include "storage/postgres/backoff.h"
#include "storage/postgres/chat_log.h"
#include "storage/postgres/copy_marker.h"
#include "storage/postgres/epoch.h"
#include "storage/postgres/migrate.h"
#include "storage/postgres/partitions.h"

namespace parley::storage {
namespace {

constexpr std::chrono::milliseconds kFirstWait{2}, kLongestWait{128};

std::string name_of(const PostgresOptions& options) {
  return options.node ? PostgresMonitor::name_of(*options.node) : "parley";
}

PostgresConnection::Options direct(const PostgresOptions& options) {
  return {.url = options.url, .name = name_of(options), .answer_within = options.answer_within};
}

PostgresConnection::Options for_changes(const PostgresOptions& options) {
  auto connection = direct(options);
  connection.only_lookups = true;
  return connection;
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
      writing_(for_changes(options_)),
      reading_(direct(options_)),
      writers_("store-writer", options_.writers, options_.longest_queue),
      readers_("store-reader", options_.readers, options_.longest_queue) {
  const ConnectionPool::Loan db{writing_};
  migrate(*db, postgres_migrations(), clock.now());
  refuse_unfinished_copy(*db);
  continue_ids(*db, ids_);
  keep_epoch(*db);
  make_partitions(*db, clock.now());
  monitor_.watch_schema();
  if (!options_.reads_url.empty())
    read_server_ = std::make_unique<ReadServer>(
        ReadServer::Options{.url = options_.reads_url,
                            .primary_url = options_.url,
                            .connect_within = options_.reads_connect_within,
                            .looks_within = options_.reads_look_within});
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

void PostgresDatabase::stop_reading() {
  readers_.stop();
  if (read_server_) read_server_->stop();
}

std::optional<ReadServerState> PostgresDatabase::read_server() const {
  if (!read_server_) return std::nullopt;
  return read_server_->state();
}

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
  using SteadyClock = std::chrono::steady_clock;
  // Those who met each other do not meet again at once. It is given up by the clock and not by the
  // number of attempts: where many meet, most of them get through in the end.
  const auto deadline = SteadyClock::now() + options_.answer_within;
  Backoff backoff{kFirstWait, kLongestWait};
  for (bool first = true;; first = false) {
    try {
      // A connection that waited in the pool may have been closed meanwhile: that is no failure.
      if (try_transaction(begin, work, first)) return;
    } catch (const StorageUnavailable& failure) {
      monitor_.failed(failure.what());
      throw;
    }
    if (SteadyClock::now() >= deadline)
      throw StorageUnavailable{"too many changes are in each other's way"};
    std::this_thread::sleep_for(backoff.next());
  }
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
    conflicts_.fetch_add(1, std::memory_order_relaxed);
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
    if (!read_server_ || !read_server_->read(work)) look_at_primary(work);
    return true;
  });
  co_return done.has_value();
}

void PostgresDatabase::look_at_primary(const std::function<void(Connection&)>& work) {
  std::string conflict;
  for (const bool may_be_stale : {true, false}) {
    const ConnectionPool::Loan db{reading_};
    try {
      work(*db);
      db->rollback();
      return;
    } catch (const TransactionConflict& met) {
      // Nothing is in the way of a read on a primary: it has become a standby, or is about to.
      db->rollback();
      conflict = met.what();
    } catch (const StorageUnavailable&) {
      db->rollback();
      if (!db->broken() || !may_be_stale) throw;
      reading_.drop_idle();
    } catch (...) {
      db->rollback();
      throw;
    }
  }
  throw StorageUnavailable{conflict};
}

}  // namespace parley::storage
