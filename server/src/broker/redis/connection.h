#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/redis/endpoints.h"
#include "broker/redis/exchange.h"
#include "broker/redis/reply.h"
#include "broker/redis/socket.h"

namespace parley::broker::redis {

// A reply, error replies among them, or the sentence why there is none.
using Outcome = std::expected<Reply, std::string>;

// Connection keeps one connection to Redis alive: it signs in, chooses the database, subscribes,
// and begins anew after every failure, at first after 50 ms and then after longer and longer, up
// to 5 s, with jitter. A server that says nothing for `patience` though it was asked counts as
// gone; time in which this thread did not run itself is not counted. One that nobody asks is asked
// now and then.
//
// Commands go out in the order of send(), those of one turn of the loop in one write. A command
// whose connection is lost is not repeated: nobody knows whether it was carried out.
//
// On the thread of its loop, but for the calls that say otherwise. Use it by shared_ptr, and call
// stop() at the end.
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::move_only_function<void(Outcome)>;

  struct Options {
    std::string name;                    // what CLIENT LIST and our log call it
    std::vector<std::string> sign_in{};  // AUTH …; empty: nothing to say
    int database = 0;
    bool only_master = false;             // a replica is no answer: ask the endpoints again
    bool lenient_sign_in = false;         // a server that wants no password may be used
    std::vector<std::string> channels{};  // subscribed to, then it is for nothing else
    Socket::Tls* tls = nullptr;           // outlives it
    std::chrono::milliseconds patience{2'000};
    std::chrono::milliseconds keepalive{5'000};  // without a word, until it is asked for one
    std::chrono::milliseconds first_wait{50};
    std::chrono::milliseconds longest_wait{5'000};
    std::size_t most_unsent = 32 << 20;  // bytes; commands beyond it are refused
    std::size_t most_waiting = 100'000;  // commands; the same
  };
  // Each may be empty. Not called after stop().
  struct Events {
    std::function<void()> up{};
    std::function<void()> down{};
    std::function<void(std::string_view channel, std::string_view message)> told{};
  };
  // What has happened since it was made. From any thread.
  struct Counters {
    std::atomic<std::uint64_t> connects{0};
    std::atomic<std::uint64_t> commands{0};
    std::atomic<std::uint64_t> failures{0};  // commands without a reply
  };

  Connection(Loop& loop, std::unique_ptr<Endpoints> where, Options options, Events events);

  void start();
  // Fails what waits.
  void stop();

  // `done` is called once: with the reply, or when there is none by `deadline` (then, or up to
  // 20 ms later), or at once when this connection is down, or has too much to send already.
  // A command that finds it connecting for the first time, or anew after a loss, waits.
  void send(std::string_view command, Clock::time_point deadline, Done done);

  // Lets the connection go and begins anew.
  void restart(std::string why);

  bool is_up() const { return up_; }
  std::size_t unsent() const { return up_ ? socket_->unsent() : 0; }
  // Where it is connected to, or was.
  const Host& host() const { return host_; }

  // Nothing when it is up. From any thread.
  std::optional<std::string> trouble() const;
  const Counters& counters() const { return counters_; }

 private:
  struct Sent {
    Clock::time_point at;
    Clock::time_point deadline;
    Done done;  // empty when nobody waits any more
  };
  struct Early {
    std::string command;
    Clock::time_point deadline;
    Done done;
  };

  Task<void> run();
  Task<std::string> live();  // why it has ended
  Task<void> greet();
  Task<void> listen();
  Task<void> pause();
  void heard(Reply reply);
  void rise();
  void fall(const std::string& why);
  void fail_early(const std::string& why);
  void watch_closely();
  void tick();
  void set_trouble(std::optional<std::string> trouble);

  Loop& loop_;
  const std::unique_ptr<Endpoints> where_;
  const Options options_;
  Events events_;
  Counters counters_;

  std::shared_ptr<Socket> socket_;
  std::unique_ptr<ReplyReader> reader_;
  Host host_;
  std::deque<Sent> sent_;
  std::deque<Early> early_;
  SteadyTimer ticks_;
  SteadyTimer pause_;
  std::string why_;  // it was we who closed the socket
  Clock::time_point heard_at_{};
  int failures_ = 0;  // attempts in a row
  bool up_ = false;
  bool watching_closely_ = false;
  bool stopping_ = false;
  bool complained_ = false;

  mutable std::mutex mutex_;  // guards trouble_
  std::optional<std::string> trouble_ = "not connected yet";
};

}  // namespace parley::broker::redis
