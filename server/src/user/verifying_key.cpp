#include "user/verifying_key.h"

#include <string>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

namespace parley::user {
namespace {

template <auto free>
using Freed = decltype([](auto* thing) { free(thing); });
using Bignum = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

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

}  // namespace

void VerifyingKey::Free::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

std::optional<VerifyingKey> VerifyingKey::from(EVP_PKEY* key) {
  if (!key) return std::nullopt;
  return VerifyingKey{Key{key}};
}

std::optional<VerifyingKey> VerifyingKey::ed25519(std::string_view x) {
  if (x.size() != 32) return std::nullopt;
  return from(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data_of(x), x.size()));
}

std::optional<VerifyingKey> VerifyingKey::p256(std::string_view x, std::string_view y) {
  if (x.size() != 32 || y.size() != 32) return std::nullopt;
  const std::string point = '\4' + std::string{x} + std::string{y};
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return from(built("EC", builder.get()));  // refuses a point that is not on the curve
}

std::optional<VerifyingKey> VerifyingKey::rsa(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() < 256 || modulus.size() > 512 || modulus.front() == '\0' || exponent.empty() ||
      exponent.size() > 4)
    return std::nullopt;
  const Bignum n = number(modulus), e = number(exponent);
  if (!n || !e || !BN_is_odd(n.get()) || !BN_is_odd(e.get()) || BN_is_one(e.get()))
    return std::nullopt;
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return from(built("RSA", builder.get()));
}

bool VerifyingKey::verifies(std::string_view signature, std::string_view data) const {
  const bool hashes_itself = EVP_PKEY_is_a(key_.get(), "ED25519") == 1;
  const DigestContext context{EVP_MD_CTX_new()};
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, hashes_itself ? nullptr : EVP_sha256(),
                              nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), data_of(signature), signature.size(), data_of(data),
                          data.size()) == 1;
}

}  // namespace parley::user
