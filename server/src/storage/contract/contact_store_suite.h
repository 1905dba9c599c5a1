#pragma once

#include <algorithm>

#include "storage/contract/people.h"

// What every ContactStore promises about contacts, search and blocks, as tests.

namespace parley::storage::contract {

inline user::Reference by_id(UserId user) {
  return {.user_id = user, .username = {}, .phone_number = {}};
}
inline user::Reference by_name(std::string name) {
  return {.user_id = {}, .username = std::move(name), .phone_number = {}};
}
inline user::Reference by_phone(std::string number) {
  return {.user_id = {}, .username = {}, .phone_number = std::move(number)};
}

template <class E>
class ContactStoreContract : public Suite<E> {
 public:
  void SetUp() override {
    alice = this->user("alice");
    bob = this->user("bob");
    carol = this->user("carol");
  }

  user::ContactStore& contacts() { return this->engine.contacts(); }

  UserId named(const std::string& username, const std::string& display_name) {
    return await(this->engine.users().create({.username = username,
                                              .display_name = display_name,
                                              .email = {},
                                              .phone_number = {},
                                              .password_hash = "-"}))
        .value()
        .id;
  }

  Result<user::AddedContact> save(UserId user, UserId other, std::optional<std::string> name = {}) {
    return await(contacts().add(user, by_id(other), std::move(name)));
  }
  void block(UserId user, UserId other) {
    ASSERT_TRUE(await(contacts().block(user, other)).has_value());
  }

  std::vector<UserId> saved_by(UserId user) {
    std::vector<UserId> ids;
    for (const Contact& contact : await(contacts().list(user, {}, 100)).value().contacts)
      ids.push_back(contact.user.id);
    return ids;
  }
  std::vector<UserId> blocked_by(UserId user) {
    std::vector<UserId> ids;
    for (const User& one : await(contacts().blocked(user, {}, 100)).value().users)
      ids.push_back(one.id);
    return ids;
  }
  std::vector<std::string> found(UserId viewer, const std::string& text, std::int64_t limit = 20) {
    std::vector<std::string> names;
    for (const User& one : await(contacts().search(viewer, text, limit)).value())
      names.push_back(one.username);
    return names;
  }
  std::vector<UserId> suggested(UserId user, std::int64_t limit = 20) {
    std::vector<UserId> ids;
    for (const user::Suggestion& one : await(contacts().suggestions(user, limit)).value())
      ids.push_back(one.user.id);
    return ids;
  }

  using Ids = std::vector<UserId>;
  using Names = std::vector<std::string>;

