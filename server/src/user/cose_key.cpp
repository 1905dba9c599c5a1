#include "user/cose_key.h"

namespace parley::user {
namespace {

using Kind = Cbor::Kind;

// The members of a COSE_Key: RFC 9053 and RFC 8230.
constexpr std::int64_t kType = 1, kAlgorithm = 3;
constexpr std::int64_t kCurve = -1, kX = -2, kY = -3;
constexpr std::int64_t kModulus = -1, kExponent = -2;
constexpr std::int64_t kEd25519 = -8, kEs256 = -7, kRs256 = -257;

std::int64_t integer(const Cbor& key, std::int64_t label) {
  const Cbor* const member = key.find(label);
  return member && member->is(Kind::integer) ? member->integer : 0;  // no registered value is 0
}

std::string_view bytes(const Cbor& key, std::int64_t label) {
  const Cbor* const member = key.find(label);
  return member && member->is(Kind::bytes) ? member->string : std::string_view{};
}

}  // namespace

std::optional<CoseKey> CoseKey::from(const Cbor& key) {
  const std::int64_t algorithm = integer(key, kAlgorithm);
  const std::int64_t type = integer(key, kType), curve = integer(key, kCurve);
  std::optional<VerifyingKey> made;
  if (algorithm == kEd25519 && type == 1 && curve == 6)
    made = VerifyingKey::ed25519(bytes(key, kX));
  else if (algorithm == kEs256 && type == 2 && curve == 1)
    made = VerifyingKey::p256(bytes(key, kX), bytes(key, kY));
  else if (algorithm == kRs256 && type == 3)
    made = VerifyingKey::rsa(bytes(key, kModulus), bytes(key, kExponent));
  if (!made) return std::nullopt;
  return CoseKey{std::move(*made)};
}

std::optional<CoseKey> CoseKey::parse(std::string_view bytes) {
  const auto key = read_cbor(bytes);
  return key && bytes.empty() ? from(*key) : std::nullopt;
}

bool CoseKey::verifies(std::string_view signature, std::string_view data) const {
  return key_.verifies(signature, data);
}

}  // namespace parley::user
