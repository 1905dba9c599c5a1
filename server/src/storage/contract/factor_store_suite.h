#pragma once

#include "storage/contract/people.h"

// What every FactorStore promises, as tests.

namespace parley::storage::contract {

template <class E>
class FactorStoreContract : public Suite<E> {
 public:
  user::FactorStore& factors() { return this->engine.factors(); }

  static user::NewPasskey passkey(UserId user, const std::string& credential) {
    return {.user_id = user,
            .name = "Key " + credential,
            .credential_id = credential,
            .public_key = std::string{"key\0of ", 7} + credential,
            .sign_count = 1};
  }
};
TYPED_TEST_SUITE_P(FactorStoreContract);

TYPED_TEST_P(FactorStoreContract, ASecondFactorCountsOnceItIsConfirmed) {
  const UserId alice = this->user("alice");
  EXPECT_FALSE(await(this->factors().totp(alice)));
  EXPECT_TRUE(await(this->factors().begin_totp(alice, "first")));
  EXPECT_TRUE(await(this->factors().begin_totp(alice, std::string{"s\0x", 3})));
  EXPECT_EQ(await(this->factors().totp(alice))->step, std::nullopt);
  EXPECT_FALSE(await(this->engine.users().find(alice))->second_factor);
  EXPECT_TRUE(await(this->factors().confirm_totp(alice, 100, {"r1", "r2"})));
  this->engine.reopen();
  EXPECT_EQ(await(this->factors().totp(alice))->secret, (std::string{"s\0x", 3}));
  EXPECT_EQ(await(this->factors().totp(alice))->step, 100);
  EXPECT_TRUE(await(this->engine.users().find(alice))->second_factor);
  EXPECT_TRUE(await(this->engine.users().credentials("alice"))->second_factor);
  EXPECT_FALSE(await(this->factors().begin_totp(alice, "another")));
}

TYPED_TEST_P(FactorStoreContract, StepsAndRecoveryCodesAreGoodOnce) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  await(this->factors().begin_totp(alice, "secret"));
  await(this->factors().confirm_totp(alice, 100, {"r1", "r2"}));
  EXPECT_FALSE(await(this->factors().confirm_totp(alice, 100, {"r3"})));
  EXPECT_FALSE(await(this->factors().use_totp_step(alice, 100)));
  EXPECT_TRUE(await(this->factors().use_totp_step(alice, 101)));
  EXPECT_FALSE(await(this->factors().use_totp_step(alice, 101)));
  EXPECT_FALSE(await(this->factors().use_totp_step(bob, 200)));
  EXPECT_FALSE(await(this->factors().use_recovery_code(bob, "r1")));
  EXPECT_TRUE(await(this->factors().use_recovery_code(alice, "r1")));
  EXPECT_FALSE(await(this->factors().use_recovery_code(alice, "r1")));
  EXPECT_TRUE(await(this->factors().confirm_totp(alice, 102, {"r4"})));
  EXPECT_FALSE(await(this->factors().use_recovery_code(alice, "r2")));
  await(this->factors().remove_totp(alice));
  EXPECT_FALSE(await(this->factors().totp(alice)));
  EXPECT_FALSE(await(this->factors().use_recovery_code(alice, "r4")));
}

TYPED_TEST_P(FactorStoreContract, APasskeyIsFoundByItsCredential) {
  const UserId alice = this->user("alice");
  const auto added = await(this->factors().add_passkey(this->passkey(alice, "c1"))).value();
  EXPECT_EQ(added.name, "Key c1");
  this->engine.reopen();
  const auto found = await(this->factors().find_passkey("c1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user_id, alice);
  EXPECT_EQ(found->public_key, this->passkey(alice, "c1").public_key);
  EXPECT_EQ(found->sign_count, 1U);
  EXPECT_FALSE(await(this->factors().find_passkey("c2")));
  this->engine.clock().advance(std::chrono::minutes{1});
  await(this->factors().passkey_used(added.id, 7));
  EXPECT_EQ(await(this->factors().find_passkey("c1"))->sign_count, 7U);
  EXPECT_EQ(await(this->factors().passkeys(alice)).at(0).last_used_at, this->engine.clock().now());
  EXPECT_EQ(await(this->factors().credential_ids(alice)), std::vector<std::string>{"c1"});
}

TYPED_TEST_P(FactorStoreContract, APasskeyIsItsOwnersToRemove) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const auto added = await(this->factors().add_passkey(this->passkey(alice, "c1"))).value();
  EXPECT_TRUE(refused(await(this->factors().add_passkey(this->passkey(bob, "c1"))),
                      Errc::validation_failed));
  EXPECT_TRUE(
      refused(await(this->factors().remove_passkey(bob, added.id)), Errc::passkey_not_found));
  EXPECT_TRUE(await(this->factors().remove_passkey(alice, added.id)).has_value());
  EXPECT_TRUE(
      refused(await(this->factors().remove_passkey(alice, added.id)), Errc::passkey_not_found));
  EXPECT_FALSE(await(this->factors().find_passkey("c1")));
}

TYPED_TEST_P(FactorStoreContract, PasskeysAreBounded) {
  const UserId alice = this->user("alice");
  for (int i = 0; i < user::FactorStore::kMostPasskeys; ++i)
    ASSERT_TRUE(
        await(this->factors().add_passkey(this->passkey(alice, std::to_string(i)))).has_value());
  EXPECT_TRUE(refused(await(this->factors().add_passkey(this->passkey(alice, "one more"))),
                      Errc::validation_failed));
}

TYPED_TEST_P(FactorStoreContract, AnIdentityIsSomebodyAtOneProvider) {
  const UserId alice = this->user("alice");
  EXPECT_FALSE(await(this->factors().find_identity("https://id.example", "7")));
  EXPECT_TRUE(await(this->factors().add_identity("https://id.example", "7", alice)).has_value());
  this->engine.reopen();
  EXPECT_EQ(await(this->factors().find_identity("https://id.example", "7")), alice);
  EXPECT_FALSE(await(this->factors().find_identity("https://other.example", "7")));
  EXPECT_FALSE(await(this->factors().find_identity("https://id.example", "8")));
  EXPECT_TRUE(refused(await(this->factors().add_identity("https://id.example", "9", UserId{4})),
                      Errc::user_not_found));
}

REGISTER_TYPED_TEST_SUITE_P(FactorStoreContract, ASecondFactorCountsOnceItIsConfirmed,
                            StepsAndRecoveryCodesAreGoodOnce, APasskeyIsFoundByItsCredential,
                            APasskeyIsItsOwnersToRemove, PasskeysAreBounded,
                            AnIdentityIsSomebodyAtOneProvider);

}  // namespace parley::storage::contract
