#include "app/backup_commands.h"

#include <memory>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "app/backup_part.h"
#include "app/operator_table.h"
#include "app/print.h"
#include "app/store_command.h"
#include "base/clock.h"
#include "base/id_source.h"
#include "storage/postgres/check.h"
#include "storage/postgres/url.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/database.h"

namespace parley::app {
namespace {

using boost::json::array;
using boost::json::object;
using storage::StoreReport;

// What was given behind the command.
struct Given {
  std::string file;
  bool sign_out = false;
};

std::string until(const StoreReport& report) {
  if (report.until == Timestamp{}) return "nothing was written in it yet";
  return fmt::format("the newest entry is of {:%Y-%m-%dT%H:%M:%SZ}",
                     std::chrono::floor<std::chrono::seconds>(report.until));
}

std::string contents(const StoreReport& report) {
  return fmt::format("{} users, {} chats, {} entries; {}", report.rows("users"),
                     report.rows("chats"), report.rows("messages"), until(report));
}

void make(const NodeSettings& settings, const Given& given) {
  if (given.file.empty())
    throw std::runtime_error("name the file, or the directory, that the backup goes to");
  if (!settings.cluster.storage.empty())
    throw std::runtime_error(
        "the store is on PostgreSQL, which has backups of its own: see docs/operations.md");
  const Timestamp now = SystemClock{}.now();
  std::filesystem::path file{given.file};
  if (std::filesystem::is_directory(file)) file /= processor::backup_name(now);
  const auto report = make_backup(backup_source(settings), file, now);
  print(fmt::format("{}\n{} bytes in {:.1f} s, read again and whole: {}.\n", file.string(),
                    report.bytes, report.took.count(), contents(report.store)));
}

void print_counts(const StoreReport& report) {
  array rows;
  for (const auto& count : report.counts)
    rows.push_back(object{{"table", count.table}, {"rows", count.rows}});
  print(table_of(rows, {{"TABLE", "table"}, {"ROWS", "rows"}}));
}

void verify(const NodeSettings& settings, const Given& given) {
  const std::string what = given.file.empty() ? settings.cluster.storage : given.file;
  if (what.empty())
    throw std::runtime_error("name the file to verify, or set `storage` to a PostgreSQL");
  const bool on_postgres = storage::is_postgres_url(what);
  const StoreReport report =
      on_postgres ? storage::check_postgres(what) : storage::check_backup(what);
  print_counts(report);
  if (report.version < report.newest)
    print(fmt::format("The schema has version {}; the server brings it to version {}.\n",
                      report.version, report.newest));
  print(fmt::format("{} whole: {}.\n", on_postgres ? "The database is" : what + " is",
                    contents(report)));
}

// Opened as a server does, which brings up the schema and puts right what the log is ahead of.
void restore(const NodeSettings& settings, const Given& given) {
  if (!settings.cluster.storage.empty())
    throw std::runtime_error(
        "a backup is restored into a data directory, and `storage` says that everything is on "
        "PostgreSQL");
  storage::restore_backup(given.file, settings.data, given.sign_out);
  const SystemClock clock;
  IdSource ids{clock, settings.node_id};
  {
    storage::SqliteDatabase store{{.directory = settings.data}, ids, clock};
    store.stop();
    store.stop_reading();
  }
  const StoreReport report = storage::check_backup(settings.data / "parley.db");
  print(fmt::format("{} is restored: {}.\n", settings.data.string(), contents(report)));
  if (given.sign_out) print("Everybody has to sign in again.\n");
  if (!given.sign_out && !std::filesystem::exists(settings.data / "signing-keys") &&
      settings.token_secret.empty())
    print("No signing keys were in it: access tokens that are out are not valid any more.\n");
  print("Clients start over with it by themselves. Run `parley serve` on it.\n");
}

}  // namespace

void add_backup_commands(CLI::App& cli, Flags& flags, std::function<NodeSettings()> settings) {
  const auto given = std::make_shared<Given>();
  const auto act_on = [&](CLI::App* sub, auto act) {
    app::act_on<Given>(*sub, flags, settings, given, act);
  };

  CLI::App* const backup =
      cli.add_subcommand("backup",
                         "Copies the store and its keys into one file, and reads it "
                         "again; a server may run meanwhile.");
  CLI::App* const check = backup->add_subcommand(
      "verify", "Reads a whole backup, or a PostgreSQL, and says what is in it.");
  act_on(check, verify);
  check->add_option("file", given->file,
                    "The file, or postgres://user:password@host:5432/parley; left out, what "
                    "`storage` says, which PARLEY_STORAGE can tell without others seeing the "
                    "password");
  act_on(backup, [check](const NodeSettings& node, const Given& what) {
    if (!check->parsed()) make(node, what);
  });
  backup->add_option("file", given->file,
                     "A file that is not there yet, or a directory, for a name with the time");

  CLI::App* const back = cli.add_subcommand(
      "restore", "Puts a backup into the data directory, which must be empty or not there.");
  act_on(back, restore);
  back->add_option("file", given->file, "The backup")->required();
  back->add_flag("--sign-out", given->sign_out,
                 "Ends all sessions, for when the keys may be in other hands");
}

}  // namespace parley::app
