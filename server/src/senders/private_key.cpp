#include "senders/private_key.h"

#include <array>
#include <span>
#include <stdexcept>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "base/base64url.h"

namespace parley::senders {
namespace {

template <auto free>
using Freed = decltype([](auto* thing) { free(thing); });
using Bignum = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Group = std::unique_ptr<EC_GROUP, Freed<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Freed<EC_POINT_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

constexpr std::size_t kScalarBytes = 32;
constexpr std::size_t kPointBytes = 65;
constexpr int kLeastRsaBits = 2048;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string base64url_of(std::string_view text) {
  return base64url(std::span{bytes_of(text), text.size()});
}

void must(bool worked, const char* what) {
  if (!worked) throw std::runtime_error(std::string{"OpenSSL cannot "} + what);
}

bool is_on_p256(EVP_PKEY* key) {
  std::array<char, 32> name{};
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) == 1 &&
         std::string_view{name.data()} == SN_X9_62_prime256v1;
}

Key ec_key(std::string_view point, const BIGNUM* scalar) {
  const ParamBuilder builder{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  if (scalar != nullptr) OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar);
  const Params params{OSSL_PARAM_BLD_to_param(builder.get())};
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
  EVP_PKEY* key = nullptr;
  // Refuses a point that is not on the curve.
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                        params.get()) != 1)
    return nullptr;
  return Key{key};
}

// Nobody is to be asked for a password on a terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

std::optional<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  if (pem.size() > 64 * 1024) return std::nullopt;
  const Bio input{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  Key key{PEM_read_bio_PrivateKey(input.get(), nullptr, &no_password, nullptr)};
  if (!key) return std::nullopt;
  if (is_on_p256(key.get())) return PrivateKey{std::move(key), true};
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1 && EVP_PKEY_get_bits(key.get()) >= kLeastRsaBits)
    return PrivateKey{std::move(key), false};
  return std::nullopt;
}

std::optional<PrivateKey> PrivateKey::from_scalar(std::string_view scalar) {
  if (scalar.size() != kScalarBytes) return std::nullopt;
  const Bignum number{BN_secure_new()};
  const Group group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  if (!number || !group ||
      BN_bin2bn(bytes_of(scalar), static_cast<int>(scalar.size()), number.get()) == nullptr)
    return std::nullopt;
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0)
    return std::nullopt;
  const Point public_part{EC_POINT_new(group.get())};
  std::string point(kPointBytes, '\0');
  if (EC_POINT_mul(group.get(), public_part.get(), number.get(), nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), public_part.get(), POINT_CONVERSION_UNCOMPRESSED,
                         bytes_of(point), point.size(), nullptr) != kPointBytes)
    return std::nullopt;
  Key key = ec_key(point, number.get());
  if (!key) return std::nullopt;
  return PrivateKey{std::move(key), true};
}

PrivateKey PrivateKey::new_p256() {
  Key key{EVP_EC_gen("P-256")};
  must(key != nullptr, "make a key");
  return PrivateKey{std::move(key), true};
}

std::string PrivateKey::scalar() const {
  BIGNUM* number = nullptr;
  must(EVP_PKEY_get_bn_param(key_.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1, "read a key");
  const Bignum owned{number};
  std::string scalar(kScalarBytes, '\0');
  must(BN_bn2binpad(number, bytes_of(scalar), static_cast<int>(scalar.size())) == kScalarBytes,
       "read a key");
  return scalar;
}

std::string PrivateKey::public_point() const {
  // A key that was read may be kept in compressed form, so its point is written out again.
  BIGNUM* coordinates[2] = {nullptr, nullptr};
  const bool read =
      EVP_PKEY_get_bn_param(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, &coordinates[0]) == 1 &&
      EVP_PKEY_get_bn_param(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, &coordinates[1]) == 1;
  const Bignum x{coordinates[0]};
  const Bignum y{coordinates[1]};
  std::string point(kPointBytes, '\4');
  must(read && BN_bn2binpad(x.get(), bytes_of(point) + 1, kScalarBytes) == kScalarBytes &&
           BN_bn2binpad(y.get(), bytes_of(point) + 1 + kScalarBytes, kScalarBytes) == kScalarBytes,
       "read a public key");
  return point;
}

std::optional<std::string> PrivateKey::agree_with(std::string_view their_point) const {
  if (their_point.size() != kPointBytes || their_point.front() != '\4') return std::nullopt;
  const Key theirs = ec_key(their_point, nullptr);
  const KeyContext context{EVP_PKEY_CTX_new(key_.get(), nullptr)};
  std::string secret(kScalarBytes, '\0');
  std::size_t size = secret.size();
  if (!theirs || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), theirs.get()) != 1 ||
      EVP_PKEY_derive(context.get(), bytes_of(secret), &size) != 1 || size != kScalarBytes)
    return std::nullopt;
  return secret;
}

std::string PrivateKey::sign(std::string_view text) const {
  const DigestContext context{EVP_MD_CTX_new()};
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  std::string signature(size, '\0');
  must(context &&
           EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
           EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(text), text.size()) ==
               1,
       "sign");
  signature.resize(size);
  if (!p256_) return signature;
  // Tokens carry the two numbers as they are, without DER around them (RFC 7518 §3.4).
  const unsigned char* der = bytes_of(std::as_const(signature));
  const Signature numbers{d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size))};
  std::string plain(2 * kScalarBytes, '\0');
  must(numbers != nullptr, "read its own signature");
  BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), bytes_of(plain), kScalarBytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), bytes_of(plain) + kScalarBytes, kScalarBytes);
  return plain;
}

std::string PrivateKey::sign_token(std::string_view header, std::string_view claims) const {
  std::string token = base64url_of(header) + '.' + base64url_of(claims);
  return token + '.' + base64url_of(sign(token));
}

}  // namespace parley::senders
