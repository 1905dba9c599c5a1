#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::broker {

// Where something listens.
struct Host {
  std::string name;  // a name or an address, of IPv6 without its brackets
  std::uint16_t port = 0;

  std::string text() const;  // host:port
  friend bool operator==(const Host&, const Host&) = default;
};

// One or more, as in "one:6379,[2001:db8::1],three", where those without a port have
// `default_port`. Nothing when one of them cannot be read.
std::optional<std::vector<Host>> read_hosts(std::string_view text, std::uint16_t default_port);

}  // namespace parley::broker
