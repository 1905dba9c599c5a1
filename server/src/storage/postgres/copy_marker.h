#pragma once

#include <string_view>

#include "storage/postgres/connection.h"

namespace parley::storage {

// What stands in store_meta as long as a copy into this database is not finished (storage/copy).
// Below it, with a dot and a name behind, stands how far each table has come.
inline constexpr std::string_view kCopyMarker = "copying";

// Throws std::runtime_error with a sentence when a server should not touch the database, because
// only a part of a store is in it.
void refuse_unfinished_copy(PostgresConnection& db);

}  // namespace parley::storage
