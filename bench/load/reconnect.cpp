#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "client.h"
#include "crowd.h"
#include "meter.h"
#include "process.h"
#include "scenarios.h"
#include "wire/fields.h"

namespace bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kAskEvery = kSecond / 10;
constexpr std::uint64_t kStatus = 1;        // the id of every user:status,
constexpr std::uint64_t kFirstMessage = 2;  // and of the first message:send

// Reconnect: a crowd on the first node, which is killed. Friends of some of the crowd are on the
// other nodes; the first `senders` of them go on writing all the time, at `rate` together, and the
// last `gone` of them watch somebody who does not come back.
//
// Socket i is member i of the crowd, socket (size of the crowd) + i the friend of member i.
class Reconnect : public Handler {
 public:
  Reconnect(const Options& options, Checks& checks);

  void run(Report& report);

 private:
  struct Sent {
    std::int64_t due = 0;
    Histogram* into = nullptr;
  };
  struct Friend {
    std::deque<Sent> waiting;    // for its answer, oldest first
    bool online = false;         // what it was told last of its member
    std::int64_t seen_gone = 0;  // when that its member is away was answered,
    std::int64_t told_gone = 0;  // and when it was told
    std::int64_t asks_at = 0;
    bool asking = false;
  };

  void on_text(std::size_t socket, std::string_view text) override;
  void on_closed(std::size_t socket, const std::string& why) override;
  void on_friend(std::size_t number, const Said& said);
  void on_answer(std::size_t number, const Said& said);

  template <class Done>
  bool turn_until(std::int64_t deadline, Done done);
  void phase(const char* name);
  void connect_all();
  void send_what_is_due(std::int64_t now);
  void ask(std::size_t number, std::int64_t now);
  void watch_the_gone(std::int64_t now);
  void kill_first_node();
  void check_what_arrived();
  void check_who_is_back();
  bool all_seen_gone() const;
  std::size_t socket_of(std::size_t number) const { return crowd_.size() + number; }

  const Options& options_;
  Checks& checks_;
  std::vector<SeededUser> users_;
  Loop loop_;
  Contents contents_;
  Crowd crowd_;
  Meter meter_;
  std::vector<Friend> friends_;
  std::size_t writers_;
  std::size_t ready_ = 0;
  Histogram* into_ = nullptr;
  bool sending_ = false;
  std::int64_t next_due_ = 0;
  std::size_t next_writer_ = 0;
  std::int64_t killed_at_ = 0;
  std::uint64_t wrongly_gone_ = 0;
  Histogram before_;
  Histogram during_;
  Histogram after_;
};

Reconnect::Reconnect(const Options& options, Checks& checks)
    : options_(options),
      checks_(checks),
      users_(read_seed(options.seed)),
      loop_(options.targets),
      contents_(options.content, static_cast<std::uint64_t>(now_ns())),
      crowd_(options, users_, loop_, contents_, checks),
      meter_(options),
      friends_(options.senders + options.gone),
      writers_(options.senders) {
  if (options.targets.size() < 2) throw std::runtime_error("reconnect needs two nodes");
  if (options.kill == 0) throw std::runtime_error("--kill is missing");
  if (options.rate <= 0) throw std::runtime_error("--rate is missing");
  if (friends_.size() > crowd_.size() || 2 * crowd_.size() > users_.size()) {
    throw std::runtime_error("the seed file has " + std::to_string(users_.size()) +
                             " users; a crowd of " + std::to_string(crowd_.size()) +
                             " needs twice as many, and may not be smaller than its friends");
  }
}

void Reconnect::phase(const char* name) {
  std::fprintf(stderr, "phase: %s\n", name);
  std::fflush(stderr);
}

template <class Done>
bool Reconnect::turn_until(std::int64_t deadline, Done done) {
  while (checks_.good()) {
    const std::int64_t now = now_ns();
    if (done()) return true;
    if (now >= deadline) return false;
    crowd_.tick(now);
    if (sending_) send_what_is_due(now);
    if (killed_at_ != 0) watch_the_gone(now);
    loop_.turn(1, *this);
  }
  return false;
}

void Reconnect::on_text(std::size_t socket, std::string_view frame) {
  const Said said = parse_said(frame);
  if (socket < crowd_.size()) return crowd_.take(socket, said, loop_.read_at());
  on_friend(socket - crowd_.size(), said);
}

void Reconnect::on_closed(std::size_t socket, const std::string& why) {
  if (socket < crowd_.size()) return crowd_.closed(socket, why, now_ns());
  checks_.violation("closed: a friend, who is on a node that lives: " + why);
}

