#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

namespace parley::senders {

// The other end of a connection, on blocking calls.
class Peer {
 public:
  explicit Peer(boost::asio::ip::tcp::socket& socket) : socket_(socket) {}

  // The next line without its end; false when there is none any more.
  bool read_line(std::string& line) {
    boost::system::error_code ended;
    const auto size = boost::asio::read_until(socket_, boost::asio::dynamic_buffer(buffer_),
                                              std::string_view{"\r\n"}, ended);
    if (ended) return false;
    line = take(size).substr(0, size - 2);
    return true;
  }

  std::string read(std::size_t size) {
    boost::system::error_code ended;
    if (buffer_.size() < size)
      boost::asio::read(socket_, boost::asio::dynamic_buffer(buffer_),
                        boost::asio::transfer_exactly(size - buffer_.size()), ended);
    return take(size);
  }

  // Says nothing until the other side hangs up.
  void hang() {
    std::string line;
    while (read_line(line)) {
    }
  }

  int handle() { return socket_.native_handle(); }

  void write(const std::string& text) {
    boost::system::error_code gone;
    boost::asio::write(socket_, boost::asio::buffer(text), gone);
  }

 private:
  std::string take(std::size_t size) {
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  boost::asio::ip::tcp::socket& socket_;
  std::string buffer_;
};

// A server on a port of its own that plays `script` with every connection.
class TestServer {
 public:
  explicit TestServer(std::function<void(Peer&)> script)
      : script_(std::move(script)),
        acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
        port_(acceptor_.local_endpoint().port()),
        accepts_([this] { accept(); }) {}
  ~TestServer() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes it
    accepts_.join();
    for (auto& socket : sockets_) ::shutdown(socket.native_handle(), SHUT_RDWR);
    threads_.clear();  // joins them
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void accept() {
    for (;;) {
      boost::system::error_code failed;
      boost::asio::ip::tcp::socket accepted{io_};
      acceptor_.accept(accepted, failed);
      if (failed) return;
      auto& socket = sockets_.emplace_back(std::move(accepted));
      threads_.emplace_back([this, &socket] {
        Peer peer{socket};
        script_(peer);
        ::shutdown(socket.native_handle(), SHUT_RDWR);
      });
    }
  }

  std::function<void(Peer&)> script_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const std::uint16_t port_;
  std::deque<boost::asio::ip::tcp::socket> sockets_;
  std::vector<std::jthread> threads_;
  std::jthread accepts_;
};

}  // namespace parley::senders
