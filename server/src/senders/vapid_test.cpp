#include "senders/vapid.h"

#include <gmock/gmock.h>

#include "senders/signature_for_test.h"

namespace parley::senders {
namespace {

constexpr Timestamp kNow{std::chrono::milliseconds{1'700'000'000'000}};

class VapidTest : public testing::Test {
 protected:
  // The token of an Authorization header, once its form is checked.
  std::string token_for(const std::string& origin) {
    const std::string header = vapid.authorization(origin);
    EXPECT_TRUE(header.starts_with("vapid t="));
    EXPECT_TRUE(header.ends_with(", k=" + vapid.public_key()));
    return header.substr(8, header.find(',') - 8);
  }

  ManualClock clock{kNow};
  PrivateKey key = PrivateKey::new_p256();
  Vapid vapid{key, "mailto:ops@parley.example", clock};
};

TEST_F(VapidTest, SaysWhoWeAreSoThatTheServiceCanCheckIt) {
  const auto point = from_base64url(vapid.public_key());
  ASSERT_TRUE(point);
  EXPECT_EQ(*point, key.public_point());
  const auto read = read_token(token_for("https://push.example"), key_of_point(*point).get());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->header, (boost::json::object{{"typ", "JWT"}, {"alg", "ES256"}}));
  EXPECT_EQ(read->claims, (boost::json::object{{"aud", "https://push.example"},
                                               {"exp", 1'700'000'000 + 12 * 3600},
                                               {"sub", "mailto:ops@parley.example"}}));
}

TEST_F(VapidTest, UsesATokenForHoursButNotToItsEnd) {
  const std::string first = token_for("https://push.example");
  clock.advance(Vapid::kUse - std::chrono::milliseconds{1});
  EXPECT_EQ(token_for("https://push.example"), first);
  clock.advance(std::chrono::milliseconds{1});
  const std::string second = token_for("https://push.example");
  EXPECT_NE(second, first);
  const auto read = read_token(second, key_of_point(key.public_point()).get());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->claims.at("exp"), 1'700'000'000 + 23 * 3600);
}

TEST_F(VapidTest, SignsAgainWhenTheClockWasSetBack) {
  const std::string first = token_for("https://push.example");
  clock.advance(std::chrono::hours{-48});
  EXPECT_NE(token_for("https://push.example"), first);
}

TEST_F(VapidTest, HasATokenForEachService) {
  const std::string one = token_for("https://a.example");
  EXPECT_NE(token_for("https://b.example"), one);
  EXPECT_EQ(token_for("https://a.example"), one);
}

TEST_F(VapidTest, RemembersOnlySoManyServices) {
  const std::string first = token_for("https://a.example");
  for (std::size_t i = 1; i < Vapid::kMostOrigins; ++i)
    token_for("https://" + std::to_string(i) + ".example");
  EXPECT_EQ(token_for("https://a.example"), first);
  token_for("https://b.example");
  EXPECT_NE(token_for("https://a.example"), first);
}

TEST(VapidKey, IsReadAsToolsWriteIt) {
  const std::string made = new_vapid_key();
  EXPECT_EQ(made.size(), 43u);
  const auto key = read_vapid_key(made);
  ASSERT_TRUE(key);
  EXPECT_EQ(read_vapid_key(made + "=\n").value().scalar(), key->scalar());
  const TestKey pem{EVP_EC_gen("P-256")};
  EXPECT_TRUE(read_vapid_key(pem_of(pem.get())));
  EXPECT_NE(new_vapid_key(), made);
}

TEST(VapidKey, IsNothingElse) {
  const TestKey rsa{EVP_RSA_gen(2048)};
  const TestKey other_curve{EVP_EC_gen("P-384")};
  EXPECT_FALSE(read_vapid_key(pem_of(rsa.get())));
  EXPECT_FALSE(read_vapid_key(pem_of(other_curve.get())));
  for (const auto* odd : {"", "x", "AAAA", "-----BEGIN PRIVATE KEY-----",
                          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    EXPECT_FALSE(read_vapid_key(odd)) << odd;
}

}  // namespace
}  // namespace parley::senders
