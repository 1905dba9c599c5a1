#include "senders/http2_connection.h"

#include <array>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace parley::senders {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

bool is_address(const std::string& host) {
  boost::system::error_code no_address;
  asio::ip::make_address(host, no_address);
  return !no_address;
}

std::string authority_of(const Url& server) {
  const std::string origin = server.origin();
  return origin.substr(origin.find("://") + 3);
}

}  // namespace

Http2Connection::Http2Connection(Loop& loop, asio::ssl::context& tls, Url server)
    : server_(std::move(server)),
      tcp_(loop),
      tls_(tcp_, tls),
      resolver_(loop),
      connect_deadline_(loop),
      session_(server_.host) {}

void Http2Connection::start(std::chrono::milliseconds connect_timeout) {
  connect_deadline_.expires_after(connect_timeout);
  connect_deadline_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (!cancelled) self->close(self->server_.host + " cannot be reached in time");
  });
  asio::co_spawn(tcp_.get_executor(), run(),
                 [self = shared_from_this()](std::exception_ptr failure) {
                   if (!failure) return self->close(self->server_.host + " closed the connection");
                   try {
                     std::rethrow_exception(failure);
                   } catch (const std::exception& thrown) {
                     self->close(thrown.what());
                   }
                 });
}

Task<void> Http2Connection::run() {
  co_await connect();
  connect_deadline_.cancel();
  connected_ = true;
  heard_ = Clock::now();
  flush();
  co_await listen();
}

Task<void> Http2Connection::connect() {
  try {
    const auto found =
        co_await resolver_.async_resolve(server_.host, std::to_string(server_.port),
                                         asio::ip::resolver_base::address_configured, use_task);
    co_await asio::async_connect(tcp_, found, use_task);
    tcp_.set_option(asio::ip::tcp::no_delay{true});
  } catch (const boost::system::system_error& failure) {
    throw std::runtime_error(
        fmt::format("{} cannot be reached: {}", server_.host, failure.code().message()));
  }
  tls_.set_verify_mode(asio::ssl::verify_peer);
  tls_.set_verify_callback(asio::ssl::host_name_verification{server_.host});
  // Names go with the greeting; addresses must not (RFC 6066 §3).
  if (!is_address(server_.host))
    SSL_set_tlsext_host_name(tls_.native_handle(), server_.host.c_str());
  boost::system::error_code failed;
  co_await tls_.async_handshake(asio::ssl::stream_base::client,
                                asio::redirect_error(use_task, failed));
  if (failed) throw std::runtime_error(why_no_tls());
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls_.native_handle(), &protocol, &size);
  if (std::string_view{reinterpret_cast<const char*>(protocol), size} != "h2")
    throw std::runtime_error(server_.host + " does not speak HTTP/2");
}

std::string Http2Connection::why_no_tls() const {
  auto& tls = const_cast<asio::ssl::stream<Tcp&>&>(tls_);
  return SSL_get_verify_result(tls.native_handle()) == X509_V_OK
             ? server_.host + " does not agree on TLS"
             : fmt::format("the certificate of {} cannot be verified", server_.host);
}

Task<void> Http2Connection::listen() {
  std::array<unsigned char, 16 * 1024> bytes;
  while (!closed_) {
    boost::system::error_code ended;
    const std::size_t size =
        co_await tls_.async_read_some(asio::buffer(bytes), asio::redirect_error(use_task, ended));
    if (ended) co_return;
    heard_ = Clock::now();
    if (!session_.receive({bytes.data(), size}))
      throw std::runtime_error(server_.host + " does not speak HTTP/2");
    flush();
    if (session_.ended() && writing_.empty()) co_return;
  }
}

void Http2Connection::ask(const delivery::OutboundRequest& request, Http2Session::Done done) {
  const Time now = Clock::now();
  // The session answers once, and then nobody waits for the deadline any more.
  const auto stream = std::make_shared<Http2Session::StreamId>(0);
  *stream = session_.ask(request, authority_of(server_),
                         [this, stream, done = std::move(done)](Http2Session::Answer answer) {
                           deadlines_.erase(*stream);
                           done(std::move(answer));
                         });
  if (*stream < 0) return;
  Timer& deadline = deadlines_.emplace(*stream, Timer{tcp_.get_executor()}).first->second;
  deadline.expires_after(request.timeout);
  deadline.async_wait(
      [self = shared_from_this(), id = *stream, now](boost::system::error_code cancelled) {
        if (!cancelled) self->timed_out(id, now);
      });
  flush();
}

void Http2Connection::timed_out(Http2Session::StreamId stream, Time asked) {
  // A server that has said nothing since is not there any more, and nobody told us.
  if (heard_ < asked) return close(server_.host + " does not answer");
  session_.give_up(stream, server_.host + " does not answer in time");
  flush();
}

void Http2Connection::flush() {
  if (!connected_ || closed_ || !writing_.empty()) return;
  writing_ = session_.output();
  if (writing_.empty()) return;
  asio::async_write(tls_, asio::buffer(writing_),
                    [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                      self->writing_.clear();
                      if (failed) return self->close(self->server_.host + " closed the connection");
                      self->flush();
                      if (self->session_.ended() && self->writing_.empty())
                        self->close(self->server_.host + " closed the connection");
                    });
}

void Http2Connection::close(const std::string& why) {
  if (closed_) return;
  closed_ = true;
  connect_deadline_.cancel();
  resolver_.cancel();
  boost::system::error_code ignored;
  tcp_.close(ignored);
  session_.give_up_all(why);
}

}  // namespace parley::senders
