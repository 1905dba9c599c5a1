#include "user/generated_password.h"

#include <set>

#include <gtest/gtest.h>

#include "user/password.h"

namespace parley::user {
namespace {

TEST(GeneratedPasswordTest, IsAGoodPasswordAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string password = generated_password();
    EXPECT_TRUE(check_password(password)) << password;
    EXPECT_EQ(password.size(), 19u);
    EXPECT_TRUE(seen.insert(password).second);
  }
}

}  // namespace
}  // namespace parley::user
