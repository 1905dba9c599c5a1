#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "broker/redis/reply.h"
#include "broker/redis/socket.h"

namespace parley::broker::redis {

using SteadyTimer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      Loop::executor_type>;

// Closes a socket that has not come far enough in time, unless this is gone by then.
class Watchdog {
 public:
  Watchdog(Loop& loop, std::shared_ptr<Socket> socket, std::chrono::milliseconds patience);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  SteadyTimer timer_;
};

// What a server says that is no answer to what was asked, as a sentence.
struct Unexpected : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Sends commands and yields their replies, errors among them. For the beginning of a connection,
// when nobody else reads from it. Throws Unexpected and boost::system::system_error.
Task<std::vector<Reply>> exchange(Socket& socket, ReplyReader& reader,
                                  std::vector<std::vector<std::string>> commands);

}  // namespace parley::broker::redis
