#include "app/work_watch.h"

#include <exception>
#include <utility>

#include <boost/asio/redirect_error.hpp>

#include "base/log.h"

namespace parley::app {

WorkWatch::WorkWatch(std::vector<Duty> duties, Loop& loop, std::chrono::milliseconds look,
                     std::chrono::milliseconds patience)
    : look_(look), patience_(patience), timer_(loop) {
  for (Duty& duty : duties)
    watched_.push_back({.duty = std::move(duty), .last_done = SteadyClock::now()});
}

Task<void> WorkWatch::run() {
  while (!stopping_) {
    for (Watched& watched : watched_) co_await look(watched);
    publish_health();
    if (stopping_) break;
    timer_.expires_after(look_);
    boost::system::error_code woken;
    co_await timer_.async_wait(boost::asio::redirect_error(use_task, woken));
  }
}

void WorkWatch::stop() {
  stopping_ = true;
  timer_.cancel();
}

Task<void> WorkWatch::look(Watched& watched) {
  std::optional<bool> done;
  try {
    done = co_await watched.duty.is_done();
  } catch (const std::exception& failure) {
    log::debug("whether work is taken cannot be seen", {{"why", failure.what()}});
  }
  const auto now = SteadyClock::now();
  // What cannot be seen is told elsewhere, and is no reason to blame other nodes.
  if (done.value_or(true)) {
    if (watched.warned && done) log::info("work is taken again", {{"was", watched.duty.lacking}});
    if (done) watched.warned = false;
    watched.last_done = now;
    co_return;
  }
  if (watched.warned || now - watched.last_done < patience_) co_return;
  watched.warned = true;
  log::warning("work is not taken", {{"why", watched.duty.lacking}});
}

void WorkWatch::publish_health() {
  std::string health;
  for (const Watched& watched : watched_) {
    if (!watched.warned) continue;
    health += health.empty() ? "degraded: " : "; ";
    health += watched.duty.lacking;
  }
  const std::lock_guard lock{mutex_};
  health_ = health.empty() ? "ok" : std::move(health);
}

std::string WorkWatch::health() const {
  const std::lock_guard lock{mutex_};
  return health_;
}

}  // namespace parley::app
