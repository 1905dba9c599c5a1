#include "delivery/event_relay.h"

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

#include <boost/asio/redirect_error.hpp>

#include "base/log.h"

namespace parley::delivery {
namespace {

using std::chrono::milliseconds;

milliseconds with_jitter(milliseconds wait) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds{
      std::uniform_int_distribution<std::int64_t>{wait.count() / 2, wait.count()}(random)};
}

}  // namespace

Task<void> EventRelay::run() {
  milliseconds wait = kFirstWait;
  while (!stopping_) {
    const Found found = co_await relay();
    if (found == Found::trouble) {
      if (!stopping_) co_await sleep(with_jitter(wait));
      wait = std::min(wait * 2, kLongestWait);
      continue;
    }
    wait = kFirstWait;
    if (found == Found::nothing && !stopping_) co_await sleep(kLookInterval);
  }
}

void EventRelay::stop() {
  stopping_ = true;
  wake_.cancel();
}

Task<EventRelay::Found> EventRelay::relay() {
  // What nobody takes is better left where it is than read again and again.
  if (!log_.available()) co_return Found::trouble;
  try {
    auto events = co_await outbox_.take(kAtOnce);
    if (events.empty()) co_return Found::nothing;
    const std::size_t count = events.size();
    auto ids = co_await log_.publish(std::move(events));
    const std::size_t accepted = ids.size();
    published_ += accepted;
    if (accepted > 0) co_await outbox_.published(std::move(ids));
    co_return accepted == count ? Found::more : Found::trouble;
  } catch (const std::exception& failure) {
    log::warning("events cannot be relayed", {{"why", failure.what()}});
  }
  co_return Found::trouble;
}

Task<void> EventRelay::sleep(milliseconds longest) {
  wake_.expires_after(longest);
  boost::system::error_code woken;
  co_await wake_.async_wait(boost::asio::redirect_error(use_task, woken));
}

}  // namespace parley::delivery
