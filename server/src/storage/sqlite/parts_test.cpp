#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "model/error.h"
#include "storage/sql/entry_text.h"
#include "storage/sqlite/chat_cache.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/fixture_for_test.h"
#include "storage/sqlite/overlay.h"

// The small parts, one by one.

namespace parley::storage {
namespace {

TEST(EntryTextTest, SettingsComeBackAsTheyWere) {
  EXPECT_TRUE(rc::check("any name and description", [] {
    Settings settings;
    if (*rc::gen::arbitrary<bool>()) settings.name = *rc::gen::arbitrary<std::string>();
    if (*rc::gen::arbitrary<bool>()) settings.description = *rc::gen::arbitrary<std::string>();
    const Settings back = read_settings(write_settings(settings));
    RC_ASSERT(back.name == settings.name);
    RC_ASSERT(back.description == settings.description);
  }));
}

TEST(EntryTextTest, MembershipComesBackAsItWas) {
  const Membership membership{.action = MembershipAction::role,
                              .user_ids = {UserId{1}, UserId{~0ULL >> 1}},
                              .role = ParticipantRole::admin};
  EXPECT_EQ(write_membership(membership), "role admin 1 9223372036854775807");
  const Membership back = read_membership(write_membership(membership));
  EXPECT_EQ(back.action, membership.action);
  EXPECT_EQ(back.user_ids, membership.user_ids);
  EXPECT_EQ(back.role, membership.role);
  EXPECT_TRUE(read_membership("left -").user_ids.empty());
  const Membership permitted{
      .action = MembershipAction::permissions,
      .user_ids = {UserId{7}},
      .permissions = Permissions{.send = false, .add_members = true, .change_info = true}};
  EXPECT_EQ(write_membership(permitted), "permissions 6 7");
  EXPECT_EQ(read_membership("permissions 6 7").permissions, permitted.permissions);
}

TEST(EntryTextTest, DamagedTextIsRefused) {
  for (const auto* text : {"x", "n", "n5:abc", "n-1:", "n99999999999999999999:x", "nx:a"})
    EXPECT_THROW(read_settings(text), std::runtime_error) << text;
  for (const auto* text : {"", "fly - 1", "added king 1", "added - x", "added - 1x"})
    EXPECT_THROW(read_membership(text), std::runtime_error) << text;
}

TEST(RecentSendersTest, SaysNothingRatherThanSomethingWrong) {
  EXPECT_TRUE(rc::check("against the whole log", [] {
    const auto log = *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange(0, 5));
    const auto start = static_cast<Seq>(*rc::gen::inRange(0, 100));
    RecentSenders recent;
    for (std::size_t i = 0; i < log.size(); ++i)
      recent.add(start + static_cast<Seq>(i) + 1, UserId{log[i]});
    const Seq last = start + std::ssize(log);
    const auto after = *rc::gen::inRange<Seq>(0, last + 2);
    const auto up_to = *rc::gen::inRange<Seq>(0, last + 2);
    const auto found = recent.between(after, up_to, UserId{1});
    if (!found) {
      RC_ASSERT(after < start || after < last - 64 || up_to > last);
      return;
    }
    std::set<UserId> expected;
    for (Seq seq = after + 1; seq <= up_to; ++seq) {
      const UserId sender{log.at(static_cast<std::size_t>(seq - start - 1))};
      if (sender && sender != UserId{1}) expected.insert(sender);
    }
    RC_ASSERT(std::set<UserId>(found->begin(), found->end()) == expected);
    RC_ASSERT(found->size() == expected.size());
  }));
}

TEST(OverlayTest, ShowsWhatWasPublishedUntilItIsFolded) {
  Overlay overlay;
  const ChatId chat{7}, other{8};
  overlay.publish(chat, {.last_seq = 1, .change_id = 10}, UserId{1}, {.delivered = 1, .read = 1});
  overlay.publish(other, {.last_seq = 5, .change_id = 11}, UserId{}, {});
  overlay.publish(chat, {.last_seq = 1, .change_id = 12}, UserId{2}, {.delivered = 1, .read = 0});
  overlay.publish(chat, {.last_seq = 2, .change_id = 13}, UserId{1}, {.delivered = 2, .read = 2});

  const auto seen = overlay.find(chat);
  ASSERT_TRUE(seen);
  EXPECT_EQ(overlay.peek(chat)->since, 10u);
  EXPECT_EQ(seen->head.last_seq, 2);
  EXPECT_EQ(seen->receipt(UserId{1}, {}), (Receipt{.delivered = 2, .read = 2}));
  EXPECT_EQ(seen->receipt(UserId{2}, {.delivered = 0, .read = 1}),
            (Receipt{.delivered = 1, .read = 1}));
  EXPECT_EQ(seen->receipt(UserId{3}, {.delivered = 1, .read = 0}),
            (Receipt{.delivered = 1, .read = 0}));
  overlay.drop_front(1);
  EXPECT_FALSE(overlay.find(chat));
  EXPECT_TRUE(overlay.head(other));
}

TEST(ConnectionTest, TellsAFaultFromADiskThatDoesNotAnswer) {
  TemporaryDirectory directory;
  EXPECT_THROW(
      (SqliteConnection{directory.path() / "no" / "where.db", SqliteConnection::Mode::write}),
      StorageUnavailable);
  SqliteConnection db{directory.path() / "a.db", SqliteConnection::Mode::write};
  db.execute("CREATE TABLE t (x INTEGER PRIMARY KEY)");
  EXPECT_THROW(db.run("INSERT INTO nowhere VALUES (1)"), std::runtime_error);
  db.run("INSERT INTO t VALUES (?1)", 1);
  EXPECT_THROW(db.run("INSERT INTO t VALUES (?1)", 1), std::runtime_error);
  SqliteConnection reader{directory.path() / "a.db", SqliteConnection::Mode::read};
  EXPECT_THROW(reader.run("INSERT INTO t VALUES (?1)", 2), StorageUnavailable);
}

TEST(ConnectionTest, KeepsBytesAsTheyAre) {
  TemporaryDirectory directory;
  SqliteConnection db{directory.path() / "a.db", SqliteConnection::Mode::write};
  db.execute("CREATE TABLE t (x TEXT, y BLOB) STRICT");
  const std::string bytes{"a\0b\xff\xfe", 5};
  db.run("INSERT INTO t VALUES (?1, ?2)", bytes, Blob{bytes});
  db.run("INSERT INTO t VALUES (?1, ?2)", std::string_view{}, std::optional<std::int64_t>{});
  auto row = db.query("SELECT x, y FROM t ORDER BY rowid");
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.text(0), bytes);
  EXPECT_EQ(row.text(1), bytes);
  ASSERT_TRUE(row.next());
  EXPECT_FALSE(row.null(0)) << "nothing said is not NULL";
  EXPECT_EQ(row.text(0), "");
  EXPECT_TRUE(row.null(1));
  EXPECT_FALSE(row.next());
}

}  // namespace
}  // namespace parley::storage
