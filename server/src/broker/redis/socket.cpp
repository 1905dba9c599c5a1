#include "broker/redis/socket.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

namespace parley::broker::redis {
namespace {

namespace asio = boost::asio;

// What grew for a burst is given back after it.
constexpr std::size_t kLargestIdle = 1 << 20;

}  // namespace

Socket::Socket(Loop& loop, Tls* tls)
    : loop_(loop), tcp_(loop.get_executor()), resolver_(loop.get_executor()) {
  if (tls != nullptr) tls_.emplace(tcp_, *tls);
}

Task<void> Socket::connect(Host host) {
  boost::system::error_code not_an_address;
  const auto address = asio::ip::make_address(host.name, not_an_address);
  if (!not_an_address) {
    const asio::ip::tcp::endpoint endpoint{address, host.port};
    co_await tcp_.async_connect(endpoint, use_task);
  } else {
    const std::string port = std::to_string(host.port);
    const auto found = co_await resolver_.async_resolve(host.name, port, use_task);
    if (closed_) throw boost::system::system_error{asio::error::operation_aborted};
    co_await asio::async_connect(tcp_, found, use_task);
  }
  tcp_.set_option(asio::ip::tcp::no_delay{true});
  if (!tls_) co_return;
  // Servers of several names choose their certificate by it; addresses are not allowed there.
  if (not_an_address && SSL_set_tlsext_host_name(tls_->native_handle(), host.name.c_str()) != 1)
    throw boost::system::system_error{asio::error::no_memory};
  tls_->set_verify_callback(asio::ssl::host_name_verification{host.name});
  co_await tls_->async_handshake(asio::ssl::stream_base::client, use_task);
}

Task<std::size_t> Socket::read(std::span<char> into) {
  const auto buffer = asio::buffer(into.data(), into.size());
  if (tls_) co_return co_await tls_->async_read_some(buffer, use_task);
  co_return co_await tcp_.async_read_some(buffer, use_task);
}

void Socket::send(std::string_view bytes) {
  queued_ += bytes;
  if (flushing_) return;
  flushing_ = true;
  asio::post(loop_, [self = shared_from_this()] { self->flush(); });
}

void Socket::flush() {
  if (closed_) return;
  writing_.swap(queued_);
  const auto written = [self = shared_from_this()](boost::system::error_code error, std::size_t) {
    if (error) return self->close();  // the reader learns it
    self->writing_.clear();
    if (self->writing_.capacity() > kLargestIdle) self->writing_.shrink_to_fit();
    self->flushing_ = !self->queued_.empty();
    if (self->flushing_) self->flush();
  };
  if (tls_) {
    asio::async_write(*tls_, asio::buffer(writing_), written);
  } else {
    asio::async_write(tcp_, asio::buffer(writing_), written);
  }
}

void Socket::close() {
  closed_ = true;
  resolver_.cancel();
  boost::system::error_code ignored;
  tcp_.close(ignored);
}

}  // namespace parley::broker::redis
