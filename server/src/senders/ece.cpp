#include "senders/ece.h"

#include <memory>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

namespace parley::senders {
namespace {

using namespace std::string_view_literals;

template <auto free>
using Freed = decltype([](auto* thing) { free(thing); });
using Kdf = std::unique_ptr<EVP_KDF, Freed<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Freed<EVP_KDF_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;

constexpr std::size_t kAuthBytes = 16;
constexpr std::size_t kTagBytes = 16;
constexpr auto kRecordSize = "\0\0\x10\0"sv;  // 4096, as it stands in the header
constexpr char kEndOfLastRecord = '\2';

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void must(bool worked) {
  if (!worked) throw std::runtime_error("OpenSSL cannot encrypt");
}

OSSL_PARAM octets(const char* name, std::string_view text) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(text.data()), text.size());
}

// Extracts and expands by SHA-256 (RFC 5869).
std::string hkdf(std::string_view salt, std::string_view key, std::string_view info,
                 std::size_t size) {
  static const Kdf kdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
  const KdfContext context{EVP_KDF_CTX_new(kdf.get())};
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                               octets(OSSL_KDF_PARAM_SALT, salt), octets(OSSL_KDF_PARAM_KEY, key),
                               octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  std::string derived(size, '\0');
  must(context && EVP_KDF_derive(context.get(), bytes_of(derived), size, params) == 1);
  return derived;
}

std::string seal(std::string_view text, const std::string& key, const std::string& nonce) {
  const CipherContext context{EVP_CIPHER_CTX_new()};
  std::string sealed(text.size() + kTagBytes, '\0');
  int size = 0;
  int rest = 0;
  must(context &&
       EVP_EncryptInit_ex2(context.get(), EVP_aes_128_gcm(), bytes_of(std::string_view{key}),
                           bytes_of(std::string_view{nonce}), nullptr) == 1 &&
       EVP_EncryptUpdate(context.get(), bytes_of(sealed), &size, bytes_of(text),
                         static_cast<int>(text.size())) == 1 &&
       EVP_EncryptFinal_ex(context.get(), bytes_of(sealed) + size, &rest) == 1 &&
       EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                           bytes_of(sealed) + size + rest) == 1);
  return sealed;
}

}  // namespace

std::optional<std::string> encrypt_for_browser(std::string_view plaintext, BrowserKeys keys,
                                               const PrivateKey& own, std::string_view salt) {
  if (plaintext.size() > kLongestPlaintext || keys.auth.size() != kAuthBytes ||
      salt.size() != kSaltBytes)
    return std::nullopt;
  const auto shared = own.agree_with(keys.p256dh);
  if (!shared) return std::nullopt;

  const std::string own_point = own.public_point();
  std::string info{"WebPush: info\0"sv};
  info.append(keys.p256dh).append(own_point);
  const std::string secret = hkdf(keys.auth, *shared, info, 32);
  const std::string key = hkdf(salt, secret, "Content-Encoding: aes128gcm\0"sv, 16);
  const std::string nonce = hkdf(salt, secret, "Content-Encoding: nonce\0"sv, 12);

  std::string body{salt};
  body.append(kRecordSize);
  body += static_cast<char>(own_point.size());
  body.append(own_point);
  body.append(seal(std::string{plaintext} + kEndOfLastRecord, key, nonce));
  return body;
}

std::optional<std::string> encrypt_for_browser(std::string_view plaintext, BrowserKeys keys) {
  std::string salt(kSaltBytes, '\0');
  must(RAND_bytes(bytes_of(salt), static_cast<int>(salt.size())) == 1);
  return encrypt_for_browser(plaintext, keys, PrivateKey::new_p256(), salt);
}

}  // namespace parley::senders
