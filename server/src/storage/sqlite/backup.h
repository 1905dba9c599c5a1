#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/unfinished_file.h"
#include "storage/sql/check.h"
#include "storage/sqlite/connection.h"

namespace parley::storage {

// A backup is one file: a store as it was at one moment, and beside it what of the data directory a
// restored server needs, its keys. It is a SQLite database that stands alone, with no log beside
// it, which only its owner can read, and it has an epoch of its own: a server that is started on it
// tells clients to start over, who may have seen more than it has.

// What is backed up: a data directory, whether a server runs on it or not.
struct BackupSource {
  std::filesystem::path directory;
  std::vector<std::string> beside;  // names of files in it; one that is not there is left out
  std::string made_by;              // the release of this program
};

struct BackupReport {
  StoreReport store;
  std::uint64_t bytes = 0;
  std::chrono::duration<double> took{};
};

// Copies the store into `file`, reads the copy again as check_backup() does, and only then gives it
// its name; a name that is taken is refused. Nobody waits for it: readers hold up no writer, and it
// rests as long as it works. `stops` is asked every few milliseconds.
//
// Everything that was acknowledged before the call is in it. Throws std::runtime_error or
// StorageUnavailable, and leaves nothing behind.
BackupReport make_backup(const BackupSource& source, const std::filesystem::path& file,
                         Timestamp now, const std::function<bool()>& stops = {});

// Reads all of a store in a file: a backup, a copy from before a change of the schema, or
// parley.db itself, from which nobody needs to stay away. Throws DamagedStore with a sentence when
// it is damaged, and std::runtime_error when it is no store, or one of a newer release.
StoreReport check_backup(const std::filesystem::path& file,
                         const std::function<bool()>& stops = {});

// Puts the store of `backup` into `directory`, which must be empty or not there, with an epoch of
// its own; a file that check_backup() refuses changes nothing. With `end_sessions` everybody is
// signed out: sessions are gone, and so are the keys that signed their tokens.
StoreReport restore_backup(const std::filesystem::path& backup,
                           const std::filesystem::path& directory, bool end_sessions);

// For a store that is opened: when it is a backup that somebody put there by hand, it gets another
// epoch, and what made it a backup is taken out of it.
void adopt_backup(SqliteConnection& db);

// Copies the pages of a store, all of one moment, into a file in the making, and gives the copy
// another epoch.
void copy_pages(SqliteConnection& from, UnfinishedFile& to,
                const std::function<bool()>& stops = {});

}  // namespace parley::storage
