#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/base64url.h"
#include "user/id_token.h"

namespace parley::user {

inline std::string base64url_of(std::string_view text) {
  return base64url({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

// A key of a provider in software.
class SoftProviderKey {
 public:
  // "RSA" or a curve.
  explicit SoftProviderKey(std::string id, std::string_view kind = "P-256", unsigned bits = 2048)
      : id_(std::move(id)),
        kind_(kind),
        key_(kind == "RSA" ? EVP_RSA_gen(bits) : EVP_EC_gen(kind_.c_str())) {
    if (!key_) throw std::runtime_error("no key was made");
  }

  std::string algorithm() const { return kind_ == "RSA" ? "RS256" : "ES256"; }

  boost::json::object jwk() const {
    boost::json::object made{{"kid", id_}, {"use", "sig"}, {"alg", algorithm()}};
    if (kind_ == "RSA") {
      made["kty"] = "RSA";
      made["n"] = base64url_of(number(OSSL_PKEY_PARAM_RSA_N, EVP_PKEY_get_size(key_.get())));
      made["e"] = "AQAB";
    } else {
      const int size = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
      made["kty"] = "EC";
      made["crv"] = kind_;
      made["x"] = base64url_of(number(OSSL_PKEY_PARAM_EC_PUB_X, size));
      made["y"] = base64url_of(number(OSSL_PKEY_PARAM_EC_PUB_Y, size));
    }
    return made;
  }

  std::string set() const { return boost::json::serialize(boost::json::object{{"keys", {jwk()}}}); }

  boost::json::object header() const {
    return {{"alg", algorithm()}, {"kid", id_}, {"typ", "JWT"}};
  }

  std::string token(const boost::json::object& claims) const { return token(claims, header()); }
  std::string token(const boost::json::object& claims, const boost::json::object& header) const {
    const std::string text = base64url_of(boost::json::serialize(header)) + '.' +
                             base64url_of(boost::json::serialize(claims));
    const std::string signed_text = signature(text);
    return text + '.' + base64url_of(kind_ == "RSA" ? signed_text : numbers_of(signed_text));
  }

 private:
  std::string signature(std::string_view data) const {
    const std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* c) { EVP_MD_CTX_free(c); })> context{
        EVP_MD_CTX_new()};
    std::string out(1024, '\0');
    std::size_t length = out.size();
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length,
                       reinterpret_cast<const unsigned char*>(data.data()), data.size()) != 1)
      throw std::runtime_error("nothing was signed");
    out.resize(length);
    return out;
  }

  // The two numbers of an ECDSA signature, side by side.
  std::string numbers_of(std::string_view der) const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype([](ECDSA_SIG* both) { ECDSA_SIG_free(both); })> both{
        d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()))};
    const int size = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
    return padded(ECDSA_SIG_get0_r(both.get()), size) + padded(ECDSA_SIG_get0_s(both.get()), size);
  }

  static std::string padded(const BIGNUM* number, int size) {
    std::string out(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(out.data()), size);
    return out;
  }

  std::string number(const char* name, int size) const {
    BIGNUM* found = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &found);
    std::string out = padded(found, size);
    BN_free(found);
    return out;
  }

  const std::string id_;
  const std::string kind_;
  const std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })> key_;
};

}  // namespace parley::user
