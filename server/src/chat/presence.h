#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/describe.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "chat/chat_store.h"
#include "chat/service.h"
#include "delivery/busy_times.h"
#include "delivery/last_seen.h"
#include "delivery/router.h"
#include "delivery/status_log.h"
#include "model/session.h"

namespace parley::chat {

struct OneUser {
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(OneUser, (), (user_id))

struct Watched {
  std::vector<UserId> online;
  std::vector<UserId> away;  // those of them who are away,
  std::vector<UserId> busy;  // or busy
};
BOOST_DESCRIBE_STRUCT(Watched, (), (online, away, busy))

struct SetAway {
  bool away = false;
};
BOOST_DESCRIBE_STRUCT(SetAway, (), (away))

// Also what is answered: what they are now.
struct SetStatus {
  Availability availability = Availability::available;
  std::optional<Timestamp> until;  // with busy: when it is over by itself
};
BOOST_DESCRIBE_STRUCT(SetStatus, (), (availability, until))

// PresenceService tells people who is online, without a storm (DESIGN.md §2): coming and going
// is told to the peers of direct chats, and to members of a group only while they look at it.
// Going offline is told after ten seconds, so that a reload goes unnoticed; then last seen is
// kept. Only people who share a chat learn anything of each other, and as much as the other lets
// them (model/privacy.h).
//
// In a cluster the node where it happened tells peers, and last seen, when the user is on no other;
// every node tells those who look at a group there. Whoever comes back within the ten seconds,
// to whichever node, never left. After an interruption of the bus each node tells again whom it
// told of meanwhile, and its own users of those about whom news from other nodes may be missing.
//
// Who is online is away as long as nobody is at any of their connections, on whichever nodes, as
// their clients say. That, too, is told after ten seconds, by the node that speaks for the user;
// that somebody is there again at once, by the node where they are. Until they are told away they
// are online to whoever asks or comes. Who said that they are busy is shown as that instead, until
// the time they named: the node that speaks for them tells of its end, if it knows; onlookers are
// told the time as well, and need not wait for it.
//
// Other systems are told the same, if they want to know, by the node that tells peers
// (delivery/status_log.h). Whom no node is left to tell of, because all were stopped at once, is
// found by a look at who was told online, now and then.
//
// Arrivals and departures come from all loops; one coroutine, run(), works them off. While the
// store is away they wait: what is true of them then is told when it is back.
class PresenceService final : public delivery::Attendance {
 public:
  static constexpr std::chrono::seconds kOfflineDelay{10};
  // In a cluster: two who come to two nodes at once are to have heard of each other's arrival when
  // each looks for whom to tell.
  static constexpr std::chrono::milliseconds kOnlineDelay{250};
  static constexpr std::int64_t kMostPeers = 500;
  static constexpr std::size_t kMostWatched = 8;  // groups one connection looks at
  // News from other nodes takes less long.
  static constexpr std::chrono::seconds kRegret{5};
  // Between two looks at who was told online, and before the first: clients come back meanwhile.
  static constexpr std::chrono::seconds kStatusLook{60};
  static constexpr std::size_t kMostUntold = 100'000;  // moves that wait for the store
  // News that is to be told again after an interruption, or for the first time because it came
  // late: each costs a look into the store. More is known to whoever asks, and not told.
  static constexpr std::size_t kMostLate = 10'000;
  // As long as it may take to notice an interruption.
  static constexpr std::chrono::seconds kDoubt{30};

  PresenceService(ChatStore& chats, delivery::LastSeen& last_seen, delivery::BusyTimes& busy_times,
                  delivery::Router& router, const Clock& clock, Loop& loop,
                  std::chrono::milliseconds offline_delay = kOfflineDelay,
                  std::chrono::milliseconds online_delay = {});

  // Tells of arrivals and departures until stop(); main owns it, on `loop`.
  Task<void> run();
  void stop();  // on `loop`

  // Before run(): other systems are told by `log`, too.
  void set_status_log(delivery::StatusLog* log, std::chrono::milliseconds look = kStatusLook);

  void arrived(UserId user) override;
  void left(UserId user, bool away) override;
  void attention_changed(UserId user) override;
  void arrived_elsewhere(UserId user, delivery::Reach reach) override;
  void left_elsewhere(UserId user, bool away, delivery::Reach reach) override;
  void attention_changed_elsewhere(UserId user, delivery::Reach reach) override;
  void busy_changed_elsewhere(UserId user, Timestamp until) override;
  void interrupted() override;
  void came_back() override;

  // Of somebody the caller shares a chat with; of everybody else: offline, never seen.
  Task<Result<Presence>> status(Caller caller, OneUser command);

  // The caller's connection says that nobody is at it, or somebody is again. Sockets only.
  Task<Result<Done>> set_away(Caller caller, SetAway command);

  // The caller is busy, or no longer. Their other connections hear of it, and whoever may see them
  // online. Refuses with validation_failed a time that has passed, or that is without meaning.
  Task<Result<SetStatus>> set_status(Caller caller, SetStatus command);

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

  using Reach = delivery::Reach;

