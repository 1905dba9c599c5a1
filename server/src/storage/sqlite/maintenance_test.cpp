#include "storage/sqlite/maintenance.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "storage/contract/concurrency_suite.h"
#include "storage/contract/people.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/fixture_for_test.h"

namespace parley::storage::contract {
namespace {

using MaintenanceTest = Suite<SqliteFixture>;

TEST_F(MaintenanceTest, CompactingGivesRoomBackAndKeepsEverything) {
  const auto& directory = engine.options.directory;
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  for (int i = 0; i < 1000; ++i) send(alice, chat, std::string(2000, 'x'));
  EXPECT_GT(file_sizes(directory).log, 1'000'000u);
  EXPECT_THROW(compact(directory), DirectoryInUse);
  engine.close();
  {
    // As retention leaves it.
    SqliteConnection db{directory / "parley.db", SqliteConnection::Mode::write};
    db.execute(
        "DELETE FROM messages WHERE seq <= 900; DELETE FROM message_log WHERE seq <= 900;"
        "UPDATE chats SET first_seq = 901; PRAGMA wal_checkpoint(TRUNCATE)");
  }
  const FileSizes before = file_sizes(directory);
  EXPECT_GT(free_bytes(directory), before.database / 2);
  compact(directory);
  const FileSizes after = file_sizes(directory);
  EXPECT_EQ(free_bytes(directory), 0u);
  EXPECT_LT(after.database, before.database / 2);
  EXPECT_EQ(after.log, 0u);
  EXPECT_EQ(check_backup(directory / "parley.db").rows("messages"), 100);
  engine.open();
  EXPECT_EQ(send(alice, chat, "and on it goes").seq, 1001);
}

TEST_F(MaintenanceTest, TellsWhatTablesTake) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  for (int i = 0; i < 500; ++i) send(alice, chat, std::string(2000, 'x'));
  const auto sizes = table_sizes(engine.options.directory);
  ASSERT_FALSE(sizes.empty());
  EXPECT_EQ(sizes.front().name, "messages");
  EXPECT_GT(sizes.front().bytes, 1'000'000);
  EXPECT_THROW(table_sizes(engine.directory.path() / "nowhere"), std::runtime_error);
  EXPECT_EQ(file_sizes(engine.directory.path() / "nowhere").database, 0u);
  EXPECT_EQ(free_bytes(engine.directory.path() / "nowhere"), 0u);
}

}  // namespace
}  // namespace parley::storage::contract
