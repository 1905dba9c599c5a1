#pragma once

#include "base/task.h"
#include "model/ids.h"

namespace parley::delivery {

// BusyTimes remembers who said that they are busy, and until when, across restarts. Who may know
// of it reads it with what else they may see (model/privacy.h). Safe to call from any loop.
class BusyTimes {
 public:
  // Until they say otherwise.
  static constexpr Timestamp kNoEnd = Timestamp::max();

  virtual ~BusyTimes() = default;

  // A time that has passed: they are not busy. Throws StorageUnavailable when it cannot be kept.
  virtual Task<void> set_busy_until(UserId user, Timestamp until) = 0;
};

}  // namespace parley::delivery
