#include "app/storage_commands.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/operator_table.h"
#include "app/print.h"
#include "app/store_command.h"
#include "base/clock.h"
#include "base/private_directory.h"
#include "storage/copy/copy.h"
#include "storage/postgres/distribute.h"
#include "storage/postgres/maintenance.h"
#include "storage/postgres/migrate.h"
#include "storage/postgres/url.h"
#include "storage/sqlite/directory_lock.h"
#include "storage/sqlite/maintenance.h"
#include "storage/sqlite/migrate.h"

namespace parley::app {
namespace {

using boost::json::array;
using boost::json::object;

// What was given behind the command.
struct Given {
  std::string from, to;
  std::int64_t batch_rows = storage::CopySource::BatchSize{}.rows;
  bool distribute = false;
  bool dry_run = false;
};

// Changes of the schema may have to read a whole table.
constexpr std::chrono::minutes kAnswerWithin{60};

void migrate_store(const NodeSettings& settings, const Given& given) {
  if (given.dry_run && !given.distribute)
    throw std::runtime_error("--dry-run shows what --distribute would do: give both");
  if (given.dry_run) return print(storage::distribution_sql());
  const SystemClock clock;
  const std::string& url = settings.cluster.storage;
  if (url.empty()) {
    if (given.distribute)
      throw std::runtime_error("--distribute is for PostgreSQL: give its URL as --storage");
    make_private(settings.data);
    const storage::DirectoryLock lock{settings.data};
    storage::SqliteConnection db{settings.data / "parley.db",
                                 storage::SqliteConnection::Mode::write};
    migrate(db, storage::sqlite_migrations(), settings.data / "backups", clock.now());
    return print(
        fmt::format("The schema is at version {}.\n", storage::sqlite_migrations().size()));
  }
  storage::PostgresConnection db{{.url = url, .answer_within = kAnswerWithin}};
  if (given.distribute) {
    const int placed = storage::distribute(db, clock.now());
    return print(fmt::format("Placed {} tables; the schema is at version {}.\n", placed,
                             storage::postgres_migrations().size()));
  }
  migrate(db, storage::postgres_migrations(), clock.now());
  print(fmt::format("The schema is at version {}.\n", storage::postgres_migrations().size()));
}

// sqlite:/path/parley.db, or the data directory.
std::filesystem::path source_file(const std::string& url) {
  constexpr std::string_view kScheme = "sqlite:";
  if (!url.starts_with(kScheme) || url.size() == kScheme.size())
    throw std::runtime_error("a store is copied from sqlite:/path/to/parley.db");
  std::string path = url.substr(kScheme.size());
  if (path.starts_with("///")) path.erase(0, 2);
  const std::filesystem::path file{path};
  return std::filesystem::is_directory(file) ? file / "parley.db" : file;
}

std::string target_url(const NodeSettings& settings, const Given& given) {
  std::string url = given.to.empty() ? settings.cluster.storage : given.to;
  if (!storage::is_postgres_url(url))
    throw std::runtime_error(
        "a store is copied to postgres://user:password@host:5432/parley: name it behind the "
        "source, or as `storage`");
  return url;
}

// A line on stderr every second, for who waits.
class ProgressLines {
 public:
  void operator()(std::string_view table, std::int64_t rows) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds{1};
    std::fprintf(stderr, "%.*s: %lld rows\n", static_cast<int>(table.size()), table.data(),
                 static_cast<long long>(rows));
  }

