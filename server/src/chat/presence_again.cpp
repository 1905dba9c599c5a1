#include <boost/asio/post.hpp>

#include "chat/presence.h"

// What other nodes may have missed of us, and we of them, because the bus was interrupted.

namespace parley::chat {
namespace {

using SteadyClock = std::chrono::steady_clock;

}  // namespace

void PresenceService::remember(const Move& move) {
  if (router_.alone()) return;
  const auto now = SteadyClock::now();
  while (!recent_.empty() &&
         (recent_.size() >= kMostLate || (!interrupted_ && recent_.front().when < now - kDoubt)))
    recent_.pop_front();
  recent_.push_back({.when = now,
                     .user = move.user,
                     .ours = move.reach == Reach::everywhere,
                     .busy_until = move.busy_until});
}

void PresenceService::interrupted() {
  const std::lock_guard lock{mutex_};
  interrupted_ = true;
}

// What is true now is told: to everybody, where it was for us to tell; otherwise here, where the
// news of another node may not have come.
void PresenceService::came_back() {
  const std::lock_guard lock{mutex_};
  interrupted_ = false;
  std::unordered_map<UserId, bool> ours;
  for (const Recent& recent : recent_) {
    ours[recent.user] |= recent.ours;
    if (recent.ours && recent.busy_until)
      router_.busy_changed_here(recent.user, *recent.busy_until);
  }
  recent_.clear();
  const auto due = SteadyClock::now() + online_delay_;
  for (const auto& [user, is_ours] : ours) {
    if (departing_.contains(user)) continue;  // it is yet to be told
    arrivals_.push_back({.user = user,
                         .what = router_.online(user) ? What::came : What::went,
                         .reach = is_ours ? Reach::everywhere : Reach::here,
                         .due = due});
  }
  if (!arrivals_.empty()) boost::asio::post(loop_, [this] { wake_.cancel(); });
}

PresenceService::Reach PresenceService::bounded(Reach reach) const {
  const bool full = arrivals_.size() + departures_.size() + turns_.size() >= kMostLate;
  return reach == Reach::here && full ? Reach::onlookers : reach;
}

}  // namespace parley::chat
