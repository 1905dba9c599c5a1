#pragma once

#include <algorithm>

#include "storage/contract/people.h"

// What every UserStore promises, as tests.

namespace parley::storage::contract {

template <class E>
class UserStoreContract : public Suite<E> {
 public:
  user::UserStore& users() { return this->engine.users(); }

  static user::NewUser newcomer(const std::string& name) {
    return {.username = name,
            .display_name = "The " + name,
            .email = name + "@example.org",
            .phone_number = "+4930" + std::to_string(name.size()),
            .password_hash = "hash of " + name};
  }
};
TYPED_TEST_SUITE_P(UserStoreContract);

TYPED_TEST_P(UserStoreContract, AnAccountIsFoundByEveryNameOfIts) {
  const auto made = await(this->users().create(this->newcomer("alice"))).value();
  EXPECT_EQ(made.username, "alice");
  EXPECT_EQ(made.display_name, "The alice");
  EXPECT_EQ(made.about, "");
  EXPECT_EQ(made.email, "alice@example.org");
  EXPECT_EQ(made.created_at, this->engine.clock().now());
  this->engine.reopen();
  for (const std::string name :
       {"alice", "ALICE", "alice@example.org", "Alice@Example.org", "+49305"}) {
    const auto found = await(this->users().credentials(name));
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->user_id, made.id);
    EXPECT_EQ(found->password_hash, "hash of alice");
  }
  EXPECT_EQ(await(this->users().find(made.id))->phone_number, "+49305");
  EXPECT_EQ(await(this->users().find_by_name(made.id, "alice"))->id, made.id);
}

TYPED_TEST_P(UserStoreContract, WhoIsNotThereIsNotFound) {
  for (const std::string name : {"", "bob", "bob@example.org", "+49", "' OR ''='"})
    EXPECT_FALSE(await(this->users().credentials(name))) << name;
  EXPECT_FALSE(await(this->users().find(UserId{3})));
  EXPECT_FALSE(await(this->users().find_by_name(UserId{3}, "bob")));
  EXPECT_TRUE(refused(await(this->users().update(UserId{3}, {})), Errc::user_not_found));
}

TYPED_TEST_P(UserStoreContract, NamesAreUnique) {
  ASSERT_TRUE(await(this->users().create(this->newcomer("alice"))).has_value());
  auto twin = this->newcomer("alice");
  EXPECT_TRUE(refused(await(this->users().create(twin)), Errc::username_taken));
  twin.username = "alice2";
  EXPECT_TRUE(refused(await(this->users().create(twin)), Errc::email_taken));
  twin.email.reset();
  EXPECT_TRUE(refused(await(this->users().create(twin)), Errc::phone_taken));
  twin.phone_number.reset();
  EXPECT_TRUE(await(this->users().create(twin)).has_value());
  auto another = this->newcomer("bob");  // nothing is not a name that could be taken
  another.email.reset();
  another.phone_number.reset();
  EXPECT_TRUE(await(this->users().create(another)).has_value());
}

TYPED_TEST_P(UserStoreContract, AProfileChangesOnlyWhereItIsToldTo) {
  const UserId alice = this->user("alice");
  user::ProfileChange change;
  change.about = "climbing \xf0\x9f\xa7\x97";
  EXPECT_EQ(await(this->users().update(alice, change))->display_name, "The alice");
  change = {};
  change.display_name = "Alice L.";
  EXPECT_EQ(await(this->users().update(alice, change))->about, "climbing \xf0\x9f\xa7\x97");
  this->engine.reopen();
  EXPECT_EQ(await(this->users().find(alice))->display_name, "Alice L.");
}

TYPED_TEST_P(UserStoreContract, AnOptionalMemberComesAndGoes) {
  const UserId alice = this->user("alice");
  const Timestamp until = this->engine.clock().now() + std::chrono::hours{1};
  user::ProfileChange change;
  change.first_name = "Alice";
  change.status_text = "at lunch";
  change.status_until = until;
  change.language = "de";
  change.public_key = "key";
  Profile profile = await(this->users().update(alice, change)).value();
  EXPECT_EQ(profile.first_name, "Alice");
  EXPECT_EQ(profile.status_text, "at lunch");
  EXPECT_EQ(profile.status_until, until);
  EXPECT_EQ(profile.language, "de");
  EXPECT_EQ(profile.public_key, "key");
  change = {};
  change.first_name = "";
  profile = await(this->users().update(alice, change)).value();
  EXPECT_EQ(profile.first_name, std::nullopt);
  EXPECT_EQ(profile.status_text, "at lunch");
  this->engine.clock().advance(std::chrono::hours{1});
  profile = *await(this->users().find(alice));
  EXPECT_EQ(profile.status_text, std::nullopt);
  EXPECT_EQ(profile.status_until, std::nullopt);
}

