#include <algorithm>

#include <boost/asio/post.hpp>

#include "chat/presence.h"

// What is to be said of who is online: away, busy, or nothing more.

namespace parley::chat {
namespace {

using SteadyClock = std::chrono::steady_clock;

}  // namespace

UserOnline PresenceService::as_seen(UserId user, Timestamp busy_until) {
  UserOnline seen{.user_id = user, .state = PresenceState::online};
  if (busy_until <= clock_.now()) {
    const std::lock_guard lock{mutex_};
    if (!router_.attended(user) && !turning_.contains(user)) seen.state = PresenceState::away;
    return seen;
  }
  seen.state = PresenceState::busy;
  if (busy_until != delivery::BusyTimes::kNoEnd) seen.busy_until = busy_until;
  return seen;
}

Task<Result<Done>> PresenceService::set_away(Caller caller, SetAway command) {
  router_.set_attended(caller.user_id, caller.connection, !command.away);
  co_return Done{};
}

Task<Result<SetStatus>> PresenceService::set_status(Caller caller, SetStatus command) {
  const UserId user = caller.user_id;
  const bool busy = command.availability == Availability::busy;
  if (command.until && !busy) co_return fail_field("until", "goes with busy");
  if (command.until && *command.until <= clock_.now()) co_return fail_field("until", "has passed");

  const Timestamp until = busy ? command.until.value_or(delivery::BusyTimes::kNoEnd) : Timestamp{};
  co_await busy_times_.set_busy_until(user, until);
  router_.deliver(as_seen(user, until), {user}, caller.connection);
  router_.busy_changed_here(user, until);
  const std::lock_guard lock{mutex_};
  expect_busy_end(user, until);
  push({.user = user, .what = What::busy, .busy_until = until});
  co_return command;
}

void PresenceService::attention_changed(UserId user) { note_attention(user, Reach::everywhere); }

void PresenceService::attention_changed_elsewhere(UserId user, Reach reach) {
  note_attention(user, reach);
}

void PresenceService::note_attention(UserId user, Reach reach) {
  const std::lock_guard lock{mutex_};
  const bool told_away = may_be_told_away(user);
  turning_.erase(user);
  turn(user, told_away && router_.attended(user), reach);
}

// Who is yet to be told away by another node may have been already: it heard of it before us.
bool PresenceService::may_be_told_away(UserId user) const {
  const auto turning = turning_.find(user);
  return turning == turning_.end() ||
         (turning->second - SteadyClock::now() < offline_delay_ / 2 && !router_.speaks_for(user));
}

void PresenceService::busy_changed_elsewhere(UserId user, Timestamp until) {
  const std::lock_guard lock{mutex_};
  expect_busy_end(user, until);
  push({.user = user, .what = What::busy, .reach = Reach::onlookers, .busy_until = until});
}

void PresenceService::push(Move move) {
  // Those need not be told who do not look.
  remember(move);
  move.reach = bounded(move.reach);
  if (move.reach == Reach::onlookers && !watched_with_.contains(move.user)) return;
  move.due = SteadyClock::now() + online_delay_;
  arrivals_.push_back(move);
  if (arrivals_.size() == 1) boost::asio::post(loop_, [this] { wake_.cancel(); });
}

// Whoever was not told away needs not be told back.
void PresenceService::turn(UserId user, bool was_away, Reach reach) {
  const bool away = !router_.attended(user);
  if (away && !was_away) expect_away(user, reach);
  if (!away && was_away) push({.user = user, .what = What::back, .reach = reach});
}

// Told by the node that will speak for them; of late news by every node.
void PresenceService::expect_away(UserId user, Reach reach) {
  const auto due = SteadyClock::now() + offline_delay_;
  if (reach == Reach::everywhere) reach = Reach::onlookers;
  turns_.push_back({.user = user, .what = What::away, .reach = bounded(reach), .due = due});
  turning_.insert_or_assign(user, due);
}

void PresenceService::take_away(SteadyClock::time_point now, std::vector<Move>& due) {
  for (; !turns_.empty() && turns_.front().due <= now; turns_.pop_front()) {
    Move move = turns_.front();
    const auto counts = turning_.find(move.user);
    if (counts == turning_.end() || counts->second != move.due) continue;
    turning_.erase(counts);
    if (router_.speaks_for(move.user)) move.reach = Reach::everywhere;
    remember(move);
    if (move.reach != Reach::onlookers || watched_with_.contains(move.user)) due.push_back(move);
  }
}

void PresenceService::expect_busy_end(UserId user, Timestamp until) {
  if (until <= clock_.now() || until == delivery::BusyTimes::kNoEnd) {
    busy_ends_.erase(user);
    return;
  }
  busy_ends_.insert_or_assign(user, until);
  next_busy_end_ = std::min(next_busy_end_, until);
}

void PresenceService::take_busy_ends(std::vector<Move>& due) {
  const Timestamp now = clock_.now();
  if (now < next_busy_end_) return;
  next_busy_end_ = Timestamp::max();
  std::erase_if(busy_ends_, [&](const auto& end) {
    const auto& [user, until] = end;
    if (until > now) {
      next_busy_end_ = std::min(next_busy_end_, until);
    } else if (router_.speaks_for(user)) {
      due.push_back({.user = user, .what = What::busy_end});
    }
    return until <= now;
  });
}

Task<void> PresenceService::tell_busy_end(Move move) {
  const auto sights = co_await chats_.sights({{.viewer = move.user, .owner = move.user}});
  const Timestamp until = sights.front().busy_until;
  if (until > clock_.now()) co_return;  // they said otherwise since
  router_.deliver(as_seen(move.user, until), {move.user});
  router_.busy_changed_here(move.user, until);
  move.what = What::busy;
  move.busy_until = until;
  co_await tell_state(move);
}

Task<void> PresenceService::tell_state(Move move) {
  const UserId user = move.user;
  if (!router_.online(user)) co_return;
  if (move.what != What::busy && router_.attended(user) != (move.what == What::back)) co_return;
  Onlookers seeing = co_await onlookers_of(move);
  const UserOnline seen = as_seen(user, move.busy_until.value_or(seeing.busy_until));
  // Who is busy looks the same, whether they are there or not.
  if (move.what != What::busy && seen.state == PresenceState::busy) co_return;
  for (auto* const told : {&seeing.all, &seeing.without_time}) tell(move, seen, std::move(*told));
}

}  // namespace parley::chat
