#pragma once

#include <algorithm>

#include "storage/contract/people.h"
#include "user/phone_hash.h"

// What every ContactStore promises about contact sync, as tests.

namespace parley::storage::contract {

template <class E>
class ContactSyncContract : public Suite<E> {
 public:
  user::ContactStore& contacts() { return this->engine.contacts(); }

  UserId with_number(const std::string& name, const std::string& number, bool verified = true) {
    return await(this->engine.users().create({.username = name,
                                              .display_name = name,
                                              .phone_number = number,
                                              .phone_verified = verified,
                                              .password_hash = "-"}))
        .value()
        .id;
  }

  user::PhoneSalt salt() { return await(contacts().phone_salt()); }
  void rotate() {
    while (await(contacts().rotate_phone_salt())) {
    }
  }
  void next_day() {
    this->engine.clock().advance(std::chrono::days{1});
    rotate();
  }

  static std::string hash(const user::PhoneSalt& salt, const std::string& number) {
    return user::phone_hash(salt.salt, number);
  }
  // Whether step one gives the hash for its first three bytes.
  Result<bool> is_registered(UserId user, const user::PhoneSalt& salt, const std::string& number) {
    const std::string full = hash(salt, number);
    auto hashes = await(contacts().registered(user, salt.id, {full.substr(0, 3)}));
    if (!hashes) return std::unexpected(hashes.error());
    return std::ranges::find(*hashes, full) != hashes->end();
  }
  std::size_t contact_count(UserId user) {
    return await(contacts().list(user, {}, 100)).value().contacts.size();
  }

