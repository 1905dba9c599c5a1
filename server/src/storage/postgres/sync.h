#pragma once

#include <optional>
#include <string>

#include "chat/message_store.h"
#include "storage/sql/database.h"

namespace parley::storage {

// MessageStore::sync on PostgreSQL.
//
// A client has seen all transactions below its floor, whichever node made them and whatever the
// clocks said: at the end of a run of pages it gets the oldest transaction that was still under way
// when the run began. What that one and later ones have changed is told once more, or for the first
// time. Within a run the pages go on where the last one ended, so a run ends however many chats
// changed, and however long somebody keeps a transaction open.
Task<Result<chat::SyncPage>> sync_chats(Database& database, UserId user,
                                        std::optional<std::string> cursor, std::int64_t limit);

}  // namespace parley::storage