void Reconnect::on_friend(std::size_t number, const Said& said) {
  if (said.is_reply) return on_answer(number, said);
  Friend& one = friends_[number];
  if (said.event == "ready") {
    ++ready_;
  } else if (said.event == "user:offline" && killed_at_ != 0 &&
             number_of(said.data, "userId") == users_[Crowd::user_of(number)].id) {
    if (one.told_gone == 0) one.told_gone = loop_.read_at();
    if (crowd_.is_back(number)) ++wrongly_gone_;
  }
}

void Reconnect::on_answer(std::size_t number, const Said& said) {
  Friend& one = friends_[number];
  if (!said.error.empty()) {
    return checks_.violation("refused: a friend's request " + std::to_string(said.re) + ": " +
                             std::string{said.error});
  }
  if (said.re == kStatus) {
    one.asking = false;
    one.online = member(said.data, "online") == "true";
    if (killed_at_ != 0 && !one.online && one.seen_gone == 0) one.seen_gone = loop_.read_at();
    return;
  }
  FriendsChat& chat = crowd_.chat(number);
  const std::uint64_t index = said.re - kFirstMessage;
  const std::uint64_t seq = number_of(said.data, "seq");
  if (index != chat.acked || one.waiting.empty() || (chat.base != 0 && seq != chat.base + index)) {
    return checks_.violation("seq: message " + std::to_string(index) + " of friend " +
                             std::to_string(number) + " got seq " + std::to_string(seq));
  }
  if (chat.base == 0) chat.base = seq - index;
  ++chat.acked;
  const Sent sent = one.waiting.front();
  one.waiting.pop_front();
  if (sent.into != nullptr) sent.into->add(loop_.read_at() - sent.due);
}

void Reconnect::connect_all() {
  const std::size_t others = options_.targets.size() - 1;
  crowd_.come();
  if (!turn_until(now_ns() + 120 * kSecond, [&] { return crowd_.served() == crowd_.size(); })) {
    if (!checks_.good()) return;
    throw std::runtime_error("only " + std::to_string(crowd_.served()) + " of " +
                             std::to_string(crowd_.size()) + " came to the first node");
  }
  for (std::size_t i = 0; i < friends_.size(); ++i) {
    loop_.begin(socket_of(i), users_[Crowd::user_of(i) + 1].token, 1 + i % others);
  }
  if (!turn_until(now_ns() + 30 * kSecond, [&] { return ready_ == friends_.size(); }))
    throw std::runtime_error("the friends' sockets did not become ready");
}

void Reconnect::send_what_is_due(std::int64_t now) {
  const auto interval = static_cast<std::int64_t>(1e9 / options_.rate);
  if (next_due_ == 0) next_due_ = now;
  for (; next_due_ <= now; next_due_ += interval) {
    const std::size_t number = next_writer_++ % writers_;
    FriendsChat& chat = crowd_.chat(number);
    const SeededUser& user = users_[Crowd::user_of(number) + 1];
    friends_[number].waiting.push_back({.due = next_due_, .into = into_});
    loop_.send(socket_of(number),
               contents_.request(kFirstMessage + chat.sent, std::to_string(user.direct_chat),
                                 Crowd::user_of(number) + 1, chat.sent));
    ++chat.sent;
  }
  for (std::size_t i = 0; i < writers_; ++i) {
    const auto& waiting = friends_[i].waiting;
    if (waiting.empty() || static_cast<double>(now - waiting.front().due) < options_.stall * 1e9)
      continue;
    checks_.violation("unanswered: a message of friend " + std::to_string(i));
  }
}

void Reconnect::ask(std::size_t number, std::int64_t now) {
  friends_[number].asking = true;
  friends_[number].asks_at = now;
  loop_.send(socket_of(number), R"({"id":1,"op":"user:status","data":{"userId":")" +
                                    std::to_string(users_[Crowd::user_of(number)].id) + "\"}}");
}

void Reconnect::watch_the_gone(std::int64_t now) {
  for (std::size_t i = writers_; i < friends_.size(); ++i) {
    const Friend& one = friends_[i];
    if (one.seen_gone == 0 && !one.asking && one.asks_at + kAskEvery <= now) ask(i, now);
  }
}

bool Reconnect::all_seen_gone() const {
  for (std::size_t i = writers_; i < friends_.size(); ++i) {
    if (friends_[i].seen_gone == 0 || friends_[i].told_gone == 0) return false;
  }
  return true;
}

void Reconnect::kill_first_node() {
  std::set<std::size_t> gone;
  for (std::size_t i = writers_; i < friends_.size(); ++i) gone.insert(i);
  if (::kill(options_.kill, SIGKILL) != 0)
    throw std::runtime_error(std::string{"kill: "} + std::strerror(errno));
  killed_at_ = now_ns();
  crowd_.lose_first_node(killed_at_, gone);
}

