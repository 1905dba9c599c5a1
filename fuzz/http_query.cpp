// Query strings and paths of any bytes are decoded or refused, and what was decoded comes back
// when it is written down again.

#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/url.h"

namespace {

std::string escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    out += '%';
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::gateway;
  const std::string_view text{reinterpret_cast<const char*>(data), size};

  const auto path = percent_decoded(text);
  if (path && (path->size() > size || percent_decoded(escaped(*path)) != path)) std::abort();
  if (percent_decoded(escaped(text)) != text) std::abort();

  const auto pairs = query_pairs(text);
  if (!pairs) return 0;
  std::string again;
  for (const auto& [name, value] : *pairs) {
    if (!again.empty()) again += '&';
    again += escaped(name) + '=' + escaped(value);
  }
  if (query_pairs(again) != pairs) std::abort();
  return 0;
}
