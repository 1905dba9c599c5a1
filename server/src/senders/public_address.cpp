#include "senders/public_address.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include <netinet/in.h>

namespace parley::senders {
namespace {

using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

struct Range4 {
  std::uint32_t first;
  int bits;
};

// The special purposes of IPv4 (RFC 6890 and its registry).
constexpr std::array kNotPublic4{
    Range4{0x00000000, 8},   // this network
    Range4{0x0a000000, 8},   // private
    Range4{0x64400000, 10},  // shared by providers
    Range4{0x7f000000, 8},   // this machine
    Range4{0xa9fe0000, 16},  // this link; clouds' metadata
    Range4{0xac100000, 12},  // private
    Range4{0xc0000000, 24},  // protocols
    Range4{0xc0000200, 24},  // examples
    Range4{0xc0586300, 24},  // 6to4 relays
    Range4{0xc0a80000, 16},  // private
    Range4{0xc6120000, 15},  // benchmarks
    Range4{0xc6336400, 24},  // examples
    Range4{0xcb007100, 24},  // examples
    Range4{0xe0000000, 4},   // groups
    Range4{0xf0000000, 4},   // reserved, and everybody
};

bool is_public4(std::uint32_t address) {
  return std::ranges::none_of(kNotPublic4, [address](const Range4& range) {
    return (address ^ range.first) >> (32 - range.bits) == 0;
  });
}

std::uint32_t number_at(const address_v6::bytes_type& bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

bool is_public6(const address_v6& address) {
  const auto bytes = address.to_bytes();
  const std::uint32_t first = number_at(bytes, 0);
  if (address.is_v4_mapped()) return is_public4(number_at(bytes, 12));
  const bool translated = first == 0x0064ff9b && number_at(bytes, 4) == 0 &&
                          number_at(bytes, 8) == 0;  // NAT64 (RFC 6052)
  if (translated) return is_public4(number_at(bytes, 12));
  if (first >> 29 != 1) return false;               // 2000::/3 is what has been given out
  if (first >> 9 == 0x20010000 >> 9) return false;  // 2001::/23: protocols, Teredo among them
  if (first == 0x20010db8) return false;            // examples
  if (first >> 16 == 0x2002) return false;          // 6to4
  return first >> 12 != 0x3fff0000 >> 12;           // examples
}

}  // namespace

bool is_public(const boost::asio::ip::address& address) {
  return address.is_v4() ? is_public4(address.to_v4().to_uint()) : is_public6(address.to_v6());
}

bool is_public(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in known;
    std::memcpy(&known, &address, sizeof known);
    return is_public4(ntohl(known.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 known;
  std::memcpy(&known, &address, sizeof known);
  address_v6::bytes_type bytes;
  std::ranges::copy(known.sin6_addr.s6_addr, bytes.begin());
  return is_public6(address_v6{bytes});
}

bool is_public_address(std::string_view text) {
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(std::string{text}, no_address);
  return !no_address && is_public(address);
}

}  // namespace parley::senders
