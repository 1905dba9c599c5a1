#include "broker/memory/node_board.h"

#include <utility>

namespace parley::broker {

using delivery::NodeEntry;

MemoryNodeBoard::MemoryNodeBoard(Now now) : now_(std::move(now)) {}

std::chrono::nanoseconds MemoryNodeBoard::steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

Task<bool> MemoryNodeBoard::renew(NodeEntry self) {
  const std::lock_guard lock{mutex_};
  Lease& lease = leases_[self.id];
  const auto now = now_();
  if (lease.until > now && lease.entry.incarnation != self.incarnation) co_return false;
  lease.entry = std::move(self);
  lease.until = now + kLease;
  co_return true;
}

Task<void> MemoryNodeBoard::leave(NodeEntry self) {
  const std::lock_guard lock{mutex_};
  const auto found = leases_.find(self.id);
  if (found != leases_.end() && found->second.entry.incarnation == self.incarnation)
    leases_.erase(found);
  co_return;
}

Task<std::vector<NodeEntry>> MemoryNodeBoard::nodes() {
  const std::lock_guard lock{mutex_};
  std::vector<NodeEntry> alive;
  for (const auto& [id, lease] : leases_)
    if (lease.until > now_()) alive.push_back(lease.entry);
  co_return alive;
}

}  // namespace parley::broker
