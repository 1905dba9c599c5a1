#include "chat/presence.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/log.h"

namespace parley::chat {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A wake-up may be missed between looking and sleeping; it is noticed after this long.
constexpr std::chrono::milliseconds kLongestSleep{1'000};

std::vector<UserId> together(std::vector<UserId> some, const std::vector<UserId>& more) {
  some.insert(some.end(), more.begin(), more.end());
  std::ranges::sort(some);
  const auto doubled = std::ranges::unique(some);
  some.erase(doubled.begin(), doubled.end());
  return some;
}

}  // namespace

PresenceService::PresenceService(ChatStore& chats, delivery::LastSeen& last_seen,
                                 delivery::BusyTimes& busy_times, delivery::Router& router,
                                 const Clock& clock, Loop& loop,
                                 std::chrono::milliseconds offline_delay,
                                 std::chrono::milliseconds online_delay)
    : chats_(chats),
      last_seen_(last_seen),
      busy_times_(busy_times),
      router_(router),
      clock_(clock),
      loop_(loop),
      offline_delay_(offline_delay),
      online_delay_(online_delay),
      wake_(loop) {}

void PresenceService::arrived(UserId user) {
  note({.user = user, .what = What::came, .at = clock_.now()});
}

void PresenceService::left(UserId user, bool away) {
  note({.user = user, .what = What::went, .away = away, .at = clock_.now()});
}

void PresenceService::arrived_elsewhere(UserId user, Reach reach) {
  note({.user = user, .what = What::came, .reach = reach, .at = clock_.now()});
}

void PresenceService::left_elsewhere(UserId user, bool away, Reach reach) {
  Move move{.user = user, .what = What::went, .reach = reach, .away = away};
  if (reach != Reach::here) move.at = clock_.now();  // otherwise it was long ago
  note(move);
}

void PresenceService::note(Move move) {
  const std::lock_guard lock{mutex_};
  if (move.what == What::went) {
    move.due = SteadyClock::now() + offline_delay_;
    move.reach = bounded(move.reach);
    departures_.push_back(move);
    Departing& departing = departing_[move.user];
    ++departing.times;
    departing.away = move.away && turning_.erase(move.user) == 0;
    return;
  }
  if (told_gone_.contains(move.user)) move.reach = Reach::everywhere;
  // Whoever was not told gone needs not be told back, but may not be as they were.
  if (const auto departing = departing_.find(move.user); departing != departing_.end())
    return turn(move.user, std::exchange(departing->second.away, false), move.reach);
  push(move);
}

std::vector<PresenceService::Move> PresenceService::take_due(SteadyClock::time_point& next) {
  const auto now = SteadyClock::now();
  next = now + std::min(kLongestSleep, offline_delay_);
  const std::lock_guard lock{mutex_};
  std::vector<Move> due;
  for (; !arrivals_.empty() && arrivals_.front().due <= now; arrivals_.pop_front())
    due.push_back(arrivals_.front());
  while (!departures_.empty() && departures_.front().due <= now) {
    // Only the last of several departures has been followed by the whole delay.
    const auto departing = departing_.find(departures_.front().user);
    if (--departing->second.times == 0) {
      departing_.erase(departing);
      remember(departures_.front());
      due.push_back(departures_.front());
    }
    departures_.pop_front();
  }
  take_away(now, due);
  take_busy_ends(due);
  std::erase_if(told_gone_, [&](const auto& told) { return told.second < now - kRegret; });
  if (!arrivals_.empty()) next = std::min(next, arrivals_.front().due);
  if (!departures_.empty()) next = std::min(next, departures_.front().due);
  if (!turns_.empty()) next = std::min(next, turns_.front().due);
  return due;
}

Task<void> PresenceService::run() {
  while (!stopping_) {
    SteadyClock::time_point next;
    const std::vector<Move> due = take_due(next);
    untold_moves_.insert(untold_moves_.end(), due.begin(), due.end());
    co_await tell_untold();
    if (status_log_) co_await tell_others(due);
    if (stopping_) break;
    wake_.expires_at(next);
    boost::system::error_code woken;
    co_await wake_.async_wait(boost::asio::redirect_error(use_task, woken));
  }
}

// In the order of the moves; each tells what is true now.
Task<void> PresenceService::tell_untold() {
  if (untold_moves_.size() > kMostUntold) {
    const auto lost = static_cast<std::ptrdiff_t>(untold_moves_.size() - kMostUntold);
    untold_moves_.erase(untold_moves_.begin(), untold_moves_.begin() + lost);
    log::warning("presence was not told: the store is away", {{"moves", lost}});
  }
  for (; !untold_moves_.empty() && !stopping_; untold_moves_.pop_front()) {
    const Move move = untold_moves_.front();
    try {
      co_await tell(move);
      store_away_ = false;
    } catch (const StorageUnavailable& failure) {
      if (!std::exchange(store_away_, true))
        log::warning("presence is told later", {{"why", failure.what()}});
      co_return;
    } catch (const std::exception& failure) {
      log::warning("presence was not told", {{"user", move.user}, {"why", failure.what()}});
    }
  }
}

Task<void> PresenceService::tell(Move move) {
  switch (move.what) {
    case What::came:
      return tell_arrival(move);
    case What::went:
      return tell_departure(move);
    case What::back:
    case What::away:
    case What::busy:
      return tell_state(move);
    case What::busy_end:
      return tell_busy_end(move);
  }
  std::unreachable();
}

void PresenceService::stop() {
  stopping_ = true;
  wake_.cancel();
}

void PresenceService::set_status_log(delivery::StatusLog* log, std::chrono::milliseconds look) {
  if (!log->tells()) return;
  status_log_ = log;
  status_look_ = look;
  next_status_look_ = SteadyClock::now() + look;
}

Task<void> PresenceService::tell_others(const std::vector<Move>& moves) {
  for (const Move& move : moves) {
    const bool gone = move.what == What::went;
    if (move.reach != Reach::everywhere || router_.online(move.user) == gone) continue;
    if (gone && move.at == Timestamp{}) continue;  // told again: the log knows
    delivery::StatusChange change{.user = move.user};
    if (gone) change.last_seen_at = move.at;
    if (!gone) change.state = as_seen(move.user, {}).state.value();
    untold_.insert_or_assign(move.user, change);
  }
  try {
    if (SteadyClock::now() >= next_status_look_) {
      next_status_look_ = SteadyClock::now() + status_look_;
      co_await look_at_told_online();
    }
    while (!untold_.empty()) {
      std::vector<delivery::StatusChange> changes;
      for (const auto& [user, change] : untold_) {
        if (changes.size() == delivery::StatusLog::kMostAtOnce) break;
        changes.push_back(change);
      }
      co_await status_log_->tell(changes);
      for (const auto& change : changes) untold_.erase(change.user);
    }
  } catch (const std::exception& failure) {
    log::warning("who is there was not told other systems yet", {{"why", failure.what()}});
  }
}

Task<void> PresenceService::look_at_told_online() {
  std::vector<UserId> users;
  UserId after;
  do {
    users = co_await status_log_->told_online(after);
    for (const UserId user : users) {
      if (router_.online(user)) continue;
      const std::lock_guard lock{mutex_};
      // Who is about to be told gone is told with the time.
      if (!departing_.contains(user))
        untold_.try_emplace(user, delivery::StatusChange{.user = user});
    }
    if (!users.empty()) after = users.back();
  } while (users.size() == delivery::StatusLog::kMostAtOnce);
}

Task<std::vector<UserId>> PresenceService::audience_of(Move move) {
  std::vector<UserId> peers;
  if (move.reach == Reach::onlookers) co_return peers;
  peers = co_await chats_.direct_peers(move.user, kMostPeers);
  const bool here = move.reach == Reach::here;
  std::erase_if(peers, [&](UserId peer) {
    return peer == move.user || !(here ? router_.online_here(peer) : router_.online(peer));
  });
  co_return peers;
}

Task<void> PresenceService::tell_arrival(Move move) {
  const UserId user = move.user;
  if (!router_.online(user)) co_return;
  auto audience = co_await audience_of(move);
  const auto watchers = co_await watchers_of(user);
  if (audience.empty() && watchers.empty()) co_return;
  // On another node they are told there.
  if (move.reach == Reach::everywhere)
    for (const UserOnline& peer : co_await seen_online(user, audience))
      router_.deliver(peer, {user});
  Onlookers seeing = co_await onlookers(user, together(std::move(audience), watchers));
  const UserOnline seen = as_seen(user, seeing.busy_until);
  for (auto* const told : {&seeing.all, &seeing.without_time}) tell(move, seen, std::move(*told));
}

Task<void> PresenceService::tell_departure(Move move) {
  const UserId user = move.user;
  const bool ours = move.reach == Reach::everywhere;
  if (ours) {
    const std::lock_guard lock{mutex_};
    told_gone_[user] = SteadyClock::now();  // before the look: no arrival falls in between
  }
  if (router_.online(user)) co_return;
  std::optional<Timestamp> at = move.at;
  if (move.at == Timestamp{}) {
    at = co_await last_seen_.last_seen(user);
  } else if (ours) {
    co_await last_seen_.set_last_seen(user, move.at);
  }
  Onlookers seeing = co_await onlookers_of(move);
  tell(move, UserOffline{user, at}, std::move(seeing.all));
  tell(move, UserOffline{user, {}}, std::move(seeing.without_time));
}

// Other nodes tell who looks at a group there.
void PresenceService::tell(const Move& move, Event event, std::vector<UserId> users) {
  if (move.reach == Reach::everywhere) return router_.deliver(std::move(event), std::move(users));
  router_.deliver_here(std::make_shared<const delivery::Announcement>(std::move(event)),
                       std::move(users));
}

Task<std::vector<UserOnline>> PresenceService::seen_online(UserId viewer,
                                                           std::vector<UserId> owners) {
  std::vector<Gaze> gazes;
  gazes.reserve(owners.size());
  for (const UserId owner : owners) gazes.push_back({.viewer = viewer, .owner = owner});
  const auto sights = co_await chats_.sights(std::move(gazes));
  std::vector<UserOnline> seen;
  for (std::size_t i = 0; i < owners.size(); ++i)
    if (sights[i].online) seen.push_back(as_seen(owners[i], sights[i].busy_until));
  co_return seen;
}

Task<PresenceService::Onlookers> PresenceService::onlookers(UserId owner,
                                                            std::vector<UserId> viewers) {
  std::vector<Gaze> gazes;
  gazes.reserve(viewers.size());
  for (const UserId viewer : viewers) gazes.push_back({.viewer = viewer, .owner = owner});
  const auto sights = co_await chats_.sights(std::move(gazes));
  Onlookers found;
  for (std::size_t i = 0; i < viewers.size(); ++i) {
    if (!sights[i].online) continue;
    (sights[i].last_seen ? found.all : found.without_time).push_back(viewers[i]);
    found.busy_until = sights[i].busy_until;
  }
  if (found.busy_until > clock_.now()) {
    const std::lock_guard lock{mutex_};
    expect_busy_end(owner, found.busy_until);
  }
  co_return found;
}

Task<PresenceService::Onlookers> PresenceService::onlookers_of(Move move) {
  auto audience = co_await audience_of(move);
  const auto watchers = co_await watchers_of(move.user);
  auto viewers = together(std::move(audience), watchers);
  if (viewers.empty()) co_return Onlookers{};
  co_return co_await onlookers(move.user, std::move(viewers));
}

Task<Result<Presence>> PresenceService::status(Caller caller, OneUser command) {
  Presence presence{.user_id = command.user_id, .busy_until = {}, .last_seen_at = {}};
  const bool may_know = command.user_id == caller.user_id ||
                        co_await chats_.share_chat(caller.user_id, command.user_id);
  const auto sights =
      co_await chats_.sights({{.viewer = caller.user_id, .owner = command.user_id}});
  if (may_know) {
    presence.online = sights.front().online && router_.online(command.user_id);
    if (presence.online) {
      const UserOnline seen = as_seen(command.user_id, sights.front().busy_until);
      presence.state = seen.state.value();
      presence.busy_until = seen.busy_until;
    }
    if (!sights.front().last_seen) co_return presence;
    if (const auto seen = co_await last_seen_.last_seen(command.user_id))
      presence.last_seen_at = *seen;
  }
  co_return presence;
}

}  // namespace parley::chat
