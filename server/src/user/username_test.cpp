#include "user/username.h"

#include <gtest/gtest.h>

namespace parley::user {
namespace {

using namespace std::string_literals;

std::string refusal(const std::string& typed) {
  const auto name = checked_username(typed);
  if (name) return "";
  EXPECT_EQ(name.error().code, Errc::validation_failed);
  EXPECT_EQ(name.error().fields.at(0).field, "username");
  return name.error().fields.at(0).text;
}

constexpr std::string_view kCharacters =
    "letters a-z, digits, '_' and '.', beginning with a letter or digit";

TEST(Username, IsKeptInLowerCase) {
  EXPECT_EQ(checked_username("Alice.B_9"), "alice.b_9");
  EXPECT_EQ(checked_username("0_a."), "0_a.");
}

TEST(Username, IsFoldedToPlainLetters) {
  EXPECT_EQ(checked_username("ＡＬＩＣＥ"), "alice");  // full width
  EXPECT_EQ(checked_username("𝐚𝓵𝖎𝚌𝕖"), "alice");       // mathematical
  EXPECT_EQ(checked_username("ﬁre"), "fire");          // a ligature
  EXPECT_EQ(checked_username("\u212Aate"), "kate");    // the sign of Kelvin
  EXPECT_EQ(checked_username("bob\u2461"), "bob2");    // in a circle
  EXPECT_EQ(refusal("ａｄｍｉｎ"), "is reserved");
}

TEST(Username, HasNoLettersOfOtherScripts) {
  for (const std::string name : {"\u0430lice" /* Cyrillic a */, "b\u03BFb" /* Greek o */, "älice",
                                 "a\u0308lice", "алиса", "İstanbul", "aliçe", "日本人"})
    EXPECT_EQ(refusal(name), kCharacters) << name;
}

TEST(Username, HasNothingThatCannotBeSeen) {
  for (const std::string& name :
       {"ali\u200Bce"s, "ali\u200Dce"s, "\u2060alice"s, "alice\uFEFF"s, "ali\u00ADce"s,
        "\u202Eecila"s, "alice\u3000"s, "ali\0ce"s, "alice\r\n"s, "ali\tce"s, "alice "s})
    EXPECT_EQ(refusal(name), kCharacters) << name;
}

TEST(Username, BeginsWithALetterOrDigit) {
  for (const std::string name : {"_alice", ".alice", "", "-alice", "al-ice", "al/ice", "../alice"})
    EXPECT_EQ(refusal(name), kCharacters) << name;
}

TEST(Username, IsUtf8) {
  EXPECT_EQ(refusal("alice\xff"), "is not UTF-8");
  EXPECT_EQ(refusal("alice\xc3"), "is not UTF-8");
  EXPECT_EQ(refusal("ali\xed\xa0\x80"), "is not UTF-8");  // half a surrogate
}

TEST(Username, HasThreeTo32Characters) {
  EXPECT_EQ(refusal("ab"), "3 to 32 characters");
  EXPECT_EQ(checked_username("abc"), "abc");
  EXPECT_EQ(checked_username(std::string(32, 'a')), std::string(32, 'a'));
  EXPECT_EQ(refusal(std::string(33, 'a')), "3 to 32 characters");
  EXPECT_EQ(refusal(std::string(1'000'000, 'a')), "3 to 32 characters");
  // One character that stands for eighteen.
  EXPECT_NE(refusal("\uFDFA\uFDFA"), "");
}

TEST(Username, IsNoneOfTheReserved) {
  for (const std::string name :
       {"profile", "search", "Admin", "ADMINISTRATOR", "parley", "contacts", "blocked", "sessions",
        "passkeys", "support", "root", "moderator", "security", "help", "official", "system"})
    EXPECT_EQ(refusal(name), "is reserved") << name;
}

TEST(Username, LooksLikeNoneOfTheReserved) {
  for (const std::string name : {"adm1n", "admln", "adrnin", "r00t", "r_o_o_t", "par1ey", "parIey",
                                 "supp0rt.", "m.e", "he1p", "second.factor", "rnoderat0r"})
    EXPECT_EQ(refusal(name), "is reserved") << name;
  for (const std::string name : {"ali", "admina", "mealice", "roots", "parker", "helen"})
    EXPECT_EQ(refusal(name), "") << name;
}

TEST(UsernameSkeleton, IsTheSameForNamesThatLookAlike) {
  const auto alike = [](std::string_view one, std::string_view other) {
    return username_skeleton(one) == username_skeleton(other);
  };
  EXPECT_TRUE(alike("bob", "b0b"));
  EXPECT_TRUE(alike("alice", "a1ice"));
  EXPECT_TRUE(alike("alice", "aiice"));
  EXPECT_TRUE(alike("mary", "rnary"));
  EXPECT_TRUE(alike("mary", "r.nary"));
  EXPECT_TRUE(alike("walter", "vvalter"));
  EXPECT_TRUE(alike("al.ice", "al_ice"));
  EXPECT_TRUE(alike("alice", "_a.l.i.c.e_"));
  EXPECT_FALSE(alike("alice", "alicia"));
  EXPECT_FALSE(alike("sam", "5am"));
  EXPECT_FALSE(alike("clan", "dan"));
  EXPECT_FALSE(alike("bob", "bobb"));
}

TEST(UsernameSkeleton, OfASkeletonIsItself) {
  for (const std::string_view name : {"alice", "rnary", "vvvv", "a.1_i0", "rrnn"}) {
    const std::string skeleton = username_skeleton(name);
    EXPECT_EQ(username_skeleton(skeleton), skeleton) << name;
  }
}

}  // namespace
}  // namespace parley::user
