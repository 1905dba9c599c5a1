#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "user/cbor.h"
#include "user/verifying_key.h"

namespace parley::user {

// The signatures we take, as COSE calls them, best first: what passkey:options offers.
inline constexpr std::array<std::int64_t, 3> kSignatureAlgorithms{
    -8,    // EdDSA with Ed25519
    -7,    // ES256: ECDSA on P-256 with SHA-256
    -257,  // RS256: RSASSA-PKCS1-v1_5 with SHA-256, 2048 to 4096 bits
};

// A public key as a passkey tells it (COSE_Key, RFC 9052 §7).
class CoseKey {
 public:
  // Nothing when the algorithm is another, or the members are not those of a key of it.
  static std::optional<CoseKey> from(const Cbor& key);
  // The same from bytes, without a rest.
  static std::optional<CoseKey> parse(std::string_view bytes);

  // Whether the owner of the key signed `data`.
  bool verifies(std::string_view signature, std::string_view data) const;

 private:
  explicit CoseKey(VerifyingKey key) : key_(std::move(key)) {}

  VerifyingKey key_;
};

}  // namespace parley::user
