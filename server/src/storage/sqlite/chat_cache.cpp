#include "storage/sqlite/chat_cache.h"

#include <algorithm>

namespace parley::storage {

void RecentSenders::add(Seq seq, UserId sender) {
  if (senders_.empty()) senders_.resize(kKept);
  if (seq != last_ + 1) first_ = seq;
  last_ = seq;
  first_ = std::max({first_, last_ - kKept + 1, Seq{1}});
  senders_[static_cast<std::size_t>(seq % kKept)] = sender;
}

std::optional<std::vector<UserId>> RecentSenders::between(Seq after, Seq up_to, UserId but) const {
  if (after >= up_to) return std::vector<UserId>{};
  if (last_ == 0 || after + 1 < first_ || up_to > last_) return std::nullopt;
  std::vector<UserId> found;
  for (Seq seq = up_to; seq > after; --seq) {
    const UserId sender = senders_[static_cast<std::size_t>(seq % kKept)];
    if (sender && sender != but && std::ranges::find(found, sender) == found.end())
      found.push_back(sender);
  }
  return found;
}

void ChatCache::reload_wishes(SqliteConnection& db, ChatId id) {
  const auto it = index_.find(id);
  if (it == index_.end()) return;
  touch(id);
  const std::optional<CachedChat> fresh = load(db, id);
  if (!fresh) return;
  for (HeldParticipant& participant : it->second->participants) {
    const auto now =
        std::ranges::find(fresh->participants, participant.user, &HeldParticipant::user);
    if (now == fresh->participants.end()) continue;
    participant.blocks = now->blocks;
    participant.tells_reads = now->tells_reads;
  }
}

CachedChat* ChatCache::find(SqliteConnection& db, ChatId chat) {
  const auto it = index_.find(chat);
  if (it != index_.end()) {
    order_.splice(order_.begin(), order_, it->second);
    return &order_.front();
  }
  std::optional<CachedChat> loaded = load(db, chat);
  return loaded ? insert(std::move(*loaded)) : nullptr;
}

std::optional<CachedChat> ChatCache::load(SqliteConnection& db, ChatId id) const {
  CachedChat chat;
  {
    auto row = db.query(
        "SELECT type, last_seq, message_count, last_message_seq, activity_id, updated_at, change_id"
        " FROM chats WHERE id = ?1",
        id);
    if (!row.next()) return std::nullopt;
    static_cast<HeldChat&>(chat) = read_held_chat(row, id);
  }
  chat.participants = read_held_participants(db, id);
  const Unfolded* unfolded = overlay_.peek(id);
  if (!unfolded) return chat;
  if (unfolded->head.change_id > chat.head.change_id) chat.head = unfolded->head;
  for (HeldParticipant& participant : chat.participants)
    participant.receipt = unfolded->receipt(participant.user, participant.receipt);
  return chat;
}

CachedChat* ChatCache::insert(CachedChat chat) {
  chat.weight = 0;
  order_.push_front(std::move(chat));
  index_.insert_or_assign(order_.front().id, order_.begin());
  weigh(order_.front());
  return &order_.front();
}

void ChatCache::weigh(CachedChat& chat) {
  weight_ -= chat.weight;
  chat.weight = chat.participants.size() + 6;
  weight_ += chat.weight;
}

void ChatCache::erase(Order::iterator chat) {
  weight_ -= chat->weight;
  index_.erase(chat->id);
  order_.erase(chat);
}

void ChatCache::forget_touched() {
  for (const ChatId chat : touched_) {
    const auto it = index_.find(chat);
    if (it != index_.end()) erase(it->second);
  }
  touched_.clear();
}

void ChatCache::trim() {
  touched_.clear();
  while (weight_ > capacity_ && order_.size() > 1) erase(std::prev(order_.end()));
}

}  // namespace parley::storage
