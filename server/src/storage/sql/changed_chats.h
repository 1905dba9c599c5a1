#pragma once

#include <vector>

#include "chat/message_store.h"
#include "storage/sql/pairs.h"

namespace parley::storage {

// What both engines make of the chats a page of sync tells.

// With more new entries than these one does not want to fetch them one by one.
inline constexpr Seq kLargeGap = 200;

std::vector<chat::ChangedChat> as_changed(std::vector<Chat> chats);

// Marks the chats that are long enough for a large gap: all of them when everything is new to the
// client. Otherwise answers which ones, each with the seq after which the gap would be too large.
Pairs limit_candidates(bool all_new, std::vector<chat::ChangedChat>& chats);

// That one has more new entries than these.
void mark_limited(std::vector<chat::ChangedChat>& chats, ChatId chat);

}  // namespace parley::storage
