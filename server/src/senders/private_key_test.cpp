#include "senders/private_key.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "senders/signature_for_test.h"

namespace parley::senders {
namespace {

constexpr auto* kHeader = R"({"typ":"JWT"})";
constexpr auto* kClaims = R"({"sub":"me"})";

TEST(PrivateKey, SignsTokensThatItsPublicKeyVerifies) {
  const auto key = PrivateKey::new_p256();
  const auto theirs = key_of_point(key.public_point());
  const auto other = key_of_point(PrivateKey::new_p256().public_point());
  // Often enough to meet numbers with zeros in front.
  for (int i = 0; i < 600; ++i) {
    std::string token = key.sign_token(kHeader, kClaims);
    const auto read = read_token(token, theirs.get());
    ASSERT_TRUE(read) << token;
    EXPECT_EQ(read->claims.at("sub"), "me");
    if (i > 0) continue;
    EXPECT_FALSE(read_token(token, other.get()));
    token[token.find('.') + 1] ^= 1;
    EXPECT_FALSE(read_token(token, theirs.get()));
  }
}

TEST(PrivateKey, SignsTokensByRsa) {
  const TestKey rsa{EVP_RSA_gen(2048)};
  const auto key = PrivateKey::from_pem(pem_of(rsa.get()));
  ASSERT_TRUE(key);
  EXPECT_FALSE(key->is_p256());
  const auto read = read_token(key->sign_token(kHeader, kClaims), rsa.get());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->header.at("typ"), "JWT");
}

TEST(PrivateKey, IsReadFromPem) {
  const TestKey made{EVP_EC_gen("P-256")};
  const auto key = PrivateKey::from_pem(pem_of(made.get()));
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->is_p256());
  EXPECT_TRUE(read_token(key->sign_token(kHeader, kClaims), made.get()));
}

TEST(PrivateKey, WritesItsPointUncompressedHoweverItWasKept) {
  const auto key = PrivateKey::new_p256();
  const TestKey made{EVP_EC_gen("P-256")};
  EVP_PKEY_set_utf8_string_param(made.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                 OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED);
  const auto read = PrivateKey::from_pem(pem_of(made.get()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->public_point().size(), 65u);
  EXPECT_EQ(read->public_point().front(), '\4');
  EXPECT_EQ(read->agree_with(key.public_point()), key.agree_with(read->public_point()));
}

TEST(PrivateKey, IsMadeOfItsNumberAndGivesItBack) {
  const auto key = PrivateKey::new_p256();
  const auto same = PrivateKey::from_scalar(key.scalar());
  ASSERT_TRUE(same);
  EXPECT_EQ(same->public_point(), key.public_point());
  EXPECT_EQ(same->scalar(), key.scalar());
  // 1 times the generator of the curve is the generator.
  const auto one = PrivateKey::from_scalar(std::string(31, '\0') + '\1');
  ASSERT_TRUE(one);
  EXPECT_EQ(
      base64url(std::span{reinterpret_cast<const unsigned char*>(one->public_point().data()), 5}),
      "BGsX0fI");
  EXPECT_EQ(one->scalar(), std::string(31, '\0') + '\1');
}

TEST(PrivateKey, IsNoNumberThatIsNoKey) {
  const auto order = from_base64url("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE").value();
  auto below = order;
  below.back() = static_cast<char>(below.back() - 1);
  EXPECT_TRUE(PrivateKey::from_scalar(below));
  for (const std::string& odd : {order, std::string(32, '\0'), std::string(32, '\xff'),
                                 std::string(31, '\1'), std::string(33, '\1'), std::string{}})
    EXPECT_FALSE(PrivateKey::from_scalar(odd));
}

TEST(PrivateKey, IsNoTextThatIsNoKeyOfOurs) {
  const TestKey small{EVP_RSA_gen(1024)};
  const TestKey other_curve{EVP_EC_gen("P-384")};
  const TestKey other_kind{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  for (auto* key : {small.get(), other_curve.get(), other_kind.get()})
    EXPECT_FALSE(PrivateKey::from_pem(pem_of(key)));
  const TestKey fine{EVP_EC_gen("P-256")};
  const std::string pem = pem_of(fine.get());
  EXPECT_FALSE(PrivateKey::from_pem(pem.substr(0, pem.size() / 2)));
  for (const auto* odd : {"", "no key", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
                          "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"})
    EXPECT_FALSE(PrivateKey::from_pem(odd)) << odd;
}

TEST(PrivateKey, AsksNobodyForAPassword) {
  const TestKey made{EVP_EC_gen("P-256")};
  const std::unique_ptr<BIO, FreeWith<BIO_free>> out{BIO_new(BIO_s_mem())};
  char password[] = "secret";
  PEM_write_bio_PrivateKey(out.get(), made.get(), EVP_aes_128_cbc(),
                           reinterpret_cast<unsigned char*>(password), 6, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  EXPECT_FALSE(PrivateKey::from_pem({text, static_cast<std::size_t>(size)}));
}

}  // namespace
}  // namespace parley::senders
