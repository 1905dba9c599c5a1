#include "base/id_source.h"

#include <algorithm>
#include <stdexcept>

namespace parley {
namespace {

constexpr int kNodeBits = 10;
constexpr int kCounterBits = 12;
constexpr Timestamp kEpoch = std::chrono::time_point_cast<std::chrono::milliseconds>(
    std::chrono::sys_days{std::chrono::year{2024} / std::chrono::January / std::chrono::day{1}});

std::uint64_t milliseconds_since_epoch(Timestamp time) {
  return time <= kEpoch ? 0 : static_cast<std::uint64_t>((time - kEpoch).count());
}

// The node sits between time and counter, so ticks are spread around it.
std::uint64_t id_from(std::uint64_t ticks, std::uint64_t node) {
  const std::uint64_t counter = ticks & ((1U << kCounterBits) - 1);
  return (ticks >> kCounterBits) << (kNodeBits + kCounterBits) | node << kCounterBits | counter;
}

}  // namespace

IdSource::IdSource(const Clock& clock, std::uint32_t node) : clock_(clock), node_(node) {
  if (node >= kNodes) throw std::invalid_argument("the node number must be below 1024");
}

std::uint64_t IdSource::next_value() {
  const std::uint64_t now = milliseconds_since_epoch(clock_.now()) << kCounterBits;
  std::uint64_t last = ticks_.load(std::memory_order_relaxed);
  std::uint64_t mine;
  do {
    mine = std::max(now, last + 1);
  } while (!ticks_.compare_exchange_weak(last, mine, std::memory_order_relaxed));
  return id_from(mine, node_);
}

void IdSource::continue_after(std::uint64_t seen) {
  // Another node's id within the same millisecond may be greater: start at the next one.
  const std::uint64_t floor = ((seen >> (kNodeBits + kCounterBits)) + 1) << kCounterBits;
  std::uint64_t last = ticks_.load(std::memory_order_relaxed);
  while (last < floor && !ticks_.compare_exchange_weak(last, floor, std::memory_order_relaxed)) {
  }
}

Timestamp IdSource::time_of(std::uint64_t id) {
  return kEpoch + std::chrono::milliseconds{id >> (kNodeBits + kCounterBits)};
}

std::uint64_t IdSource::first_at(Timestamp time) {
  return milliseconds_since_epoch(time) << (kNodeBits + kCounterBits);
}

}  // namespace parley
