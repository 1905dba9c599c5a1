#pragma once

#include <algorithm>

#include "storage/contract/operators.h"

// What every AdminStore promises, as tests.

namespace parley::storage::contract {

template <class E>
class AdminStoreContract : public OperatorSuite<E> {
 public:
  AccountInfo account(UserId user) {
    return await(this->admin().get(this->by(this->mod), user)).value();
  }
  std::vector<UserId> found(user::AccountFilter filter) {
    std::vector<UserId> users;
    for (const auto& one :
         await(this->admin().list(this->by(this->mod), filter, {}, 100)).value().users)
      users.push_back(one.id);
    return users;
  }
  Errc suspend(UserId actor, UserId user) {
    const auto done = await(this->admin().suspend(this->by(actor), user, "spam"));
    return done ? Errc::internal : done.error().code;
  }
  Errc remove(UserId actor, UserId user) {
    const auto done = await(this->admin().remove(this->by(actor), user));
    return done ? Errc::internal : done.error().code;
  }
  Errc set_role(UserId actor, UserId user, Role role) {
    const auto done = await(this->admin().set_role(this->by(actor), user, role));
    return done ? Errc::internal : done.error().code;
  }

  static constexpr Errc kDone = Errc::internal;
};
TYPED_TEST_SUITE_P(AdminStoreContract);

TYPED_TEST_P(AdminStoreContract, AccountsAreMadeAndSeenWithWhatOnlyOperatorsSee) {
  const auto made =
      await(this->admin().create(this->by(this->root), {.username = "carol",
                                                        .display_name = "Carol",
                                                        .email = "carol@example.org",
                                                        .phone_number = "+49301234567",
                                                        .password_hash = "hash",
                                                        .role = Role::bot}))
          .value();
  const AuditEntry entry = this->newest();
  EXPECT_EQ(entry.action, "admin:user-create");
  EXPECT_EQ(entry.actor_id, this->root);
  EXPECT_EQ(entry.actor_name, "root");
  EXPECT_EQ(entry.subject_id, made.id);
  EXPECT_EQ(entry.address, "192.0.2.7");
  EXPECT_EQ(entry.detail, "carol, bot");
  EXPECT_EQ(entry.at, this->engine.clock().now());

  this->engine.reopen();
  const AccountInfo seen = this->account(made.id);
  EXPECT_EQ(seen.username, "carol");
  EXPECT_EQ(seen.email, "carol@example.org");
  EXPECT_EQ(seen.phone_number, "+49301234567");
  EXPECT_EQ(seen.role, Role::bot);
  EXPECT_FALSE(seen.suspended);
  EXPECT_EQ(seen.session_count, 0);
  EXPECT_EQ(await(this->engine.users().credentials("carol"))->password_hash, "hash");
}

TYPED_TEST_P(AdminStoreContract, WhatIsRefusedLeavesNoAccountAndNoEntry) {
  const auto before = this->entries();
  EXPECT_TRUE(refused(await(this->admin().create(this->by(this->root), {.username = "alice",
                                                                        .display_name = "x",
                                                                        .email = {},
                                                                        .phone_number = {},
                                                                        .password_hash = ""})),
                      Errc::username_taken));
  EXPECT_TRUE(refused(await(this->admin().create(this->by(this->mod), {.username = "carol",
                                                                       .display_name = "x",
                                                                       .email = {},
                                                                       .phone_number = {},
                                                                       .password_hash = ""})),
                      Errc::forbidden));
  EXPECT_FALSE(await(this->engine.users().find_by_name(UserId{}, "carol")));
  EXPECT_EQ(this->entries(), before);
}

TYPED_TEST_P(AdminStoreContract, LookingIsLoggedToo) {
  const auto before = this->entries();
  this->account(this->alice);
  EXPECT_EQ(this->newest().action, "admin:user-get");
  EXPECT_EQ(this->newest().subject_id, this->alice);
  EXPECT_TRUE(
      refused(await(this->admin().get(this->by(this->mod), UserId{77})), Errc::user_not_found));
  this->found({.query = "ali", .role = Role::user, .suspended = false});
  EXPECT_EQ(this->newest().action, "admin:user-list");
  EXPECT_EQ(this->newest().detail, "q=ali role=user suspended=false");
  EXPECT_EQ(this->entries(), before + 3);
}

TYPED_TEST_P(AdminStoreContract, AccountsAreFoundByAnythingOfTheirs) {
  EXPECT_EQ(this->found({.query = "LIC", .role = {}, .suspended = {}}), std::vector{this->alice});
  EXPECT_EQ(this->found({.query = "the bob", .role = {}, .suspended = {}}), std::vector{this->bob});
  EXPECT_EQ(this->found({.query = std::to_string(this->bob.value()), .role = {}, .suspended = {}}),
            std::vector{this->bob});
  EXPECT_EQ(this->found({.query = {}, .role = Role::moderator, .suspended = {}}),
            std::vector{this->mod});
  EXPECT_TRUE(this->found({.query = "%", .role = {}, .suspended = {}}).empty());
  EXPECT_TRUE(this->found({.query = {}, .role = {}, .suspended = true}).empty());
  ASSERT_EQ(this->suspend(this->mod, this->bob), this->kDone);
  EXPECT_EQ(this->found({.query = {}, .role = {}, .suspended = true}), std::vector{this->bob});

  const auto first = await(this->admin().list(this->by(this->mod), {}, {}, 3)).value();
  ASSERT_EQ(first.users.size(), 3u);
  ASSERT_TRUE(first.next_cursor);
  const auto rest =
      await(this->admin().list(this->by(this->mod), {}, *first.next_cursor, 3)).value();
  ASSERT_EQ(rest.users.size(), 1u);
  EXPECT_FALSE(rest.next_cursor);
  EXPECT_GT(rest.users[0].id, first.users[2].id);
  for (const std::string wrong : {"", "x", "a5", "u", "u99999999999999999999"})
    EXPECT_TRUE(refused(await(this->admin().list(this->by(this->mod), {}, wrong, 3)),
                        Errc::malformed_request))
        << wrong;
}

TYPED_TEST_P(AdminStoreContract, ASuspendedUserIsSeenToBeAndIsLetBackIn) {
  ASSERT_EQ(this->suspend(this->mod, this->alice), this->kDone);
  EXPECT_EQ(this->newest().action, "admin:suspend");
  EXPECT_EQ(this->newest().detail, "spam");
  this->engine.reopen();
  EXPECT_TRUE(this->account(this->alice).suspended);
  EXPECT_EQ(this->account(this->alice).suspended_reason, "spam");
  ASSERT_TRUE(await(this->admin().unsuspend(this->by(this->mod), this->alice)).has_value());
  EXPECT_EQ(this->newest().action, "admin:unsuspend");
  EXPECT_FALSE(this->account(this->alice).suspended);
  EXPECT_FALSE(this->account(this->alice).suspended_reason);
}

TYPED_TEST_P(AdminStoreContract, AnotherPasswordAndAnotherRoleAreKept) {
  ASSERT_TRUE(
      await(this->admin().set_password(this->by(this->root), this->alice, "new")).has_value());
  EXPECT_EQ(this->newest().action, "admin:reset-password");
  EXPECT_FALSE(this->newest().detail);
  EXPECT_EQ(await(this->engine.users().credentials("alice"))->password_hash, "new");
  ASSERT_EQ(this->set_role(this->root, this->alice, Role::moderator), this->kDone);
  EXPECT_EQ(this->newest().detail, "user to moderator");
  this->engine.reopen();
  EXPECT_EQ(this->account(this->alice).role, Role::moderator);
  // What she may do follows at once.
  EXPECT_EQ(this->suspend(this->alice, this->bob), this->kDone);
  ASSERT_EQ(this->set_role(this->root, this->alice, Role::user), this->kDone);
  EXPECT_EQ(this->suspend(this->alice, this->bob), Errc::forbidden);
}

TYPED_TEST_P(AdminStoreContract, NobodyDoesMoreThanTheirRoleAllows) {
  const auto before = this->entries();
  for (const UserId actor : {this->alice, this->mod}) {
    EXPECT_EQ(this->remove(actor, this->bob), Errc::forbidden);
    EXPECT_EQ(this->set_role(actor, this->bob, Role::admin), Errc::forbidden);
    EXPECT_TRUE(refused(await(this->admin().set_password(this->by(actor), this->bob, "x")),
                        Errc::forbidden));
    EXPECT_TRUE(refused(await(this->admin().audit(this->by(actor), {}, {}, 9)), Errc::forbidden));
  }
  EXPECT_EQ(this->suspend(this->alice, this->bob), Errc::forbidden);
  EXPECT_TRUE(
      refused(await(this->admin().unsuspend(this->by(this->alice), this->bob)), Errc::forbidden));
  EXPECT_TRUE(refused(await(this->admin().get(this->by(this->alice), this->bob)), Errc::forbidden));
  EXPECT_TRUE(
      refused(await(this->admin().list(this->by(this->alice), {}, {}, 9)), Errc::forbidden));
  EXPECT_EQ(this->entries(), before);
  ASSERT_EQ(this->suspend(this->root, this->mod), this->kDone);
  EXPECT_EQ(this->suspend(this->mod, this->bob), Errc::forbidden);
}

TYPED_TEST_P(AdminStoreContract, NobodyModeratesAnAdminAndNobodyThemselves) {
  const UserId second = this->promoted("second", Role::admin);
  EXPECT_EQ(this->suspend(this->mod, this->root), Errc::forbidden);
  EXPECT_EQ(this->suspend(second, this->root), Errc::forbidden);
  EXPECT_EQ(this->remove(second, this->root), Errc::forbidden);
  EXPECT_EQ(this->suspend(this->root, this->root), Errc::forbidden);
  EXPECT_EQ(this->suspend(this->mod, this->mod), Errc::forbidden);
  EXPECT_EQ(this->remove(this->root, this->root), Errc::forbidden);
  EXPECT_EQ(this->set_role(this->root, this->root, Role::user), Errc::forbidden);
  EXPECT_EQ(this->set_role(second, this->root, Role::user), this->kDone);
  EXPECT_EQ(this->suspend(second, this->root), this->kDone);
}

TYPED_TEST_P(AdminStoreContract, AnAdminAlwaysRemains) {
  EXPECT_EQ(this->set_role(kOperator, this->root, Role::user), Errc::last_admin);
  EXPECT_EQ(this->suspend(kOperator, this->root), Errc::last_admin);
  EXPECT_EQ(this->remove(kOperator, this->root), Errc::last_admin);
  const UserId second = this->promoted("second", Role::admin);
  EXPECT_EQ(this->suspend(kOperator, second), this->kDone);
  EXPECT_EQ(this->set_role(kOperator, this->root, Role::user), Errc::last_admin);  // no help
  ASSERT_TRUE(await(this->admin().unsuspend(this->by(kOperator), second)).has_value());
  EXPECT_EQ(this->remove(kOperator, this->root), this->kDone);
}

TYPED_TEST_P(AdminStoreContract, WhoIsNotThereIsNotFound) {
  for (const UserId nobody : {UserId{77}, kOperator}) {
    EXPECT_EQ(this->suspend(this->mod, nobody), Errc::user_not_found);
    EXPECT_EQ(this->remove(this->root, nobody), Errc::user_not_found);
    EXPECT_EQ(this->set_role(this->root, nobody, Role::user), Errc::user_not_found);
  }
  ASSERT_EQ(this->remove(this->root, this->alice), this->kDone);
  EXPECT_EQ(this->remove(this->root, this->alice), Errc::user_not_found);
  EXPECT_EQ(this->suspend(this->mod, this->alice), Errc::user_not_found);
  EXPECT_TRUE(
      refused(await(this->admin().get(this->by(this->mod), this->alice)), Errc::user_not_found));
}

TYPED_TEST_P(AdminStoreContract, ADeletedAccountLeavesItsWordsAndNothingElse) {
  const UserId gone = await(this->engine.users().create({.username = "gone",
                                                         .display_name = "Gone",
                                                         .email = "gone@example.org",
                                                         .phone_number = "+4930777",
                                                         .password_hash = "hash"}))
                          .value()
                          .id;
  const ChatId direct = this->direct(gone, this->alice);
  this->send(gone, direct, "remember me");
  const ChatId own = this->group(gone, {this->alice, this->bob});
  const ChatId other = this->group(this->bob, {gone});

  const auto removed = await(this->admin().remove(this->by(this->root), gone)).value();
  EXPECT_EQ(this->newest().action, "admin:delete");
  EXPECT_EQ(this->newest().subject_id, gone);
  ASSERT_EQ(removed.departures.size(), 2u);
  for (const auto& departure : removed.departures) {
    EXPECT_EQ(departure.event.user_ids, std::vector{gone});
    EXPECT_EQ(departure.event.action, MembershipAction::left);
    EXPECT_EQ(std::ranges::count(departure.recipients, this->bob), 1);
  }

  for (int restarts = 0; restarts < 2; ++restarts, this->engine.reopen()) {
    const Chat seen = this->chat_of(this->alice, direct);
    ASSERT_TRUE(seen.peer);
    EXPECT_EQ(seen.peer->username, "deleted." + std::to_string(gone.value()));
    EXPECT_EQ(seen.peer->display_name, "Deleted account");
    EXPECT_EQ(contents(this->log(this->alice, direct)), std::vector<std::string>{"remember me"});
    EXPECT_EQ(this->chat_of(this->alice, own).participant_count, 2);
    EXPECT_EQ(this->chat_of(this->bob, other).participant_count, 1);
    const Message last = this->log(this->bob, other).back();
    EXPECT_EQ(last.membership->action, MembershipAction::left);
    EXPECT_TRUE(refused(this->try_send(gone, own, "hello?"), Errc::chat_not_found));
    for (const std::string name : {"gone", "gone@example.org", "+4930777"})
      EXPECT_FALSE(await(this->engine.users().credentials(name))) << name;
    EXPECT_TRUE(this->found({.query = "gone", .role = {}, .suspended = {}}).empty());
    EXPECT_TRUE(
        refused(await(this->engine.chats().add(this->bob, other, {gone})), Errc::user_not_found));
    EXPECT_TRUE(
        refused(await(this->engine.chats().open_direct(this->bob, gone)), Errc::user_not_found));
  }
  // Its names are free again.
  EXPECT_TRUE(await(this->engine.users().create({.username = "gone",
                                                 .display_name = "Another",
                                                 .email = "gone@example.org",
                                                 .phone_number = "+4930777",
                                                 .password_hash = "hash"}))
                  .has_value());
}

TYPED_TEST_P(AdminStoreContract, TheLogIsReadByWhoWhomAndWhat) {
  const UserId second = this->promoted("second", Role::admin);
  ASSERT_EQ(this->suspend(this->mod, this->alice), this->kDone);
  ASSERT_EQ(this->suspend(second, this->bob), this->kDone);
  ASSERT_TRUE(await(this->admin().unsuspend(this->by(second), this->alice)).has_value());
  const auto read = [&](user::AuditFilter filter) {
    std::vector<std::string> lines;
    for (const AuditEntry& entry :
         await(this->admin().audit(this->by(this->root), filter, {}, 100)).value().entries)
      if (entry.action != "admin:audit") lines.push_back(entry.actor_name + " " + entry.action);
    return lines;
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(read({.actor_id = second, .subject_id = {}, .action = {}}),
            (Lines{"second admin:unsuspend", "second admin:suspend"}));
  EXPECT_EQ(read({.actor_id = {}, .subject_id = this->alice, .action = {}}),
            (Lines{"second admin:unsuspend", "mod admin:suspend"}));
  EXPECT_EQ(read({.actor_id = {}, .subject_id = {}, .action = "admin:suspend"}),
            (Lines{"second admin:suspend", "mod admin:suspend"}));
  EXPECT_EQ(read({.actor_id = kOperator, .subject_id = second, .action = {}}),
            Lines{"operator admin:set-role"});

  const auto first = await(this->admin().audit(this->by(this->root), {}, {}, 2)).value();
  ASSERT_EQ(first.entries.size(), 2u);
  const auto rest =
      await(this->admin().audit(this->by(this->root), {}, *first.next_cursor, 2)).value();
  EXPECT_LT(rest.entries[0].id, first.entries[1].id);
  EXPECT_TRUE(refused(await(this->admin().audit(this->by(this->root), {}, "u1", 2)),
                      Errc::malformed_request));
}

REGISTER_TYPED_TEST_SUITE_P(AdminStoreContract, AccountsAreMadeAndSeenWithWhatOnlyOperatorsSee,
                            WhatIsRefusedLeavesNoAccountAndNoEntry, LookingIsLoggedToo,
                            AccountsAreFoundByAnythingOfTheirs,
                            ASuspendedUserIsSeenToBeAndIsLetBackIn,
                            AnotherPasswordAndAnotherRoleAreKept, NobodyDoesMoreThanTheirRoleAllows,
                            NobodyModeratesAnAdminAndNobodyThemselves, AnAdminAlwaysRemains,
                            WhoIsNotThereIsNotFound, ADeletedAccountLeavesItsWordsAndNothingElse,
                            TheLogIsReadByWhoWhomAndWhat);

}  // namespace parley::storage::contract
