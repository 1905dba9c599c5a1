#pragma once

#include <optional>

#include "base/task.h"
#include "model/ids.h"

namespace parley::delivery {

// LastSeen remembers when users were last connected, across restarts. Safe to call from any loop.
class LastSeen {
 public:
  virtual ~LastSeen() = default;

  // Nothing for a user who was never connected, or does not exist.
  virtual Task<std::optional<Timestamp>> last_seen(UserId user) = 0;

  // Throws StorageUnavailable when it cannot be kept.
  virtual Task<void> set_last_seen(UserId user, Timestamp at) = 0;
};

}  // namespace parley::delivery
