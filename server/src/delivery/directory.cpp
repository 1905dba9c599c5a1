#include "delivery/directory.h"

#include <utility>

namespace parley::delivery {

Directory::Directory() {
  for (auto& node : nodes_) node = kNobody;
}

std::optional<std::size_t> Directory::take_slot(NodeId node) {
  for (std::size_t slot = 0; slot < kMostNodes; ++slot) {
    std::uint16_t nobody = kNobody;
    if (nodes_[slot].compare_exchange_strong(nobody, std::to_underlying(node))) return slot;
  }
  return {};
}

void Directory::free_slot(std::size_t slot) { nodes_[slot] = kNobody; }

Directory::Places Directory::places_of(UserId user) const {
  const Shard& shard = shard_of(user);
  const std::lock_guard lock{shard.mutex};
  const auto found = shard.places.find(user);
  return found == shard.places.end() ? 0 : found->second;
}

Directory::Places Directory::places_for(UserId user) {
  Shard& shard = shard_of(user);
  const std::lock_guard lock{shard.mutex};
  if (shard.recent.size() < kMostRecent) shard.recent.insert(user);
  const auto found = shard.places.find(user);
  return found == shard.places.end() ? 0 : found->second;
}

bool Directory::add(UserId user, std::size_t slot, Places& others) {
  const Places bit = Places{1} << slot;
  Shard& shard = shard_of(user);
  const std::lock_guard lock{shard.mutex};
  Places& places = shard.places[user];
  others = places & ~bit;
  if (places == 0) size_.fetch_add(1, std::memory_order_relaxed);
  return (std::exchange(places, places | bit) & bit) == 0;
}

bool Directory::remove(UserId user, std::size_t slot, Places& others) {
  const Places bit = Places{1} << slot;
  Shard& shard = shard_of(user);
  const std::lock_guard lock{shard.mutex};
  const auto found = shard.places.find(user);
  others = found == shard.places.end() ? 0 : found->second & ~bit;
  if (found == shard.places.end() || (found->second & bit) == 0) return false;
  found->second = others;
  clear_bit(shard, user, bit);
  if (others == 0) {
    shard.places.erase(found);
    size_.fetch_sub(1, std::memory_order_relaxed);
  }
  return true;
}

void Directory::clear_bit(Shard& shard, UserId user, Places bit) {
  const auto found = shard.unattended.find(user);
  if (found == shard.unattended.end()) return;
  found->second &= ~bit;
  if (found->second == 0) shard.unattended.erase(found);
}

Directory::Places Directory::unattended_of(UserId user) const {
  const Shard& shard = shard_of(user);
  const std::lock_guard lock{shard.mutex};
  const auto found = shard.unattended.find(user);
  return found == shard.unattended.end() ? 0 : found->second;
}

bool Directory::set_attended(UserId user, std::size_t slot, bool attended) {
  const Places bit = Places{1} << slot;
  Shard& shard = shard_of(user);
  const std::lock_guard lock{shard.mutex};
  const auto there = shard.places.find(user);
  if (there == shard.places.end() || (there->second & bit) == 0) return false;
  const auto found = shard.unattended.find(user);
  const bool before = found == shard.unattended.end() || (found->second & bit) == 0;
  if (before == attended) return false;
  if (attended) {
    clear_bit(shard, user, bit);
  } else {
    shard.unattended[user] |= bit;
  }
  return true;
}

std::vector<UserId> Directory::unattended_users_of(std::size_t slot) const {
  const Places bit = Places{1} << slot;
  std::vector<UserId> users;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock{shard.mutex};
    for (const auto& [user, places] : shard.unattended)
      if ((places & bit) != 0) users.push_back(user);
  }
  return users;
}

std::vector<UserId> Directory::users_of(std::size_t slot) const {
  const Places bit = Places{1} << slot;
  std::vector<UserId> users;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock{shard.mutex};
    for (const auto& [user, places] : shard.places)
      if ((places & bit) != 0) users.push_back(user);
  }
  return users;
}

bool Directory::was_sent_to(UserId user) const {
  const Shard& shard = shard_of(user);
  const std::lock_guard lock{shard.mutex};
  return shard.recent.size() >= kMostRecent || shard.less_recent.size() >= kMostRecent ||
         shard.recent.contains(user) || shard.less_recent.contains(user);
}

void Directory::forget_recent() {
  for (Shard& shard : shards_) {
    Recent old;
    const std::lock_guard lock{shard.mutex};
    old.swap(shard.less_recent);
    shard.less_recent.swap(shard.recent);
    old.clear();  // keeps its memory
    shard.recent.swap(old);
  }
}

std::size_t Directory::size() const { return size_.load(std::memory_order_relaxed); }

}  // namespace parley::delivery