  const std::string bobs_number = "+493012345678";
};
TYPED_TEST_SUITE_P(ContactSyncContract);

TYPED_TEST_P(ContactSyncContract, AVerifiedNumberIsFoundByItsHash) {
  const UserId alice = this->user("alice");
  const auto salt = this->salt();
  EXPECT_EQ(salt.salt.size(), 16u);
  EXPECT_EQ(salt.rotates_at, this->engine.clock().now() + std::chrono::days{1});
  EXPECT_FALSE(this->is_registered(alice, salt, this->bobs_number).value());
  const UserId bob = this->with_number("bob", this->bobs_number);
  EXPECT_TRUE(this->is_registered(alice, salt, this->bobs_number).value());
  EXPECT_FALSE(this->is_registered(bob, salt, this->bobs_number).value()) << "oneself is no find";
  this->engine.reopen();
  EXPECT_EQ(this->salt().id, salt.id);
  const std::string hash = this->hash(salt, this->bobs_number);
  const auto added =
      await(this->contacts().add_hashed(alice, salt.id, {hash, this->hash(salt, "+1555"), hash}))
          .value();
  ASSERT_EQ(added.size(), 1u);
  EXPECT_EQ(added[0].user.id, bob);
  EXPECT_EQ(await(this->contacts().list(alice, {}, 10))->contacts[0].user.id, bob);
}

TYPED_TEST_P(ContactSyncContract, ANumberThatIsNotVerifiedHasNoHash) {
  const UserId alice = this->user("alice");
  const auto salt = this->salt();
  this->with_number("bob", this->bobs_number, false);
  this->rotate();
  EXPECT_FALSE(this->is_registered(alice, salt, this->bobs_number).value());
  this->next_day();
  EXPECT_FALSE(this->is_registered(alice, this->salt(), this->bobs_number).value());
}

TYPED_TEST_P(ContactSyncContract, ANewNumberReplacesTheOldOne) {
  const UserId alice = this->user("alice");
  const auto salt = this->salt();
  const UserId bob = this->with_number("bob", this->bobs_number);
  await(this->engine.users().set_phone(bob, "+493099999999")).value();
  EXPECT_FALSE(this->is_registered(alice, salt, this->bobs_number).value());
  EXPECT_TRUE(this->is_registered(alice, salt, "+493099999999").value());
}

TYPED_TEST_P(ContactSyncContract, TheSaltChangesEveryDayAndTheOneBeforeIsGood) {
  const UserId alice = this->user("alice");
  this->with_number("bob", this->bobs_number);
  const auto first = this->salt();
  this->rotate();
  this->engine.clock().advance(std::chrono::hours{23});
  this->rotate();
  EXPECT_EQ(this->salt().id, first.id);
  this->engine.clock().advance(std::chrono::hours{1});
  this->rotate();
  const auto second = this->salt();
  EXPECT_NE(second.id, first.id);
  EXPECT_NE(second.salt, first.salt);
  EXPECT_TRUE(this->is_registered(alice, first, this->bobs_number).value());
  EXPECT_TRUE(this->is_registered(alice, second, this->bobs_number).value());
  this->with_number("carol", "+1555000111");
  EXPECT_TRUE(this->is_registered(alice, first, "+1555000111").value()) << "under both salts";
  this->next_day();
  EXPECT_TRUE(refused(this->is_registered(alice, first, this->bobs_number), Errc::stale_salt));
  EXPECT_TRUE(this->is_registered(alice, second, this->bobs_number).value());
  EXPECT_TRUE(this->is_registered(alice, this->salt(), this->bobs_number).value());
  for (const SaltId wrong : {first.id, SaltId{7}}) {
    EXPECT_TRUE(refused(await(this->contacts().add_hashed(alice, wrong, {})), Errc::stale_salt));
    EXPECT_TRUE(refused(await(this->contacts().remove_hashed(alice, wrong, {})), Errc::stale_salt));
  }
}

TYPED_TEST_P(ContactSyncContract, ManyNumbersAreHashedInPieces) {
  const UserId alice = this->user("alice");
  this->rotate();
  constexpr int kMany = 1200;
  const auto numbered = [](int i) { return "+4930" + std::to_string(1'000'000 + i); };
  for (int i = 0; i < kMany; ++i) this->with_number("p" + std::to_string(i) + "x", numbered(i));
  this->engine.clock().advance(std::chrono::days{1});
  const auto old = this->salt();
  EXPECT_TRUE(await(this->contacts().rotate_phone_salt()));  // a new one,
  EXPECT_TRUE(await(this->contacts().rotate_phone_salt()));  // some numbers of three pieces
  EXPECT_EQ(this->salt().id, old.id) << "it counts when it is complete";
  // Meanwhile somebody who was hashed already gets another number, and the server restarts.
  const UserId first =
      await(this->contacts().find(alice, {.user_id = {}, .username = "p0x", .phone_number = {}}))
          ->id;
  await(this->engine.users().set_phone(first, "+1555000111")).value();
  this->engine.reopen();
  this->rotate();
  const auto salt = this->salt();
  EXPECT_NE(salt.id, old.id);
  EXPECT_FALSE(this->is_registered(alice, salt, numbered(0)).value());
  EXPECT_TRUE(this->is_registered(alice, salt, "+1555000111").value());
  std::vector<std::string> hashes;
  for (int i = 1; i < kMany; ++i) hashes.push_back(this->hash(salt, numbered(i)));
  EXPECT_EQ(await(this->contacts().add_hashed(alice, salt.id, hashes))->size(), kMany - 1u);
  EXPECT_EQ(await(this->contacts().remove_hashed(alice, salt.id, hashes)).value(), kMany - 1);
  EXPECT_EQ(this->contact_count(alice), 0u);
}

TYPED_TEST_P(ContactSyncContract, SyncingKeepsWhatContactsWereCalled) {
  const UserId alice = this->user("alice");
  const UserId bob = this->with_number("bob", this->bobs_number);
  await(this->contacts().add(alice, {.user_id = bob, .username = {}, .phone_number = {}}, "Bobby"))
      .value();
  const auto salt = this->salt();
  const auto again =
      await(this->contacts().add_hashed(alice, salt.id, {this->hash(salt, this->bobs_number)}))
          .value();
  EXPECT_EQ(again.at(0).name, "Bobby");
  EXPECT_EQ(this->contact_count(alice), 1u);
}

TYPED_TEST_P(ContactSyncContract, WhoIsBlockedIsNotThere) {
  const UserId alice = this->user("alice");
  const UserId bob = this->with_number("bob", this->bobs_number);
  const auto salt = this->salt();
  const std::string hash = this->hash(salt, this->bobs_number);
  ASSERT_TRUE(await(this->contacts().block(bob, alice)).has_value());
  EXPECT_FALSE(this->is_registered(alice, salt, this->bobs_number).value());
  EXPECT_TRUE(await(this->contacts().add_hashed(alice, salt.id, {hash}))->empty());
  EXPECT_EQ(await(this->contacts().remove_hashed(alice, salt.id, {hash})).value(), 0);
  EXPECT_EQ(this->contact_count(alice), 0u);
}

REGISTER_TYPED_TEST_SUITE_P(ContactSyncContract, AVerifiedNumberIsFoundByItsHash,
                            ANumberThatIsNotVerifiedHasNoHash, ANewNumberReplacesTheOldOne,
                            TheSaltChangesEveryDayAndTheOneBeforeIsGood,
                            ManyNumbersAreHashedInPieces, SyncingKeepsWhatContactsWereCalled,
                            WhoIsBlockedIsNotThere);

}  // namespace parley::storage::contract
