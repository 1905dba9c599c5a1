#pragma once

#include "storage/contract/operators.h"
#include "user/letters.h"
#include "user/tidings.h"

// What every store that changes accounts promises of the tidings it is given: what is done is told,
// what is refused is not, and both are settled in one transaction.

namespace parley::storage::contract {

template <class E>
class TidingsContract : public OperatorSuite<E> {
 public:
  using Kinds = std::vector<SecurityEventKind>;
  using Templates = std::vector<std::string>;

  // Alice has an address to mail to; bob has one that he has not verified.
  void SetUp() override {
    OperatorSuite<E>::SetUp();
    EXPECT_TRUE(await(users().set_email(this->alice, "alice@example.org")));
    EXPECT_TRUE(await(users().verify_email(this->alice, "alice@example.org")));
    EXPECT_TRUE(await(users().set_email(this->bob, "bob@example.org")));
    taken();
  }

  user::UserStore& users() { return this->engine.users(); }

  static user::Tidings tidings(SecurityEventKind kind) {
    user::Tidings tidings;
    tidings.notice = user::Notice{.kind = kind, .address = "192.0.2.9", .user_agent = "test"};
    return tidings;
  }
  user::Secret link(const std::string& hash) {
    return {.hash = hash,
            .purpose = user::Purpose::verify_email,
            .user_id = {},
            .data = "new@example.org",
            .expires_at = this->engine.clock().now() + std::chrono::hours{1}};
  }
  static delivery::NewJob letter(const std::string& about) {
    Profile reader;
    reader.email = "new@example.org";
    return user::mail_to(reader, about, {});
  }

  // The jobs that were left since the last look, by the names of their templates.
  Templates taken() {
    this->engine.clock().advance(std::chrono::seconds{1});  // for other ids than before
    this->engine.reopen();
    Templates names;
    letters = await(this->engine.jobs().take({"mail", "sms"}, 100, std::chrono::seconds{60}));
    for (const delivery::Job& job : letters) {
      const auto begin = job.payload.find("\"template\":\"") + 12;
      names.push_back(job.payload.substr(begin, job.payload.find('"', begin) - begin));
      await(this->engine.jobs().done(job.id));
    }
    return names;
  }
  // What the user can look up of what happened, the oldest first.
  Kinds kept_of(UserId user) {
    Kinds kinds;
    for (const auto& event : await(this->engine.sessions().events(user, {}, 100)).value().events)
      kinds.insert(kinds.begin(), event.kind);
    return kinds;
  }

  std::vector<delivery::Job> letters;
};
TYPED_TEST_SUITE_P(TidingsContract);

TYPED_TEST_P(TidingsContract, ANoticeIsKeptAndMailedToAVerifiedAddressWithTheChange) {
  auto tidings = this->tidings(SecurityEventKind::password_changed);
  await(this->users().set_password(this->alice, "hash", &tidings));
  ASSERT_TRUE(tidings.kept);
  EXPECT_EQ(tidings.kept->at, this->engine.clock().now());
  EXPECT_EQ(tidings.kept->address, "192.0.2.9");
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"password_changed"}));
  EXPECT_NE(this->letters[0].payload.find("alice@example.org"), std::string::npos);
  const auto events = await(this->engine.sessions().events(this->alice, {}, 10)).value().events;
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].id, tidings.kept->id);

  auto unmailed = this->tidings(SecurityEventKind::password_changed);
  await(this->users().set_password(this->bob, "hash", &unmailed));
  EXPECT_TRUE(unmailed.kept);
  EXPECT_TRUE(this->taken().empty());
  EXPECT_EQ(this->kept_of(this->bob).size(), 1U);
}

TYPED_TEST_P(TidingsContract, ANewAccountIsMailedALinkThatIsItsOwn) {
  user::NewUser newcomer;
  newcomer.username = "carol";
  newcomer.email = "new@example.org";
  user::Tidings tidings;
  tidings.link = this->link("the hash");
  tidings.letters.push_back(this->letter("verify_email"));
  const auto made = await(this->users().create(newcomer, &tidings));
  ASSERT_TRUE(made);
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"verify_email"}));
  const auto link = await(this->engine.secrets().take("the hash", user::Purpose::verify_email));
  ASSERT_TRUE(link);
  EXPECT_EQ(link->user_id, made->id);

  tidings.link = this->link("another");
  EXPECT_FALSE(await(this->users().create(newcomer, &tidings)));
  EXPECT_TRUE(this->taken().empty());
  EXPECT_FALSE(await(this->engine.secrets().look("another", user::Purpose::verify_email)));
}

