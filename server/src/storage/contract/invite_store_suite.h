#pragma once

#include "storage/contract/operators.h"

// What every InviteStore promises, as tests.

namespace parley::storage::contract {

template <class E>
class InviteStoreContract : public OperatorSuite<E> {
 public:
  Result<Profile> join(const std::string& name, std::string hash) {
    return await(this->engine.users().create({.username = name,
                                              .display_name = name,
                                              .email = {},
                                              .phone_number = {},
                                              .password_hash = "hash",
                                              .invite_hash = std::move(hash)}));
  }
  Invite invite(std::string hash, std::int64_t uses) {
    return await(this->engine.invites().create(
                     this->by(this->root),
                     {.hash = std::move(hash),
                      .uses = uses,
                      .expires_at = this->engine.clock().now() + std::chrono::hours{1}}))
        .value();
  }
  std::vector<Invite> invites() {
    return await(this->engine.invites().list(this->by(this->root))).value();
  }
};
TYPED_TEST_SUITE_P(InviteStoreContract);

TYPED_TEST_P(InviteStoreContract, AnInviteLetsInAsManyAsItSays) {
  const Invite made = this->invite("h1", 2);
  EXPECT_EQ(this->newest().action, "admin:invite-create");
  this->engine.reopen();
  EXPECT_TRUE(this->join("carol", "h1").has_value());
  EXPECT_TRUE(refused(this->join("carol", "h1"), Errc::username_taken));  // and uses up nothing
  EXPECT_EQ(this->invites().at(0).used, 1);
  EXPECT_TRUE(this->join("dan", "h1").has_value());
  EXPECT_TRUE(refused(this->join("erin", "h1"), Errc::invite_required));
  EXPECT_FALSE(await(this->engine.users().find_by_name(UserId{}, "erin")));
  const Invite seen = this->invites().at(0);
  EXPECT_EQ(seen.id, made.id);
  EXPECT_EQ(seen.uses, 2);
  EXPECT_EQ(seen.used, 2);
  EXPECT_EQ(seen.expires_at, made.expires_at);
  EXPECT_EQ(this->newest().action, "admin:invite-list");
}

TYPED_TEST_P(InviteStoreContract, WhatIsNoInviteAnyMoreLetsNobodyIn) {
  const Invite removed = this->invite("h1", 1);
  this->invite("h2", 1);
  ASSERT_TRUE(await(this->engine.invites().remove(this->by(this->root), removed.id)).has_value());
  EXPECT_EQ(this->newest().action, "admin:invite-remove");
  EXPECT_TRUE(refused(this->join("carol", "h1"), Errc::invite_required));
  EXPECT_TRUE(refused(this->join("carol", "h3"), Errc::invite_required));
  this->engine.clock().advance(std::chrono::hours{1});
  EXPECT_TRUE(refused(this->join("carol", "h2"), Errc::invite_required));
  EXPECT_TRUE(refused(await(this->engine.invites().remove(this->by(this->root), removed.id)),
                      Errc::invite_not_found));
}

TYPED_TEST_P(InviteStoreContract, InvitesAreForAdmins) {
  const Invite kept = this->invite("h1", 1);
  const auto before = this->entries();
  for (const UserId actor : {this->alice, this->mod}) {
    auto& invites = this->engine.invites();
    EXPECT_TRUE(
        refused(await(invites.create(this->by(actor),
                                     {.hash = "h2", .uses = 1, .expires_at = kept.expires_at})),
                Errc::forbidden));
    EXPECT_TRUE(refused(await(invites.list(this->by(actor))), Errc::forbidden));
    EXPECT_TRUE(refused(await(invites.remove(this->by(actor), kept.id)), Errc::forbidden));
  }
  EXPECT_EQ(this->entries(), before);
  EXPECT_TRUE(this->join("carol", "h1").has_value());
}

REGISTER_TYPED_TEST_SUITE_P(InviteStoreContract, AnInviteLetsInAsManyAsItSays,
                            WhatIsNoInviteAnyMoreLetsNobodyIn, InvitesAreForAdmins);

}  // namespace parley::storage::contract
