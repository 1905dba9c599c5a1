#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "senders/ece.h"
#include "senders/private_key.h"

namespace parley::senders {

// A browser's side of RFC 8291: a subscription, and reading what was encrypted for it. Written
// after the formulas of the standard on HMAC alone, so that it shares no step with the sender but
// the agreement on a secret.
class BrowserForTest {
 public:
  explicit BrowserForTest(PrivateKey key = PrivateKey::new_p256(),
                          std::string auth = "0123456789abcdef")
      : key_(std::move(key)), p256dh_(key_.public_point()), auth_(std::move(auth)) {}

  const std::string& p256dh() const { return p256dh_; }
  BrowserKeys keys() const { return {.p256dh = p256dh_, .auth = auth_}; }

  // Nothing when it cannot be read.
  std::optional<std::string> read(std::string_view body) const {
    using namespace std::string_view_literals;
    if (body.size() < 86 + 17 || body.substr(16, 5) != "\0\0\x10\0\x41"sv) return std::nullopt;
    const auto salt = body.substr(0, 16);
    const auto sender = body.substr(21, 65);
    const auto shared = key_.agree_with(sender);
    if (!shared) return std::nullopt;
    const auto text = [](auto... parts) { return (std::string{} + ... + std::string{parts}); };
    const std::string secret =
        hmac(hmac(auth_, *shared), text("WebPush: info\0"sv, p256dh_, sender, "\1"sv));
    const std::string extracted = hmac(salt, secret);
    const auto key = hmac(extracted, "Content-Encoding: aes128gcm\0\1"sv).substr(0, 16);
    const auto nonce = hmac(extracted, "Content-Encoding: nonce\0\1"sv).substr(0, 12);
    auto plain = open(body.substr(86), key, nonce);
    // The last record ends with a 2, and zeros as padding.
    while (plain && plain->ends_with('\0')) plain->pop_back();
    if (!plain || !plain->ends_with('\2')) return std::nullopt;
    plain->pop_back();
    return plain;
  }

 private:
  static const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }
  static std::string hmac(std::string_view key, std::string_view text) {
    std::string digest(32, '\0');
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(text), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()), nullptr);
    return digest;
  }
  static std::optional<std::string> open(std::string_view sealed, const std::string& key,
                                         const std::string& nonce) {
    using Free = decltype([](EVP_CIPHER_CTX* context) { EVP_CIPHER_CTX_free(context); });
    const std::unique_ptr<EVP_CIPHER_CTX, Free> context{EVP_CIPHER_CTX_new()};
    const auto tag = std::string{sealed.substr(sealed.size() - 16)};
    sealed.remove_suffix(16);
    std::string plain(sealed.size(), '\0');
    auto* const out = reinterpret_cast<unsigned char*>(plain.data());
    int size = 0;
    EVP_DecryptInit_ex2(context.get(), EVP_aes_128_gcm(), bytes(key), bytes(nonce), nullptr);
    EVP_DecryptUpdate(context.get(), out, &size, bytes(sealed), static_cast<int>(sealed.size()));
    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, 16, const_cast<char*>(tag.data()));
    if (EVP_DecryptFinal_ex(context.get(), out + size, &size) != 1) return std::nullopt;
    return plain;
  }

  PrivateKey key_;
  std::string p256dh_;
  std::string auth_;
};

}  // namespace parley::senders
