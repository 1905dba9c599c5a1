#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

using EVP_PKEY = struct evp_pkey_st;

namespace parley::senders {

// A private key that this server signs or agrees on secrets with: of the curve P-256, or of RSA.
// Copies share it. Safe to use from any thread.
class PrivateKey {
 public:
  // A key in PEM without a password: PKCS #8, or the older forms of EC and RSA. Nothing for text
  // that is none, for other curves, and for RSA below 2048 bits.
  static std::optional<PrivateKey> from_pem(std::string_view pem);
  // The number of a key of P-256: 32 bytes, above 0 and below the order of the curve.
  static std::optional<PrivateKey> from_scalar(std::string_view scalar);
  static PrivateKey new_p256();

  bool is_p256() const { return p256_; }

  // Of keys of P-256 only. The public point is uncompressed: 65 bytes.
  std::string scalar() const;
  std::string public_point() const;
  // The 32 bytes that the owner of `their_point` arrives at too (ECDH). Nothing when that is no
  // uncompressed point of the curve.
  std::optional<std::string> agree_with(std::string_view their_point) const;

  // A JSON Web Token of two JSON objects, signed by ES256 or RS256 as the key is.
  std::string sign_token(std::string_view header, std::string_view claims) const;

 private:
  PrivateKey(std::shared_ptr<EVP_PKEY> key, bool p256) : key_(std::move(key)), p256_(p256) {}

  std::string sign(std::string_view text) const;

  std::shared_ptr<EVP_PKEY> key_;
  bool p256_;
};

}  // namespace parley::senders
