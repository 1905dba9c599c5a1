#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/task.h"

namespace parley::delivery {

// Housekeeping takes out of the store what has outlived its use (FEATURES S93-S95). Each call is a
// few small transactions that hold nobody up for long; throws StorageUnavailable. Safe to call from
// any loop; one node at a time is enough.
class Housekeeping {
 public:
  virtual ~Housekeeping() = default;

  // What expired: sign-ins, codes, links, tokens that were exchanged. Answers how many rows.
  virtual Task<std::int64_t> remove_expired() = 0;

  struct Cut {
    std::int64_t entries = 0;  // taken out
    std::uint64_t next = 0;    // where to go on; 0: everything was looked at
  };
  // Cuts the logs of chats at their beginning, going on at `from`: entries from before `before`
  // that every participant has got, and entries from before `undelivered_before` in any case. The
  // newest entry of a chat stays. Looks at a thousand entries a call.
  virtual Task<Cut> cut_logs(Timestamp before, Timestamp undelivered_before,
                             std::uint64_t from) = 0;
};

}  // namespace parley::delivery
