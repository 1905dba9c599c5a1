#include "gateway/websocket_handshake.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "gateway/error_response.h"

namespace parley::gateway {
namespace {

constexpr std::size_t kKeyBytes = 16;

bool same(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
  });
}

// 16 bytes in base64: 22 digits and "==".
bool is_key(std::string_view key) {
  constexpr std::size_t kDigits = (kKeyBytes * 8 + 5) / 6;
  return key.size() == kDigits + 2 && key.ends_with("==") &&
         std::ranges::all_of(key.substr(0, kDigits), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
         });
}

HttpResponse bad_handshake(std::string why) {
  return error_response({.code = Errc::malformed_request, .detail = std::move(why)});
}

}  // namespace

bool lists(std::string_view header, std::string_view token) {
  while (!header.empty()) {
    const auto comma = std::min(header.find(','), header.size());
    std::string_view item = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    while (item.starts_with(' ') || item.starts_with('\t')) item.remove_prefix(1);
    while (item.ends_with(' ') || item.ends_with('\t')) item.remove_suffix(1);
    if (same(item, token)) return true;
  }
  return false;
}

bool wants_websocket(const HttpRequest& request) {
  return lists(request.header("upgrade"), "websocket");
}

std::expected<std::string, HttpResponse> accept_handshake(const HttpRequest& request) {
  if (request.method != "GET") {
    HttpResponse refusal = error_response({.code = Errc::method_not_allowed});
    refusal.headers.emplace_back("Allow", "GET");
    return std::unexpected(std::move(refusal));
  }
  if (request.version < 11) return std::unexpected(bad_handshake("HTTP/1.1 is needed"));
  if (!wants_websocket(request) || !lists(request.header("connection"), "upgrade")) {
    HttpResponse refusal = bad_handshake("This address speaks WebSocket");
    refusal.status = 426;
    refusal.headers.emplace_back("Upgrade", "websocket");
    refusal.headers.emplace_back("Sec-WebSocket-Version", "13");
    return std::unexpected(std::move(refusal));
  }
  if (request.header("sec-websocket-version") != "13") {
    HttpResponse refusal = bad_handshake("Sec-WebSocket-Version must be 13");
    refusal.status = 426;
    refusal.headers.emplace_back("Sec-WebSocket-Version", "13");
    return std::unexpected(std::move(refusal));
  }
  const std::string_view key = request.header("sec-websocket-key");
  if (!is_key(key)) return std::unexpected(bad_handshake("Sec-WebSocket-Key is not 16 bytes"));
  return accept_key(key);
}

std::string accept_key(std::string_view key) {
  std::string text{key};
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  std::string accept(28, '\0');  // 20 bytes in base64
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(accept.data()), hash.data(),
                  static_cast<int>(hash.size()));
  return accept;
}

}  // namespace parley::gateway
