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

  SessionId sign_in(UserId user, const std::string& token,
                    std::chrono::seconds lasting = std::chrono::hours{1}) {
    return await(users().open_session({.user_id = user,
                                       .refresh_hash = token,
                                       .address = "::1",
                                       .user_agent = "test",
                                       .browser = true,
                                       .expires_at = this->engine.clock().now() + lasting}));
  }

  Result<user::Rotation> rotate(const std::string& from, const std::string& to) {
    return await(
        users().rotate_session(from, to, this->engine.clock().now() + std::chrono::hours{1}));
  }

  bool has_ended(SessionId session, Timestamp since) {
    const auto ended = await(users().ended_sessions(since));
    return std::ranges::count(ended, session) == 1;
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
  EXPECT_EQ(await(this->users().find_by_name("alice"))->id, made.id);
}

TYPED_TEST_P(UserStoreContract, WhoIsNotThereIsNotFound) {
  for (const std::string name : {"", "bob", "bob@example.org", "+49", "' OR ''='"})
    EXPECT_FALSE(await(this->users().credentials(name))) << name;
  EXPECT_FALSE(await(this->users().find(UserId{3})));
  EXPECT_FALSE(await(this->users().find_by_name("bob")));
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

TYPED_TEST_P(UserStoreContract, ARefreshTokenWorksOnceAndNamesItsSession) {
  const UserId alice = this->user("alice");
  const SessionId session = this->sign_in(alice, "t1");
  const auto first = this->rotate("t1", "t2").value();
  EXPECT_EQ(first.session.id, session);
  EXPECT_EQ(first.session.user_id, alice);
  EXPECT_TRUE(first.session.browser);
  EXPECT_FALSE(first.reused);
  this->engine.reopen();
  EXPECT_EQ(this->rotate("t2", "t3")->session.id, session);
}

TYPED_TEST_P(UserStoreContract, ATokenShownTwiceEndsItsSession) {
  const UserId alice = this->user("alice");
  const SessionId session = this->sign_in(alice, "t1"), other = this->sign_in(alice, "u1");
  const Timestamp before_it = this->engine.clock().now() - std::chrono::seconds{1};
  ASSERT_TRUE(this->rotate("t1", "t2").has_value());
  ASSERT_TRUE(this->rotate("t2", "t3").has_value());
  this->engine.reopen();

  const auto thief = this->rotate("t1", "t4").value();
  EXPECT_TRUE(thief.reused);
  EXPECT_EQ(thief.session.id, session);
  EXPECT_EQ(thief.session.user_id, alice);
  for (const std::string token : {"t1", "t2", "t3", "t4"})
    EXPECT_TRUE(refused(this->rotate(token, "t5"), Errc::invalid_refresh_token)) << token;
  EXPECT_TRUE(this->has_ended(session, before_it));
  EXPECT_FALSE(this->has_ended(other, before_it));
  EXPECT_TRUE(this->rotate("u1", "u2").has_value());
}

TYPED_TEST_P(UserStoreContract, UnknownAndExpiredTokensAreRefused) {
  const UserId alice = this->user("alice");
  this->sign_in(alice, "t1", std::chrono::seconds{60});
  EXPECT_TRUE(refused(this->rotate("other", "t2"), Errc::invalid_refresh_token));
  EXPECT_TRUE(refused(this->rotate("", "t2"), Errc::invalid_refresh_token));
  this->engine.clock().advance(std::chrono::seconds{60});
  EXPECT_TRUE(refused(this->rotate("t1", "t2"), Errc::invalid_refresh_token));
}

TYPED_TEST_P(UserStoreContract, RotatingProlongsASession) {
  this->sign_in(this->user("alice"), "t1", std::chrono::hours{1});
  this->engine.clock().advance(std::chrono::minutes{50});
  ASSERT_TRUE(this->rotate("t1", "t2").has_value());
  this->engine.clock().advance(std::chrono::minutes{50});
  EXPECT_TRUE(this->rotate("t2", "t3").has_value());
}

TYPED_TEST_P(UserStoreContract, AnEndedSessionIsRememberedAndItsTokensAreNot) {
  const UserId alice = this->user("alice");
  const Timestamp start = this->engine.clock().now();
  const SessionId session = this->sign_in(alice, "t1");
  EXPECT_FALSE(this->has_ended(session, start));
  this->engine.clock().advance(std::chrono::seconds{10});
  await(this->users().end_session(session));
  await(this->users().end_session(session));
  this->engine.reopen();
  EXPECT_TRUE(this->has_ended(session, start));
  EXPECT_FALSE(this->has_ended(session, this->engine.clock().now()));
  EXPECT_TRUE(refused(this->rotate("t1", "t2"), Errc::invalid_refresh_token));
}

TYPED_TEST_P(UserStoreContract, AUserHasAHundredSessionsAndTheOldestGoFirst) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const Timestamp start = this->engine.clock().now() - std::chrono::seconds{1};
  std::vector<SessionId> sessions;
  this->sign_in(bob, "bob");
  for (int i = 0; i < 102; ++i) sessions.push_back(this->sign_in(alice, "t" + std::to_string(i)));
  EXPECT_TRUE(this->has_ended(sessions[0], start));
  EXPECT_TRUE(this->has_ended(sessions[1], start));
  EXPECT_FALSE(this->has_ended(sessions[2], start));
  EXPECT_TRUE(refused(this->rotate("t1", "x"), Errc::invalid_refresh_token));
  EXPECT_TRUE(this->rotate("t2", "y").has_value());
  EXPECT_TRUE(this->rotate("bob", "z").has_value());
}

REGISTER_TYPED_TEST_SUITE_P(UserStoreContract, AnAccountIsFoundByEveryNameOfIts,
                            WhoIsNotThereIsNotFound, NamesAreUnique,
                            AProfileChangesOnlyWhereItIsToldTo,
                            ARefreshTokenWorksOnceAndNamesItsSession,
                            ATokenShownTwiceEndsItsSession, UnknownAndExpiredTokensAreRefused,
                            RotatingProlongsASession, AnEndedSessionIsRememberedAndItsTokensAreNot,
                            AUserHasAHundredSessionsAndTheOldestGoFirst);

}  // namespace parley::storage::contract
