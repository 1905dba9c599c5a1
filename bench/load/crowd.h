#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "checks.h"
#include "client.h"
#include "histogram.h"
#include "loop.h"
#include "message.h"
#include "options.h"
#include "report.h"
#include "wire/seed.h"

namespace bench {

// The chat of a member with its friend, as the friend knows it: message `index` has seq base +
// index.
struct FriendsChat {
  std::uint64_t base = 0;   // 0 before the first acknowledgement
  std::uint64_t sent = 0;   // messages sent,
  std::uint64_t acked = 0;  // and of these acknowledged
};

// Crowd is many clients that stay connected as the web client does (web/src/connection): socket
// i is member i, who is user 2i of the seed file and has a direct chat with user 2i + 1, its
// friend.
//
// Whoever loses its socket tries again after 0.5 s, doubled up to 30 s, half of it left to chance,
// and 5 s more when it was told to slow down. Connected, it syncs from its cursor, reads what it
// missed with `history`, acknowledges, and only then is served. It waits 15 s for the first frame
// and for each answer; after a refused sync or history it gives the connection up and starts over.
// A balancer in front is taken to know which nodes are left.
class Crowd {
 public:
  Crowd(const Options& options, const std::vector<SeededUser>& users, Loop& loop,
        Contents& contents, Checks& checks);

  std::size_t size() const { return members_.size(); }
  FriendsChat& chat(std::size_t member) { return members_[member].chat; }
  static std::size_t user_of(std::size_t member) { return 2 * member; }

  // Everybody who is away tries now; only so many at once while nothing went wrong.
  void come();
  // The first node is no more. The members given do not come back.
  void lose_first_node(std::int64_t now, const std::set<std::size_t>& gone);
  // What is due by now.
  void tick(std::int64_t now);

  void take(std::size_t member, const Said& said, std::int64_t now);
  void closed(std::size_t member, const std::string& why, std::int64_t now);

  // How many are connected and have all there was for them.
  std::size_t served() const { return served_; }
  std::size_t expected() const { return members_.size() - gone_; }
  // Whether that is all of them, each anew since the node was lost.
  bool all_back() const { return returned_ == expected() && served_ == expected(); }
  bool is_back(std::size_t member) const { return members_[member].stage == Stage::served; }
  // Reads again what there is for one.
  void refresh(std::size_t member);
  // The highest seq up to which it has everything.
  std::uint64_t held(std::size_t member) const { return members_[member].held; }

  // How it went since the node was lost.
  void report(Report& report) const;

 private:
  enum class Stage : std::uint8_t { away, connecting, syncing, reading, served, gone };
  struct Member {
    Stage stage = Stage::away;
    bool was_served = false;  // since the node was lost
    int failures = 0;
    std::size_t target = 0;
    std::int64_t at = 0;        // away: when it tries again; else when its patience ends
    std::int64_t ready_at = 0;  // 0 while it is not
    std::uint64_t request = 1;  // the last one's id
    std::string cursor;
    std::uint64_t held = 0;
    std::uint64_t head = 0;  // the last seq it heard of
    std::int64_t gap_at = 0;
    std::set<std::uint64_t> ahead;
    FriendsChat chat;
  };

  void enter(Member& member, Stage stage);
  void connect(std::size_t number, std::int64_t now);
  void lost(std::size_t number, int code, std::int64_t now);
  void sync(std::size_t number, std::int64_t now);
  void go_on(std::size_t number, std::int64_t now);
  void request(std::size_t number, std::string_view operation, const std::string& data,
               std::int64_t now);
  void on_synced(std::size_t number, std::string_view data, std::int64_t now);
  void on_event(std::size_t number, const Said& said, std::int64_t now);
  bool hold(std::size_t number, std::string_view json);
  void acknowledge(std::size_t number);
  void refused(std::size_t number, std::string_view error);

  const Options& options_;
  const std::vector<SeededUser>& users_;
  Loop& loop_;
  Contents& contents_;
  Checks& checks_;
  std::vector<Member> members_;
  std::minstd_rand random_{1};
  std::size_t first_target_ = 0;
  std::size_t others_ = 1;  // nodes to choose from
  std::size_t on_their_way_ = 0;
  std::size_t served_ = 0;
  std::size_t gone_ = 0;
  std::size_t returned_ = 0;
  std::int64_t lost_at_ = 0;
  std::int64_t next_look_ = 0;
  std::uint64_t attempts_ = 0;
  std::uint64_t histories_ = 0;
  std::map<std::string, std::uint64_t> refusals_;
  Histogram served_after_;
};

}  // namespace bench
