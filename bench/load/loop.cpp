#include "loop.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process.h"
#include "wire/frame.h"
#include "wire/handshake.h"

namespace bench {

namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::size_t kSocketsPerAddress = 20'000;  // fewer than the kernel's ephemeral ports

void must(bool done, const char* act) {
  if (!done) throw std::runtime_error(std::string{act} + ": " + std::strerror(errno));
}

std::string close_reason(std::string_view payload) {
  if (payload.size() < 2) return "closed by the server without a code";
  const auto code = static_cast<unsigned>(static_cast<unsigned char>(payload[0])) << 8 |
                    static_cast<unsigned char>(payload[1]);
  return "closed by the server with code " + std::to_string(code) + " " +
         std::string{payload.substr(2)};
}

}  // namespace

Loop::Loop(std::vector<Target> targets)
    : targets_(std::move(targets)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(kBuffer),
      mask_state_(static_cast<std::uint64_t>(now_ns()) | 1U) {
  must(epoll_ >= 0, "epoll_create1");
}

Loop::~Loop() {
  for (const Connection& connection : connections_) {
    if (connection.fd >= 0) ::close(connection.fd);
  }
  ::close(epoll_);
}

int Loop::open_socket(std::size_t number, std::size_t target, bool waits) {
  const auto& [host, port] = targets_[target];
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (waits ? 0 : SOCK_NONBLOCK), 0);
  must(fd >= 0, "socket");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

  if (host.starts_with("127.")) {  // another source address for each batch of ports
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr =
        htonl(0x7F000001U + static_cast<std::uint32_t>(number / kSocketsPerAddress));
    must(::bind(fd, reinterpret_cast<sockaddr*>(&source), sizeof source) == 0, "bind");
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  must(inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1, "the target's address");
  // A refusal of what is not waited for shows when it is read.
  const bool done = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  must(done || !waits, "connect");
  return fd;
}

std::string Loop::upgrade(const std::string& token, std::size_t target) const {
  const auto& [host, port] = targets_[target];
  return "GET /ws HTTP/1.1\r\nHost: " + host + ":" + std::to_string(port) +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " +
         std::string{kKey} +
         "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: parley.v1\r\n"
         "Authorization: Bearer " +
         token + "\r\n\r\n";
}

void Loop::begin(std::size_t number, const std::string& token, std::size_t target) {
  if (number == connections_.size()) connections_.emplace_back();
  const int fd = open_socket(number, target, false);
  Connection& connection = connections_[number];
  connection.fd = fd;
  connection.upgrading = true;
  connection.waits_for_room = true;
  connection.tail.clear();
  connection.out = upgrade(token, target);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u64 = number;
  must(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

void Loop::abandon(std::size_t number) {
  Connection& connection = connections_[number];
  if (connection.fd >= 0) ::close(connection.fd);
  connection.fd = -1;
  connection.out.clear();
  connection.tail.clear();
}

std::size_t Loop::connect(const std::string& token, std::size_t target) {
  const int fd = open_socket(size(), target, true);
  const std::string request = upgrade(token, target);
  must(::send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(request.size()),
       "sending the upgrade");
  std::string answer;
  std::size_t head_end = std::string::npos;
  while ((head_end = answer.find("\r\n\r\n")) == std::string::npos) {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (got <= 0) {
      ::close(fd);
      throw std::runtime_error("no answer to the upgrade of socket " + std::to_string(size()));
    }
    answer.append(bytes.data(), static_cast<std::size_t>(got));
  }
  if (!answer.starts_with("HTTP/1.1 101") || header(answer, "sec-websocket-accept") != kAccept ||
      header(answer, "sec-websocket-protocol") != "parley.v1") {
    ::close(fd);
    throw std::runtime_error("the upgrade was refused: " + answer);
  }

  const std::size_t number = connections_.size();
  Connection& connection = connections_.emplace_back();
  connection.fd = fd;
  connection.tail = answer.substr(head_end + 4);
  if (!connection.tail.empty()) early_.push_back(number);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = number;
  must(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  return number;
}

std::uint32_t Loop::next_mask() {
  mask_state_ ^= mask_state_ << 13;
  mask_state_ ^= mask_state_ >> 7;
  mask_state_ ^= mask_state_ << 17;
  return static_cast<std::uint32_t>(mask_state_ >> 32);
}

void Loop::send(std::size_t number, std::string_view text) {
  Connection& connection = connections_[number];
  if (connection.fd < 0) return;
  append_client_frame(connection.out, Opcode::text, text, next_mask());
  mark_dirty(number);
}

void Loop::mark_dirty(std::size_t number) {
  if (std::exchange(connections_[number].dirty, true)) return;
  dirty_.push_back(number);
}

void Loop::watch(std::size_t number, bool for_room) {
  Connection& connection = connections_[number];
  if (connection.waits_for_room == for_room) return;
  connection.waits_for_room = for_room;
  epoll_event event{};
  event.events = EPOLLIN | (for_room ? static_cast<unsigned>(EPOLLOUT) : 0U);
  event.data.u64 = number;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Loop::flush(std::size_t number) {
  Connection& connection = connections_[number];
  connection.dirty = false;
  if (connection.fd < 0 || connection.out.empty()) return;
  const ssize_t sent = ::send(connection.fd, connection.out.data(), connection.out.size(),
                              MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == static_cast<ssize_t>(connection.out.size())) {
    connection.out.clear();
  } else if (sent > 0) {
    connection.out.erase(0, static_cast<std::size_t>(sent));
  }
  watch(number, !connection.out.empty());  // a broken socket shows when it is read
}

void Loop::flush() {
  for (const std::size_t number : dirty_) flush(number);
  dirty_.clear();
}

void Loop::take_early(Handler& handler) {
  read_at_ = now_ns();
  for (const std::size_t number : std::exchange(early_, {})) {
    std::string bytes = std::exchange(connections_[number].tail, {});
    const std::size_t consumed = take_frames(number, bytes.data(), bytes.size(), handler);
    connections_[number].tail = bytes.substr(consumed);
  }
}

void Loop::turn(int timeout_ms, Handler& handler) {
  if (!early_.empty()) take_early(handler);
  flush();
  std::array<epoll_event, 512> events;
  const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if ((event.events & EPOLLOUT) != 0) flush(event.data.u64);
    if ((event.events & ~static_cast<unsigned>(EPOLLOUT)) != 0) read(event.data.u64, handler);
  }
  flush();
}

void Loop::read(std::size_t number, Handler& handler) {
  Connection& connection = connections_[number];
  if (connection.fd < 0) return;
  const std::size_t kept = connection.tail.size();
  if (kept >= kBuffer) return drop(number, "a frame larger than the bench expects", handler);
  std::memcpy(buffer_.data(), connection.tail.data(), kept);
  const ssize_t got = ::recv(connection.fd, buffer_.data() + kept, kBuffer - kept, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0)
    return drop(number, got == 0 ? "ended by the server" : std::strerror(errno), handler);
  read_at_ = now_ns();
  const std::size_t size = kept + static_cast<std::size_t>(got);
  std::size_t begin = 0;
  if (connection.upgrading && !take_upgrade(number, {buffer_.data(), size}, begin, handler)) return;
  const std::size_t consumed =
      begin + take_frames(number, buffer_.data() + begin, size - begin, handler);
  // The handler may have given it up.
  if (connections_[number].fd < 0) return;
  connections_[number].tail.assign(buffer_.data() + consumed, size - consumed);
}

// True when frames follow after the bytes consumed.
bool Loop::take_upgrade(std::size_t number, std::string_view bytes, std::size_t& consumed,
                        Handler& handler) {
  Connection& connection = connections_[number];
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == bytes.npos) {
    connection.tail = bytes;
    return false;
  }
  const std::string_view head = bytes.substr(0, head_end);
  if (!head.starts_with("HTTP/1.1 101") || header(head, "sec-websocket-accept") != kAccept) {
    const std::string_view retry = header(head, "retry-after");
    drop(number,
         "refused: " + std::string{head.substr(0, head.find("\r\n"))} +
             (retry.empty() ? "" : ", Retry-After: " + std::string{retry}),
         handler);
    return false;
  }
  connection.upgrading = false;
  connection.tail.clear();
  consumed = head_end + 4;
  return true;
}

std::size_t Loop::take_frames(std::size_t number, char* bytes, std::size_t size, Handler& handler) {
  std::size_t consumed = 0;
  Frame frame;
  for (;;) {
    if (connections_[number].fd < 0) return size;  // the handler has given it up
    const Parsed parsed = take_frame(bytes, size, consumed, frame);
    if (parsed == Parsed::incomplete) return consumed;
    if (parsed == Parsed::refused) {
      drop(number, "sent a frame the bench does not understand", handler);
      return size;
    }
    switch (frame.opcode) {
      case Opcode::text:
        handler.on_text(number, frame.payload);
        break;
      case Opcode::ping:
        append_client_frame(connections_[number].out, Opcode::pong, frame.payload, next_mask());
        mark_dirty(number);
        break;
      case Opcode::close:
        drop(number, close_reason(frame.payload), handler);
        return size;
      default:
        break;
    }
  }
}

void Loop::drop(std::size_t number, const std::string& why, Handler& handler) {
  Connection& connection = connections_[number];
  ::close(connection.fd);
  connection.fd = -1;
  connection.out.clear();
  handler.on_closed(number, why);
}

}  // namespace bench
