#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/task.h"
#include "senders/http2_session.h"
#include "senders/url.h"

namespace parley::senders {

// Http2Connection carries requests to one server over one connection by TLS, many at once. When it
// breaks, every request that has no answer gets a sentence, and it takes no more. All of it on the
// thread of its loop, by shared_ptr.
class Http2Connection : public std::enable_shared_from_this<Http2Connection> {
 public:
  static constexpr std::size_t kMostStreams = 1000;

  // `tls` outlives it.
  Http2Connection(Loop& loop, boost::asio::ssl::context& tls, Url server);

  // Connects, and listens until the connection ends.
  void start(std::chrono::milliseconds connect_timeout);
  // Whether ask() may be called: it has not ended, and is not full.
  bool accepts() const { return is_open() && !is_full(); }
  bool is_open() const { return !closed_ && session_.accepts(); }
  bool is_full() const { return session_.open_streams() >= kMostStreams; }
  // Requests may be made before the connection is there. `done` is called once.
  void ask(const delivery::OutboundRequest& request, Http2Session::Done done);
  // Answers whatever is under way with `why`. May be called again.
  void close(const std::string& why);

 private:
  using Tcp = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Loop::executor_type>;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>;
  using Time = std::chrono::steady_clock::time_point;

  Task<void> run();
  Task<void> connect();
  Task<void> listen();
  std::string why_no_tls() const;
  void flush();
  void timed_out(Http2Session::StreamId stream, Time asked);

  const Url server_;
  Tcp tcp_;
  boost::asio::ssl::stream<Tcp&> tls_;
  boost::asio::ip::basic_resolver<boost::asio::ip::tcp, Loop::executor_type> resolver_;
  Timer connect_deadline_;
  Http2Session session_;
  std::map<Http2Session::StreamId, Timer> deadlines_;
  std::string writing_;
  Time heard_{};  // when the last bytes came
  bool connected_ = false;
  bool closed_ = false;
};

}  // namespace parley::senders
