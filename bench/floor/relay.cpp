#include "relay.h"

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

#include "wire/frame.h"
#include "wire/handshake.h"

namespace bench {

namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::uint64_t kListener = ~0ULL;
constexpr std::uint64_t kJournal = ~0ULL - 1;

void must(bool done, const char* act) {
  if (!done) throw std::runtime_error(std::string{act} + ": " + std::strerror(errno));
}

void watch(int epoll, int act, int fd, std::uint64_t tag, unsigned events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  must(epoll_ctl(epoll, act, fd, &event) == 0, "epoll_ctl");
}

}  // namespace

Relay::Relay(const std::string& host, std::uint16_t port, const std::vector<SeededUser>& users,
             Journal& journal, Misbehave misbehave, bool keeps_history)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      journal_(journal),
      misbehave_(misbehave),
      keeps_history_(keeps_history),
      buffer_(kBuffer) {
  for (const SeededUser& user : users) {
    const auto number = static_cast<std::uint32_t>(users_.size());
    users_.push_back({.id = user.id, .connections = {}});
    user_by_token_[user.token] = number;
    if (user.direct_chat != 0) add_member(user.direct_chat, number);
    if (user.group != 0) add_member(user.group, number);
  }
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  must(inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1, "the address to listen on");
  must(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  must(::listen(listener_, 4096) == 0, "listen");
  watch(epoll_, EPOLL_CTL_ADD, listener_, kListener, EPOLLIN);
  watch(epoll_, EPOLL_CTL_ADD, journal_.ready_fd(), kJournal, EPOLLIN);
}

Relay::~Relay() {
  for (const Connection& connection : connections_) {
    if (connection.fd >= 0) ::close(connection.fd);
  }
  ::close(listener_);
  ::close(epoll_);
}

std::uint16_t Relay::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

void Relay::add_member(std::uint64_t chat, std::uint32_t user) {
  const auto [place, is_new] =
      chat_by_id_.try_emplace(chat, static_cast<std::uint32_t>(chats_.size()));
  if (is_new) chats_.emplace_back().id = std::to_string(chat);
  chats_[place->second].members.push_back(user);
}

void Relay::run() {
  for (;;) {
    std::array<epoll_event, 512> events;
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    now_text_.clear();
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 == kListener) {
        accept();
      } else if (event.data.u64 == kJournal) {
        settle(journal_.take_written());
      } else {
        const auto number = static_cast<std::uint32_t>(event.data.u64);
        if ((event.events & EPOLLOUT) != 0) flush(number);
        if ((event.events & ~static_cast<unsigned>(EPOLLOUT)) != 0) read(number);
      }
    }
    if (!journal_.busy() && !filling_.owed.empty()) journal_.write(filling_);
    flush();
  }
}

void Relay::accept() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto number = static_cast<std::uint32_t>(connections_.size());
    if (free_.empty()) {
      connections_.emplace_back();
    } else {
      number = free_.back();
      free_.pop_back();
    }
    connections_[number].fd = fd;
    watch(epoll_, EPOLL_CTL_ADD, fd, number, EPOLLIN);
  }
}

void Relay::read(std::uint32_t number) {
  Connection& connection = connections_[number];
  if (connection.fd < 0) return;
  const std::size_t kept = connection.tail.size();
  if (kept >= kBuffer) return drop(number);
  std::memcpy(buffer_.data(), connection.tail.data(), kept);
  const ssize_t got = ::recv(connection.fd, buffer_.data() + kept, kBuffer - kept, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop(number);
  const std::size_t size = kept + static_cast<std::size_t>(got);

  std::size_t consumed = 0;
  if (!connection.upgraded) {
    const std::string_view bytes{buffer_.data(), size};
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      connection.tail.assign(bytes);
      return;
    }
    upgrade(number, bytes.substr(0, end));
    consumed = end + 4;
  }
  Frame frame;
  Parsed parsed = Parsed::incomplete;
  while (connection.fd >= 0 &&
         (parsed = take_frame(buffer_.data(), size, consumed, frame)) == Parsed::frame) {
    if (frame.opcode == Opcode::text) handle(number, frame.payload);
    if (frame.opcode == Opcode::close) return drop(number);
  }
  if (connection.fd < 0) return;
  if (parsed == Parsed::refused) return drop(number);
  connection.tail.assign(buffer_.data() + consumed, size - consumed);
}

void Relay::upgrade(std::uint32_t number, std::string_view head) {
  Connection& connection = connections_[number];
  std::string_view token = bench::header(head, "authorization");
  token.remove_prefix(std::min(token.size(), std::string_view{"Bearer "}.size()));
  const auto found = user_by_token_.find(std::string{token});
  if (found == user_by_token_.end()) {
    queue(number, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    flush(number);
    return drop(number);
  }
  if (misbehave_ == Misbehave::refuse && found->second % 2 == 0) {
    queue(number, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    flush(number);
    return drop(number);
  }
  connection.user = found->second;
  connection.upgraded = true;
  users_[connection.user].connections.push_back(number);
  queue(number,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Protocol: parley.v1\r\nSec-WebSocket-Accept: " +
            accept_for(bench::header(head, "sec-websocket-key")) + "\r\n\r\n");
  std::string ready;
  append_server_frame(ready, Opcode::text,
                      R"({"event":"ready","data":{"userId":")" +
                          std::to_string(users_[connection.user].id) + R"("}})");
  queue(number, ready);
}

void Relay::settle(Batch& batch) {
  const std::string_view frames = batch.frames;
  for (const Owed& owed : batch.owed) {
    queue(owed.connection, frames.substr(owed.reply, owed.event - owed.reply));
    push(owed, frames.substr(owed.event, owed.end - owed.event));
  }
}

void Relay::push(const Owed& owed, std::string_view frame) {
  if (frame.empty()) return;
  for (const std::uint32_t member : chats_[owed.chat].members) {
    for (const std::uint32_t connection : users_[member].connections) {
      if (connection != owed.connection) queue(connection, frame);
    }
  }
}

void Relay::queue(std::uint32_t number, std::string_view bytes) {
  Connection& connection = connections_[number];
  if (connection.fd < 0) return;
  connection.out.append(bytes);
  if (!std::exchange(connection.dirty, true)) dirty_.push_back(number);
}

void Relay::flush() {
  for (const std::uint32_t number : dirty_) flush(number);
  dirty_.clear();
}

void Relay::flush(std::uint32_t number) {
  Connection& connection = connections_[number];
  connection.dirty = false;
  if (connection.fd < 0 || connection.out.empty()) return;
  const ssize_t sent =
      ::send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(connection.out.size())) {
    connection.out.clear();
  } else if (sent > 0) {
    connection.out.erase(0, static_cast<std::size_t>(sent));
  }
  const bool for_room = !connection.out.empty();
  if (for_room != connection.waits_for_room) {
    connection.waits_for_room = for_room;
    watch(epoll_, EPOLL_CTL_MOD, connection.fd, number,
          EPOLLIN | (for_room ? static_cast<unsigned>(EPOLLOUT) : 0U));
  }
}

void Relay::drop(std::uint32_t number) {
  Connection& connection = connections_[number];
  ::close(connection.fd);
  if (connection.upgraded) std::erase(users_[connection.user].connections, number);
  const bool dirty = connection.dirty;
  connection = Connection{};
  connection.dirty = dirty;  // it still stands in dirty_
  free_.push_back(number);
}

}  // namespace bench
