#include "user/admin.h"

#include <map>

#include "delivery/receiver_for_test.h"
#include "user/world_for_test.h"

namespace parley::user {
namespace {

// Does what it is told, and has no opinion: who may what is for the suite of the real ones.
class FakeAdminStore final : public AdminStore {
 public:
  Task<Result<AccountPage>> list(Caller, AccountFilter, std::optional<std::string>,
                                 std::int64_t limit) override {
    asked_limit = limit;
    co_return AccountPage{};
  }
  Task<Result<AccountInfo>> get(Caller, UserId) override { co_return fail(Errc::user_not_found); }
  Task<Result<AccountInfo>> create(Caller, NewUser user) override {
    made = user;
    AccountInfo account;
    account.username = user.username;
    co_return account;
  }
  Task<Result<std::vector<SessionId>>> suspend(Caller, UserId, std::string) override {
    co_return sessions;
  }
  Task<Result<void>> unsuspend(Caller, UserId) override { co_return Result<void>{}; }
  Task<Result<RemovedAccount>> remove(Caller, UserId user) override {
    RemovedAccount removed;
    removed.sessions = sessions;
    removed.departures.push_back({.event = {.chat_id = ChatId{9},
                                            .seq = 4,
                                            .id = MessageId{5},
                                            .actor_id = user,
                                            .user_ids = {user},
                                            .action = MembershipAction::left,
                                            .at = {}},
                                  .recipients = {UserId{50}}});
    co_return removed;
  }
  Task<Result<std::vector<SessionId>>> set_password(Caller, UserId, std::string hash) override {
    password_hash = std::move(hash);
    co_return sessions;
  }
  Task<Result<std::vector<SessionId>>> set_role(Caller, UserId, Role) override {
    co_return sessions;
  }
  Task<Result<AuditPage>> audit(Caller, AuditFilter, std::optional<std::string>,
                                std::int64_t) override {
    co_return AuditPage{};
  }

  NewUser made;
  std::string password_hash;
  std::vector<SessionId> sessions;
  std::int64_t asked_limit = 0;
};

class AdminTest : public UserServiceTest {
 protected:
  template <class T>
  Result<T> ask(Task<Result<T>> task) {
    return await(loop, std::move(task));
  }
  CreateAccount account(std::string name) {
    CreateAccount command;
    command.username = std::move(name);
    return command;
  }

  FakeAdminStore admin_store;
  Admin admin{admin_store, passwords, sessions, router};
  const UserId user{7};
};

TEST_F(AdminTest, WhoeverIsThrownOutIsOutAtOnce) {
  using Action = std::function<bool()>;
  const std::vector<Action> actions{
      [&] { return ask(admin.suspend({}, {user, "spam"})).has_value(); },
      [&] { return ask(admin.remove({}, {user})).has_value(); },
      [&] { return ask(admin.reset_password({}, {user, kPassword})).has_value(); },
      [&] { return ask(admin.set_role({}, {user, Role::moderator})).has_value(); }};
  for (std::uint64_t i = 0; i < actions.size(); ++i) {
    const SessionId session{100 + i};
    delivery::FakeReceiver socket{router, hub, user, session, 1 + i};
    const std::string token =
        tokens.issue({user, session, Role::user, kNow + std::chrono::hours{1}});
    admin_store.sessions = {session};
    ASSERT_TRUE(actions[i]());
    EXPECT_EQ(refusal(tokens.check(token)), Errc::token_revoked) << i;
    loop.restart();
    loop.run_for(std::chrono::milliseconds{1});
    EXPECT_TRUE(socket.signed_out) << i;
  }
}

TEST_F(AdminTest, TheGroupsOfADeletedAccountHearThatSomebodyLeft) {
  delivery::FakeReceiver member{router, hub, UserId{50}, SessionId{1}, 1};
  ASSERT_TRUE(ask(admin.remove({}, {user})).has_value());
  loop.restart();
  loop.run_for(std::chrono::milliseconds{1});
  ASSERT_EQ(member.heard.size(), 1u);
  const auto* const left = std::get_if<MemberRemoved>(&member.heard[0]);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->user_ids, std::vector{user});
}

TEST_F(AdminTest, AnAccountIsMadeByTheRulesOfAllAccounts) {
  EXPECT_EQ(refused_field(ask(admin.create({}, account("ad min")))), "username");
  EXPECT_EQ(refused_field(ask(admin.create({}, account("deleted.5")))), "username");
  CreateAccount command = account("carol");
  command.email = "no";
  EXPECT_EQ(refused_field(ask(admin.create({}, command))), "email");
  command.email = "Carol@Example.org";
  command.phone_number = "123";
  EXPECT_EQ(refused_field(ask(admin.create({}, command))), "phoneNumber");
  command.phone_number.reset();
  command.password = "weak";
  EXPECT_EQ(refusal(ask(admin.create({}, command))), Errc::weak_password);
  command.password = kPassword;
  command.role = Role::bot;
  ASSERT_TRUE(ask(admin.create({}, command)).has_value());
  EXPECT_EQ(admin_store.made.username, "carol");
  EXPECT_EQ(admin_store.made.display_name, "carol");
  EXPECT_EQ(admin_store.made.email, "carol@example.org");
  EXPECT_EQ(admin_store.made.role, Role::bot);
  EXPECT_TRUE(await(loop, passwords.matches(kPassword, admin_store.made.password_hash)).value());
  ASSERT_TRUE(ask(admin.create({}, account("dan"))).has_value());
  EXPECT_EQ(admin_store.made.password_hash, "");
  EXPECT_EQ(admin_store.made.role, Role::user);
}

TEST_F(AdminTest, AGeneratedPasswordIsToldAndAGivenOneIsNot) {
  const auto generated = ask(admin.reset_password({}, {user, {}})).value();
  ASSERT_TRUE(generated.password);
  EXPECT_TRUE(
      await(loop, passwords.matches(*generated.password, admin_store.password_hash)).value());
  EXPECT_FALSE(ask(admin.reset_password({}, {user, kPassword}))->password);
  EXPECT_EQ(refusal(ask(admin.reset_password({}, {user, "weak"}))), Errc::weak_password);
}

TEST_F(AdminTest, APageHasFiftyUnlessTold) {
  ASSERT_TRUE(ask(admin.list({}, {})).has_value());
  EXPECT_EQ(admin_store.asked_limit, 50);
}

}  // namespace
}  // namespace parley::user
