#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "delivery/router.h"
#include "gateway/connection.h"
#include "gateway/server.h"
#include "gateway/websocket_client_for_test.h"

namespace parley::gateway {

inline constexpr UserId kAlice{1};

// Waits until `condition` holds; false when it takes too long.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

// Answers every request with what it was, and every message with itself.
class EchoHandler final : public Handler {
 public:
  std::size_t body_limit(std::string_view, std::string_view) const override { return 0; }
  std::size_t longest_body() const override { return 0; }
  Task<HttpResponse> answer(HttpRequest request) override {
    if (request.path == "/api/slow") {
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>
          timer{(co_await boost::asio::this_coro::executor), std::chrono::milliseconds{300}};
      ++slow;
      co_await timer.async_wait(use_task);
    }
    if (request.path == "/api/failure") throw std::runtime_error("a defect");
    co_return HttpResponse{.content_type = "text/plain",
                           .body = request.method + ' ' + request.path + ' ' + request.body,
                           .headers = {}};
  }
  bool owns(std::string_view path) const override { return path.starts_with("/api/"); }

  Task<std::expected<Admission, HttpResponse>> admit(const HttpRequest& request) override {
    if (request.query == "stranger")
      co_return std::unexpected(HttpResponse{.status = 401, .body = {}, .headers = {}});
    Admission admission{.caller = {}, .expires_at = expires_at, .subprotocol = "parley.v1"};
    admission.caller.user_id = kAlice;
    admission.caller.session_id = SessionId{7};
    admission.batch = request.query == "batch=1";
    co_return admission;
  }
  void opened(Connection& connection) override {
    ++open;
    connection.send("ready");
  }
  void received(Connection& connection, std::string_view text) override {
    if (text != "hold") return connection.send(std::string{text});
    connection.begin_operation();
    const std::lock_guard lock{mutex_};
    held_.push_back(&connection);
  }

  // How many operations are under way: those that "hold" began.
  std::size_t held() const {
    const std::lock_guard lock{mutex_};
    return held_.size();
  }
  // Ends the oldest of them.
  void let_go() {
    const std::lock_guard lock{mutex_};
    boost::asio::post(held_.front()->loop(), [connection = held_.front()] {
      connection->send("done");
      connection->end_operation();
    });
    held_.pop_front();
  }

  void closed(Connection&) override { --open; }
  std::string encode(const Event& event) const override {
    return std::string{info(event).name} + std::string(padding, '.');
  }

  Timestamp expires_at = SystemClock{}.now() + std::chrono::hours{1};
  std::size_t padding = 0;  // of every event
  std::atomic<int> open = 0;
  std::atomic<int> slow = 0;

 private:
  mutable std::mutex mutex_;
  std::deque<Connection*> held_;
};

// A client on a plain blocking socket.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer != 0)
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect");
  }
  ~TestClient() { ::close(socket_); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // A server may have hung up already: what it said is still to be read.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
  }

  struct Response {
    int status = 0;  // 0: the server hung up
    std::string head;
    std::string body;
  };

  Response response(bool with_body = true) {
    std::size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return {};
    }
    Response response;
    response.head = take(end + 4);
    response.status = std::stoi(response.head.substr(9, 3));
    const auto length = response.head.find("Content-Length: ");
    if (!with_body || length == std::string::npos) return response;
    const std::size_t size = std::stoul(response.head.substr(length + 16));
    while (buffer_.size() < size && more()) {
    }
    response.body = take(size);
    return response;
  }

  Response ask(std::string_view request) {
    send(request);
    return response();
  }
  Response get(std::string_view target, std::string_view headers = "") {
    return ask(std::string{"GET "} + std::string{target} + " HTTP/1.1\r\nHost: h\r\n" +
               std::string{headers} + "\r\n");
  }

  static std::string handshake(std::string_view target = "/ws", std::string_view more = "") {
    return std::string{"GET "} + std::string{target} +
           " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
           std::string{more} + "\r\n";
  }

  // Opens a socket and reads its first frame.
  bool upgrade(std::string_view target = "/ws") {
    return ask(handshake(target)).status == 101 && message() == "text ready";
  }

  void say(std::string_view text) { send(client_frame({.payload = text})); }

  // The next frame as "text …", "ping …", "pong …", "close 1000 …"; "end" when the server hung up.
  std::string message() {
    if (!have(2)) return "end";
    std::size_t size = static_cast<unsigned char>(buffer_[1]);
    std::size_t header = 2;
    if (size >= 126) {
      const std::size_t extra = size == 126 ? 2 : 8;
      if (!have(header + extra)) return "end";
      size = 0;
      for (std::size_t i = 0; i < extra; ++i)
        size = size << 8 | static_cast<unsigned char>(buffer_[header + i]);
      header += extra;
    }
    if (!have(header + size)) return "end";
    const int opcode = buffer_[0] & 0x0F;
    std::string payload = take(header + size).substr(header);
    if (opcode == 9) return "ping " + payload;
    if (opcode == 10) return "pong " + payload;
    if (opcode != 8) return "text " + payload;
    if (payload.size() < 2) return "close";
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(payload[i]); };
    return "close " + std::to_string(byte(0) * 256 + byte(1)) + " " + payload.substr(2);
  }

  // Whether the server hangs up, having said nothing more.
  bool ended() { return buffer_.empty() && !more() && !timed_out_; }

 private:
  bool more() {
    char bytes[65536];
    ssize_t size = 0;
    do size = recv(socket_, bytes, sizeof bytes, 0);
    while (size < 0 && errno == EINTR);  // a process that is stopped and goes on is interrupted
    timed_out_ = size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (size > 0) buffer_.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
  }
  bool have(std::size_t size) {
    while (buffer_.size() < size) {
      if (!more()) return false;
    }
    return true;
  }
  std::string take(std::size_t size) {
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  const int socket_;
  std::string buffer_;
  bool timed_out_ = false;
};

// A real server on a port of its own. Tests set `options`, then start it.
class ServerTest : public testing::Test {
 protected:
  ServerTest() { options.max_connections = 1'000; }

  void start() {
    server = std::make_unique<Server>(options, handler, router, clock);
    server->start();
  }
  std::uint16_t port() const { return server->port(); }

  SystemClock clock;
  EchoHandler handler;
  delivery::Router router;
  NetworkOptions options;
  std::unique_ptr<Server> server;
};

}  // namespace parley::gateway