  const UserId nobody{4};
  UserId alice, bob, carol;
};
TYPED_TEST_SUITE_P(ContactStoreContract);

TYPED_TEST_P(ContactStoreContract, AContactIsSavedOnceAndKept) {
  const auto first = this->save(this->alice, this->bob).value();
  EXPECT_TRUE(first.first_time);
  EXPECT_EQ(first.contact.user.username, "bob");
  EXPECT_FALSE(first.contact.name);
  EXPECT_FALSE(first.contact.favourite);
  this->engine.clock().advance(std::chrono::hours{1});
  const auto again = this->save(this->alice, this->bob, "Bobby").value();
  EXPECT_FALSE(again.first_time);
  EXPECT_EQ(again.contact.name, "Bobby");
  EXPECT_EQ(again.contact.added_at, first.contact.added_at);
  EXPECT_EQ(this->save(this->alice, this->bob)->contact.name, "Bobby") << "no name keeps it";
  this->engine.reopen();
  EXPECT_EQ(this->saved_by(this->alice), (typename TestFixture::Ids{this->bob}));
  EXPECT_TRUE(this->saved_by(this->bob).empty()) << "the other knows nothing of it";
}

TYPED_TEST_P(ContactStoreContract, APersonIsFoundByEachReference) {
  auto& contacts = this->contacts();
  EXPECT_EQ(await(contacts.find(this->alice, by_id(this->bob)))->username, "bob");
  EXPECT_EQ(await(contacts.find(this->alice, by_name("bob")))->id, this->bob);
  EXPECT_EQ(await(contacts.find(this->alice, by_id(this->alice)))->username, "alice");
  for (const user::Reference& who : {by_id(this->nobody), by_name("nobody"), by_name(""),
                                     by_phone("+4930123456"), by_name("bob' OR '1'='1")}) {
    EXPECT_TRUE(refused(await(contacts.find(this->alice, who)), Errc::user_not_found));
    EXPECT_TRUE(refused(await(contacts.add(this->alice, who, {})), Errc::user_not_found));
  }
  EXPECT_TRUE(this->saved_by(this->alice).empty());
}

TYPED_TEST_P(ContactStoreContract, ANumberNobodyVerifiedFindsNobody) {
  await(this->engine.users().create({.username = "dan",
                                     .display_name = "Dan",
                                     .email = {},
                                     .phone_number = "+4930123456",
                                     .password_hash = "-"}))
      .value();
  EXPECT_TRUE(refused(await(this->contacts().find(this->alice, by_phone("+4930123456"))),
                      Errc::user_not_found));
}

TYPED_TEST_P(ContactStoreContract, AContactIsRenamedAndMadeAFavourite) {
  this->save(this->alice, this->bob, "Bobby").value();
  auto& contacts = this->contacts();
  const auto favourite =
      await(contacts.update(this->alice, this->bob, {.name = {}, .favourite = true})).value();
  EXPECT_TRUE(favourite.favourite);
  EXPECT_EQ(favourite.name, "Bobby");
  EXPECT_EQ(await(contacts.update(this->alice, this->bob, {.name = "Bo", .favourite = {}}))->name,
            "Bo");
  EXPECT_FALSE(await(contacts.update(this->alice, this->bob, {.name = "", .favourite = {}}))->name);
  this->engine.reopen();
  EXPECT_TRUE(await(this->contacts().list(this->alice, {}, 10))->contacts[0].favourite);
}

TYPED_TEST_P(ContactStoreContract, WhoIsNoContactIsNotChangedOrRemoved) {
  auto& contacts = this->contacts();
  this->save(this->bob, this->alice).value();
  EXPECT_TRUE(
      refused(await(contacts.update(this->alice, this->bob, {.name = "B", .favourite = {}})),
              Errc::contact_not_found));
  EXPECT_TRUE(refused(await(contacts.remove(this->alice, this->bob)), Errc::contact_not_found));
  this->save(this->alice, this->bob).value();
  EXPECT_TRUE(await(contacts.remove(this->alice, this->bob)).has_value());
  EXPECT_TRUE(refused(await(contacts.remove(this->alice, this->bob)), Errc::contact_not_found));
  EXPECT_TRUE(this->saved_by(this->alice).empty());
  EXPECT_EQ(this->saved_by(this->bob), (typename TestFixture::Ids{this->alice}));
}

TYPED_TEST_P(ContactStoreContract, ContactsComeInPages) {
  std::vector<UserId> everybody;
  for (int i = 0; i < 7; ++i) {
    everybody.push_back(this->user("friend" + std::to_string(i)));
    this->save(this->alice, everybody.back()).value();
  }
  std::vector<UserId> seen;
  std::optional<std::string> cursor;
  int pages = 0;
  do {
    const auto page = await(this->contacts().list(this->alice, cursor, 3)).value();
    for (const Contact& contact : page.contacts) seen.push_back(contact.user.id);
    cursor = page.next_cursor;
    ++pages;
  } while (cursor);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, everybody);
  for (const std::string wrong : {"", "x", "k", "k-1", "b5", "k99999999999999999999"}) {
    EXPECT_TRUE(
        refused(await(this->contacts().list(this->alice, wrong, 3)), Errc::malformed_request))
        << wrong;
  }
}

TYPED_TEST_P(ContactStoreContract, SearchFindsBeginningsOfNamesAndWords) {
  using Names = typename TestFixture::Names;
  this->named("joerg", "J\xc3\xb6rg M\xc3\xbcller");
  this->named("jo.90", "Somebody Else");
  this->named("other", "Anna-Maria O'Neil");
  EXPECT_EQ(this->found(this->alice, "jo"), (Names{"jo.90", "joerg"}));
  EXPECT_EQ(this->found(this->alice, "JO."), (Names{"jo.90"}));
  EXPECT_EQ(this->found(this->alice, "m\xc3\xbcll"), (Names{"joerg"}));
  EXPECT_EQ(this->found(this->alice, "M\xc3\x9cLLER"), (Names{"joerg"}));
  EXPECT_EQ(this->found(this->alice, "jorg mu"), (Names{"joerg"})) << "accents do not count";
  EXPECT_EQ(this->found(this->alice, "maria"), (Names{"other"}));
  EXPECT_EQ(this->found(this->alice, "ari"), Names{}) << "the middle of a word is no beginning";
  EXPECT_EQ(this->found(this->alice, "al"), Names{}) << "nobody looks for themselves";
  EXPECT_EQ(this->found(this->bob, "al"), (Names{"alice"}));
  this->engine.reopen();
  EXPECT_EQ(this->found(this->alice, "neil"), (Names{"other"}));
}