  // Came online or went; is at a connection again, or at none any more; said whether they are
  // busy, or the time that they named has come.
  enum class What : std::uint8_t { came, went, back, away, busy, busy_end };
  struct Move {
    UserId user;
    What what = What::came;
    Reach reach = Reach::everywhere;
    bool away = false;  // of who went: they were
    std::chrono::steady_clock::time_point due{};
    Timestamp at{};                         // of who went: when, if it is not known to the store
    std::optional<Timestamp> busy_until{};  // when it is newer than what the store may show
  };
  // Of whom something was to be told, here or by another node.
  struct Recent {
    std::chrono::steady_clock::time_point when;
    UserId user;
    bool ours = false;
    std::optional<Timestamp> busy_until{};
  };
  struct Departing {
    std::int64_t times = 0;  // how often they are in departures_
    bool away = false;       // as they were last told
  };
  struct WatchedChat {
    std::vector<UserId> members;
    std::unordered_map<ConnectionId, UserId> watchers;
  };

  // presence.cpp: who comes and goes, and who is told.
  void note(Move move);
  std::vector<Move> take_due(std::chrono::steady_clock::time_point& next);
  Task<void> tell_untold();
  Task<void> tell(Move move);
  Task<void> tell_arrival(Move move);
  Task<void> tell_departure(Move move);
  // Tells other systems what of `moves` is true, and what they were not told before.
  Task<void> tell_others(const std::vector<Move>& moves);
  Task<void> look_at_told_online();
  // Which of the user's peers are online, as far as they are ours to tell.
  Task<std::vector<UserId>> audience_of(Move move);
  void tell(const Move& move, Event event, std::vector<UserId> users);
  // Whom of them the viewer may see online.
  Task<std::vector<UserOnline>> seen_online(UserId viewer, std::vector<UserId> owners);
  // Who may see the owner online: with when they were last, or without. And what they see.
  struct Onlookers {
    std::vector<UserId> all;
    std::vector<UserId> without_time;
    Timestamp busy_until{};
  };
  Task<Onlookers> onlookers(UserId owner, std::vector<UserId> viewers);
  Task<Onlookers> onlookers_of(Move move);  // whoever is to be told

  // presence_watch.cpp, with watch(), unwatch() and forget().
  // Who looks at a group that the user is in, and is in it themselves.
  Task<std::vector<UserId>> watchers_of(UserId user);
  void drop_watch(ConnectionId connection, ChatId chat);  // mutex_ is held

  // presence_state.cpp: what is to be said of who is there.
  // Of who may be back before it is told that they are away: online.
  UserOnline as_seen(UserId user, Timestamp busy_until);
  Task<void> tell_state(Move move);
  Task<void> tell_busy_end(Move move);
  void push(Move move);  // of the arrivals; mutex_ is held, here and below
  void turn(UserId user, bool was_away, Reach reach);
  void note_attention(UserId user, Reach reach);  // takes mutex_
  bool may_be_told_away(UserId user) const;
  void expect_away(UserId user, Reach reach);
  void take_away(std::chrono::steady_clock::time_point now, std::vector<Move>& due);
  void take_busy_ends(std::vector<Move>& due);
  void expect_busy_end(UserId user, Timestamp until);

  // presence_again.cpp: what other nodes may have missed of us, and we of them; mutex_ is held.
  void remember(const Move& move);
  Reach bounded(Reach reach) const;

  ChatStore& chats_;
  delivery::LastSeen& last_seen_;
  delivery::BusyTimes& busy_times_;
  delivery::Router& router_;
  const Clock& clock_;
  Loop& loop_;
  const std::chrono::milliseconds offline_delay_;
  const std::chrono::milliseconds online_delay_;
  Timer wake_;
  bool stopping_ = false;
  // Of run():
  delivery::StatusLog* status_log_ = nullptr;
  std::chrono::milliseconds status_look_ = kStatusLook;
  std::chrono::steady_clock::time_point next_status_look_{};
  std::unordered_map<UserId, delivery::StatusChange> untold_;  // to others; the latest counts
  std::deque<Move> untold_moves_;                              // to people
  bool store_away_ = false;

  std::mutex mutex_;  // guards what follows
  bool interrupted_ = false;
  std::deque<Recent> recent_;
  std::deque<Move> arrivals_;
  std::deque<Move> departures_;
  std::unordered_map<UserId, Departing> departing_;
  std::deque<Move> turns_;  // at whose connections nobody is any more
  // When they will have been away for long enough, unless somebody is there again: which of turns_
  // counts.
  std::unordered_map<UserId, std::chrono::steady_clock::time_point> turning_;
  std::unordered_map<UserId, Timestamp> busy_ends_;  // of those that are known here
  Timestamp next_busy_end_ = Timestamp::max();
  // Whom we told gone less than kRegret ago. When they had come to another node just before, we
  // take it back.
  std::unordered_map<UserId, std::chrono::steady_clock::time_point> told_gone_;
  std::unordered_map<ChatId, WatchedChat> watched_;
  std::unordered_map<UserId, std::vector<ChatId>> watched_with_;  // member → watched chats
  std::unordered_map<ConnectionId, std::vector<ChatId>> watched_by_;
};

}  // namespace parley::chat
