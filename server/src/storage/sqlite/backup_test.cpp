#include "storage/sqlite/backup.h"

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/private_file.h"
#include "storage/contract/concurrency_suite.h"
#include "storage/contract/people.h"
#include "storage/copy/tables.h"
#include "storage/sqlite/fixture_for_test.h"
#include "storage/sqlite/migrate.h"

namespace parley::storage::contract {
namespace {

class BackupTest : public Suite<SqliteFixture> {
 protected:
  BackupSource source() const {
    return {.directory = engine.options.directory,
            .beside = {"signing-keys", "code.key"},
            .made_by = "test"};
  }
  BackupReport back_up() { return make_backup(source(), file, kTestStart); }
  // What is left in the folder of the backups, by name.
  std::set<std::string> left() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(place.path()))
      names.insert(entry.path().filename().string());
    return names;
  }
  static std::string refusal(const std::filesystem::path& what) {
    try {
      check_backup(what);
    } catch (const std::exception& refused) {
      return refused.what();
    }
    return "";
  }
  // Changes a backup by hand.
  void tamper(const std::string& sql) const {
    SqliteConnection db{file, SqliteConnection::Mode::alone};
    db.execute(sql);
  }

  TemporaryDirectory place;
  std::filesystem::path file = place.path() / "copy.db";
  std::filesystem::path restored = place.path() / "restored";
};

TEST_F(BackupTest, HoldsTheStoreAndItsKeysInOneFileOfItsOwner) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  for (int i = 0; i < 5; ++i) read(bob, chat, send(alice, chat, "x").seq);
  write_private_file(engine.options.directory / "signing-keys", std::string{"k\0ey", 4});

  const BackupReport report = back_up();
  EXPECT_EQ(report.store.rows("messages"), 5);
  EXPECT_EQ(report.store.rows("users"), 2);
  EXPECT_EQ(report.bytes, std::filesystem::file_size(file));
  EXPECT_EQ(left(), std::set<std::string>{"copy.db"}) << "no log and no lock beside it";
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(check_backup(file).rows("messages"), 5);

  send(alice, chat, "after the backup");
  restore_backup(file, restored, false);
  EXPECT_EQ(*read_file(restored / "signing-keys"), (std::string{"k\0ey", 4}));
  EXPECT_FALSE(std::filesystem::exists(restored / "code.key"));
  SqliteFixture again{SqliteFixture::Existing{restored}};
  EXPECT_EQ(await(again.chats().get(bob, chat))->last_seq, 5);
  EXPECT_EQ(await(again.chats().get(bob, chat))->read_seq, 5);
  SqliteConnection db{restored / "parley.db", SqliteConnection::Mode::read};
  EXPECT_FALSE(db.query("SELECT 1 FROM sqlite_schema WHERE name = 'parley_backup'").next());
}

TEST_F(BackupTest, OfAStoreThatIsWrittenToIsOfOneMoment) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  const std::string text(2000, 'x');
  for (int i = 0; i < 3000; ++i) send(alice, chat, text);  // several pieces

  std::atomic<Seq> acked{3000};
  std::atomic<bool> over{false};
  Seq before = 0;
  StoreReport store;
  std::thread backup{[&] {
    before = acked;
    store = back_up().store;
    over = true;
  }};
  while (!over) acked = send(alice, chat, text).seq;
  backup.join();
  EXPECT_GT(acked, before) << "nobody wrote meanwhile";
  EXPECT_GE(store.rows("messages"), before);
  EXPECT_EQ(check_backup(file).rows("messages"), store.rows("messages"));
}

// A client that has seen more than the restored store has.
TEST_F(BackupTest, ACursorFromAfterItStartsOver) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  send(alice, chat, "kept");
  back_up();
  send(alice, chat, "lost");
  const auto later = await(engine.messages().sync(bob, std::nullopt, 10));
  restore_backup(file, restored, false);

  SqliteFixture again{SqliteFixture::Existing{restored}};
  const auto page = await(again.messages().sync(bob, later->cursor, 10));
  ASSERT_TRUE(page);
  EXPECT_NE(page->epoch, later->epoch);
  ASSERT_EQ(page->chats.size(), 1u);
  EXPECT_EQ(page->chats[0].last_seq, 1);
  // Another restore of the same backup is another history again.
  restore_backup(file, place.path() / "second", false);
  SqliteFixture second{SqliteFixture::Existing{place.path() / "second"}};
  EXPECT_NE(await(second.messages().sync(bob, page->cursor, 10))->epoch, page->epoch);
}

