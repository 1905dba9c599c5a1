#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/contract/concurrency_suite.h"
#include "storage/contract/operators.h"

// What accounts promise to many who register, sign in and refresh at once, as tests.

namespace parley::storage::contract {

template <class E>
class AccountRaceContract : public OperatorSuite<E> {
 public:
  // How often each answer was given.
  struct Answers {
    std::atomic<int> done = 0, refused = 0, other = 0;
    template <class T>
    void count(const Result<T>& answer, Errc expected) {
      ++(answer ? done : answer.error().code == expected ? refused : other);
    }
  };

  static user::NewUser newcomer(std::string name) {
    return {.username = name, .display_name = name, .password_hash = "hash"};
  }
  static user::NewUser person(int number) { return newcomer("person" + std::to_string(number)); }
  Task<void> create(user::NewUser user, Errc expected, Answers& answers) {
    answers.count(co_await this->engine.users().create(std::move(user)), expected);
  }
  Task<void> sign_in(UserId user, int number, Errc expected, Answers& answers) {
    answers.count(co_await this->engine.sessions().open(
                      {.user_id = user,
                       .refresh_hash = "token " + std::to_string(number),
                       .address = "::1",
                       .user_agent = "test",
                       .device = "Test",
                       .platform = "Linux",
                       .fingerprint = "kind " + std::to_string(number),
                       .network = "0000:0000",
                       .expires_at = this->engine.clock().now() + std::chrono::hours{1}}),
                  expected);
  }
  Task<void> suspend(UserId user) {
    const auto suspended = co_await this->admin().suspend(this->by(this->mod), user, "spam");
    EXPECT_TRUE(suspended.has_value());
  }
  Task<void> refresh(int number, std::atomic<int>& reused, Answers& answers) {
    const auto rotation = co_await this->engine.sessions().rotate(
        "token 0", "next " + std::to_string(number),
        this->engine.clock().now() + std::chrono::hours{1}, "::2");
    if (rotation && rotation->reused) {
      ++reused;
    } else {
      answers.count(rotation, Errc::invalid_refresh_token);
    }
  }
  std::size_t sessions_of(UserId user) { return await(this->engine.sessions().list(user)).size(); }

