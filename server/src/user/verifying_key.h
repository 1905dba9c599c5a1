#pragma once

#include <memory>
#include <optional>
#include <string_view>

using EVP_PKEY = struct evp_pkey_st;

namespace parley::user {

// A public key that signatures are checked with, made from the numbers it travels as (COSE, JWK).
// Whatever the form, only these kinds are taken, and nothing is made of a key that is not sound.
class VerifyingKey {
 public:
  // EdDSA: 32 bytes.
  static std::optional<VerifyingKey> ed25519(std::string_view x);
  // ECDSA on P-256 with SHA-256: 32 bytes each, a point of the curve.
  static std::optional<VerifyingKey> p256(std::string_view x, std::string_view y);
  // RSASSA-PKCS1-v1_5 with SHA-256: 2048 to 4096 bits, without zeros in front.
  static std::optional<VerifyingKey> rsa(std::string_view modulus, std::string_view exponent);

  // Whether the owner of the key signed `data`. Signatures of P-256 are in DER.
  bool verifies(std::string_view signature, std::string_view data) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const;
  };
  using Key = std::unique_ptr<EVP_PKEY, Free>;

  explicit VerifyingKey(Key key) : key_(std::move(key)) {}
  static std::optional<VerifyingKey> from(EVP_PKEY* key);

  Key key_;
};

}  // namespace parley::user
