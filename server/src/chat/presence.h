#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/describe.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "chat/chat_store.h"
#include "chat/service.h"
#include "delivery/last_seen.h"
#include "delivery/router.h"
#include "model/session.h"

namespace parley::chat {

struct OneUser {
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(OneUser, (), (user_id))

struct Watched {
  std::vector<UserId> online;
};
BOOST_DESCRIBE_STRUCT(Watched, (), (online))

// PresenceService tells people who is online, without a storm (DESIGN.md §2): coming and going
// is told to the peers of direct chats, and to members of a group only while they look at it.
// Going offline is told after ten seconds, so that a reload goes unnoticed; then last seen is
// kept. Only people who share a chat learn anything of each other, and as much as the other lets
// them (model/privacy.h).
//
// Arrivals and departures come from all loops; one coroutine, run(), works them off.
class PresenceService final : public delivery::Attendance {
 public:
  static constexpr std::chrono::seconds kOfflineDelay{10};
  static constexpr std::int64_t kMostPeers = 500;
  static constexpr std::size_t kMostWatched = 8;  // groups one connection looks at

  PresenceService(ChatStore& chats, delivery::LastSeen& last_seen, delivery::Router& router,
                  const Clock& clock, Loop& loop,
                  std::chrono::milliseconds offline_delay = kOfflineDelay);

  // Tells of arrivals and departures until stop(); main owns it, on `loop`.
  Task<void> run();
  void stop();  // on `loop`

  void arrived(UserId user) override;
  void left(UserId user) override;

  // Of somebody the caller shares a chat with; of everybody else: offline, never seen.
  Task<Result<Presence>> status(Caller caller, OneUser command);

  // From now on, and until unwatch() or its end, the caller's connection hears of the group's
  // members. Yields who is online. Sockets only.
  Task<Result<Watched>> watch(Caller caller, OneChat command);
  Task<Result<Done>> unwatch(Caller caller, OneChat command);

  // The connection is gone; from any loop.
  void forget(ConnectionId connection);

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>;

  struct Move {
    UserId user;
    bool here = false;
    std::chrono::steady_clock::time_point due;
    Timestamp at;
  };
  struct WatchedChat {
    std::vector<UserId> members;
    std::unordered_map<ConnectionId, UserId> watchers;
  };

  void note(Move move);
  std::vector<Move> take_due(std::chrono::steady_clock::time_point& next);
  Task<void> tell_arrival(UserId user);
  Task<void> tell_departure(UserId user, Timestamp gone);
  // Who looks at a group that the user is in, and is in it themselves.
  Task<std::vector<UserId>> watchers_of(UserId user);
  // Whom of them the viewer may see online.
  Task<std::vector<UserId>> seen_online(UserId viewer, std::vector<UserId> owners);
  // Who may see the owner online: with when they were last, or without.
  struct Onlookers {
    std::vector<UserId> all;
    std::vector<UserId> without_time;
  };
  Task<Onlookers> onlookers(UserId owner, std::vector<UserId> viewers);
  void drop_watch(ConnectionId connection, ChatId chat);  // mutex_ is held

  ChatStore& chats_;
  delivery::LastSeen& last_seen_;
  delivery::Router& router_;
  const Clock& clock_;
  Loop& loop_;
  const std::chrono::milliseconds offline_delay_;
  Timer wake_;
  bool stopping_ = false;
  std::set<UserId> told_online_;  // run()'s own

  std::mutex mutex_;  // guards what follows
  std::deque<Move> arrivals_;
  std::deque<Move> departures_;
  std::unordered_map<UserId, std::int64_t> departing_;  // how often they are in departures_
  std::unordered_map<ChatId, WatchedChat> watched_;
  std::unordered_map<UserId, std::vector<ChatId>> watched_with_;  // member → watched chats
  std::unordered_map<ConnectionId, std::vector<ChatId>> watched_by_;
};

}  // namespace parley::chat