// Nothing that was acknowledged is lost: the friend's messages are at the member, pushed or read.
void Reconnect::check_what_arrived() {
  const auto answered = [&] {
    for (std::size_t i = 0; i < writers_; ++i) {
      if (!friends_[i].waiting.empty()) return false;
    }
    return true;
  };
  if (!turn_until(now_ns() + static_cast<std::int64_t>(options_.stall * 1e9), answered)) {
    if (checks_.good()) checks_.violation("unanswered: messages at the end");
    return;
  }
  for (std::size_t i = 0; i < writers_; ++i) crowd_.refresh(i);
  const auto wanted = [&](std::size_t i) {
    const FriendsChat& chat = crowd_.chat(i);
    return chat.acked == 0 ? 0 : chat.base + chat.acked - 1;
  };
  const auto all_there = [&] {
    for (std::size_t i = 0; i < writers_; ++i) {
      if (!crowd_.is_back(i) || crowd_.held(i) < wanted(i)) return false;
    }
    return true;
  };
  if (turn_until(now_ns() + 30 * kSecond, all_there) || !checks_.good()) return;
  for (std::size_t i = 0; i < writers_; ++i) {
    if (crowd_.held(i) >= wanted(i)) continue;
    checks_.violation("lost: member " + std::to_string(i) + " has everything up to " +
                      std::to_string(crowd_.held(i)) + " of " + std::to_string(wanted(i)) +
                      " acknowledged");
  }
}

// Whoever is back is seen online, from a node they need not be on.
void Reconnect::check_who_is_back() {
  for (std::size_t i = 0; i < writers_; ++i) ask(i, now_ns());
  const auto answered = [&] {
    for (std::size_t i = 0; i < writers_; ++i) {
      if (friends_[i].asking) return false;
    }
    return true;
  };
  if (!turn_until(now_ns() + 15 * kSecond, answered)) {
    if (checks_.good()) checks_.violation("unanswered: user:status");
    return;
  }
  for (std::size_t i = 0; i < writers_; ++i) {
    if (friends_[i].online) continue;
    checks_.violation("presence: member " + std::to_string(i) + " is back and not seen online");
  }
}

void Reconnect::run(Report& report) {
  phase("connecting");
  connect_all();
  sending_ = true;
  turn_until(now_ns() + static_cast<std::int64_t>(options_.warmup * 1e9), [] { return false; });
  phase("quiet");
  into_ = &before_;
  turn_until(now_ns() + static_cast<std::int64_t>(options_.seconds * 1e9), [] { return false; });
  if (!checks_.good()) return;

  into_ = &during_;
  meter_.start();
  kill_first_node();
  phase("killed");
  const auto all_served = [&] { return crowd_.all_back(); };
  const bool served =
      turn_until(killed_at_ + static_cast<std::int64_t>(options_.within * 1e9), all_served);
  const std::int64_t served_at = now_ns();
  meter_.stop();
  phase("served");
  if (!served && checks_.good()) {
    checks_.violation("late: " + std::to_string(crowd_.expected() - crowd_.served()) + " of " +
                      std::to_string(crowd_.expected()) + " were not served in time");
  }
  into_ = &after_;
  turn_until(killed_at_ + static_cast<std::int64_t>(options_.noticed * 1e9),
             [&] { return all_seen_gone(); });
  turn_until(now_ns() + static_cast<std::int64_t>(options_.seconds * 1e9), [] { return false; });
  sending_ = false;
  phase("checking");
  if (checks_.good()) check_what_arrived();
  if (checks_.good()) check_who_is_back();

  Histogram seen;
  Histogram told;
  for (std::size_t i = writers_; i < friends_.size(); ++i) {
    if (friends_[i].seen_gone == 0 || friends_[i].told_gone == 0) {
      if (checks_.good())
        checks_.violation("presence: member " + std::to_string(i) +
                          " is gone, "
                          "and that was not noticed or not told");
      continue;
    }
    seen.add(friends_[i].seen_gone - killed_at_);
    told.add(friends_[i].told_gone - killed_at_);
  }
  report.put("connections", crowd_.size());
  report.put("allServedMillis", static_cast<double>(served_at - killed_at_) / 1e6);
  crowd_.report(report);
  meter_.report(report, "Return", crowd_.expected());
  report.put("beforeMicros", before_);
  report.put("duringMicros", during_);
  report.put("afterMicros", after_);
  report.put("seenGoneMicros", seen);
  report.put("toldGoneMicros", told);
  report.put("toldGoneThoughBack", wrongly_gone_);
}

}  // namespace

void run_reconnect(const Options& options, Checks& checks, Report& report) {
  Reconnect{options, checks}.run(report);
}

}  // namespace bench
