#include "storage/sql/changed_chats.h"

#include <algorithm>
#include <utility>

namespace parley::storage {

std::vector<chat::ChangedChat> as_changed(std::vector<Chat> chats) {
  std::vector<chat::ChangedChat> changed(chats.size());
  for (std::size_t i = 0; i < chats.size(); ++i)
    static_cast<Chat&>(changed[i]) = std::move(chats[i]);
  return changed;
}

Pairs limit_candidates(bool all_new, std::vector<chat::ChangedChat>& chats) {
  Pairs candidates;
  for (chat::ChangedChat& chat : chats) {
    if (chat.role == ParticipantRole::left || chat.last_seq - chat.first_seq + 1 <= kLargeGap)
      continue;
    if (all_new) {
      chat.limited = true;
    } else {
      candidates.add(chat.id, chat.last_seq - kLargeGap);
    }
  }
  return candidates;
}

void mark_limited(std::vector<chat::ChangedChat>& chats, ChatId chat) {
  const auto it = std::ranges::find(chats, chat, &chat::ChangedChat::id);
  if (it != chats.end()) it->limited = true;
}

}  // namespace parley::storage
