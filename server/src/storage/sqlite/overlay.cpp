#include "storage/sqlite/overlay.h"

#include <algorithm>

namespace parley::storage {

std::optional<Unfolded> Overlay::find(ChatId chat) const {
  const Shard& mine = shard(chat);
  const std::lock_guard lock{mine.mutex};
  const auto it = mine.chats.find(chat);
  if (it == mine.chats.end()) return std::nullopt;
  return it->second;
}

std::optional<Head> Overlay::head(ChatId chat) const {
  const Shard& mine = shard(chat);
  const std::lock_guard lock{mine.mutex};
  const auto it = mine.chats.find(chat);
  if (it == mine.chats.end()) return std::nullopt;
  return it->second.head;
}

void Overlay::publish(ChatId chat, const Head& head, UserId user, Receipt receipt) {
  Shard& mine = shard(chat);
  const std::lock_guard lock{mine.mutex};
  const auto [entry, is_new] = mine.chats.try_emplace(chat);
  Entry& unfolded = entry->second;
  if (is_new) {
    unfolded.since = head.change_id;
    order_.push_back({chat, std::chrono::steady_clock::now()});
  }
  unfolded.head = head;
  if (!user) return;
  auto& receipts = unfolded.receipts;
  if (receipts.empty()) receipts.reserve(2);
  const auto it = std::ranges::lower_bound(receipts, user, {}, &std::pair<UserId, Receipt>::first);
  if (it != receipts.end() && it->first == user) {
    it->second = later(it->second, receipt);
  } else {
    receipts.emplace(it, user, receipt);
  }
}

const Overlay::Entry* Overlay::peek(ChatId chat) const {
  const Shard& mine = shard(chat);  // no lock: nobody else changes it
  const auto it = mine.chats.find(chat);
  return it == mine.chats.end() ? nullptr : &it->second;
}

std::optional<std::chrono::steady_clock::time_point> Overlay::oldest() const {
  if (order_.empty()) return std::nullopt;
  return order_.front().since;
}

void Overlay::drop_front(std::size_t count) {
  for (; count > 0; --count) {
    Shard& mine = shard(order_.front().chat);
    {
      const std::lock_guard lock{mine.mutex};
      mine.chats.erase(order_.front().chat);
    }
    order_.pop_front();
  }
}

}  // namespace parley::storage
