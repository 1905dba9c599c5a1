#include "delivery/resyncs.h"

#include <algorithm>
#include <utility>

namespace parley::delivery {

void Resyncs::add(const std::vector<UserId>& users) {
  waiting_.insert(users.begin(), users.end());
  step_ = std::clamp(waiting_.size() / kSteps, kFewest, kMost);
  if (!waiting_.empty() && !std::exchange(telling_, true)) tell_some();
}

void Resyncs::stop() {
  waiting_.clear();
  timer_.cancel();
}

void Resyncs::tell_some() {
  std::vector<UserId> told;
  for (auto next = waiting_.begin(); next != waiting_.end() && told.size() < step_;) {
    if (router_.online_here(*next)) told.push_back(*next);
    waiting_.erase(next++);
  }
  told_.fetch_add(told.size(), std::memory_order_relaxed);
  if (!told.empty()) router_.deliver_here(resync_, std::move(told));
  telling_ = !waiting_.empty();
  if (!telling_) return;
  timer_.expires_after(kPace);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) tell_some();
  });
}

}  // namespace parley::delivery
