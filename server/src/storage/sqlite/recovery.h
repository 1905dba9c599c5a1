#pragma once

#include <cstdint>

#include "storage/sqlite/connection.h"

namespace parley::storage {

// Brings the rows of chats and participants up to the ends of the logs, as after a crash, and
// empties the log of watermarks. Answers the greatest id the store has kept.
std::uint64_t recover(SqliteConnection& db);

}  // namespace parley::storage
