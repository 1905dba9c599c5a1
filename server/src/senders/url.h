#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace parley::senders {

// A URL as libcurl reads it, which is what it will do: odd spellings of addresses are set right.
struct Url {
  std::string scheme;  // in small letters
  std::string host;    // an address of IPv6 without its brackets
  std::uint16_t port = 0;
  bool has_user = false;  // user:password@ stands in it

  // scheme://host[:port], the port left out when it is the scheme's own.
  std::string origin() const;
};

// Nothing for text that is none, and for schemes that have no port of their own unless it is named.
std::optional<Url> read_url(const std::string& text);

}  // namespace parley::senders
