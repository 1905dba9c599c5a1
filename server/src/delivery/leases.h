#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/task.h"

namespace parley::delivery {

// Leases decides which of several nodes does what only one is to do at a time. Time is that of the
// nodes, whose clocks agree to within seconds: a lease is to be long compared with that, and what
// is done under it is to bear being done twice for a moment.
//
// Throws StorageUnavailable when nothing can be stored. Safe to call from any loop.
class Leases {
 public:
  virtual ~Leases() = default;

  // Whether the lease `name` is the holder's until `how_long` from now: it was nobody's, or had
  // ended, or was theirs before. Who wants to keep it calls again well before its end; who leaves
  // calls with no time at all, and the next one need not wait.
  virtual Task<bool> hold(std::string name, std::uint64_t holder,
                          std::chrono::seconds how_long) = 0;

  // Whether it is somebody's now.
  virtual Task<bool> is_held(std::string name) = 0;
};

}  // namespace parley::delivery
