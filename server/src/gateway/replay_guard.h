#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "gateway/ticket.h"

namespace parley::gateway {

// ReplayGuard lets every ticket of every node pass once. Of each process that asks it keeps the
// highest number and which of the `kWindow` numbers below have come; what is older is refused. A
// process that has been silent for `kForgotten` is forgotten: its tickets are too old by then
// (kLongestSkew). Safe to call from any thread.
class ReplayGuard {
 public:
  // How far the clocks of two nodes may be apart, and how old a ticket may be.
  static constexpr std::chrono::minutes kLongestSkew{10};
  static constexpr std::chrono::minutes kForgotten = 2 * kLongestSkew + std::chrono::minutes{1};
  static constexpr std::uint64_t kWindow = 1 << 17;  // 16 KiB for each process
  static constexpr std::size_t kMostNodes = 2048;

  // False when it has come before, may have, or nothing more can be kept in mind.
  bool let_pass(NodeStart from, TicketNumber number, Timestamp now);

 private:
  struct Seen {
    std::uint64_t highest = 0;
    Timestamp last;
    std::vector<std::uint64_t> bits = std::vector<std::uint64_t>(kWindow / 64);
  };

  void forget_silent(Timestamp now);

  std::mutex mutex_;
  std::unordered_map<NodeStart, Seen> nodes_;
};

}  // namespace parley::gateway
