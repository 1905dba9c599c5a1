#include "gateway/replay_guard.h"

#include <algorithm>

namespace parley::gateway {

bool ReplayGuard::let_pass(NodeStart from, TicketNumber number, Timestamp now) {
  if (!from || !number) return false;
  const std::lock_guard lock{mutex_};
  auto found = nodes_.find(from);
  if (found == nodes_.end()) {
    if (nodes_.size() >= kMostNodes) forget_silent(now);
    if (nodes_.size() >= kMostNodes) return false;
    found = nodes_.try_emplace(from).first;
  }
  Seen& seen = found->second;
  const std::uint64_t n = number.value();
  const auto word = [&](std::uint64_t i) -> std::uint64_t& { return seen.bits[i % kWindow / 64]; };
  const auto bit = [](std::uint64_t i) { return 1ULL << i % 64; };

  if (n > seen.highest) {
    // The places of the numbers that now come into the window still tell of older ones.
    if (n - seen.highest >= kWindow) {
      std::ranges::fill(seen.bits, 0);
    } else {
      for (std::uint64_t i = seen.highest + 1; i <= n; ++i) word(i) &= ~bit(i);
    }
    seen.highest = n;
  } else if (seen.highest - n >= kWindow || (word(n) & bit(n)) != 0) {
    return false;
  }
  word(n) |= bit(n);
  seen.last = now;
  return true;
}

void ReplayGuard::forget_silent(Timestamp now) {
  std::erase_if(nodes_, [&](const auto& node) { return now - node.second.last > kForgotten; });
}

}  // namespace parley::gateway
