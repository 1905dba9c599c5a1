#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace parley {

// A loopback port that nobody listens on, for a server that is started later, or again after it
// was killed, or never. As long as this lives no other test is given it, in no process; and it is
// none of those that the kernel gives to outgoing connections. One of these could take it while
// the server is away: a client that keeps trying is even connected to itself some day.
class OwnPort {
 public:
  OwnPort() {
    constexpr int kFirst = 10'000, kUsualEnd = 32'768;
    int end = kUsualEnd;  // where the kernel's own begin
    std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> end;
    if (end < kFirst + 5'000) end = kUsualEnd;
    std::random_device random;
    std::uniform_int_distribution<int> any{kFirst, end - 1};
    for (int attempt = 0; attempt < 1'000; ++attempt)
      if (take(static_cast<std::uint16_t>(any(random)))) return;
    throw std::runtime_error{"no loopback port is free"};
  }
  ~OwnPort() { ::close(claim_); }
  OwnPort(const OwnPort&) = delete;
  OwnPort& operator=(const OwnPort&) = delete;

  std::uint16_t number() const { return number_; }
  std::string text() const { return std::to_string(number_); }

 private:
  bool take(std::uint16_t number) {
    // A name that only one process can have, and that goes with it however it ends.
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string text = "parley-test-port-" + std::to_string(number);
    std::memcpy(name.sun_path + 1, text.data(), text.size());
    claim_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(number);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto name_size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
    const bool taken = ::bind(claim_, reinterpret_cast<sockaddr*>(&name), name_size) == 0 &&
                       ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    if (!taken) ::close(claim_);
    number_ = number;
    return taken;
  }

  int claim_ = -1;
  std::uint16_t number_ = 0;
};

}  // namespace parley
