#pragma once

#include <optional>
#include <string>

#include "chat/message_store.h"
#include "storage/sql/database.h"

namespace parley::storage {

// MessageStore::sync on PostgreSQL.
//
// A client knows what all transactions below its floor have changed, whichever node made them and
// whatever the clocks said. A lap of pages tells it what later ones have changed, and raises the
// floor to the oldest transaction that was still under way when the lap began: what that one and
// later ones change is told again, or for the first time.
//
// What a transaction changed that ended while its chat's place in the lap had been passed is told
// with the last page, or, when there is no room for all that may be, in a second lap. More laps are
// not made: a run ends however many chats change, and however long somebody keeps a transaction
// open.
Task<Result<chat::SyncPage>> sync_chats(Database& database, UserId user,
                                        std::optional<std::string> cursor, std::int64_t limit);

}  // namespace parley::storage
