#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "delivery/outbox.h"
#include "model/error.h"

namespace parley::delivery {

// An Outbox in memory, and unavailable when a test says so.
class MemoryOutbox final : public Outbox {
 public:
  void add(OutboxEvent event) {
    const std::lock_guard lock{mutex_};
    events_.push_back(std::move(event));
  }
  std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return events_.size();
  }
  // How often somebody came to take.
  int takes() const { return takes_; }
  void fail(bool fails) {
    const std::lock_guard lock{mutex_};
    fails_ = fails;
  }

  Task<std::vector<OutboxEvent>> take(std::int64_t most) override {
    ++takes_;
    co_return first(static_cast<std::size_t>(most));
  }
  Task<void> published(std::vector<PublishedEventId> ids) override {
    forget(ids);
    co_return;
  }
  Task<Bounded> keep_newest(std::int64_t most) override {
    co_return bound(static_cast<std::size_t>(most));
  }

 private:
  std::vector<OutboxEvent> first(std::size_t most) const {
    const std::lock_guard lock{mutex_};
    if (fails_) throw StorageUnavailable{"the disk is full"};
    return {events_.begin(),
            events_.begin() + static_cast<std::ptrdiff_t>(std::min(most, events_.size()))};
  }
  void forget(const std::vector<PublishedEventId>& ids) {
    const std::lock_guard lock{mutex_};
    if (fails_) throw StorageUnavailable{"the disk is full"};
    std::erase_if(events_, [&](const OutboxEvent& event) {
      return std::ranges::find(ids, event.id) != ids.end();
    });
  }

  Bounded bound(std::size_t most) {
    const std::lock_guard lock{mutex_};
    if (fails_) throw StorageUnavailable{"the disk is full"};
    Bounded bounded;
    for (; events_.size() > most && bounded.dropped < kDroppedAtOnce; ++bounded.dropped)
      events_.pop_front();
    bounded.waiting = static_cast<std::int64_t>(events_.size());
    return bounded;
  }

  mutable std::mutex mutex_;
  std::deque<OutboxEvent> events_;
  bool fails_ = false;
  std::atomic<int> takes_{0};
};

}  // namespace parley::delivery
