#pragma once

#include <cstdint>
#include <vector>

#include "base/task.h"
#include "delivery/event_log.h"

namespace parley::delivery {

using OutboxEvent = PublishedEvent;

// Outbox is the store's side of the EventLog: an event is written there in the transaction that
// makes it true, so neither is there without the other, and it leaves when it has been published.
//
// Throws StorageUnavailable when nothing can be read or stored. Safe to call from any loop.
class Outbox {
 public:
  virtual ~Outbox() = default;

  // Up to `most` events that have not been published, oldest first. They are not reserved: two who
  // take at once publish everything twice, so one takes at a time.
  virtual Task<std::vector<OutboxEvent>> take(std::int64_t most) = 0;

  // Forgets them. Those that are not there any more are left out.
  virtual Task<void> published(std::vector<PublishedEventId> ids) = 0;

  // How many events wait, and how many of the oldest were forgotten because more than `most` did:
  // in one call at most kDroppedAtOnce, so that nobody waits long for it.
  struct Bounded {
    std::int64_t waiting = 0;
    std::int64_t dropped = 0;
  };
  static constexpr std::int64_t kDroppedAtOnce = 5'000;
  virtual Task<Bounded> keep_newest(std::int64_t most) = 0;
};

}  // namespace parley::delivery