TYPED_TEST_P(TidingsContract, AnotherAddressIsToldToTheOldOne) {
  auto tidings = this->tidings(SecurityEventKind::email_changed);
  tidings.link = this->link("the hash");
  tidings.letters.push_back(this->letter("verify_email"));
  EXPECT_FALSE(await(this->users().set_email(this->alice, "bob@example.org", &tidings)));
  EXPECT_FALSE(await(this->users().set_email(UserId{12'345}, "x@example.org", &tidings)));
  EXPECT_TRUE(this->taken().empty());
  EXPECT_TRUE(this->kept_of(this->alice).empty());
  EXPECT_FALSE(await(this->engine.secrets().look("the hash", user::Purpose::verify_email)));

  ASSERT_TRUE(await(this->users().set_email(this->alice, "new@example.org", &tidings)));
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"email_changed", "verify_email"}));
  EXPECT_NE(this->letters[0].payload.find("alice@example.org"), std::string::npos);
  EXPECT_EQ(await(this->engine.secrets().take("the hash", user::Purpose::verify_email))->user_id,
            this->alice);
}

TYPED_TEST_P(TidingsContract, APhoneNumberOfSomebodyElseIsNoChange) {
  ASSERT_TRUE(await(this->users().set_phone(this->bob, "+4915112345678")));
  auto tidings = this->tidings(SecurityEventKind::phone_changed);
  EXPECT_FALSE(await(this->users().set_phone(this->alice, "+4915112345678", &tidings)));
  EXPECT_TRUE(this->taken().empty());
  ASSERT_TRUE(await(this->users().set_phone(this->alice, "+4915112345679", &tidings)));
  EXPECT_TRUE(tidings.kept);
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"phone_changed"}));
}

TYPED_TEST_P(TidingsContract, ACodeIsSentWhenItIsKept) {
  user::Tidings tidings;
  tidings.letters.push_back(user::text_message_to("+491", "one_time_code", {{"code", "123456"}}));
  ASSERT_TRUE(await(this->engine.secrets().keep_code({"+491", "hash"}, &tidings)));
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"one_time_code"}));
  EXPECT_TRUE(refused(await(this->engine.secrets().keep_code({"+491", "other"}, &tidings)),
                      Errc::rate_limited));
  EXPECT_TRUE(this->taken().empty());
}

TYPED_TEST_P(TidingsContract, ALinkIsMailedWhenItIsKept) {
  user::Tidings tidings;
  tidings.letters.push_back(this->letter("reset_password"));
  user::Secret secret = this->link("the hash");
  secret.user_id = this->alice;
  await(this->engine.secrets().keep(secret, &tidings));
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"reset_password"}));
}

TYPED_TEST_P(TidingsContract, OnlyANewDeviceIsTold) {
  const auto open = [&](const std::string& token, const std::string& fingerprint,
                        user::Tidings& tidings) {
    return await(this->engine.sessions().open(
        {.user_id = this->alice,
         .refresh_hash = token,
         .address = "::1",
         .user_agent = "test",
         .device = "Test",
         .platform = "",
         .fingerprint = fingerprint,
         .network = "net",
         .browser = false,
         .expires_at = this->engine.clock().now() + std::chrono::hours{1}},
        &tidings));
  };
  auto tidings = this->tidings(SecurityEventKind::new_device);
  ASSERT_TRUE(open("t1", "one kind", tidings));
  EXPECT_FALSE(tidings.kept);
  EXPECT_TRUE(this->taken().empty());
  ASSERT_TRUE(open("t2", "another kind", tidings));
  EXPECT_TRUE(tidings.kept);
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"new_device"}));
  ASSERT_TRUE(open("t3", "another kind", tidings));
  EXPECT_FALSE(tidings.kept) << "of the sign-in before";
  ASSERT_TRUE(await(this->admin().suspend(this->by(this->root), this->alice, "spam")));
  this->taken();
  EXPECT_FALSE(open("t4", "a third kind", tidings));
  EXPECT_TRUE(this->taken().empty());
}

