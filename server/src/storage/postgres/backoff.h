#pragma once

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace parley::storage {

// How long to wait before the next attempt: twice as long each time, within bounds, and never in
// step with other nodes.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
      : first_(first), longest_(longest), next_(first) {}

  std::chrono::milliseconds next() {
    const auto base = std::exchange(next_, std::min(next_ * 2, longest_));
    const auto most = std::max<std::chrono::milliseconds::rep>(1, base.count());
    return std::chrono::milliseconds{std::uniform_int_distribution{(most + 1) / 2, most}(random_)};
  }
  void reset() { next_ = first_; }

 private:
  const std::chrono::milliseconds first_, longest_;
  std::chrono::milliseconds next_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace parley::storage
