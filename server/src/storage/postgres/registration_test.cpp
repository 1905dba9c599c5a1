#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "storage/contract/account_race_suite.h"
#include "storage/postgres/fixture_for_test.h"

// Many register, sign in and refresh at once, on a store that knows nobody: nobody is in another
// one's way. There every index is a page or two, and serializable transactions that look something
// up and add to it conflict, whoever they are about: it was one in three that began again.

namespace parley::storage::contract {

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, AccountRaceContract, PostgresFixture);

namespace {

constexpr int kThreads = 3, kEach = 60, kAll = kThreads * kEach;
constexpr std::uint64_t kFew = kAll / 20;

class RegistrationTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    engine.emplace();
    engine->close();
    engine->options.writers = 8;
    engine->open();
  }

  // How many transactions began again while all of them act.
  std::uint64_t conflicts(const std::function<Task<void>(int)>& act) {
    const std::uint64_t before = engine->database->conflicts();
    run_everywhere(kThreads, kEach, act);
    const std::uint64_t met = engine->database->conflicts() - before;
    RecordProperty("began_again_" + std::to_string(++rounds), std::to_string(met));
    return met;
  }

  static std::string hash_of(const std::string& name) {
    return name + std::string(32 - name.size(), '-');
  }
  Timestamp in_an_hour() { return engine->clock().now() + std::chrono::hours{1}; }

  // As the service makes an account: with an address that is to be verified.
  Task<void> create(int number) {
    const std::string name = "user" + std::to_string(number);
    user::Tidings tidings;
    tidings.link = user::Secret{.hash = hash_of(name),
                                .purpose = user::Purpose::verify_email,
                                .user_id = {},
                                .data = "",
                                .expires_at = in_an_hour()};
    tidings.letters.push_back({.kind = "mail", .payload = "{}"});
    const auto made = co_await engine->users().create({.username = name,
                                                       .display_name = name,
                                                       .email = name + "@example.org",
                                                       .password_hash = "hash"},
                                                      &tidings);
    EXPECT_TRUE(made.has_value());
    if (made) ids[static_cast<std::size_t>(number)] = made->id;
  }
  // From a device of its own, so that the user is told.
  Task<void> sign_in(int number, std::string device) {
    user::Tidings tidings;
    tidings.notice = user::Notice{
        .kind = SecurityEventKind::new_device, .address = "192.0.2.1", .user_agent = "test"};
    const auto opened =
        co_await engine->sessions().open({.user_id = ids[static_cast<std::size_t>(number)],
                                          .refresh_hash = hash_of(device + std::to_string(number)),
                                          .address = "192.0.2.1",
                                          .user_agent = "test",
                                          .device = device,
                                          .platform = "",
                                          .fingerprint = device,
                                          .network = "192.0.2",
                                          .expires_at = in_an_hour()},
                                         &tidings);
    EXPECT_TRUE(opened.has_value());
  }
  Task<void> refresh(int number, std::string device) {
    const auto rotation = co_await engine->sessions().rotate(
        hash_of(device + std::to_string(number)), hash_of("next" + std::to_string(number)),
        in_an_hour(), "192.0.2.2");
    EXPECT_TRUE(rotation.has_value() && !rotation->reused);
  }

  std::optional<PostgresFixture> engine;
  int rounds = 0;
  std::vector<UserId> ids = std::vector<UserId>(kAll);
};

TEST_F(RegistrationTest, ThoseWhoRegisterAtOnceDoNotMeet) {
  EXPECT_LE(conflicts([&](int i) { return create(i); }), kFew);
}

TEST_F(RegistrationTest, ThoseWhoSignInAndRefreshAtOnceDoNotMeet) {
  run_everywhere(kThreads, kEach, [&](int i) { return create(i); });
  EXPECT_LE(conflicts([&](int i) { return sign_in(i, "phone"); }), kFew);
  EXPECT_LE(conflicts([&](int i) { return sign_in(i, "tablet"); }), kFew);
  EXPECT_LE(conflicts([&](int i) { return refresh(i, "phone"); }), kFew);
}

}  // namespace
}  // namespace parley::storage::contract
