#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace bench {

// The messages one sender has outstanding, numbered 0, 1, 2 … in the order they were sent. Room
// for a new one appears when the oldest has all it waits for.
class Outbox {
 public:
  struct Slot {
    std::int64_t sent_at = 0;
    std::uint64_t id = 0;   // as the server told, 0 before
    std::uint64_t seq = 0;  // as the server told, 0 before
    std::uint32_t waits_for = 0;
    bool replied = false;
  };

  explicit Outbox(std::size_t window) : window_(window), slots_(std::bit_ceil(window)) {}

  bool has_room() const { return next_ - oldest_ < window_; }
  bool empty() const { return next_ == oldest_; }
  std::uint64_t next() const { return next_; }
  std::uint64_t oldest() const { return oldest_; }

  // The number of a new message that is done after `waits_for` calls of part_done().
  std::uint64_t open(std::int64_t now, std::uint32_t waits_for) {
    slots_[next_ & (slots_.size() - 1)] = {.sent_at = now, .waits_for = waits_for};
    return next_++;
  }

  // nullptr when `index` is not outstanding.
  Slot* find(std::uint64_t index) {
    if (index < oldest_ || index >= next_) return nullptr;
    return &slots_[index & (slots_.size() - 1)];
  }

  // True when this was the last part the message waited for.
  bool part_done(Slot& slot) {
    if (slot.waits_for == 0 || --slot.waits_for != 0) return false;
    while (oldest_ < next_ && slots_[oldest_ & (slots_.size() - 1)].waits_for == 0) ++oldest_;
    return true;
  }

 private:
  std::size_t window_;
  std::vector<Slot> slots_;
  std::uint64_t oldest_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace bench