 private:
  std::chrono::steady_clock::time_point next_{};
};

void print_report(const storage::CopyReport& report) {
  array rows;
  std::int64_t total = 0;
  for (const storage::CopiedTableReport& table : report.tables) {
    total += table.source.rows;
    rows.push_back(object{{"table", table.table},
                          {"source", table.source.rows},
                          {"target", table.target.rows},
                          {"source_sum", table.source.checksum.substr(0, 16)},
                          {"target_sum", table.target.checksum.substr(0, 16)},
                          {"equal", table.is_equal() ? "the same" : "DIFFERENT"}});
  }
  print(table_of(rows, {{"TABLE", "table"},
                        {"ROWS", "source"},
                        {"COPIED", "target"},
                        {"SHA-256", "source_sum"},
                        {"COPIED", "target_sum"},
                        {"", "equal"}}));
  const double seconds = report.copying.count();
  print(
      fmt::format("{} rows copied by this run in {:.1f} s ({:.0f} a second), compared in {:.1f} "
                  "s.\n",
                  report.rows_copied, seconds,
                  static_cast<double>(report.rows_copied) / std::max(seconds, 0.001),
                  report.comparing.count()));
  if (report.is_complete())
    print(
        fmt::format("All {} rows of {} tables are in {}, the same by number and checksum.\n"
                    "Carry over the rest of the data directory (signing-keys), and start no "
                    "server on the old store again.\n",
                    total, report.tables.size(), report.place));
}

void copy_storage(const NodeSettings& settings, const Given& given) {
  storage::CopyOptions options{
      .from = source_file(given.from),
      .to = target_url(settings, given),
      .batch = {.rows = given.batch_rows},
      .progress = ProgressLines{},
  };
  const storage::CopyReport report = copy_store(options, SystemClock{});
  if (report.was_finished)
    return print(fmt::format(
        "This store was copied to {} and compared before: nothing is left to do.\n", report.place));
  print_report(report);
  if (!report.is_complete())
    throw std::runtime_error(
        "the two differ, and no server will use the copy: empty the database and copy again");
}

void check_postgres_tables(const std::string& url) {
  array rows;
  for (const storage::TableState& table : storage::table_states(url))
    rows.push_back(object{{"table", table.name},
                          {"bytes", table.bytes},
                          {"rows", table.rows},
                          {"dead", table.dead},
                          {"vacuumed", table.vacuumed},
                          {"analyzed", table.analyzed}});
  print(table_of(rows, {{"TABLE", "table"},
                        {"BYTES", "bytes"},
                        {"ROWS", "rows"},
                        {"DEAD", "dead"},
                        {"VACUUMED", "vacuumed"},
                        {"ANALYZED", "analyzed"}}));
}

void check_storage(const NodeSettings& settings, const Given&) {
  if (!settings.cluster.storage.empty()) return check_postgres_tables(settings.cluster.storage);
  array rows;
  for (const storage::TableSize& table : storage::table_sizes(settings.data))
    rows.push_back(object{{"table", table.name}, {"bytes", table.bytes}});
  print(table_of(rows, {{"TABLE", "table"}, {"BYTES", "bytes"}}));
  const storage::FileSizes sizes = storage::file_sizes(settings.data);
  print(fmt::format("{} bytes, {} of them free, and {} in the log.\n", sizes.database,
                    storage::free_bytes(settings.data), sizes.log));
}

void compact_storage(const NodeSettings& settings, const Given&) {
  if (!settings.cluster.storage.empty())
    throw std::runtime_error("PostgreSQL keeps its tables by itself: see docs/operations.md");
  const auto before = storage::file_sizes(settings.data).database;
  storage::compact(settings.data);
  const auto after = storage::file_sizes(settings.data).database;
  print(fmt::format("The store has {} bytes; it had {}.\n", after, before));
}

}  // namespace

void add_storage_commands(CLI::App& cli, Flags& flags, std::function<NodeSettings()> settings) {
  const auto given = std::make_shared<Given>();
  const auto act_on = [&](CLI::App* sub, auto act) {
    app::act_on<Given>(*sub, flags, settings, given, act);
  };

  CLI::App* const migrate = cli.add_subcommand(
      "migrate", "Brings the store to the schema of this program, as `serve` does.");
  act_on(migrate, migrate_store);
  migrate->add_flag("--distribute", given->distribute,
                    "Then place the tables for Citus, what belongs to a chat together");
  migrate->add_flag("--dry-run", given->dry_run,
                    "Only print the statements of --distribute, without asking any server");

  CLI::App* const storage = cli.add_subcommand("storage", "What everything is kept in.");
  storage->require_subcommand(1);
  act_on(storage->add_subcommand("check", "Says what tables take, and how much of it is free."),
         check_storage);
  act_on(storage->add_subcommand("compact",
                                 "Gives free room back to the disk; no server may run meanwhile."),
         compact_storage);
  CLI::App* const copy = storage->add_subcommand(
      "copy", "Moves a store from SQLite to PostgreSQL; run it again to go on.");
  act_on(copy, copy_storage);
  copy->add_option("from", given->from, "sqlite:/path/to/parley.db")->required();
  copy->add_option("to", given->to,
                   "postgres://user:password@host:5432/parley; left out, what `storage` says, "
                   "which PARLEY_STORAGE can tell without others seeing the password");
  copy->add_option("--batch-rows", given->batch_rows, "How many rows to write at a time")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
}

}  // namespace parley::app
