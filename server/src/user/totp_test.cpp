#include "user/totp.h"

#include <array>
#include <set>

#include <gtest/gtest.h>

namespace parley::user {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

const std::string kSecret = "12345678901234567890";  // of the test vectors
constexpr Timestamp kNow{1111111109s};               // code 081804

TEST(Totp, PassesTheVectorsOfRfc4226) {
  constexpr std::array kCodes{"755224", "287082", "359152", "969429", "338314",
                              "254676", "287922", "162583", "399871", "520489"};
  for (std::size_t i = 0; i < kCodes.size(); ++i)
    EXPECT_EQ(totp_code(kSecret, static_cast<std::int64_t>(i)), kCodes[i]);
}

TEST(Totp, PassesTheVectorsOfRfc6238) {
  // Which has eight digits; ours are the last six.
  const auto at = [](std::chrono::seconds time) {
    return totp_code(kSecret, totp_step(Timestamp{time}));
  };
  EXPECT_EQ(at(59s), "287082");
  EXPECT_EQ(at(1111111109s), "081804");
  EXPECT_EQ(at(1111111111s), "050471");
  EXPECT_EQ(at(1234567890s), "005924");
  EXPECT_EQ(at(2000000000s), "279037");
  EXPECT_EQ(at(20000000000s), "353130");
}

TEST(Totp, WritesTheBase32OfRfc4648) {
  EXPECT_EQ(base32(""), "");
  EXPECT_EQ(base32("f"), "MY");
  EXPECT_EQ(base32("fo"), "MZXQ");
  EXPECT_EQ(base32("foo"), "MZXW6");
  EXPECT_EQ(base32("foob"), "MZXW6YQ");
  EXPECT_EQ(base32("fooba"), "MZXW6YTB");
  EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
  EXPECT_EQ(base32("\xff\x00"s), "74AA");
}

TEST(Totp, MakesSecretsOf20Bytes) {
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) all.insert(new_totp_secret());
  EXPECT_EQ(all.size(), 100u);
  EXPECT_EQ(all.begin()->size(), 20u);
}

TEST(Totp, TellsAppsWhoseSecretItIs) {
  EXPECT_EQ(totp_uri(kSecret, "Parley", "alice"),
            "otpauth://totp/Parley:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            "&issuer=Parley&algorithm=SHA1&digits=6&period=30");
}

TEST(Totp, EncodesWhatWouldBreakTheUri) {
  const std::string uri = totp_uri(kSecret, "Ünion & Co", "a:b@c.d?e=f#g/%");
  EXPECT_TRUE(
      uri.starts_with("otpauth://totp/%C3%9Cnion%20%26%20Co:a%3Ab%40c.d%3Fe%3Df%23g%2F%25?secret="))
      << uri;
  EXPECT_NE(uri.find("&issuer=%C3%9Cnion%20%26%20Co&"), std::string::npos) << uri;
}

TEST(Totp, TakesTheCodesBesideForClocksThatAreOff) {
  const std::int64_t step = totp_step(kNow);
  for (const std::int64_t aside : {-1, 0, 1})
    EXPECT_EQ(matching_step(kSecret, totp_code(kSecret, step + aside), kNow, {}), step + aside);
  for (const std::int64_t aside : {-2, 2})
    EXPECT_EQ(matching_step(kSecret, totp_code(kSecret, step + aside), kNow, {}), std::nullopt);
}

TEST(Totp, TakesACodeOnce) {
  const std::int64_t step = totp_step(kNow);
  const std::string code = totp_code(kSecret, step);
  const auto used = matching_step(kSecret, code, kNow, step - 1);
  ASSERT_EQ(used, step);
  EXPECT_EQ(matching_step(kSecret, code, kNow, used), std::nullopt);
  EXPECT_EQ(matching_step(kSecret, totp_code(kSecret, step - 1), kNow, used), std::nullopt);
  EXPECT_EQ(matching_step(kSecret, totp_code(kSecret, step + 1), kNow, used), step + 1);
}

TEST(Totp, TakesNothingElse) {
  for (const std::string& code : {""s, "0"s, "81804"s, "0818040"s, "081805"s, "081804 "s,
                                  "08180\0"s, std::string(100'000, '0')})
    EXPECT_EQ(matching_step(kSecret, code, kNow, {}), std::nullopt) << code.substr(0, 10);
  EXPECT_EQ(matching_step("another secret of 20", "081804", kNow, {}), std::nullopt);
}

TEST(Totp, CountsStepsFrom1970) {
  EXPECT_EQ(totp_step(Timestamp{0s}), 0);
  EXPECT_EQ(totp_step(Timestamp{29'999ms}), 0);
  EXPECT_EQ(totp_step(Timestamp{30s}), 1);
}

}  // namespace
}  // namespace parley::user
