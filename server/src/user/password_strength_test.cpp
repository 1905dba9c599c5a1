#include "user/password_strength.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

#include <gtest/gtest.h>

namespace parley::user {
namespace {

using namespace std::string_literals;

const std::vector<std::string> kAlice{"alice", "Alice Wonderland", "liddell@example.org",
                                      "+4915112345678"};

Strength strength(std::string_view password) { return strength_of(password, kAlice); }

TEST(PasswordStrength, IsGoodWhenItTakesAMillionGuesses) {
  for (const std::string_view password :
       {"Correct-horse-7", "Wrong-horse-7", "Parley-1234", "xK9#mQ2$", "Tr0ub4dor&3",
        "Пароль-надежный-1A", "\xff\xfe\xc3Zq7!kk2"})
    EXPECT_EQ(strength(password), Strength::good) << password;
}

TEST(PasswordStrength, IsNotInWhatEverybodyTries) {
  for (const std::string_view password : {"", "Password1!", "P@ssw0rd", "Qwerty1!", "Welcome1!",
                                          "Summer2024!", "Aa1!aaaa", "P@ssw0rdP@ssw0rdP@ssw0rd"})
    EXPECT_EQ(strength(password), Strength::guessable) << password;
}

TEST(PasswordStrength, IsNotInTheOwnName) {
  for (const std::string_view password :
       {"Alice-2024", "Wonderland-1", "wOnDeRlAnD!1", "Liddell#1", "L1ddell#1"})
    EXPECT_EQ(strength(password), Strength::holds_a_name) << password;
  EXPECT_EQ(strength_of("Liddell#1", {}), Strength::good);
}

TEST(PasswordStrength, OfALongPasswordIsThatOfItsStrongestPiece) {
  EXPECT_EQ(strength(std::string(72, 'a')), Strength::guessable);
  EXPECT_EQ(strength(std::string(16, 'a') + "xK9#mQ2$"), Strength::good);
}

TEST(PasswordStrength, TakesAnyNames) {
  const std::vector<std::string> odd{"",      " ",           "\0\0"s, std::string(100'000, 'x'),
                                     "a b c", "\xff\xff\xff"};
  EXPECT_EQ(strength_of("xK9#mQ2$", odd), Strength::good);
  const std::vector<std::string> many(10'000, "somebody");
  EXPECT_EQ(strength_of("Somebody-1", many), Strength::holds_a_name);
}

// What this thread has used of a processor, whoever else is busy on the machine.
std::chrono::nanoseconds worked() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

TEST(PasswordStrength, IsFoundQuicklyWhateverThePassword) {
  // 1414… as a whole takes 80 ms: it could be dates, sequences, disguises or repetitions.
  for (const std::string unit : {"14", "89", "575454545", "1", "@$3", "Aa1!"}) {
    std::string password;
    while (password.size() < 72) password += unit;
    auto best = std::chrono::nanoseconds::max();
    for (int i = 0; i < 20; ++i) {
      const auto begun = worked();
      strength(password);
      best = std::min(best, worked() - begun);
    }
    EXPECT_LT(best, std::chrono::milliseconds{10}) << unit;  // far from both, on any machine
  }
}

}  // namespace
}  // namespace parley::user
