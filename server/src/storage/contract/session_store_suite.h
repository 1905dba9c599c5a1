#pragma once

#include <algorithm>

#include "storage/contract/people.h"

// What every SessionStore promises, as tests.

namespace parley::storage::contract {

template <class E>
class SessionStoreContract : public Suite<E> {
 public:
  user::SessionStore& sessions() { return this->engine.sessions(); }

  user::NewSession newcomer(UserId user, const std::string& token,
                            std::chrono::seconds lasting = std::chrono::hours{1}) {
    return {.user_id = user,
            .refresh_hash = token,
            .address = "::1",
            .user_agent = "test",
            .device = "Test on Linux",
            .platform = "Linux",
            .fingerprint = "one kind",
            .network = "0000:0000",
            .browser = true,
            .expires_at = this->engine.clock().now() + lasting};
  }

  SessionId sign_in(UserId user, const std::string& token,
                    std::chrono::seconds lasting = std::chrono::hours{1}) {
    return await(sessions().open(newcomer(user, token, lasting))).value().id;
  }

  Result<user::Rotation> rotate(const std::string& from, const std::string& to) {
    return await(
        sessions().rotate(from, to, this->engine.clock().now() + std::chrono::hours{1}, "::2"));
  }

  bool has_ended(SessionId session, Timestamp since) {
    const auto ended = await(sessions().ended(since));
    return std::ranges::count(ended, session) == 1;
  }
};
TYPED_TEST_SUITE_P(SessionStoreContract);

TYPED_TEST_P(SessionStoreContract, ARefreshTokenWorksOnceAndNamesItsSession) {
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

TYPED_TEST_P(SessionStoreContract, ATokenShownTwiceEndsItsSession) {
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

TYPED_TEST_P(SessionStoreContract, UnknownAndExpiredTokensAreRefused) {
  const UserId alice = this->user("alice");
  this->sign_in(alice, "t1", std::chrono::seconds{60});
  EXPECT_TRUE(refused(this->rotate("other", "t2"), Errc::invalid_refresh_token));
  EXPECT_TRUE(refused(this->rotate("", "t2"), Errc::invalid_refresh_token));
  this->engine.clock().advance(std::chrono::seconds{60});
  EXPECT_TRUE(refused(this->rotate("t1", "t2"), Errc::invalid_refresh_token));
}

TYPED_TEST_P(SessionStoreContract, RotatingProlongsASession) {
  this->sign_in(this->user("alice"), "t1", std::chrono::hours{1});
  this->engine.clock().advance(std::chrono::minutes{50});
  ASSERT_TRUE(this->rotate("t1", "t2").has_value());
  this->engine.clock().advance(std::chrono::minutes{50});
  EXPECT_TRUE(this->rotate("t2", "t3").has_value());
}

TYPED_TEST_P(SessionStoreContract, AnEndedSessionIsRememberedAndItsTokensAreNot) {
  const UserId alice = this->user("alice");
  const Timestamp start = this->engine.clock().now();
  const SessionId session = this->sign_in(alice, "t1");
  EXPECT_FALSE(this->has_ended(session, start));
  this->engine.clock().advance(std::chrono::seconds{10});
  EXPECT_TRUE(
      refused(await(this->sessions().end(this->user("bob"), session)), Errc::session_not_found));
  EXPECT_TRUE(await(this->sessions().end(alice, session)).has_value());
  EXPECT_TRUE(refused(await(this->sessions().end(alice, session)), Errc::session_not_found));
  this->engine.reopen();
  EXPECT_TRUE(this->has_ended(session, start));
  EXPECT_FALSE(this->has_ended(session, this->engine.clock().now()));
  EXPECT_TRUE(refused(this->rotate("t1", "t2"), Errc::invalid_refresh_token));
}

TYPED_TEST_P(SessionStoreContract, AUserHasAHundredSessionsAndTheOldestGoFirst) {
  const UserId alice = this->user("alice"), bob = this->user("bob");
  const Timestamp start = this->engine.clock().now() - std::chrono::seconds{1};
  std::vector<SessionId> sessions;
  this->sign_in(bob, "bob");
  for (int i = 0; i < 102; ++i) sessions.push_back(this->sign_in(alice, "t" + std::to_string(i)));
  EXPECT_EQ(await(this->sessions().list(alice)).size(), 100U);
  EXPECT_TRUE(this->has_ended(sessions[0], start));
  EXPECT_TRUE(this->has_ended(sessions[1], start));
  EXPECT_FALSE(this->has_ended(sessions[2], start));
  EXPECT_TRUE(refused(this->rotate("t1", "x"), Errc::invalid_refresh_token));
  EXPECT_TRUE(this->rotate("t2", "y").has_value());
  EXPECT_TRUE(this->rotate("bob", "z").has_value());
}

TYPED_TEST_P(SessionStoreContract, ASessionIsListedWithWhereItWasLastUsed) {
  const UserId alice = this->user("alice");
  const SessionId first = this->sign_in(alice, "a");
  this->sign_in(this->user("bob"), "b");
  this->engine.clock().advance(std::chrono::minutes{1});
  const SessionId second = this->sign_in(alice, "c");
  this->engine.clock().advance(std::chrono::minutes{1});
  ASSERT_TRUE(this->rotate("a", "a2").has_value());
  this->engine.reopen();

  const auto list = await(this->sessions().list(alice));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].id, first);
  EXPECT_EQ(list[0].address, "::2");
  EXPECT_EQ(list[0].last_used_at, this->engine.clock().now());
  EXPECT_EQ(list[0].created_at, this->engine.clock().now() - std::chrono::minutes{2});
  EXPECT_EQ(list[1].id, second);
  EXPECT_EQ(list[1].device, "Test on Linux");
  EXPECT_EQ(list[1].platform, "Linux");
  this->engine.clock().advance(std::chrono::hours{1});
  EXPECT_TRUE(await(this->sessions().list(alice)).empty());
}

TYPED_TEST_P(SessionStoreContract, AllSessionsButOneEndTogether) {
  const UserId alice = this->user("alice");
  const SessionId kept = this->sign_in(alice, "a"), gone = this->sign_in(alice, "b");
  this->sign_in(this->user("bob"), "c");
  EXPECT_EQ(await(this->sessions().end_all(alice, kept)), std::vector{gone});
  EXPECT_TRUE(this->rotate("a", "a2").has_value());
  EXPECT_TRUE(refused(this->rotate("b", "b2"), Errc::invalid_refresh_token));
  EXPECT_EQ(await(this->sessions().end_all(alice, SessionId{})), std::vector{kept});
  EXPECT_TRUE(this->rotate("c", "c2").has_value());
}

TYPED_TEST_P(SessionStoreContract, ANewDeviceAndANewNetworkAreNoticed) {
  const UserId alice = this->user("alice");
  const auto open = [&](const std::string& fingerprint, const std::string& network) {
    auto session = this->newcomer(alice, fingerprint + network + std::to_string(++this->drafts));
    session.fingerprint = fingerprint;
    session.network = network;
    return await(this->sessions().open(session)).value();
  };
  const auto first = open("phone", "home");  // there is nothing to compare it with
  EXPECT_FALSE(first.new_device);
  EXPECT_FALSE(first.new_network);
  this->engine.reopen();
  EXPECT_FALSE(open("phone", "home").new_device);
  const auto travel = open("phone", "hotel");
  EXPECT_FALSE(travel.new_device);
  EXPECT_TRUE(travel.new_network);
  const auto bought = open("laptop", "home");
  EXPECT_TRUE(bought.new_device);
  EXPECT_FALSE(bought.new_network);
  EXPECT_FALSE(open("laptop", "hotel").new_device);
}

TYPED_TEST_P(SessionStoreContract, NobodySignsInWithoutAnAccount) {
  EXPECT_TRUE(
      refused(await(this->sessions().open(this->newcomer(UserId{5}, "t"))), Errc::user_not_found));
}

TYPED_TEST_P(SessionStoreContract, EventsAreKeptNewestFirstAndNotForEver) {
  const UserId alice = this->user("alice");
  const auto add = [&](SecurityEventKind kind) {
    user::Tidings tidings;
    tidings.notice = user::Notice{.kind = kind, .address = "::1", .user_agent = "test"};
    await(this->sessions().tell(alice, &tidings));
    return tidings.kept.value();
  };
  for (int i = 0; i < user::SessionStore::kMostEvents; ++i) add(SecurityEventKind::new_device);
  const SecurityEvent last = add(SecurityEventKind::token_reuse);
  const auto page = await(this->sessions().events(alice, std::nullopt, 3)).value();
  ASSERT_EQ(page.events.size(), 3U);
  EXPECT_EQ(page.events[0].id, last.id);
  EXPECT_EQ(page.events[0].kind, SecurityEventKind::token_reuse);
  EXPECT_EQ(page.events[0].at, this->engine.clock().now());
  const auto next = await(this->sessions().events(alice, page.next_cursor, 100)).value();
  EXPECT_EQ(next.events.size(), 100U);
  EXPECT_LT(next.events[0].id, page.events[2].id);
  const auto rest = await(this->sessions().events(alice, next.next_cursor, 100)).value();
  EXPECT_EQ(rest.events.size(), 97U);
  EXPECT_FALSE(rest.next_cursor);
  EXPECT_TRUE(refused(await(this->sessions().events(alice, "x", 3)), Errc::malformed_request));
  EXPECT_TRUE(await(this->sessions().events(this->user("bob"), {}, 3))->events.empty());
}

REGISTER_TYPED_TEST_SUITE_P(SessionStoreContract, ARefreshTokenWorksOnceAndNamesItsSession,
                            ATokenShownTwiceEndsItsSession, UnknownAndExpiredTokensAreRefused,
                            RotatingProlongsASession, AnEndedSessionIsRememberedAndItsTokensAreNot,
                            AUserHasAHundredSessionsAndTheOldestGoFirst,
                            ASessionIsListedWithWhereItWasLastUsed, AllSessionsButOneEndTogether,
                            ANewDeviceAndANewNetworkAreNoticed, NobodySignsInWithoutAnAccount,
                            EventsAreKeptNewestFirstAndNotForEver);

}  // namespace parley::storage::contract
