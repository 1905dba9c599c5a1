#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "senders/private_key.h"

namespace parley::senders {

// The keys of a browser's subscription, as raw bytes (RFC 8291).
struct BrowserKeys {
  std::string_view p256dh;  // a point of P-256: 65 bytes
  std::string_view auth;    // 16 bytes
};

// Services take bodies of up to 4096 bytes, and encryption costs 103 of them.
inline constexpr std::size_t kLongestPlaintext = 3993;
inline constexpr std::size_t kSaltBytes = 16;

// The body of a push that only this browser can read: one record of aes128gcm (RFC 8188). Nothing
// for keys that no browser has, and for text that is too long.
std::optional<std::string> encrypt_for_browser(std::string_view plaintext, BrowserKeys keys);

// The same with a given key and salt, which are to be used for one message only.
std::optional<std::string> encrypt_for_browser(std::string_view plaintext, BrowserKeys keys,
                                               const PrivateKey& own, std::string_view salt);

}  // namespace parley::senders
