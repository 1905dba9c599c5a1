#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/id.h"

namespace parley {

// IdSource gives out 64-bit ids that sort by time and are unique as long as no two nodes run with
// one node number (Snowflake; requirement J, FEATURES S45).
//
// Layout from the top: one zero bit, 41 bits of milliseconds since 2024-01-01 UTC (until 2093),
// 10 bits of node, 12 bits of counter. Ids of one source strictly increase, also when the clock
// stands still or goes backwards: the source then counts on from its last id and never waits.
// Safe to call from any thread.
class IdSource {
 public:
  static constexpr std::uint32_t kNodes = 1024;

  // `node` must be below kNodes.
  IdSource(const Clock& clock, std::uint32_t node);

  template <class Kind>
  Id<Kind> next() {
    return Id<Kind>{next_value()};
  }

  // Makes every later id greater than `seen`, an id some earlier run gave out.
  void continue_after(std::uint64_t seen);

  // When the source made `id`.
  static Timestamp time_of(std::uint64_t id);

  // The smallest id a source could give out at `time`: what is older has a smaller id.
  static std::uint64_t first_at(Timestamp time);

 private:
  std::uint64_t next_value();

  const Clock& clock_;
  const std::uint64_t node_;
  std::atomic<std::uint64_t> ticks_{0};  // milliseconds << 12 | counter, as last given out
};

}  // namespace parley
