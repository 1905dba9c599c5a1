#include "user/cose_key.h"

#include <string>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

namespace parley::user {
namespace {

using Kind = Cbor::Kind;

template <auto free>
using Freed = decltype([](auto* thing) { free(thing); });
using Bignum = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

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

const unsigned char* data_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Bignum number(std::string_view text) {
  return Bignum{BN_bin2bn(data_of(text), static_cast<int>(text.size()), nullptr)};
}

EVP_PKEY* built(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params{OSSL_PARAM_BLD_to_param(builder)};
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return key;
}

EVP_PKEY* ed25519(const Cbor& key) {
  const std::string_view x = bytes(key, kX);
  if (integer(key, kType) != 1 || integer(key, kCurve) != 6 || x.size() != 32) return nullptr;
  return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data_of(x), x.size());
}

EVP_PKEY* p256(const Cbor& key) {
  const std::string_view x = bytes(key, kX), y = bytes(key, kY);
  if (integer(key, kType) != 2 || integer(key, kCurve) != 1 || x.size() != 32 || y.size() != 32)
    return nullptr;
  const std::string point = '\4' + std::string{x} + std::string{y};
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return built("EC", builder.get());  // refuses a point that is not on the curve
}

EVP_PKEY* rsa(const Cbor& key) {
  const std::string_view modulus = bytes(key, kModulus), exponent = bytes(key, kExponent);
  if (integer(key, kType) != 3 || modulus.size() < 256 || modulus.size() > 512 ||
      modulus.front() == '\0' || exponent.empty() || exponent.size() > 4)
    return nullptr;
  const Bignum n = number(modulus), e = number(exponent);
  if (!n || !e || !BN_is_odd(n.get()) || !BN_is_odd(e.get()) || BN_is_one(e.get())) return nullptr;
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return built("RSA", builder.get());
}

}  // namespace

void CoseKey::Free::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

std::optional<CoseKey> CoseKey::from(const Cbor& key) {
  const std::int64_t algorithm = integer(key, kAlgorithm);
  Key made{algorithm == kEd25519 ? ed25519(key)
           : algorithm == kEs256 ? p256(key)
           : algorithm == kRs256 ? rsa(key)
                                 : nullptr};
  if (!made) return std::nullopt;
  return CoseKey{algorithm, std::move(made)};
}

std::optional<CoseKey> CoseKey::parse(std::string_view bytes) {
  const auto key = read_cbor(bytes);
  return key && bytes.empty() ? from(*key) : std::nullopt;
}

bool CoseKey::verifies(std::string_view signature, std::string_view data) const {
  const DigestContext context{EVP_MD_CTX_new()};
  const EVP_MD* const digest = algorithm_ == kEd25519 ? nullptr : EVP_sha256();
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), data_of(signature), signature.size(), data_of(data),
                          data.size()) == 1;
}

}  // namespace parley::user
