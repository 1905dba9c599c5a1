#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "delivery/node_board.h"

namespace parley::delivery {

// Membership holds this node's place on the board of nodes, and reads there who else is alive. For
// one loop, but for trouble().
class Membership {
 public:
  static constexpr std::chrono::milliseconds kPause{1'000};
  static constexpr std::chrono::milliseconds kPatience =
      NodeBoard::kLease + std::chrono::seconds{2};

  // What a look at the board told.
  struct Look {
    bool ours = true;      // our id is; false: another node runs with it, and we must not serve
    bool certain = false;  // whoever is not among `nodes` is gone; not so after an interruption,
                           // when some may not have come back to the board yet
    std::vector<NodeEntry> nodes;
  };

  Membership(NodeBoard& board, NodeEntry self) : board_(board), self_(std::move(self)) {}

  // Takes our place. A node that was killed keeps it for the length of a lease, so that long it is
  // tried. Throws std::runtime_error with a sentence when another node keeps it, or the board
  // cannot be reached; `pause` is waited between tries.
  Task<void> join(std::chrono::milliseconds pause = kPause,
                  std::chrono::milliseconds patience = kPatience);

  // On the board from the next look() on.
  void set_address(std::string address) { self_.address = std::move(address); }

  // Renews our lease and looks; nothing when the board cannot be reached.
  Task<std::optional<Look>> look();

  // Messages were lost, so leases may be as well.
  void doubt() { good_looks_ = 0; }

  Task<void> leave();

  const NodeEntry& self() const { return self_; }

  // What the operator should know, as a sentence. From any thread.
  std::optional<std::string> trouble() const;

 private:
  // As many looks as a lease takes to run out.
  static constexpr int kCertain = NodeBoard::kLease / NodeBoard::kRenewal;

  void note(std::optional<std::string> trouble);

  NodeBoard& board_;
  NodeEntry self_;
  int good_looks_ = kCertain;

  mutable std::mutex mutex_;  // guards trouble_
  std::optional<std::string> trouble_;
};

}  // namespace parley::delivery