  static constexpr int kThreads = 3, kEach = 8, kAll = kThreads * kEach;
};
TYPED_TEST_SUITE_P(AccountRaceContract);

TYPED_TEST_P(AccountRaceContract, ANameIsGivenToOne) {
  typename TestFixture::Answers answers;
  run_everywhere(this->kThreads, this->kEach, [&](int) {
    return this->create(this->newcomer("carol"), Errc::username_taken, answers);
  });
  EXPECT_EQ(answers.done, 1);
  EXPECT_EQ(answers.refused, this->kAll - 1);
}

TYPED_TEST_P(AccountRaceContract, OfNamesThatLookAlikeOneIsGiven) {
  typename TestFixture::Answers answers;
  run_everywhere(this->kThreads, this->kEach, [&](int i) {
    // ca.rol, ca..rol …: the eye does not see dots.
    const auto dots = static_cast<std::size_t>(i);
    return this->create(this->newcomer("ca" + std::string(dots, '.') + "rol"), Errc::username_taken,
                        answers);
  });
  EXPECT_EQ(answers.done, 1);
  EXPECT_EQ(answers.refused, this->kAll - 1);
}

TYPED_TEST_P(AccountRaceContract, AnAddressIsGivenToOne) {
  typename TestFixture::Answers answers;
  run_everywhere(this->kThreads, this->kEach, [&](int i) {
    user::NewUser user = this->person(i);
    user.email = "one@example.org";
    return this->create(std::move(user), Errc::email_taken, answers);
  });
  EXPECT_EQ(answers.done, 1);
  EXPECT_EQ(answers.refused, this->kAll - 1);
}

TYPED_TEST_P(AccountRaceContract, WhoHasVerifiedAnAddressGetsItFromAllWhoOnlyClaimIt) {
  typename TestFixture::Answers answers;
  run_everywhere(this->kThreads, this->kEach, [&](int i) {
    user::NewUser user = this->person(i);
    user.email = "one@example.org";
    user.email_verified = i == 0;
    return this->create(std::move(user), Errc::email_taken, answers);
  });
  EXPECT_EQ(answers.other, 0);
  const auto owner = await(this->engine.users().owner_of_email("one@example.org"));
  ASSERT_TRUE(owner);
  EXPECT_EQ(await(this->engine.users().find(owner->user_id))->username, "person0");
}

TYPED_TEST_P(AccountRaceContract, AnInviteLetsInAsManyAsItSays) {
  await(
      this->engine.invites().create(
          this->by(this->root), {.hash = "h",
                                 .uses = 5,
                                 .expires_at = this->engine.clock().now() + std::chrono::hours{1}}))
      .value();
  typename TestFixture::Answers answers;
  run_everywhere(this->kThreads, this->kEach, [&](int i) {
    user::NewUser user = this->person(i);
    user.invite_hash = "h";
    return this->create(std::move(user), Errc::invite_required, answers);
  });
  EXPECT_EQ(answers.done, 5);
  EXPECT_EQ(answers.refused, this->kAll - 5);
}

TYPED_TEST_P(AccountRaceContract, NobodyStaysSignedInToASuspendedAccount) {
  typename TestFixture::Answers answers;
  run_everywhere(this->kThreads, this->kEach, [&](int i) {
    if (i == this->kAll / 2) return this->suspend(this->alice);
    return this->sign_in(this->alice, i, Errc::account_suspended, answers);
  });
  EXPECT_EQ(answers.other, 0);
  EXPECT_EQ(answers.done + answers.refused, this->kAll - 1);
  EXPECT_EQ(this->sessions_of(this->alice), 0u);
}

TYPED_TEST_P(AccountRaceContract, NobodyHasMoreSessionsThanTheyMay) {
  constexpr int kMany = static_cast<int>(user::SessionStore::kMostSessions) / 3 + 8;
  typename TestFixture::Answers answers;
  run_everywhere(this->kThreads, kMany, [&](int i) {
    return this->sign_in(this->alice, i, Errc::account_suspended, answers);
  });
  EXPECT_EQ(answers.done, this->kThreads * kMany);
  EXPECT_EQ(this->sessions_of(this->alice),
            static_cast<std::size_t>(user::SessionStore::kMostSessions));
}

TYPED_TEST_P(AccountRaceContract, ARefreshTokenShownByManyIsExchangedOnceAndThenStolen) {
  typename TestFixture::Answers answers;
  run_everywhere(
      1, 1, [&](int) { return this->sign_in(this->alice, 0, Errc::account_suspended, answers); });
  std::atomic<int> reused = 0;
  run_everywhere(this->kThreads, this->kEach,
                 [&](int i) { return this->refresh(i, reused, answers); });
  EXPECT_EQ(answers.done, 2) << "the sign-in and one exchange";
  EXPECT_EQ(reused, 1);
  EXPECT_EQ(answers.refused, this->kAll - 2);
  EXPECT_EQ(this->sessions_of(this->alice), 0u);
}

REGISTER_TYPED_TEST_SUITE_P(AccountRaceContract, ANameIsGivenToOne, OfNamesThatLookAlikeOneIsGiven,
                            AnAddressIsGivenToOne,
                            WhoHasVerifiedAnAddressGetsItFromAllWhoOnlyClaimIt,
                            AnInviteLetsInAsManyAsItSays, NobodyStaysSignedInToASuspendedAccount,
                            NobodyHasMoreSessionsThanTheyMay,
                            ARefreshTokenShownByManyIsExchangedOnceAndThenStolen);

}  // namespace parley::storage::contract
