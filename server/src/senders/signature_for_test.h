#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/parse.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "base/base64url.h"

namespace parley::senders {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using TestKey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

// A private key in PKCS #8 PEM.
inline std::string pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, FreeWith<BIO_free>> out{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// The public key of an uncompressed point of P-256.
inline TestKey key_of_point(std::string_view point) {
  const std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>> builder{
      OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  const std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>> params{
      OSSL_PARAM_BLD_to_param(builder.get())};
  const std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>> context{
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
  return TestKey{key};
}

// What a JSON Web Token says, if it has three parts and the owner of `key` signed them.
struct ReadToken {
  boost::json::object header;
  boost::json::object claims;
};
inline std::optional<ReadToken> read_token(std::string_view token, EVP_PKEY* key) {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto header = from_base64url(token.substr(0, first));
  const auto claims = from_base64url(token.substr(first + 1, last - first - 1));
  auto signature = from_base64url(token.substr(last + 1));
  if (!header || !claims || !signature) return std::nullopt;
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    if (signature->size() != 64) return std::nullopt;
    const std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> numbers{ECDSA_SIG_new()};
    ECDSA_SIG_set0(numbers.get(), BN_bin2bn(bytes(*signature), 32, nullptr),
                   BN_bin2bn(bytes(*signature) + 32, 32, nullptr));
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(numbers.get(), &der);
    signature->assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
  }
  const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
  const auto text = token.substr(0, last);
  if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestVerify(context.get(), bytes(*signature), signature->size(), bytes(text),
                       text.size()) != 1)
    return std::nullopt;
  return ReadToken{.header = boost::json::parse(*header).as_object(),
                   .claims = boost::json::parse(*claims).as_object()};
}

}  // namespace parley::senders
