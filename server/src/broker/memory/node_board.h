#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>

#include "delivery/node_board.h"

namespace parley::broker {

// MemoryNodeBoard is the board of nodes that live in one process.
class MemoryNodeBoard final : public delivery::NodeBoard {
 public:
  // Time since any fixed point, never going backwards.
  using Now = std::function<std::chrono::nanoseconds()>;

  explicit MemoryNodeBoard(Now now = steady_now);

  Task<bool> renew(delivery::NodeEntry self) override;
  Task<void> leave(delivery::NodeEntry self) override;
  Task<std::vector<delivery::NodeEntry>> nodes() override;

 private:
  struct Lease {
    delivery::NodeEntry entry;
    std::chrono::nanoseconds until{};
  };

  static std::chrono::nanoseconds steady_now();

  const Now now_;
  std::mutex mutex_;
  std::map<delivery::NodeId, Lease> leases_;
};

}  // namespace parley::broker
