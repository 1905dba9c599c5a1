#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "model/user.h"

namespace parley::delivery {

// Somebody came online or went, or what is to be said of who is there may have changed. Whether
// they are busy the log knows itself, so `state` is another one.
struct StatusChange {
  UserId user;
  PresenceState state = PresenceState::offline;
  std::optional<Timestamp> last_seen_at{};  // of who went, if it is known
};

// StatusLog tells other systems who is there (docs/events.md), and remembers of whom it told what,
// so that nothing is told twice, whichever node has seen it, and nobody stays online for ever
// because a node died. Of people who let nobody know whether or when they are there it tells
// nothing.
//
// Every call is one transaction. Throws StorageUnavailable. Safe to call from any loop.
class StatusLog {
 public:
  static constexpr std::size_t kMostAtOnce = 500;

  virtual ~StatusLog() = default;

  // False: nobody wants to know, so do not ask. The same for as long as the server runs.
  virtual bool tells() const = 0;

  // At most kMostAtOnce of them.
  virtual Task<void> tell(std::vector<StatusChange> changes) = 0;

  // Who was told online last, by id: up to kMostAtOnce after `after`.
  virtual Task<std::vector<UserId>> told_online(UserId after) = 0;
};

}  // namespace parley::delivery
