#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "base/base64url.h"
#include "user/webauthn.h"

namespace parley::user {

// CBOR, written by hand: what the reader must understand.
namespace cbor {

inline std::string head(unsigned major, std::uint64_t value) {
  std::string out;
  const int bytes = value < 24 ? 0 : value < 256 ? 1 : value < 65'536 ? 2 : 4;
  const unsigned extra = bytes == 0   ? static_cast<unsigned>(value)
                         : bytes == 1 ? 24U
                         : bytes == 2 ? 25U
                                      : 26U;
  out += static_cast<char>(major << 5 | extra);
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 255U);
  return out;
}
inline std::string integer(std::int64_t value) {
  return value < 0 ? head(1, static_cast<std::uint64_t>(-1 - value))
                   : head(0, static_cast<std::uint64_t>(value));
}
inline std::string bytes(std::string_view text) { return head(2, text.size()) + std::string{text}; }
inline std::string text(std::string_view text) { return head(3, text.size()) + std::string{text}; }
inline std::string map(std::vector<std::string> keys_and_values) {
  std::string out = head(5, keys_and_values.size() / 2);
  for (const std::string& item : keys_and_values) out += item;
  return out;
}

}  // namespace cbor

// A passkey in software. Its members are what it will say, so that a test can make it say anything.
class SoftPasskey {
 public:
  enum class Algorithm : std::int16_t { ed25519 = -8, es256 = -7, rs256 = -257 };

  explicit SoftPasskey(Algorithm algorithm = Algorithm::es256)
      : algorithm_(algorithm),
        key_(algorithm == Algorithm::es256   ? EVP_EC_gen("P-256")
             : algorithm == Algorithm::rs256 ? EVP_RSA_gen(2048)
                                             : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")) {
    if (!key_) throw std::runtime_error("no key was made");
    public_key = cose_key();
  }

  std::string credential_id = "a credential of the test";
  std::string rp_id = "chat.example.org";
  std::string origin = "https://chat.example.org";
  std::string challenge = "the challenge of this ceremony..";
  std::string more_client_data;  // as `,"crossOrigin":true`
  unsigned flags = 0x05;         // user present, user verified; 0x40 is added when registering
  std::uint32_t sign_count = 0;
  std::string aaguid = std::string(16, '\0');
  std::string extensions;
  std::string format = "none";
  std::string statement = cbor::map({});
  std::string public_key;
  std::string rest;  // behind the authenticator data

  std::string client_data(std::string_view type) const {
    return R"({"type":")" + std::string{type} + R"(","challenge":")" + encoded(challenge) +
           R"(","origin":")" + origin + '"' + more_client_data + '}';
  }

  std::string registration_data() const {
    const std::size_t length = credential_id.size();
    return beginning(flags | 0x40U) + aaguid + static_cast<char>(length >> 8) +
           static_cast<char>(length & 255U) + credential_id + public_key + extensions + rest;
  }

  std::string attestation() const {
    return cbor::map({cbor::text("fmt"), cbor::text(format), cbor::text("attStmt"), statement,
                      cbor::text("authData"), cbor::bytes(registration_data())});
  }

  Assertion assertion(std::string_view type = "webauthn.get") const {
    Assertion made{.client_data_json = client_data(type),
                   .authenticator_data = beginning(flags) + extensions + rest,
                   .signature = {}};
    made.signature = signature(made.authenticator_data + sha256(made.client_data_json));
    return made;
  }

  std::string signature(std::string_view data) const {
    const std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* c) { EVP_MD_CTX_free(c); })> context{
        EVP_MD_CTX_new()};
    const EVP_MD* const digest = algorithm_ == Algorithm::ed25519 ? nullptr : EVP_sha256();
    std::string out(512, '\0');
    std::size_t length = out.size();
    if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length,
                       reinterpret_cast<const unsigned char*>(data.data()), data.size()) != 1)
      throw std::runtime_error("nothing was signed");
    out.resize(length);
    return out;
  }

  // With the number of another algorithm when a test asks.
  std::string cose_key(std::int64_t algorithm = 0) const {
    using cbor::bytes, cbor::integer, cbor::map;
    const std::string alg =
        integer(algorithm != 0 ? algorithm : static_cast<std::int64_t>(algorithm_));
    switch (algorithm_) {
      case Algorithm::ed25519:
        return map({integer(1), integer(1), integer(3), alg, integer(-1), integer(6), integer(-2),
                    bytes(octets(OSSL_PKEY_PARAM_PUB_KEY))});
      case Algorithm::es256:
        return map({integer(1), integer(2), integer(3), alg, integer(-1), integer(1), integer(-2),
                    bytes(number(OSSL_PKEY_PARAM_EC_PUB_X, 32)), integer(-3),
                    bytes(number(OSSL_PKEY_PARAM_EC_PUB_Y, 32))});
      case Algorithm::rs256:
        break;
    }
    return map({integer(1), integer(3), integer(3), alg, integer(-1),
                bytes(number(OSSL_PKEY_PARAM_RSA_N, 256)), integer(-2), bytes(kExponent)});
  }

  static std::string sha256(std::string_view text) {
    std::string hash(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(hash.data()));
    return hash;
  }

 private:
  static constexpr std::string_view kExponent{"\x01\x00\x01", 3};

  static std::string encoded(std::string_view text) {
    return base64url({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
  }

  std::string beginning(unsigned with_flags) const {
    std::string out = sha256(rp_id) + static_cast<char>(with_flags);
    for (int i = 3; i >= 0; --i) out += static_cast<char>(sign_count >> (8 * i) & 255U);
    return out;
  }

  std::string number(const char* name, int size) const {
    BIGNUM* found = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &found);
    std::string out(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(found, reinterpret_cast<unsigned char*>(out.data()), size);
    BN_free(found);
    return out;
  }

  std::string octets(const char* name) const {
    std::string out(64, '\0');
    std::size_t length = 0;
    EVP_PKEY_get_octet_string_param(key_.get(), name, reinterpret_cast<unsigned char*>(out.data()),
                                    out.size(), &length);
    out.resize(length);
    return out;
  }

  const Algorithm algorithm_;
  const std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })> key_;
};

}  // namespace parley::user