// With cp, and twice the same one.
TEST_F(BackupTest, PutInPlaceByHandItIsAnotherHistoryEachTime) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  send(alice, chat, "kept");
  back_up();
  std::set<std::string> epochs{engine.database->epoch()};
  for (const auto* name : {"one", "two"}) {
    const auto directory = place.path() / name;
    std::filesystem::create_directory(directory);
    std::filesystem::copy_file(file, directory / "parley.db");
    SqliteFixture again{SqliteFixture::Existing{directory}};
    epochs.insert(again.database->epoch());
    again.close();
    EXPECT_EQ(check_backup(directory / "parley.db").rows("messages"), 1);
    again.open();
    epochs.insert(again.database->epoch());
  }
  EXPECT_EQ(epochs.size(), 3u);
}

// Of a store that went back without anybody telling it, as a machine's snapshot does.
TEST_F(BackupTest, ACursorBeyondEverythingIsToldAllChats) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  send(alice, chat, "kept");
  const auto now = await(engine.messages().sync(bob, std::nullopt, 10));
  EXPECT_TRUE(await(engine.messages().sync(bob, now->cursor, 10))->chats.empty());
  const std::string beyond = now->epoch + ".9000000000000000000.9000000000000000000";
  const auto page = await(engine.messages().sync(bob, beyond, 10));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->chats.size(), 1u);
  EXPECT_EQ(page->cursor, now->cursor);
  send(alice, chat, "and then");
  EXPECT_EQ(await(engine.messages().sync(bob, page->cursor, 10))->chats.size(), 1u);
}

TEST_F(BackupTest, RestoringSignsEverybodyOutWhenAsked) {
  user("alice");
  write_private_file(engine.options.directory / "signing-keys", "keys");
  write_private_file(engine.options.directory / "code.key", "code");
  back_up();
  restore_backup(file, restored, true);
  EXPECT_FALSE(std::filesystem::exists(restored / "signing-keys"));
  EXPECT_EQ(*read_file(restored / "code.key"), "code");
  EXPECT_EQ(check_backup(restored / "parley.db").rows("sessions"), 0);
}

TEST_F(BackupTest, IsNeverMadeOverAnotherFile) {
  user("alice");
  back_up();
  const auto size = std::filesystem::file_size(file);
  EXPECT_THROW(back_up(), std::runtime_error);
  EXPECT_EQ(std::filesystem::file_size(file), size);
  EXPECT_EQ(left(), std::set<std::string>{"copy.db"});
}

TEST_F(BackupTest, LeavesNothingBehindWhenItIsInterrupted) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  for (int i = 0; i < 2000; ++i) send(alice, chat, std::string(2000, 'x'));
  EXPECT_THROW(make_backup(source(), file, kTestStart, [] { return true; }), StorageUnavailable);
  EXPECT_EQ(left(), std::set<std::string>{});
  EXPECT_THROW(
      make_backup({.directory = place.path(), .beside = {}, .made_by = ""}, file, kTestStart),
      std::runtime_error);
  EXPECT_EQ(left(), std::set<std::string>{});
}

