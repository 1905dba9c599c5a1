#pragma once

#include <optional>
#include <vector>

#include "model/chat.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/overlay.h"

namespace parley::storage {

// Somebody's place in one of their chats, and what is later than its rows.
struct OwnChat {
  ChatId id;
  std::optional<Head> unfolded;
};

// The ids of all chats of a user, those they left included, each with its head as it was before
// any row is read. Call it outside of a Snapshot, and read the rows in one taken afterwards.
std::vector<OwnChat> own_chats(SqliteConnection& db, const Overlay& overlay, UserId user);

// One chat as a participant sees it; nothing for a stranger. Who has left is shown the chat as it
// was when they went, unless `with_left` is false: then nothing. Looks into the overlay first, so
// call it outside of a Snapshot as well.
std::optional<Chat> view_chat(SqliteConnection& db, const Overlay& overlay, Timestamp now,
                              UserId user, ChatId chat, bool with_left = false);

}  // namespace parley::storage
