#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "base/task.h"
#include "base/waiter.h"
#include "broker/redis/command.h"
#include "broker/redis/connection.h"
#include "broker/redis/route.h"
#include "broker/redis/url.h"

namespace parley::broker::redis {

// Client is all that a node has to do with one Redis: a thread with a loop of its own, a
// connection for commands (one per node of a cluster), and those that the bus opens beside it.
//
// Safe to call from any thread. The loops of those who wait are to outlive it, or its stop().
class Client {
 public:
  struct Options {
    Url url;
    std::string name = "parley";  // what CLIENT LIST shows
    std::chrono::milliseconds patience{2'000};
    std::chrono::milliseconds keepalive{5'000};
    std::size_t most_unsent = 32 << 20;
  };

  // Begins to connect. Throws std::runtime_error when certificates cannot be had.
  explicit Client(Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // What Redis answers, errors included, or why there is no answer within `limit`.
  Task<Outcome> ask(Command command, std::chrono::milliseconds limit);
  // The same with a script, which Redis is taught when it does not know it.
  Task<Outcome> run(const Script& script, std::vector<std::string> keys,
                    std::vector<std::string> arguments, std::chrono::milliseconds limit);

  // One more connection, to where everything published can be heard. `events` come on the thread
  // of loop(). Whoever wants it stops it, there too, before the client.
  std::shared_ptr<Connection> connect(std::string purpose, std::vector<std::string> channels,
                                      Connection::Events events);

  // Calls `work` on the thread of loop() and returns when it has; at once when we are there
  // already. Does nothing after stop().
  void run_there(const std::function<void()>& work);

  // Answers everybody who waits and ends the thread.
  void stop();

  Loop& loop() { return loop_; }
  // What is wrong with the connection for commands; nothing when it is well.
  std::optional<std::string> trouble() const;

 private:
  struct Ask : Waiter {
    Command command;
    Connection::Clock::time_point deadline;
    Outcome outcome = std::unexpected("");
  };

  void push(Ask* ask);
  void drain();
  void finish(Ask* ask, Outcome outcome);
  std::unique_ptr<Endpoints> endpoints();
  Connection::Options connection_options(std::string purpose) const;
  void watch_sentinels();

  const Options options_;
  Loop loop_{1};
  std::unique_ptr<Socket::Tls> tls_;
  const std::shared_ptr<std::vector<Host>> hosts_;
  std::unique_ptr<Route> route_;

  // Of the thread.
  std::vector<std::shared_ptr<Connection>> connections_;
  std::shared_ptr<Connection> sentinels_;
  std::vector<Ask*> finished_;

  std::mutex mutex_;  // guards asked_ and stopping_
  std::vector<Ask*> asked_;
  bool stopping_ = false;
  boost::asio::executor_work_guard<Loop::executor_type> work_;
  std::thread thread_;
};

}  // namespace parley::broker::redis
