#include "user/token.h"

#include <chrono>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <rapidcheck/gtest.h>

#include "base/base64url.h"

namespace parley::user {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
const std::string kSecret = "a secret of at least thirty-two bytes";

std::string encoded(std::string_view text) {
  return base64url({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

// A token made by hand, signed as its maker likes.
std::string forged(std::string_view header, std::string_view payload,
                   const std::string& key = kSecret, const EVP_MD* hash = EVP_sha256()) {
  const std::string text = encoded(header) + '.' + encoded(payload);
  unsigned char signature[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(hash, key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), signature, &length);
  return text + '.' + base64url({signature, length});
}

constexpr std::string_view kHeader = R"({"alg":"HS256","kid":"config","typ":"JWT"})";
constexpr std::string_view kPayload = R"({"sub":"7","sid":"9","iat":1795219200,"exp":1895219200})";

struct AccessTokensTest : testing::Test {
  std::string issue(std::chrono::seconds lifetime = 1h) {
    return tokens.issue({UserId{7}, SessionId{9}, Role::user, kNow + lifetime});
  }
  // Internal stands for "accepted" here: no token is refused with it.
  Errc refusal(std::string_view token) {
    const auto access = tokens.check(token);
    return access ? Errc::internal : access.error().code;
  }

  ManualClock clock{kNow};
  AccessTokens tokens{SigningKeys::configured(kSecret), clock};
};

TEST_F(AccessTokensTest, SayWhoByWhichSignInAndUntilWhen) {
  const auto access = tokens.check(issue());
  ASSERT_TRUE(access);
  EXPECT_EQ(access->user_id, UserId{7});
  EXPECT_EQ(access->session_id, SessionId{9});
  EXPECT_EQ(access->expires_at, kNow + 1h);
}

TEST_F(AccessTokensTest, HoldTheGreatestIds) {
  const UserId user{INT64_MAX};
  const auto access =
      tokens.check(tokens.issue({user, SessionId{1ULL << 62}, Role::user, kNow + 1h}));
  ASSERT_TRUE(access);
  EXPECT_EQ(access->user_id, user);
}

TEST_F(AccessTokensTest, AreAcceptedWhereverTheyWereSignedWithTheSecret) {
  EXPECT_TRUE(tokens.check(forged(kHeader, kPayload)));
  const AccessTokens other{SigningKeys::configured(kSecret), clock};
  EXPECT_TRUE(other.check(issue()));
}

TEST_F(AccessTokensTest, ExpireOnTheSecond) {
  const std::string token = issue(60s);
  clock.advance(59'999ms);
  EXPECT_TRUE(tokens.check(token));
  clock.advance(1ms);
  EXPECT_EQ(refusal(token), Errc::token_expired);
}

TEST_F(AccessTokensTest, WithoutAnExpiryAreOfNoUse) {
  EXPECT_EQ(refusal(forged(kHeader, R"({"sub":"7","sid":"9"})")), Errc::token_expired);
}

TEST_F(AccessTokensTest, OfAnotherKeyAreRefused) {
  EXPECT_EQ(refusal(forged(kHeader, kPayload, "another secret of more than 32 bytes")),
            Errc::unauthenticated);
  EXPECT_EQ(refusal(forged(kHeader, kPayload, "")), Errc::unauthenticated);
}

TEST_F(AccessTokensTest, WithoutASignatureAreRefused) {
  for (const std::string_view alg : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string header =
        R"({"alg":")" + std::string{alg} + R"(","kid":"config","typ":"JWT"})";
    const std::string text = encoded(header) + '.' + encoded(kPayload);
    EXPECT_EQ(refusal(text + '.'), Errc::unauthenticated) << alg;
    EXPECT_EQ(refusal(text), Errc::unauthenticated) << alg;
    EXPECT_EQ(refusal(forged(header, kPayload)), Errc::unauthenticated) << alg;
  }
  EXPECT_EQ(refusal(forged(R"({"kid":"config","typ":"JWT"})", kPayload)), Errc::unauthenticated);
}

TEST_F(AccessTokensTest, OfAnotherAlgorithmAreRefused) {
  EXPECT_EQ(refusal(forged(R"({"alg":"HS512","kid":"config","typ":"JWT"})", kPayload, kSecret,
                           EVP_sha512())),
            Errc::unauthenticated);
  EXPECT_EQ(refusal(forged(R"({"alg":"HS384","kid":"config","typ":"JWT"})", kPayload, kSecret,
                           EVP_sha384())),
            Errc::unauthenticated);
  // The classic confusion: a public key's algorithm, signed with the secret as HMAC, and the
  // other way round.
  for (const std::string_view alg : {"RS256", "ES256", "PS256", "RS512"}) {
    const std::string header =
        R"({"alg":")" + std::string{alg} + R"(","kid":"config","typ":"JWT"})";
    EXPECT_EQ(refusal(forged(header, kPayload)), Errc::unauthenticated) << alg;
  }
}

TEST_F(AccessTokensTest, CannotPointToAKeyOfTheirOwn) {
  const std::string other = "another secret of more than 32 bytes";
  for (
      const std::string_view noise :
      {R"("kid":"../../../../dev/null")", R"("kid":"' OR 1=1 --")", R"("kid":7)",
       R"("kid":"config","jku":"https://evil.example/keys")",
       R"("kid":"config","jwk":{"kty":"oct","k":"YW5vdGhlciBzZWNyZXQgb2YgbW9yZSB0aGFuIDMyIGJ5dGVz"})"}) {
    const std::string header = R"({"alg":"HS256","typ":"JWT",)" + std::string{noise} + '}';
    EXPECT_EQ(refusal(forged(header, kPayload, other)), Errc::unauthenticated) << noise;
    EXPECT_EQ(refusal(forged(header, kPayload, "")), Errc::unauthenticated) << noise;
  }
}

TEST_F(AccessTokensTest, WithForeignClaimsAreRefused) {
  for (const std::string_view payload :
       {R"({"sid":"9","exp":1895219200})", R"({"sub":"7","exp":1895219200})",
        R"({"sub":"0","sid":"9","exp":1895219200})", R"({"sub":"-7","sid":"9","exp":1895219200})",
        R"({"sub":"7x","sid":"9","exp":1895219200})", R"({"sub":"","sid":"9","exp":1895219200})",
        R"({"sub":7,"sid":9,"exp":1895219200})",
        R"({"sub":"99999999999999999999999","sid":"9","exp":1895219200})", "[]", "null", "7", "{"})
    EXPECT_EQ(refusal(forged(kHeader, payload)), Errc::unauthenticated) << payload;
}

TEST_F(AccessTokensTest, AreRefusedWhenCutOrPadded) {
  const std::string token = issue();
  for (std::size_t length = 0; length < token.size(); ++length)
    EXPECT_EQ(refusal(std::string_view{token}.substr(0, length)), Errc::unauthenticated) << length;
  EXPECT_EQ(refusal(token + 'A'), Errc::unauthenticated);
  EXPECT_EQ(refusal(token + ".AAAA"), Errc::unauthenticated);
  EXPECT_EQ(refusal(' ' + token), Errc::unauthenticated);
  EXPECT_EQ(refusal(token + "\0more"s), Errc::unauthenticated);
}

TEST_F(AccessTokensTest, AreRefusedWhenLong) {
  EXPECT_EQ(refusal(std::string(5'000, 'a')), Errc::unauthenticated);
  EXPECT_EQ(refusal(std::string(1'000'000, '.')), Errc::unauthenticated);
  const std::string long_payload =
      R"({"sub":"7","sid":"9","exp":1895219200,"x":")" + std::string(5'000, 'x') + "\"}";
  EXPECT_EQ(refusal(forged(kHeader, long_payload)), Errc::unauthenticated);
}

RC_GTEST_FIXTURE_PROP(AccessTokensTest, AreRefusedWhenAnyCharacterIsChanged, ()) {
  std::string token = issue();
  const auto at = *rc::gen::inRange<std::size_t>(0, token.size());
  const char c = *rc::gen::elementOf(std::string{"ABCXYZabcxyz0189-_.=+/ \n\xff"});
  // The last character of a signature holds two bits that mean nothing.
  RC_PRE(at + 1 != token.size() && token[at] != c);
  token[at] = c;
  RC_ASSERT(refusal(token) == Errc::unauthenticated);
}

RC_GTEST_FIXTURE_PROP(AccessTokensTest, JunkIsRefused, (const std::string& junk)) {
  RC_ASSERT(refusal(junk) == Errc::unauthenticated);
}

TEST_F(AccessTokensTest, OfAnEndedSessionAreRevoked) {
  const std::string token = issue();
  const std::string others = tokens.issue({UserId{7}, SessionId{10}, Role::user, kNow + 1h});
  tokens.end(SessionId{9}, kNow + 1h);
  EXPECT_TRUE(tokens.ended(SessionId{9}));
  EXPECT_EQ(refusal(token), Errc::token_revoked);
  EXPECT_TRUE(tokens.check(others));
}

TEST_F(AccessTokensTest, EndedSessionsAreRememberedAsLongAsTheyMatter) {
  for (std::uint64_t session = 1; session <= 12'000; ++session)
    tokens.end(SessionId{session}, kNow + (session % 2 == 0 ? 1h : 10s));
  clock.advance(1min);
  for (std::uint64_t session = 20'000; session < 20'010; ++session)
    tokens.end(SessionId{session}, kNow + 2h);
  EXPECT_TRUE(tokens.ended(SessionId{2}));
  EXPECT_TRUE(tokens.ended(SessionId{12'000}));
  EXPECT_FALSE(tokens.ended(SessionId{1}));  // its tokens have expired by themselves
}

TEST_F(AccessTokensTest, MayBeCheckedWhileSessionsEnd) {
  const std::string token = tokens.issue({UserId{7}, SessionId{99'999}, Role::user, kNow + 1h});
  std::jthread ending{[&] {
    for (std::uint64_t session = 1; session < 5'000; ++session)
      tokens.end(SessionId{session}, kNow + 1h);
  }};
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(tokens.check(token));
}

TEST_F(AccessTokensTest, SayAsWhat) {
  for (const Role role : {Role::user, Role::moderator, Role::admin, Role::bot})
    EXPECT_EQ(tokens.check(tokens.issue({UserId{7}, SessionId{9}, role, kNow + 1h}))->role, role);
  EXPECT_EQ(tokens.check(forged(kHeader, kPayload))->role, Role::user);
  for (const std::string_view role : {R"("owner")", R"("Admin")", R"("")"}) {
    const std::string payload =
        R"({"sub":"7","sid":"9","exp":1895219200,"role":)" + std::string{role} + '}';
    EXPECT_EQ(refusal(forged(kHeader, payload)), Errc::unauthenticated) << role;
  }
}

TEST_F(AccessTokensTest, NameTheirKey) {
  const std::string header = R"({"alg":"HS256","kid":"config","typ":"JWT"})";
  EXPECT_TRUE(issue().starts_with(encoded(header) + '.'));
}

TEST_F(AccessTokensTest, OfAKeyWithoutANameAreRefused) {
  for (const std::string_view header :
       {R"({"alg":"HS256","typ":"JWT"})", R"({"alg":"HS256","kid":"","typ":"JWT"})",
        R"({"alg":"HS256","kid":"Config","typ":"JWT"})", R"({"alg":"HS256","kid":null})",
        R"({"alg":"HS256","kid":["config"]})", R"({"alg":"HS256","kid":"config\u0000"})",
        R"(["config"])", R"("config")", "{"})
    EXPECT_EQ(refusal(forged(header, kPayload)), Errc::unauthenticated) << header;
}

TEST_F(AccessTokensTest, LiveOnWhenANewKeySigns) {
  const SigningKeys before = SigningKeys::fresh(kNow);
  tokens.set_keys(before);
  const std::string old = issue();
  const SigningKeys after = before.rotated(kNow, 1h);
  tokens.set_keys(after);
  EXPECT_TRUE(tokens.check(old));
  EXPECT_TRUE(tokens.check(issue()));
  EXPECT_NE(issue().substr(0, 80), old.substr(0, 80));

  tokens.set_keys(SigningKeys{{after.active()}});
  EXPECT_EQ(refusal(old), Errc::unauthenticated);
  EXPECT_TRUE(tokens.check(issue()));
}

TEST_F(AccessTokensTest, AreCheckedWithTheKeyTheyNameAlone) {
  const SigningKey one{"one", std::string(32, '1'), kNow};
  const SigningKey two{"two", std::string(32, '2'), kNow};
  tokens.set_keys(SigningKeys{{one, two}});
  const std::string header = R"({"typ":"JWT","kid":"two","alg":"HS256"})";
  EXPECT_TRUE(tokens.check(forged(header, kPayload, two.secret)));
  EXPECT_EQ(refusal(forged(header, kPayload, one.secret)), Errc::unauthenticated);
}

TEST_F(AccessTokensTest, MayBeCheckedWhileKeysAreChanged) {
  SigningKeys keys = SigningKeys::fresh(kNow);
  tokens.set_keys(keys);
  const std::string token = issue();
  std::jthread rotating{[&] {
    for (int i = 0; i < 200; ++i) tokens.set_keys(keys = keys.rotated(kNow, 1h));
  }};
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(tokens.check(token));
}

TEST(RefreshToken, IsNeverTheSame) {
  std::set<std::string> all;
  for (int i = 0; i < 1'000; ++i) {
    const std::string token = new_refresh_token();
    EXPECT_EQ(token.size(), 43u);
    EXPECT_TRUE(all.insert(token).second);
  }
}

TEST(RefreshToken, IsKeptAsItsSha256) {
  // FIPS 180-2, "abc".
  EXPECT_EQ(hash_of_token("abc"),
            "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23\xb0\x03\x61\xa3"
            "\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad"s);
}

}  // namespace
}  // namespace parley::user