TYPED_TEST_P(UserStoreContract, ANameThatLooksLikeAnotherIsTaken) {
  this->user("alice_b");
  for (const std::string name : {"al1ce_b", "aliceb", "alice.b"})
    EXPECT_TRUE(refused(
        await(this->users().create({.username = name, .display_name = name, .password_hash = ""})),
        Errc::username_taken))
        << name;
}

TYPED_TEST_P(UserStoreContract, AVerifiedAddressOrNumberBelongsToItsOwner) {
  const auto squatter = await(this->users().create(this->newcomer("squatter"))).value();
  EXPECT_FALSE(squatter.email_verified);
  EXPECT_FALSE(await(this->users().owner_of_email(*squatter.email)));
  EXPECT_FALSE(await(this->users().owner_of_phone(*squatter.phone_number)));

  auto owner = this->newcomer("owner");
  owner.email = squatter.email;
  owner.email_verified = true;
  owner.phone_number = squatter.phone_number;
  owner.phone_verified = true;
  const auto made = await(this->users().create(owner)).value();
  EXPECT_EQ(await(this->users().owner_of_email(*squatter.email))->user_id, made.id);
  EXPECT_EQ(await(this->users().owner_of_phone(*squatter.phone_number))->user_id, made.id);
  EXPECT_EQ(await(this->users().find(squatter.id))->email, std::nullopt);
  EXPECT_EQ(await(this->users().find(squatter.id))->phone_number, std::nullopt);

  auto late = this->newcomer("latecomer");
  late.email = squatter.email;
  late.email_verified = true;
  EXPECT_TRUE(refused(await(this->users().create(late)), Errc::email_taken));
  EXPECT_TRUE(refused(await(this->users().set_email(squatter.id, *made.email)), Errc::email_taken));
  EXPECT_TRUE(
      refused(await(this->users().set_phone(squatter.id, *made.phone_number)), Errc::phone_taken));
}

TYPED_TEST_P(UserStoreContract, AnAddressIsVerifiedUntilItChanges) {
  const auto alice = await(this->users().create(this->newcomer("alice"))).value();
  EXPECT_FALSE(await(this->users().verify_email(alice.id, "other@example.org")));
  EXPECT_TRUE(await(this->users().verify_email(alice.id, *alice.email)));
  EXPECT_TRUE(await(this->users().set_email(alice.id, *alice.email))->email_verified);
  const auto changed = await(this->users().set_email(alice.id, "new@example.org")).value();
  EXPECT_EQ(changed.email, "new@example.org");
  EXPECT_FALSE(changed.email_verified);
  EXPECT_TRUE(await(this->users().set_phone(alice.id, "+4930123456"))->phone_verified);
}

TYPED_TEST_P(UserStoreContract, AnAvatarIsKeptReplacedAndRemoved) {
  const UserId alice = this->user("alice");
  EXPECT_FALSE(await(this->users().avatar(alice)));
  const std::string picture{"RIFF\0\1\xff", 7};
  const auto first = await(this->users().set_avatar(alice, picture)).value();
  ASSERT_TRUE(first.avatar_id);
  this->engine.reopen();
  EXPECT_EQ(await(this->users().avatar(alice))->bytes, picture);
  EXPECT_EQ(await(this->users().avatar(alice))->id, *first.avatar_id);
  const auto second = await(this->users().set_avatar(alice, "other")).value();
  EXPECT_NE(*second.avatar_id, *first.avatar_id);
  EXPECT_FALSE(await(this->users().set_avatar(alice, std::nullopt))->avatar_id);
  EXPECT_FALSE(await(this->users().avatar(alice)));
}

REGISTER_TYPED_TEST_SUITE_P(UserStoreContract, AnAccountIsFoundByEveryNameOfIts,
                            WhoIsNotThereIsNotFound, NamesAreUnique,
                            AProfileChangesOnlyWhereItIsToldTo, AnOptionalMemberComesAndGoes,
                            ANameThatLooksLikeAnotherIsTaken,
                            AVerifiedAddressOrNumberBelongsToItsOwner,
                            AnAddressIsVerifiedUntilItChanges, AnAvatarIsKeptReplacedAndRemoved);

}  // namespace parley::storage::contract
