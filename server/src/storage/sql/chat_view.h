#pragma once

#include <optional>
#include <vector>

#include "model/chat.h"
#include "storage/sql/connection.h"
#include "storage/sql/head.h"

namespace parley::storage {

// Somebody's place in one of their chats, and what is later than its rows.
struct OwnChat {
  ChatId id;
  std::optional<Head> unfolded;
};

// Of all chats of a user, those they left included, the heads as they were before any row is read;
// nothing when rows do not lag. Call it outside of a Snapshot, and read the rows in one taken
// afterwards.
std::vector<OwnChat> own_chats(Connection& db, const Heads& heads, UserId user);

// How somebody looks at chats.
struct Viewer {
  UserId user;
  Timestamp now;
  // Who has left is shown the chat as it was when they went, or nothing.
  bool with_left = false;
};

// A chat to be looked at, with what was found in the heads before.
struct Wanted {
  ChatId id;
  std::optional<Unfolded> unfolded;
};

// The chats as the viewer sees them, in this order, without those they are a stranger to. However
// many there are, it is the same few statements. Call it within a Snapshot that was taken after
// looking at the heads.
std::vector<Chat> view_chats(Connection& db, const Viewer& viewer,
                             const std::vector<Wanted>& wanted);

// One chat; nothing for a stranger. Looks at the heads first, so call it outside of a Snapshot.
std::optional<Chat> view_chat(Connection& db, const Heads& heads, const Viewer& viewer,
                              ChatId chat);

}  // namespace parley::storage
