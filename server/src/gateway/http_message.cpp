#include "gateway/http_message.h"

#include <algorithm>

namespace parley::gateway {

bool same_header(std::string_view header, std::string_view name) {
  return std::ranges::equal(header, name, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
  });
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [header, value] : headers) {
    if (same_header(header, name)) return value;
  }
  return {};
}

}  // namespace parley::gateway
