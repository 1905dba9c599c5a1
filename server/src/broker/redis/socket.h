#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "base/task.h"
#include "broker/redis/url.h"

namespace parley::broker::redis {

// Socket is one TCP connection, by TLS when it is given a context. What is sent within one turn of
// the loop goes out in one write. Everything on the thread of the loop; use it by shared_ptr, for
// a write may be under way when its owner lets go.
class Socket final : public std::enable_shared_from_this<Socket> {
 public:
  using Tls = boost::asio::ssl::context;

  // `tls` outlives it.
  Socket(Loop& loop, Tls* tls);

  // Throws boost::system::system_error, like read(). Whoever waits too long calls close().
  Task<void> connect(Host host);
  // At least one byte.
  Task<std::size_t> read(std::span<char> into);

  void send(std::string_view bytes);
  // What send() was given and the system has not taken yet.
  std::size_t unsent() const { return queued_.size() + writing_.size(); }

  // Ends connect() and read(). May be called again.
  void close();

 private:
  using Tcp = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Loop::executor_type>;

  void flush();

  Loop& loop_;
  Tcp tcp_;
  std::optional<boost::asio::ssl::stream<Tcp&>> tls_;
  boost::asio::ip::basic_resolver<boost::asio::ip::tcp, Loop::executor_type> resolver_;
  std::string queued_;
  std::string writing_;
  bool flushing_ = false;
  bool closed_ = false;
};

}  // namespace parley::broker::redis
