#include "delivery/outbox_bound.h"

#include <exception>

#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include "base/log.h"

namespace parley::delivery {

Task<void> OutboxBound::run() {
  while (!stopping_) {
    if (ours_()) {
      co_await look();
    } else {
      waiting_ = 0;  // another node says
      dropping_ = false;
    }
    if (stopping_) break;
    timer_.expires_after(look_);
    boost::system::error_code woken;
    co_await timer_.async_wait(boost::asio::redirect_error(use_task, woken));
  }
}

void OutboxBound::stop() {
  stopping_ = true;
  timer_.cancel();
}

Task<void> OutboxBound::look() {
  std::int64_t dropped = 0;
  try {
    for (Outbox::Bounded bounded{.waiting = limit_ + 1}; bounded.waiting > limit_ && !stopping_;) {
      bounded = co_await outbox_.keep_newest(limit_);
      waiting_ = bounded.waiting;
      dropped += bounded.dropped;
      dropped_ += static_cast<std::uint64_t>(bounded.dropped);
      if (bounded.dropped == 0) break;
    }
  } catch (const std::exception& failure) {
    log::warning("the events that wait cannot be counted", {{"why", failure.what()}});
    co_return;
  }
  dropping_ = dropped > 0;
  if (dropped > 0)
    log::warning("events were dropped, the oldest: too many wait to be published",
                 {{"dropped", dropped}, {"outbox_limit", limit_}});
}

std::string OutboxBound::health() const {
  if (!dropping_) return "ok";
  return fmt::format("degraded: more than {} events wait, so the oldest are dropped; {} so far",
                     limit_, dropped());
}

}  // namespace parley::delivery