TYPED_TEST_P(TidingsContract, OnlyAStolenTokenIsTold) {
  user::NewSession session;
  session.user_id = this->alice;
  session.refresh_hash = "t1";
  session.expires_at = this->engine.clock().now() + std::chrono::hours{1};
  ASSERT_TRUE(await(this->engine.sessions().open(session)));
  auto tidings = this->tidings(SecurityEventKind::token_reuse);
  const auto rotate = [&](const std::string& from, const std::string& to) {
    return await(this->engine.sessions().rotate(from, to, session.expires_at, "::2", &tidings));
  };
  ASSERT_TRUE(rotate("t1", "t2"));
  EXPECT_FALSE(rotate("unknown", "t3"));
  EXPECT_FALSE(tidings.kept);
  EXPECT_TRUE(this->taken().empty());
  ASSERT_TRUE(rotate("t1", "t4")->reused);
  EXPECT_TRUE(tidings.kept);
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"token_reuse"}));
}

TYPED_TEST_P(TidingsContract, EndingSessionsIsTold) {
  auto tidings = this->tidings(SecurityEventKind::sessions_ended);
  await(this->engine.sessions().end_all(this->alice, SessionId{}, &tidings));
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"sessions_ended"}));
}

TYPED_TEST_P(TidingsContract, FactorsThatAreNotChangedAreNotTold) {
  user::FactorStore& factors = this->engine.factors();
  auto on = this->tidings(SecurityEventKind::second_factor_on);
  EXPECT_FALSE(await(factors.confirm_totp(this->alice, 100, {"r1"}, &on)));
  ASSERT_TRUE(await(factors.begin_totp(this->alice, "secret")));
  EXPECT_TRUE(this->taken().empty());
  ASSERT_TRUE(await(factors.confirm_totp(this->alice, 100, {"r1"}, &on)));
  auto off = this->tidings(SecurityEventKind::second_factor_off);
  await(factors.remove_totp(this->alice, &off));
  EXPECT_EQ(this->taken(),
            (typename TestFixture::Templates{"second_factor_on", "second_factor_off"}));

  const user::NewPasskey passkey{.user_id = this->alice,
                                 .name = "Key",
                                 .credential_id = "credential",
                                 .public_key = "key",
                                 .sign_count = 1};
  auto added = this->tidings(SecurityEventKind::passkey_added);
  const auto kept = await(factors.add_passkey(passkey, &added));
  ASSERT_TRUE(kept);
  EXPECT_FALSE(await(factors.add_passkey(passkey, &added)));
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"passkey_added"}));
  auto removed = this->tidings(SecurityEventKind::passkey_removed);
  EXPECT_FALSE(await(factors.remove_passkey(this->bob, kept->id, &removed)));
  EXPECT_TRUE(this->taken().empty());
  ASSERT_TRUE(await(factors.remove_passkey(this->alice, kept->id, &removed)));
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"passkey_removed"}));
}

TYPED_TEST_P(TidingsContract, WhatOperatorsDoIsMailedWithoutAWordOnWhoDidIt) {
  auto& admin = this->admin();
  EXPECT_FALSE(await(admin.suspend(this->by(this->bob), this->alice, "spam")));
  EXPECT_FALSE(await(admin.set_role(this->by(this->mod), this->alice, Role::moderator)));
  EXPECT_TRUE(this->taken().empty());
  ASSERT_TRUE(await(admin.suspend(this->by(this->root), this->alice, "spam")));
  ASSERT_TRUE(await(admin.set_role(this->by(this->root), this->alice, Role::moderator)));
  ASSERT_TRUE(await(admin.set_role(this->by(this->root), this->alice, Role::moderator)));
  EXPECT_EQ(this->taken(), (typename TestFixture::Templates{"suspended", "role_changed"}));
  for (const auto& letter : this->letters)
    EXPECT_EQ(letter.payload.find("192.0.2"), std::string::npos) << letter.payload;
  EXPECT_EQ(
      this->kept_of(this->alice),
      (typename TestFixture::Kinds{SecurityEventKind::suspended, SecurityEventKind::role_changed}));
}

REGISTER_TYPED_TEST_SUITE_P(TidingsContract, ANoticeIsKeptAndMailedToAVerifiedAddressWithTheChange,
                            ANewAccountIsMailedALinkThatIsItsOwn, AnotherAddressIsToldToTheOldOne,
                            APhoneNumberOfSomebodyElseIsNoChange, ACodeIsSentWhenItIsKept,
                            ALinkIsMailedWhenItIsKept, OnlyANewDeviceIsTold, OnlyAStolenTokenIsTold,
                            EndingSessionsIsTold, FactorsThatAreNotChangedAreNotTold,
                            WhatOperatorsDoIsMailedWithoutAWordOnWhoDidIt);

}  // namespace parley::storage::contract
