#include "http.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/fields.h"
#include "wire/handshake.h"

namespace bench {

Http::Http(const std::string& host, std::uint16_t port, const std::string& token)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      head_(" HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + token + "\r\n") {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &target.sin_addr);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0) {
    ::close(fd_);
    throw std::runtime_error("connect: " + std::string{std::strerror(errno)});
  }
}

Http::~Http() { ::close(fd_); }

Http::Answer Http::call(std::string_view method, std::string_view path, std::string_view json) {
  request_.assign(method).append(" /api/v1").append(path).append(head_);
  if (!json.empty()) {
    request_.append("Content-Type: application/json\r\nContent-Length: ");
    request_.append(std::to_string(json.size())).append("\r\n");
  }
  request_.append("\r\n").append(json);
  if (::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) < 0) {
    throw std::runtime_error("sending a request: " + std::string{std::strerror(errno)});
  }

  answer_.clear();
  std::size_t body_at = std::string::npos;
  std::size_t length = 0;
  while (body_at == std::string::npos || answer_.size() < body_at + length) {
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got <= 0) throw std::runtime_error("no answer to " + std::string{path});
    answer_.append(bytes.data(), static_cast<std::size_t>(got));
    if (body_at != std::string::npos) continue;
    const std::size_t head_end = answer_.find("\r\n\r\n");
    if (head_end == std::string::npos) continue;
    body_at = head_end + 4;
    length = number(header(std::string_view{answer_}.substr(0, head_end), "content-length"));
  }
  Answer answer;
  std::from_chars(answer_.data() + 9, answer_.data() + 12, answer.status);
  answer.body = std::string_view{answer_}.substr(body_at, length);
  return answer;
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out +=
          {'%', kHex[static_cast<unsigned char>(c) >> 4], kHex[static_cast<unsigned char>(c) & 15]};
    }
  }
  return out;
}

}  // namespace bench
