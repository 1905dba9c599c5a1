#pragma once

#include "storage/contract/people.h"

// What every SecretStore promises, as tests.

namespace parley::storage::contract {

template <class E>
class SecretStoreContract : public Suite<E> {
 public:
  user::SecretStore& secrets() { return this->engine.secrets(); }

  Result<user::SentCode> send(const std::string& hash, const std::string& number = "+4930123456") {
    return await(secrets().keep_code({.phone_number = number, .hash = hash}));
  }
  Result<void> check(const std::string& hash, bool use = true,
                     const std::string& number = "+4930123456") {
    return await(secrets().check_code(number, hash, use));
  }
  void keep(const std::string& hash, user::Purpose purpose, UserId user = {}) {
    await(secrets().keep({.hash = hash,
                          .purpose = purpose,
                          .user_id = user,
                          .data = "data of " + hash,
                          .expires_at = this->engine.clock().now() + std::chrono::minutes{5}}));
  }
  bool take(const std::string& hash, user::Purpose purpose) {
    return await(secrets().take(hash, purpose)).has_value();
  }
};
TYPED_TEST_SUITE_P(SecretStoreContract);

TYPED_TEST_P(SecretStoreContract, ACodeIsGoodOnceAndOnlyForItsNumber) {
  const auto sent = this->send("right").value();
  EXPECT_EQ(sent.expires_at, this->engine.clock().now() + std::chrono::minutes{10});
  EXPECT_EQ(sent.resend_at, this->engine.clock().now() + std::chrono::seconds{30});
  this->engine.reopen();
  EXPECT_TRUE(refused(this->check("right", true, "+4930123457"), Errc::invalid_code));
  EXPECT_TRUE(this->check("right", false).has_value());
  EXPECT_TRUE(this->check("right").has_value());
  EXPECT_TRUE(refused(this->check("right"), Errc::invalid_code));
}

TYPED_TEST_P(SecretStoreContract, ACodeIsGoodForFiveTries) {
  ASSERT_TRUE(this->send("right").has_value());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(refused(this->check("wrong"), Errc::invalid_code));
  EXPECT_TRUE(this->check("right", false).has_value());
  EXPECT_TRUE(refused(this->check("wrong"), Errc::invalid_code));
  EXPECT_TRUE(refused(this->check("right"), Errc::invalid_code));
}

TYPED_TEST_P(SecretStoreContract, ACodeIsGoodForTenMinutes) {
  ASSERT_TRUE(this->send("right").has_value());
  this->engine.clock().advance(std::chrono::minutes{10});
  EXPECT_TRUE(refused(this->check("right"), Errc::invalid_code));
}

TYPED_TEST_P(SecretStoreContract, CodesAreSentEverMoreSlowly) {
  std::chrono::seconds wait{30};
  for (int i = 0; i < 8; ++i) {
    const auto sent = this->send("code").value();
    EXPECT_EQ(sent.resend_at - this->engine.clock().now(), wait);
    const auto early = this->send("other");
    ASSERT_TRUE(refused(early, Errc::rate_limited));
    EXPECT_EQ(early.error().retry_after, wait);
    this->engine.clock().advance(wait);
    wait = std::min<std::chrono::seconds>(wait * 2, std::chrono::minutes{30});
  }
  EXPECT_TRUE(this->send("code", "+4930999999").has_value());
  this->engine.clock().advance(std::chrono::hours{7});
  EXPECT_EQ(this->send("code")->resend_at, this->engine.clock().now() + std::chrono::seconds{30});
}

TYPED_TEST_P(SecretStoreContract, ANewCodeReplacesTheOldOne) {
  ASSERT_TRUE(this->send("old").has_value());
  this->engine.clock().advance(std::chrono::seconds{30});
  ASSERT_TRUE(this->send("new").has_value());
  EXPECT_TRUE(refused(this->check("old"), Errc::invalid_code));
  EXPECT_TRUE(this->check("new").has_value());
}

TYPED_TEST_P(SecretStoreContract, ASecretIsTakenOnceAndForItsPurpose) {
  const UserId alice = this->user("alice");
  this->keep("s", user::Purpose::reset_password, alice);
  this->engine.reopen();
  EXPECT_FALSE(this->take("s", user::Purpose::verify_email));
  EXPECT_FALSE(this->take("other", user::Purpose::reset_password));
  EXPECT_TRUE(await(this->secrets().look("s", user::Purpose::reset_password)).has_value());
  const auto secret = await(this->secrets().take("s", user::Purpose::reset_password));
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(secret->user_id, alice);
  EXPECT_EQ(secret->data, "data of s");
  EXPECT_FALSE(this->take("s", user::Purpose::reset_password));
}

TYPED_TEST_P(SecretStoreContract, ASecretExpires) {
  this->keep("s", user::Purpose::provider);
  this->engine.clock().advance(std::chrono::minutes{5});
  EXPECT_FALSE(await(this->secrets().look("s", user::Purpose::provider)));
  EXPECT_FALSE(this->take("s", user::Purpose::provider));
}

TYPED_TEST_P(SecretStoreContract, AUserHasOneSecretOfAKind) {
  const UserId alice = this->user("alice");
  this->keep("old", user::Purpose::verify_email, alice);
  this->keep("bobs", user::Purpose::verify_email, this->user("bob"));
  this->keep("nobodys", user::Purpose::verify_email);
  this->keep("new", user::Purpose::verify_email, alice);
  EXPECT_FALSE(this->take("old", user::Purpose::verify_email));
  for (const std::string hash : {"bobs", "nobodys", "new"})
    EXPECT_TRUE(this->take(hash, user::Purpose::verify_email)) << hash;
}

REGISTER_TYPED_TEST_SUITE_P(SecretStoreContract, ACodeIsGoodOnceAndOnlyForItsNumber,
                            ACodeIsGoodForFiveTries, ACodeIsGoodForTenMinutes,
                            CodesAreSentEverMoreSlowly, ANewCodeReplacesTheOldOne,
                            ASecretIsTakenOnceAndForItsPurpose, ASecretExpires,
                            AUserHasOneSecretOfAKind);

}  // namespace parley::storage::contract
