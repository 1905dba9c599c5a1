#include "storage/sql/people.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "storage/contract/contact_store_suite.h"
#include "storage/sqlite/fixture_for_test.h"

// What the rows decide about who is shown, beyond what the ports can set.

namespace parley::storage::contract {
namespace {

class PeopleTest : public Suite<SqliteFixture> {
 public:
  void set(Sql statement, UserId user) {
    await(engine.database->writer().run([&](SqliteChatLog& log) {
      log.db().run(statement, user);
      return true;
    }));
  }
  std::size_t found(UserId viewer, const std::string& text) {
    return await(engine.contacts().search(viewer, text, 20)).value().size();
  }

  std::string plan(Sql statement) {
    return await(engine.database->readers().read_or_throw([&](SqliteConnection& db) {
      std::string steps;
      auto row = db.query(statement, 1, 2, 3, 4);
      while (row.next()) steps += row.string(3) + "\n";
      return steps;
    }));
  }
};

TEST_F(PeopleTest, SuspendedAndDeletedPeopleAreNotFound) {
  const UserId alice = user("alice"), bob = user("bob"), carol = user("carol");
  group(alice, {bob, carol});
  await(engine.contacts().add(alice, by_id(carol), {})).value();
  set("UPDATE users SET suspended_at = 1 WHERE id = ?1", bob);
  set("UPDATE users SET deleted_at = 1 WHERE id = ?1", carol);
  EXPECT_EQ(found(alice, "bo") + found(alice, "ca") + found(alice, "the"), 0u);
  EXPECT_TRUE(await(engine.contacts().suggestions(alice, 10))->empty());
  EXPECT_TRUE(await(engine.contacts().find(alice, by_id(bob))).has_value());
  EXPECT_TRUE(refused(await(engine.contacts().find(alice, by_id(carol))), Errc::user_not_found));
  EXPECT_TRUE(await(engine.contacts().list(alice, {}, 10))->contacts.empty());
  const Sight gone = await(engine.contacts().sight(alice, carol));
  EXPECT_FALSE(gone.exists || gone.online || gone.about || gone.groups || gone.reads);
}

TEST_F(PeopleTest, AVerifiedNumberFindsItsOwner) {
  const UserId alice = user("alice"), bob = user("bob");
  set("UPDATE users SET phone_number = '+4930123456', phone_verified = 1 WHERE id = ?1", bob);
  EXPECT_EQ(await(engine.contacts().find(alice, by_phone("+4930123456")))->id, bob);
}

TEST_F(PeopleTest, NobodyIsLookedForByReadingEverybody) {
  for (const std::string& steps :
       {plan("EXPLAIN QUERY PLAN SELECT * FROM people WHERE id = ?1 AND viewer_id = ?2"),
        plan("EXPLAIN QUERY PLAN SELECT * FROM people WHERE username >= ?1 AND username < ?2"
             " AND viewer_id = ?3 AND id <> ?3 AND NOT deleted AND NOT suspended AND NOT blocked"
             " ORDER BY username LIMIT ?4"),
        plan("EXPLAIN QUERY PLAN SELECT p.* FROM contacts c"
             " JOIN people p ON p.id = c.contact_id AND p.viewer_id = c.user_id"
             " WHERE c.user_id = ?1 AND c.contact_id > ?2 ORDER BY c.contact_id LIMIT ?3")}) {
    EXPECT_EQ(steps.find("SCAN"), std::string::npos) << steps;
    EXPECT_EQ(steps.find("TEMP B-TREE"), std::string::npos) << steps;
  }
  const std::string words = plan(
      "EXPLAIN QUERY PLAN SELECT p.* FROM user_words JOIN people p ON p.id = user_words.rowid"
      " WHERE user_words MATCH ?1 AND p.viewer_id = ?2 AND p.id <> ?2 LIMIT ?3");
  EXPECT_NE(words.find("SCAN user_words VIRTUAL TABLE INDEX"), std::string::npos) << words;
  EXPECT_EQ(words.find("SCAN o"), std::string::npos) << words;
}

}  // namespace
}  // namespace parley::storage::contract