TYPED_TEST_P(ContactStoreContract, SearchTakesEveryCharacterAsItself) {
  using Names = typename TestFixture::Names;
  for (const std::string text :
       {"%%", "__", "a%", "*b", "\"\"", "bob\"", "bob' OR 1=1", "OR", "NOT bob", "b* OR c*", "()",
        "display_name:bob", "{}", "^bob x", "+bob +carol", "\\\\", "NEAR(bob)"})
    EXPECT_NO_THROW(this->found(this->alice, text)) << text;
  EXPECT_EQ(this->found(this->alice, std::string{"bo\0b", 4}), Names{});
  EXPECT_EQ(this->found(this->alice, "%%"), Names{});
  EXPECT_EQ(this->found(this->alice, "b_b"), Names{});
  EXPECT_EQ(this->found(this->alice, "bo%"), Names{});
  EXPECT_EQ(this->found(this->alice, "bo*"), Names{});
  EXPECT_EQ(this->found(this->alice, "bob OR carol"), Names{});
  EXPECT_EQ(this->found(this->alice, "\xf0\x9f\xa7\x97\xf0\x9f\xa7\x97"), Names{});
}

TYPED_TEST_P(ContactStoreContract, SearchFollowsNewNames) {
  user::ProfileChange change;
  change.display_name = "Robert Zimmermann";
  await(this->engine.users().update(this->bob, change)).value();
  EXPECT_EQ(this->found(this->alice, "zim"), (typename TestFixture::Names{"bob"}));
  change.display_name = "Bob D.";
  await(this->engine.users().update(this->bob, change)).value();
  EXPECT_TRUE(this->found(this->alice, "zim").empty());
  EXPECT_EQ(this->found(this->alice, "bob"), (typename TestFixture::Names{"bob"})) << "once";
}

TYPED_TEST_P(ContactStoreContract, SearchGivesAFewOfMany) {
  for (int i = 0; i < 30; ++i)
    this->named("user" + std::to_string(i), i % 2 == 0 ? "Usher" : "Another");
  EXPECT_EQ(this->found(this->alice, "us", 20).size(), 20u);
  EXPECT_EQ(this->found(this->alice, "ush", 20).size(), 15u);
  EXPECT_EQ(this->found(this->alice, "us", 3).size(), 3u);
}

TYPED_TEST_P(ContactStoreContract, SuggestionsComeFromGroupsAndFromAdmirers) {
  using Ids = typename TestFixture::Ids;
  const UserId dan = this->user("dan"), eve = this->user("eve"), fred = this->user("fred");
  this->group(this->alice, {this->bob, this->carol, fred});
  this->group(this->bob, {this->alice, this->carol});
  this->direct(this->alice, eve);
  this->save(dan, this->alice).value();
  this->save(this->alice, this->bob).value();
  const auto all = await(this->contacts().suggestions(this->alice, 10)).value();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(this->suggested(this->alice), (Ids{this->carol, fred, dan}));
  EXPECT_EQ(all[0].common_chats, 2);
  EXPECT_EQ(all[1].common_chats, 1);
  EXPECT_EQ(all[2].common_chats, 0);
  EXPECT_EQ(this->suggested(this->alice, 1), (Ids{this->carol}));
  this->block(this->carol, this->alice);
  this->block(this->alice, dan);
  EXPECT_EQ(this->suggested(this->alice), (Ids{fred}));
}

TYPED_TEST_P(ContactStoreContract, ABlockHidesBothFromEachOther) {
  this->save(this->alice, this->bob).value();
  this->block(this->alice, this->bob);
  this->block(this->alice, this->bob);
  this->engine.reopen();
  auto& contacts = this->contacts();
  for (const auto& [one, other] :
       {std::pair{this->alice, this->bob}, std::pair{this->bob, this->alice}}) {
    const Sight sight = await(contacts.sight(one, other));
    EXPECT_TRUE(sight.exists);
    EXPECT_TRUE(sight.blocked);
    EXPECT_FALSE(sight.online || sight.last_seen || sight.avatar || sight.about || sight.groups ||
                 sight.reads);
    EXPECT_TRUE(refused(await(contacts.find(one, by_id(other))), Errc::user_not_found));
    EXPECT_TRUE(refused(this->save(one, other), Errc::user_not_found));
  }
  EXPECT_TRUE(refused(await(contacts.find(this->bob, by_name("alice"))), Errc::user_not_found));
  EXPECT_TRUE(this->found(this->bob, "alice").empty());
  EXPECT_TRUE(this->found(this->alice, "bob").empty());
  EXPECT_EQ(this->found(this->carol, "bob"), (typename TestFixture::Names{"bob"}));
  EXPECT_EQ(this->blocked_by(this->alice), (typename TestFixture::Ids{this->bob}));
  EXPECT_TRUE(this->blocked_by(this->bob).empty());
  EXPECT_EQ(this->saved_by(this->alice), (typename TestFixture::Ids{this->bob}));
}

