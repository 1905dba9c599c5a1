#pragma once

#include <filesystem>
#include <functional>

#include "storage/sqlite/connection.h"

namespace parley::storage {

// A SQLite file says nothing of a bit that turned inside of a message. So a backup holds a SHA-256
// of all its bytes but those of the digest itself, which count as zero. `stops` is asked again and
// again; then StorageUnavailable is thrown.

// Makes room for it, in the table of a backup.
void reserve_digest(SqliteConnection& copy);

// Writes it there, when everything else is on the disk and nobody has the file open.
void write_digest(const std::filesystem::path& file, const std::function<bool()>& stops);

// Throws DamagedStore when the file is another than was written. One without a digest, which we
// did not make, is let pass.
void check_digest(SqliteConnection& db, const std::filesystem::path& file,
                  const std::function<bool()>& stops);

}  // namespace parley::storage
