// A data directory out of a backup.
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/private_directory.h"
#include "base/private_file.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/directory_lock.h"

namespace parley::storage {
namespace {

constexpr std::string_view kKeys = "signing-keys";

void expect_empty(const std::filesystem::path& directory) {
  if (!std::filesystem::exists(directory)) return;
  if (!std::filesystem::is_directory(directory))
    throw std::runtime_error(fmt::format("{} is not a directory", directory.string()));
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    throw std::runtime_error(fmt::format(
        "{} is not empty, {} is in it: a backup is restored into a directory of its own",
        directory.string(), entry.path().filename().string()));
}

using Beside = std::vector<std::pair<std::string, std::string>>;  // name and content

// Takes what stood beside the store out of it.
Beside take_beside(SqliteConnection& db) {
  Beside files;
  {
    auto table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'parley_backup'");
    if (!table.next()) return files;
  }
  {
    auto row =
        db.query("SELECT substr(name, 6), content FROM parley_backup WHERE name LIKE 'file:%'");
    while (row.next()) {
      std::string name = row.string(0);
      if (name.empty() || name.starts_with('.') || name.contains('/') || name.contains('\0'))
        throw std::runtime_error("the backup has a file with a name that is none");
      files.emplace_back(std::move(name), row.string(1));
    }
  }
  db.execute("DROP TABLE parley_backup");
  return files;
}

// Made here, and taken away again when what follows fails.
class Attempt {
 public:
  void made(const std::filesystem::path& path) { made_.push_back(path); }
  void succeeded() { made_.clear(); }
  ~Attempt() {
    std::error_code ignored;
    for (auto path = made_.rbegin(); path != made_.rend(); ++path)
      std::filesystem::remove(*path, ignored);
  }

 private:
  std::vector<std::filesystem::path> made_;
};

}  // namespace

void adopt_backup(SqliteConnection& db) {
  {
    auto table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'parley_backup'");
    if (!table.next()) return;
  }
  db.begin_immediate();
  try {
    db.execute("DROP TABLE parley_backup");
    db.run("UPDATE store_meta SET value = lower(hex(randomblob(8))) WHERE name = 'epoch'");
    db.commit();
  } catch (...) {
    db.rollback();
    throw;
  }
}

StoreReport restore_backup(const std::filesystem::path& backup,
                           const std::filesystem::path& directory, bool end_sessions) {
  expect_empty(directory);
  StoreReport report = check_backup(backup);

  Attempt attempt;
  if (!std::filesystem::exists(directory)) attempt.made(directory);
  make_private(directory);
  attempt.made(directory / "parley.lock");
  const DirectoryLock lock{directory};
  UnfinishedFile store{directory / "parley.db"};
  {
    SqliteConnection from{backup, SqliteConnection::Mode::read};
    from.execute("PRAGMA mmap_size = 0");
    copy_pages(from, store);
  }
  Beside beside;
  {
    SqliteConnection copy{store.path(), SqliteConnection::Mode::alone};
    copy.begin();
    beside = take_beside(copy);
    if (end_sessions) copy.run("DELETE FROM sessions");
    copy.commit();
  }
  for (const auto& [name, content] : beside) {
    if (end_sessions && name == kKeys) continue;
    attempt.made(directory / name);
    write_private_file(directory / name, content);
  }
  store.finish();  // last: a directory with a store in it has everything
  attempt.succeeded();
  return report;
}

}  // namespace parley::storage