TYPED_TEST_P(ContactStoreContract, WhoIsBusyIsSeenSoByWhoMaySeeThemOnline) {
  const auto seen = [this](UserId viewer) {
    return await(this->contacts().sight(viewer, this->alice)).busy_until;
  };
  const Timestamp now = this->engine.clock().now(), until = now + std::chrono::hours{1};
  EXPECT_EQ(seen(this->bob), Timestamp{});
  await(this->engine.busy_times().set_busy_until(this->alice, until));
  this->engine.reopen();
  for (const UserId viewer : {this->alice, this->bob}) EXPECT_EQ(seen(viewer), until);
  const auto sights =
      await(this->engine.chats().sights({{this->bob, this->alice}, {this->alice, this->bob}}));
  EXPECT_EQ(sights[0].busy_until, until);
  EXPECT_EQ(sights[1].busy_until, Timestamp{});
  // Contacts are read from the same view, with more behind it.
  const Contact contact = this->save(this->bob, this->alice).value().contact;
  EXPECT_EQ(contact.user.id, this->alice);
  EXPECT_FALSE(contact.favourite);

  user::PrivacyChange change;
  change.online = Audience::contacts;
  ASSERT_TRUE(await(this->contacts().set_privacy(this->alice, change)));
  EXPECT_EQ(seen(this->bob), Timestamp{});
  EXPECT_EQ(seen(this->alice), until);
  this->save(this->alice, this->carol).value();
  EXPECT_EQ(seen(this->carol), until);
  this->block(this->carol, this->alice);
  EXPECT_EQ(seen(this->carol), Timestamp{});

  await(this->engine.busy_times().set_busy_until(this->alice, delivery::BusyTimes::kNoEnd));
  EXPECT_EQ(seen(this->alice), delivery::BusyTimes::kNoEnd);
  await(this->engine.busy_times().set_busy_until(this->alice, now));
  EXPECT_EQ(seen(this->alice), Timestamp{});
  await(this->engine.busy_times().set_busy_until(this->nobody, until));
  EXPECT_FALSE(await(this->contacts().sight(this->alice, this->nobody)).exists);
}

TYPED_TEST_P(ContactStoreContract, ABlockEndsWhenBothHaveTakenItBack) {
  auto& contacts = this->contacts();
  this->block(this->alice, this->bob);
  this->block(this->bob, this->alice);
  await(contacts.unblock(this->alice, this->bob));
  await(contacts.unblock(this->alice, this->bob));
  await(contacts.unblock(this->alice, this->carol));
  EXPECT_TRUE(refused(await(contacts.find(this->alice, by_id(this->bob))), Errc::user_not_found));
  await(contacts.unblock(this->bob, this->alice));
  EXPECT_TRUE(await(contacts.find(this->alice, by_id(this->bob))).has_value());
  EXPECT_TRUE(refused(await(contacts.block(this->alice, this->nobody)), Errc::user_not_found));
}

TYPED_TEST_P(ContactStoreContract, BlockedPeopleComeInPages) {
  for (int i = 0; i < 5; ++i) this->block(this->alice, this->user("foe" + std::to_string(i)));
  const auto first = await(this->contacts().blocked(this->alice, {}, 3)).value();
  ASSERT_TRUE(first.next_cursor);
  const auto rest = await(this->contacts().blocked(this->alice, first.next_cursor, 3)).value();
  EXPECT_EQ(first.users.size(), 3u);
  EXPECT_EQ(rest.users.size(), 2u);
  EXPECT_FALSE(rest.next_cursor);
  EXPECT_TRUE(
      refused(await(this->contacts().blocked(this->alice, "k1", 3)), Errc::malformed_request));
}

REGISTER_TYPED_TEST_SUITE_P(ContactStoreContract, AContactIsSavedOnceAndKept,
                            APersonIsFoundByEachReference, ANumberNobodyVerifiedFindsNobody,
                            AContactIsRenamedAndMadeAFavourite, WhoIsNoContactIsNotChangedOrRemoved,
                            ContactsComeInPages, SearchFindsBeginningsOfNamesAndWords,
                            SearchTakesEveryCharacterAsItself, SearchFollowsNewNames,
                            SearchGivesAFewOfMany, SuggestionsComeFromGroupsAndFromAdmirers,
                            ABlockHidesBothFromEachOther, ABlockEndsWhenBothHaveTakenItBack,
                            BlockedPeopleComeInPages, WhoIsBusyIsSeenSoByWhoMaySeeThemOnline);

}  // namespace parley::storage::contract
