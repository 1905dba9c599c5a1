#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "base/task.h"
#include "delivery/router.h"

namespace parley::delivery {

// Resyncs tells users who may have missed something to sync: a few at a time, so that after an
// interruption not everybody comes at once. For the loop it is given.
class Resyncs {
 public:
  static constexpr std::chrono::milliseconds kPace{100};
  static constexpr std::size_t kFewest = 20;  // per kPace
  static constexpr std::size_t kMost = 500;
  static constexpr std::size_t kSteps = 50;  // in which all are told, if kMost allows it

  Resyncs(Router& router, Loop& loop) : router_(router), timer_(loop) {}

  void add(const std::vector<UserId>& users);
  void stop();

  std::uint64_t told() const { return told_.load(std::memory_order_relaxed); }

 private:
  void tell_some();

  Router& router_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Loop::executor_type>
      timer_;
  const std::shared_ptr<const Announcement> resync_ =
      std::make_shared<const Announcement>(Resync{});
  boost::unordered_flat_set<UserId, std::hash<UserId>> waiting_;
  std::size_t step_ = kFewest;
  bool telling_ = false;
  std::atomic<std::uint64_t> told_{0};
};

}  // namespace parley::delivery