TEST_F(BackupTest, WhatRetentionCutIsNoGap) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  for (int i = 0; i < 10; ++i) read(bob, chat, send(alice, chat, "x").seq);
  engine.clock().advance(std::chrono::hours{48});
  const Timestamp now = engine.clock().now();
  const auto cut = await(engine.housekeeping().cut_logs(now - std::chrono::hours{24},
                                                        now - std::chrono::hours{9'000}, 0));
  EXPECT_EQ(cut.entries, 9);
  EXPECT_EQ(back_up().store.rows("messages"), 1);
}

TEST_F(BackupTest, ACheckIsGivenUpWhenItIsToStop) {
  user("alice");
  back_up();
  EXPECT_THROW(check_backup(file, [] { return true; }), StorageUnavailable);
  EXPECT_EQ(check_backup(file, [] { return false; }).rows("users"), 1);
}

TEST_F(BackupTest, WhatIsDamagedIsFound) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  for (int i = 0; i < 200; ++i) send(alice, chat, std::string(500, 'x'));
  back_up();

  const auto damaged = [&](const std::string& sql, const std::string& why) {
    const auto whole = place.path() / "whole.db";
    std::filesystem::copy_file(file, whole);
    tamper(sql);
    EXPECT_THROW(check_backup(file), DamagedStore) << sql;
    EXPECT_NE(refusal(file).find(why), std::string::npos) << refusal(file);
    EXPECT_THROW(restore_backup(file, restored, false), std::runtime_error);
    EXPECT_FALSE(std::filesystem::exists(restored));
    std::filesystem::remove(file);
    std::filesystem::rename(whole, file);
  };
  damaged("DELETE FROM messages WHERE seq = 100; DELETE FROM message_log WHERE seq = 100",
          "has come to");
  damaged(
      "DELETE FROM messages WHERE seq > 190; DELETE FROM message_log WHERE seq > 190;"
      "UPDATE chats SET last_seq = 200",
      "190 entries from 1 to 190");
  damaged("DELETE FROM messages WHERE seq < 5; DELETE FROM message_log WHERE seq < 5",
          "begins at seq 1");
  damaged("DELETE FROM message_log WHERE seq = 7", "not in the log of all");
  damaged("DELETE FROM chats", "chats are not there");
  damaged("DELETE FROM users WHERE username = 'bob'", "a user that is not there");
}

TEST_F(BackupTest, AFileThatLostOrGainedBytesIsRefused) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  for (int i = 0; i < 500; ++i) send(alice, chat, std::string(500, 'x'));
  back_up();
  const std::string whole = *read_file(file);
  const auto put = [&](const std::string& content) {
    std::ofstream{file, std::ios::binary | std::ios::trunc} << content;
  };
  for (const std::size_t size : {std::size_t{0}, std::size_t{50}, std::size_t{5000},
                                 whole.size() / 2, whole.size() - 4096}) {
    put(whole.substr(0, size));
    EXPECT_THROW(check_backup(file), std::runtime_error) << size;
  }
  for (std::size_t page = 0; page < whole.size() / 4096; page += 7) {
    std::string bad = whole;
    bad.replace(page * 4096 + 8, 600, 600, '\x5a');
    put(bad);
    EXPECT_THROW(check_backup(file), std::runtime_error) << page;
  }
  // A bit inside of a message, of which SQLite knows nothing.
  std::string bad = whole;
  const auto text = bad.find("xxxxxxxx");
  ASSERT_NE(text, bad.npos);
  bad[text] = 'y';
  put(bad);
  EXPECT_NE(refusal(file).find("not those that were written"), std::string::npos) << refusal(file);
  put(whole);
  EXPECT_EQ(refusal(file), "");
}

TEST_F(BackupTest, WhatIsNoStoreOfOursIsRefusedWithASentence) {
  std::ofstream{file} << "a letter to somebody, which is long enough to be looked at by SQLite, "
                         "if it ever came to that, and is not one of its databases at all.";
  EXPECT_NE(refusal(file).find("file is not a database"), std::string::npos) << refusal(file);
  std::filesystem::remove(file);
  {
    SqliteConnection{file, SqliteConnection::Mode::write}.execute("CREATE TABLE t (x)");
  }
  EXPECT_NE(refusal(file).find("there is no store of parley in it"), std::string::npos);
  std::filesystem::remove(file);
  EXPECT_EQ(refusal(file), "there is no file " + file.string());
  EXPECT_NE(refusal(place.path()), "");

  back_up();
  tamper("INSERT INTO schema_version VALUES (999, 'much_later', 'x', 0)");
  EXPECT_NE(refusal(file).find("schema version 999"), std::string::npos) << refusal(file);
}

TEST_F(BackupTest, IsRestoredIntoAnEmptyDirectoryOnly) {
  user("alice");
  back_up();
  EXPECT_THROW(restore_backup(file, engine.options.directory, false), std::runtime_error);
  std::filesystem::create_directory(restored);
  std::ofstream{restored / "something"} << "x";
  EXPECT_THROW(restore_backup(file, restored, false), std::runtime_error);
  std::filesystem::remove(restored / "something");
  restore_backup(file, restored, false);
  EXPECT_THROW(restore_backup(file, restored, false), std::runtime_error);
  EXPECT_EQ(check_backup(restored / "parley.db").rows("users"), 1);
}

TEST_F(BackupTest, CountsEveryTableThatIsKept) {
  back_up();
  std::set<std::string> counted{"leases", "told_online"};  // which are about what runs
  for (const auto& count : check_backup(file).counts) counted.insert(count.table);
  std::set<std::string> kept;
  for (const CopiedTable& table : copied_tables()) kept.emplace(table.name);
  EXPECT_EQ(counted, kept);
}

}  // namespace
}  // namespace parley::storage::contract
