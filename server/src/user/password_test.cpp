#include "user/password.h"

#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "base/await_for_test.h"

namespace parley::user {
namespace {

using namespace std::string_literals;

constexpr int kCost = 4;  // as little work as bcrypt takes

Errc refusal(std::string_view password) {
  const auto result = check_password(password);
  return result ? Errc::internal : result.error().code;
}

TEST(PasswordPolicy, WantsEveryKindOfCharacter) {
  EXPECT_TRUE(check_password("Wq1!xkzv"));
  EXPECT_TRUE(check_password("Correct-horse-7"));
  EXPECT_EQ(refusal("wq1!xkzv"), Errc::weak_password);
  EXPECT_EQ(refusal("WQ1!XKZV"), Errc::weak_password);
  EXPECT_EQ(refusal("Wqa!xkzv"), Errc::weak_password);
  EXPECT_EQ(refusal("Wq11xkzv"), Errc::weak_password);
  EXPECT_EQ(refusal(""), Errc::weak_password);
}

TEST(PasswordPolicy, CountsLettersOfOtherScriptsAsSpecial) {
  EXPECT_TRUE(check_password("Passwörd1"));
  EXPECT_TRUE(check_password("Wq1 xkzv"));
}

TEST(PasswordPolicy, WantsEightTo72Bytes) {
  EXPECT_EQ(refusal("Wq1!xkz"), Errc::weak_password);
  EXPECT_TRUE(check_password("Wq1!xkzv" + std::string(64, 'a')));
  EXPECT_EQ(refusal("Wq1!xkzv" + std::string(65, 'a')), Errc::password_too_long);
}

TEST(PasswordPolicy, RefusesTheCharacterBcryptStopsAt) {
  EXPECT_EQ(refusal("Wq1!xkzv\0more"s), Errc::weak_password);
}

TEST(PasswordPolicy, RefusesWhatIsEasyToGuess) {
  const std::vector<std::string> alice{"alice", "Alice Liddell"};
  const auto said = [&](std::string_view password) {
    const auto result = check_password(password, "password", alice);
    return result ? "" : result.error().fields.at(0).text;
  };
  EXPECT_EQ(refusal("Password1!"), Errc::weak_password);
  EXPECT_EQ(said("Password1!"), "is too easy to guess");
  EXPECT_EQ(said("Liddell#1"), "is too easy to guess: it holds your name");
  EXPECT_EQ(said("Correct-horse-7"), "");
}

TEST(PasswordPolicy, NamesTheField) {
  EXPECT_EQ(check_password("x", "newPassword").error().fields.at(0).field, "newPassword");
}

struct PasswordsTest : testing::Test {
  std::string hash(std::string password) {
    return await(loop, passwords.hash(std::move(password))).value();
  }
  bool matches(std::string password, std::string with) {
    return await(loop, passwords.matches(std::move(password), std::move(with))).value();
  }

  Loop loop;
  Passwords passwords{kCost};
};

TEST_F(PasswordsTest, MatchesThePasswordAndNoOther) {
  const std::string kept = hash("Correct-horse-7");
  EXPECT_TRUE(kept.starts_with("$2b$04$"));
  EXPECT_TRUE(matches("Correct-horse-7", kept));
  EXPECT_FALSE(matches("Correct-horse-8", kept));
  EXPECT_FALSE(matches("Correct-horse-", kept));
  EXPECT_FALSE(matches("", kept));
}

TEST_F(PasswordsTest, SaltsEveryHash) {
  EXPECT_NE(hash("Correct-horse-7"), hash("Correct-horse-7"));
}

TEST_F(PasswordsTest, ComparesEveryByteItLetsThrough) {
  const std::string longest(71, 'x');
  const std::string kept = hash(longest + 'y');
  EXPECT_TRUE(matches(longest + 'y', kept));
  EXPECT_FALSE(matches(longest + 'z', kept));
}

TEST_F(PasswordsTest, DoesNotStopAtANullCharacter) {
  EXPECT_FALSE(matches("Correct-horse-7\0and more"s, hash("Correct-horse-7")));
}

TEST_F(PasswordsTest, MatchesHashesOfOtherBcrypts) {
  // From the test vectors of OpenBSD's and Openwall's bcrypt.
  EXPECT_TRUE(matches("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
  EXPECT_TRUE(matches("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"));
}

TEST_F(PasswordsTest, MatchesNothingForNobody) { EXPECT_FALSE(matches("nobody's password", "")); }

TEST(Passwords, RefusesWhenTooManyAreWaiting) {
  Loop loop;
  Passwords passwords{9, 1, 1};  // slow enough to pile up
  int hashed = 0, busy = 0;
  for (int i = 0; i < 20; ++i) {
    boost::asio::co_spawn(loop, passwords.hash("Correct-horse-7"),
                          [&](std::exception_ptr, Result<std::string> result) {
                            ++(result ? hashed : busy);
                            if (!result) EXPECT_EQ(result.error().code, Errc::busy);
                          });
  }
  loop.run();
  EXPECT_GE(hashed, 1);
  EXPECT_GE(busy, 1);
  EXPECT_EQ(hashed + busy, 20);
}

}  // namespace
}  // namespace parley::user
