#include "senders/ece.h"

#include <span>

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/base64url.h"
#include "senders/browser_for_test.h"

namespace parley::senders {
namespace {

// RFC 8291 §5 and appendix A.
constexpr auto* kPlaintext = "When I grow up, I want to be a watermelon";
constexpr auto* kServerPoint =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
constexpr auto* kServerScalar = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
constexpr auto* kBrowserPoint =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr auto* kBrowserScalar = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
constexpr auto* kAuth = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr auto* kSalt = "DGv6ra1nlYgDCS1FRnbzlw";
constexpr auto* kMessage =
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
    "lcy4a-fN";

std::string raw(const char* text) { return from_base64url(text).value(); }

TEST(Ece, EncryptsTheExampleOfTheStandardByteByByte) {
  const auto own = PrivateKey::from_scalar(raw(kServerScalar));
  ASSERT_TRUE(own);
  EXPECT_EQ(own->public_point(), raw(kServerPoint));
  const std::string p256dh = raw(kBrowserPoint);
  const std::string auth = raw(kAuth);
  const auto message =
      encrypt_for_browser(kPlaintext, {.p256dh = p256dh, .auth = auth}, *own, raw(kSalt));
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, raw(kMessage));
}

TEST(Ece, TheBrowserOfTheStandardReadsItsExample) {
  const BrowserForTest browser{PrivateKey::from_scalar(raw(kBrowserScalar)).value(), raw(kAuth)};
  EXPECT_EQ(browser.p256dh(), raw(kBrowserPoint));
  EXPECT_EQ(browser.read(raw(kMessage)), kPlaintext);
}

TEST(Ece, KeepsEveryLengthUpToTheLongest) {
  const BrowserForTest browser;
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 255u, 256u, 3992u, 3993u}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7);
    const auto body = encrypt_for_browser(text, browser.keys());
    ASSERT_TRUE(body) << size;
    EXPECT_EQ(body->size(), size + 103);
    EXPECT_LE(body->size(), 4096u);
    EXPECT_EQ(browser.read(*body), text) << size;
  }
  EXPECT_FALSE(encrypt_for_browser(std::string(3994, 'x'), browser.keys()));
}

TEST(Ece, NeverUsesAKeyOrASaltTwice) {
  const BrowserForTest browser;
  const auto one = encrypt_for_browser("x", browser.keys());
  const auto other = encrypt_for_browser("x", browser.keys());
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->substr(0, 16), other->substr(0, 16));
  EXPECT_NE(one->substr(21, 65), other->substr(21, 65));
}

TEST(Ece, OnlyTheBrowserItIsForReadsIt) {
  const BrowserForTest browser;
  const BrowserForTest other;
  auto body = encrypt_for_browser("x", browser.keys()).value();
  EXPECT_FALSE(other.read(body));
  body.back() = static_cast<char>(body.back() ^ 1);
  EXPECT_FALSE(browser.read(body));
}

TEST(Ece, RefusesKeysThatNoBrowserHas) {
  const BrowserForTest browser;
  const std::string point = browser.p256dh();
  std::string off_the_curve = point;
  off_the_curve.back() = static_cast<char>(off_the_curve.back() ^ 1);
  const std::string compressed = '\2' + point.substr(1, 32);
  const std::string hybrid = '\6' + point.substr(1);
  for (const std::string& odd : {std::string{}, std::string{'\0'}, point.substr(0, 64), point + 'x',
                                 compressed, hybrid, off_the_curve, std::string(65, '\0'),
                                 '\4' + std::string(64, '\0'), '\4' + std::string(64, '\xff')})
    EXPECT_FALSE(encrypt_for_browser("x", {.p256dh = odd, .auth = browser.keys().auth}))
        << odd.size();
  for (const std::size_t size : {0u, 15u, 17u})
    EXPECT_FALSE(encrypt_for_browser("x", {.p256dh = point, .auth = std::string(size, 'a')}))
        << size;
  EXPECT_FALSE(encrypt_for_browser("x", browser.keys(), PrivateKey::new_p256(), "short"));
}

}  // namespace
}  // namespace parley::senders
