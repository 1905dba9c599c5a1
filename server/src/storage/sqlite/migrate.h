#pragma once

#include <filesystem>
#include <span>

#include "base/clock.h"
#include "storage/sql/migration.h"
#include "storage/sqlite/connection.h"

namespace parley::storage {

// Brings the schema of `db` up to the last of `steps`, in one transaction, and does nothing when
// it is there already. A store that holds anything is copied into `backups` first, as
// parley-before-<version>-<time>.db.
//
// Throws std::runtime_error, with a sentence for the operator, when the database is newer than
// `steps` or a step it has applied was another one.
void migrate(SqliteConnection& db, std::span<const Migration> steps,
             const std::filesystem::path& backups, Timestamp now);

// The version of the schema of `db`, 0 when there is nothing in it. Throws as migrate() does when
// it is not one of ours.
int schema_version(SqliteConnection& db, std::span<const Migration> steps);

// Copies the database, as it is at this moment, into a new file that its owner alone can read. The
// copy has another epoch (backup.h).
void back_up(SqliteConnection& db, const std::filesystem::path& file);

}  // namespace parley::storage
