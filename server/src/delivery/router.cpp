#include "delivery/router.h"

#include <bit>
#include <stdexcept>
#include <utility>

#include <boost/asio/post.hpp>

namespace parley::delivery {

Hub& Router::make_hub(Loop& loop) {
  if (hubs_.size() == kMostHubs) throw std::length_error("at most 64 threads");
  hubs_.push_back(std::make_unique<Hub>(loop, hubs_.size()));
  return *hubs_.back();
}

void Router::add(Hub& hub, Receiver& receiver) {
  connections_.fetch_add(1, std::memory_order_relaxed);
  const UserId user = receiver.user_id;
  const bool attended = hub.attended(user);
  if (hub.add(receiver) || hub.attended(user) != attended) settle(hub, user);
}

void Router::remove(Hub& hub, Receiver& receiver) {
  connections_.fetch_sub(1, std::memory_order_relaxed);
  const UserId user = receiver.user_id;
  const bool attended = hub.attended(user);
  if (hub.remove(receiver) || hub.attended(user) != attended) settle(hub, user);
}

void Router::set_attended(UserId user, ConnectionId connection, bool attended) {
  for (const auto& hub : hubs_) {
    if (!hub->loop().get_executor().running_in_this_thread()) continue;
    const bool before = hub->attended(user);
    hub->set_attended(user, connection, attended);
    if (hub->attended(user) != before) settle(*hub, user);
    return;
  }
}

// Takes down how things are in the hub now, and tells of what has changed by it.
void Router::settle(Hub& hub, UserId user) {
  const std::uint64_t bit = 1ULL << hub.index();
  Places before, after;
  {
    Shard& shard = shard_of(user);
    const std::lock_guard lock{shard.mutex};
    Places& places = shard.hubs[user];
    before = places;
    places.connected = hub.has(user) ? places.connected | bit : places.connected & ~bit;
    places.attended = hub.attended(user) ? places.attended | bit : places.attended & ~bit;
    after = places;
    if (after.connected == 0) shard.hubs.erase(user);
  }
  if (!attendance_) return;
  if (before.connected == 0) {
    attendance_->arrived(user);
  } else if (after.connected == 0) {
    attendance_->left(user, before.attended == 0);
  } else if ((before.attended == 0) != (after.attended == 0)) {
    attendance_->attention_changed(user);
  }
}

Router::Places Router::places_of(UserId user) const {
  const Shard& shard = shard_of(user);
  const std::lock_guard lock{shard.mutex};
  const auto hubs = shard.hubs.find(user);
  return hubs == shard.hubs.end() ? Places{} : hubs->second;
}

bool Router::online_here(UserId user) const { return places_of(user).connected != 0; }

bool Router::attended_here(UserId user) const { return places_of(user).attended != 0; }

bool Router::attended(UserId user) const {
  return attended_here(user) || (elsewhere_ && elsewhere_->attended(user));
}

bool Router::speaks_for(UserId user) const {
  return online_here(user) && (!elsewhere_ || elsewhere_->speaks_for(user));
}

void Router::busy_changed_here(UserId user, Timestamp until) {
  if (elsewhere_) elsewhere_->busy_changed(user, until);
}

bool Router::online(UserId user) const {
  return online_here(user) || (elsewhere_ && elsewhere_->online(user));
}

std::size_t Router::connections() const { return connections_.load(std::memory_order_relaxed); }

void Router::deliver(Event event, std::vector<UserId> recipients, ConnectionId except) {
  auto announcement = std::make_shared<const Announcement>(std::move(event));
  if (elsewhere_) elsewhere_->deliver(*announcement, recipients, except);
  dispatch({.announcement = std::move(announcement),
            .recipients = std::move(recipients),
            .except = except,
            .session = {}});
}

void Router::deliver_here(std::shared_ptr<const Announcement> announcement,
                          std::vector<UserId> recipients, ConnectionId except) {
  dispatch({.announcement = std::move(announcement),
            .recipients = std::move(recipients),
            .except = except,
            .session = {}});
}

void Router::sign_out(UserId user, SessionId session, Timestamp until) {
  if (elsewhere_) elsewhere_->sign_out(user, session, until);
  sign_out_here(user, session);
}

void Router::sign_out_here(UserId user, SessionId session) {
  dispatch({.announcement = nullptr, .recipients = {user}, .except = 0, .session = session});
}

void Router::sign_out_here(std::function<bool(SessionId)> ended) {
  for (const auto& hub : hubs_) {
    boost::asio::post(hub->loop(), [&hub = *hub, ended] {
      std::vector<Receiver*> leaving;  // whoever signs out leaves the hub at once
      hub.each([&](Receiver& receiver) {
        if (ended(receiver.session_id)) leaving.push_back(&receiver);
      });
      for (Receiver* const receiver : leaving) receiver->sign_out();
    });
  }
}

// What this thread has for the hubs of others, until the end of its turn.
struct Router::Outbox {
  std::array<std::vector<Delivery>, kMostHubs> to;
  std::uint64_t waiting = 0;  // bit i: `to[i]` has something
};

Router::Outbox& Router::outbox() {
  thread_local Outbox outbox;
  return outbox;
}

void Router::dispatch(Delivery delivery) {
  // Each concerned hub gets all recipients and finds its own; it needs no list of its own then.
  std::uint64_t concerned = 0;
  for (const UserId user : delivery.recipients) concerned |= places_of(user).connected;
  for (; concerned != 0; concerned &= concerned - 1) {
    Hub& hub = *hubs_[static_cast<std::size_t>(std::countr_zero(concerned))];
    if (hub.loop().get_executor().running_in_this_thread()) {
      hub.deliver(delivery);
    } else {
      hand_over_later(hub, delivery);
    }
  }
}

void Router::hand_over_later(Hub& hub, Delivery delivery) {
  Outbox& outbox = Router::outbox();
  const std::uint64_t bit = 1ULL << hub.index();
  const bool first = outbox.waiting == 0;
  outbox.waiting |= bit;
  outbox.to[hub.index()].push_back(std::move(delivery));
  if (!first) return;

  // At the end of this loop's turn; a thread without a hub hands over at once.
  for (const auto& mine : hubs_) {
    if (!mine->loop().get_executor().running_in_this_thread()) continue;
    boost::asio::post(mine->loop(), [this] { hand_over(); });
    return;
  }
  hand_over();
}

void Router::hand_over() {
  Outbox& outbox = Router::outbox();
  for (std::uint64_t waiting = std::exchange(outbox.waiting, 0); waiting != 0;
       waiting &= waiting - 1) {
    const auto index = static_cast<std::size_t>(std::countr_zero(waiting));
    hubs_[index]->hand_over(std::exchange(outbox.to[index], {}));
  }
}

}  // namespace parley::delivery
