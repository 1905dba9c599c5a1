#include "senders/push_text.h"

#include <gtest/gtest.h>

namespace parley::senders {
namespace {

TEST(PushText, IsCutBetweenTwoCharacters) {
  EXPECT_EQ(shortened("", 8), "");
  EXPECT_EQ(shortened("12345678", 8), "12345678");
  EXPECT_EQ(shortened("123456789", 8), "12345…");
  EXPECT_EQ(shortened("1234ääää", 8), "1234…");
  EXPECT_EQ(shortened("123ääää", 8), "123ä…");
  EXPECT_EQ(shortened("12😀😀", 8), "12…");
  EXPECT_EQ(shortened("😀😀", 8), "😀😀");
  EXPECT_EQ(shortened(std::string(9, '\x80'), 8), "…");  // no UTF-8; nothing breaks
}

TEST(PushText, HasNoControlCharacters) {
  const auto fit = fitted({.badge = -1, .title = "a\nb\x7f", .body = std::string{"\0\tä", 4}});
  EXPECT_EQ(fit.title, "a b ");
  EXPECT_EQ(fit.body, "  ä");
  EXPECT_FALSE(fitted({}).title);
  EXPECT_EQ(fit.badge, 0);
}

TEST(PushText, HidesAKeyBehindOneOfFixedLength) {
  EXPECT_EQ(opaque("", 43), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  EXPECT_EQ(opaque("chat:1", 32).size(), 32u);
  EXPECT_EQ(opaque("chat:1", 32), opaque("chat:1", 32));
  EXPECT_NE(opaque("chat:1", 32), opaque("chat:2", 32));
}

}  // namespace
}  // namespace parley::senders
