#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "storage/sqlite/fixture_for_test.h"

// What of moderation is SQLite's own: the log that is only added to, and what is left in tables.

namespace parley::storage {
namespace {

class ModerationTest : public testing::Test {
 protected:
  static Caller operator_() {
    Caller caller;
    caller.user_id = kOperator;
    return caller;
  }
  UserId user(const std::string& name) {
    return await(engine.users().create({.username = name,
                                        .display_name = name,
                                        .email = name + "@example.org",
                                        .phone_number = {},
                                        .password_hash = "hash"}))
        .value()
        .id;
  }
  // What the database says to a statement that somebody smuggles in.
  std::string refusal(Sql sql) {
    return await(engine.database->writer().run([sql](SqliteChatLog& log) -> std::string {
      try {
        log.db().run(sql);
      } catch (const std::exception& failure) {
        return failure.what();
      }
      return "";
    }));
  }
  std::int64_t count(Sql sql, UserId user) {
    return await(engine.database->writer().run([=](SqliteChatLog& log) {
      auto row = log.db().query(sql, user);
      row.next();
      return row.integer(0);
    }));
  }

  SqliteFixture engine;
};

TEST_F(ModerationTest, TheAuditLogIsOnlyAddedTo) {
  const UserId alice = user("alice");
  ASSERT_TRUE(await(engine.admin().suspend(operator_(), alice, "spam")).has_value());
  for (const Sql sql :
       {Sql{"UPDATE audit_log SET detail = 'nothing'"}, Sql{"DELETE FROM audit_log"},
        Sql{"INSERT OR REPLACE INTO audit_log SELECT id, at, actor_id, 'x', action,"
            " subject_id, address, detail FROM audit_log"},
        Sql{"INSERT INTO audit_log SELECT id, at, actor_id, 'x', action,"
            " subject_id, address, detail FROM audit_log WHERE true"
            " ON CONFLICT (id) DO UPDATE SET actor_name = 'x'"}})
    EXPECT_NE(refusal(sql).find("only added to"), std::string::npos) << sql.text;
  const auto entries = await(engine.admin().audit(operator_(), {}, {}, 100)).value().entries;
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].detail, "spam");
}

TEST_F(ModerationTest, SuspensionAndRemovalEndSessionsInTheSameTransaction) {
  const UserId alice = user("alice"), bob = user("bob");
  const auto open = [&](UserId user, const char* hash) {
    return engine.database->writer().run([=](SqliteChatLog& log) {
      const auto id = log.next_id<SessionKind>();
      log.db().run(
          "INSERT INTO sessions (id, user_id, refresh_hash, address, user_agent, browser,"
          " created_at, expires_at) VALUES (?1, ?2, ?3, '', '', 0, 0, 9999999999999)",
          id, user, Blob{hash});
      return id;
    });
  };
  const SessionId one = await(open(alice, "1")), two = await(open(alice, "2"));
  const SessionId bobs = await(open(bob, "3"));
  EXPECT_EQ(await(engine.admin().get(operator_(), alice))->session_count, 2);
  EXPECT_EQ(await(engine.admin().suspend(operator_(), alice, "spam")).value(),
            (std::vector{one, two}));
  EXPECT_EQ(await(engine.admin().get(operator_(), alice))->session_count, 0);
  EXPECT_EQ(await(engine.admin().remove(operator_(), bob))->sessions, std::vector{bobs});
  constexpr Sql kEnded{"SELECT count(*) FROM ended_sessions WHERE ?1 > 0"};
  EXPECT_EQ(count(kEnded, alice), 3);
}

TEST_F(ModerationTest, OfARemovedAccountNoRowSaysAnythingPersonal) {
  const UserId alice = user("alice");
  await(engine.database->writer().run([=](SqliteChatLog& log) {
    SqliteConnection& db = log.db();
    db.run("INSERT INTO privacy_exceptions VALUES (?1, 5), (6, ?1)", alice);
    db.run("INSERT INTO avatars VALUES (?1, 1, x'00', 0)", alice);
    db.run("INSERT INTO known_devices VALUES (?1, x'00', '', 0)", alice);
    db.run("INSERT INTO security_events VALUES (1, ?1, 0, 0, '192.0.2.1', '')", alice);
    db.run("UPDATE users SET phone_number = '+4930123', public_key = 'k' WHERE id = ?1", alice);
    db.run("INSERT INTO one_time_codes VALUES ('+4930123', x'00', 0, 0, 0, 0)");
    db.run("INSERT INTO one_time_secrets VALUES (x'00', 0, ?1, '', 0)", alice);
    db.run("INSERT INTO recovery_codes VALUES (?1, x'00')", alice);
    db.run("INSERT INTO passkeys VALUES (1, ?1, x'00', x'00', 0, '', 0, NULL)", alice);
    db.run("INSERT INTO identities VALUES ('i', 's', ?1, 0)", alice);
    return true;
  }));
  ASSERT_TRUE(await(engine.admin().remove(operator_(), alice)).has_value());
  EXPECT_EQ(
      count("SELECT (SELECT count(*) FROM privacy_exceptions) + (SELECT count(*) FROM avatars)"
            " + (SELECT count(*) FROM known_devices) + (SELECT count(*) FROM security_events)"
            " + (SELECT count(*) FROM one_time_codes)"
            " + (SELECT count(*) FROM one_time_secrets)"
            " + (SELECT count(*) FROM recovery_codes) + (SELECT count(*) FROM passkeys)"
            " + (SELECT count(*) FROM identities) WHERE ?1 > 0",
            alice),
      0);
  EXPECT_EQ(count("SELECT count(*) FROM users WHERE id = ?1 AND email IS NULL"
                  " AND phone_number IS NULL AND public_key IS NULL AND password_hash = ''",
                  alice),
            1);
}

}  // namespace
}  // namespace parley::storage
