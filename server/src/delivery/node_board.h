#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/task.h"
#include "delivery/bus.h"

namespace parley::delivery {

// A node as the others know it.
struct NodeEntry {
  NodeId id{};
  std::uint64_t incarnation = 0;  // drawn at random by every start
  std::string address;            // http://host:port, for what nodes ask each other
  std::string roles;              // gateway,user,…
};

// NodeBoard says which nodes are alive: each renews its lease, and is gone when it does not.
// Throws StorageUnavailable when it cannot be reached. Safe to call from any loop.
class NodeBoard {
 public:
  // A dead node's lease ends within six seconds, another node looks within two, and ten later its
  // users are told to be offline: all of it within the 20 s that presence may be wrong.
  static constexpr std::chrono::seconds kLease{6};
  static constexpr std::chrono::seconds kRenewal{2};

  virtual ~NodeBoard() = default;

  // Takes or renews the lease of `self.id`. False when another incarnation holds it: two nodes
  // have one id, and the later one must not serve.
  virtual Task<bool> renew(NodeEntry self) = 0;
  // Gives the lease back, if it is this incarnation's.
  virtual Task<void> leave(NodeEntry self) = 0;
  // Everybody whose lease has not run out, self included, in the order of ids.
  virtual Task<std::vector<NodeEntry>> nodes() = 0;
};

}  // namespace parley::delivery
