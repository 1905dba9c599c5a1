#include "storage/sqlite/database.h"

#include <chrono>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "storage/contract/concurrency_suite.h"
#include "storage/contract/people.h"
#include "storage/sqlite/fixture_for_test.h"

namespace parley::storage::contract {
namespace {

using DatabaseTest = Suite<SqliteFixture>;

template <class Done>
bool eventually(const Done& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

std::int64_t number(const std::filesystem::path& directory, Sql sql) {
  SqliteConnection db{directory / "parley.db", SqliteConnection::Mode::read};
  auto row = db.query(sql);
  row.next();
  return row.integer(0);
}

TEST_F(DatabaseTest, ItsDirectoryIsForItsOwnerAlone) {
  using std::filesystem::perms;
  const auto others = perms::group_all | perms::others_all;
  const auto& directory = engine.options.directory;
  EXPECT_EQ(std::filesystem::status(directory).permissions() & others, perms::none);
  for (const auto* name : {"parley.db", "parley.db-wal", "parley.lock"})
    EXPECT_EQ(std::filesystem::status(directory / name).permissions() & others, perms::none)
        << name;
}

TEST_F(DatabaseTest, ASecondServerIsRefusedWithASentence) {
  try {
    IdSource ids{engine.clock(), 2};
    SqliteDatabase second{engine.options, ids, engine.clock()};
    FAIL() << "two servers use one directory";
  } catch (const std::runtime_error& refused) {
    EXPECT_NE(std::string{refused.what()}.find("another parley is using"), std::string::npos);
  }
}

TEST_F(DatabaseTest, AFileInPlaceOfTheDirectoryIsRefusedWithASentence) {
  const auto file = engine.directory.path() / "file";
  std::ofstream{file} << "x";
  Options options;
  options.directory = file;
  IdSource ids{engine.clock(), 2};
  EXPECT_THROW((SqliteDatabase{options, ids, engine.clock()}), std::runtime_error);
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsRefused) {
  Options options;
  options.directory = engine.directory.path() / "other";
  std::filesystem::create_directory(options.directory);
  std::ofstream{options.directory / "parley.db"} << std::string(8192, 'x');
  IdSource ids{engine.clock(), 2};
  EXPECT_THROW((SqliteDatabase{options, ids, engine.clock()}), std::runtime_error);
}

TEST_F(DatabaseTest, ItsEpochStaysWithTheStore) {
  const std::string epoch = engine.database->epoch();
  EXPECT_EQ(epoch.size(), 16u);
  engine.reopen();
  EXPECT_EQ(engine.database->epoch(), epoch);
}

TEST_F(DatabaseTest, IdsGoOnAfterTheGreatestKeptEvenWhenTheClockWentBack) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  const Message first = send(alice, chat, "x");
  read(bob, chat, 1);
  engine.clock().advance(-std::chrono::hours{48});
  engine.reopen();
  EXPECT_GT(send(alice, chat, "y").id, first.id);
  const std::string cursor = await(engine.messages().sync(alice, {}, 10))->cursor;
  engine.clock().advance(-std::chrono::hours{48});
  engine.reopen();
  read(bob, chat, 2);
  EXPECT_EQ(await(engine.messages().sync(alice, cursor, 10))->chats.size(), 1u);
}

TEST_F(DatabaseTest, LogsAreFoldedIntoRowsAndRunEmpty) {
  engine.close();
  engine.options.fold_after = std::chrono::milliseconds{1};
  engine.open();
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  for (int i = 0; i < 20; ++i) read(bob, chat, send(alice, chat, "x").seq);
  const auto& directory = engine.options.directory;
  EXPECT_TRUE(eventually([&] {
    return number(directory, "SELECT count(*) FROM watermark_log") == 0 &&
           number(directory, "SELECT last_seq FROM chats") == 20 &&
           number(directory, "SELECT min(read_seq) FROM participants") == 20;
  }));
  EXPECT_EQ(number(directory, "SELECT value FROM store_meta WHERE name = 'folded_up_to'"),
            number(directory, "SELECT change_id FROM chats"));
  EXPECT_EQ(chat_of(bob, chat).read_seq, 20);
}

TEST_F(DatabaseTest, StoppingFoldsEverythingAndRefusesWhatComesLater) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  read(bob, chat, send(alice, chat, "x").seq);
  engine.database->stop();
  EXPECT_EQ(number(engine.options.directory, "SELECT last_seq FROM chats"), 1);
  EXPECT_EQ(number(engine.options.directory, "SELECT min(read_seq) FROM participants"), 1);
  EXPECT_THROW(send(alice, chat, "y"), StorageUnavailable);
  EXPECT_THROW(user("carol"), StorageUnavailable);
  EXPECT_EQ(log(bob, chat).size(), 1u) << "reads go on";
}

// Writes until `done`, and then checks that nothing is missing.
class CheckpointTest : public DatabaseTest {
 public:
  template <class Done>
  void write_until(Checkpointer::Limits limits, const Done& done) {
    engine.close();
    engine.options.checkpoints = limits;
    engine.open();
    const UserId alice = user("alice"), bob = user("bob");
    const ChatId chat = direct(alice, bob);
    const std::string long_text(3000, 'x');
    EXPECT_TRUE(eventually([&] {
      send(alice, chat, long_text);
      return done(engine.database->checkpointer());
    }));
    engine.reopen();
    const auto entries = log(bob, chat);
    EXPECT_EQ(entries.back().seq, std::ssize(entries));
    EXPECT_EQ(entries.back().content, long_text);
  }
};

TEST_F(CheckpointTest, TheLogIsCopiedInTheBackground) {
  write_until({.every_pages = 50, .reset_pages = 100'000, .force_pages = 200'000},
              [](const Checkpointer& checkpointer) { return checkpointer.runs() > 5; });
}

TEST_F(CheckpointTest, ALargeLogBeginsAnewInALull) {
  write_until({.every_pages = 100'000, .reset_pages = 100, .force_pages = 200'000},
              [](const Checkpointer& checkpointer) { return checkpointer.resets() > 2; });
}

TEST_F(CheckpointTest, AHugeLogIsCut) {
  write_until({.every_pages = 100'000, .reset_pages = 100, .force_pages = 100},
              [](const Checkpointer& checkpointer) { return checkpointer.resets() > 2; });
}

// As a backup does.
TEST_F(CheckpointTest, AsLongAsSomebodyReadsWhatIsOldTheLogGrows) {
  engine.close();
  engine.options.checkpoints = {.every_pages = 50, .reset_pages = 100, .force_pages = 100};
  engine.open();
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  const Checkpointer& checkpointer = engine.database->checkpointer();
  {
    SqliteConnection reader{engine.options.directory / "parley.db", SqliteConnection::Mode::read};
    const Snapshot old{reader};
    const auto count = [&reader] {
      auto row = reader.query("SELECT count(*) FROM messages");
      row.next();
      return row.integer(0);
    };
    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(eventually([&] {
      send(alice, chat, std::string(3000, 'x'));
      return checkpointer.runs() > 5;
    }));
    EXPECT_EQ(checkpointer.resets(), 0u);
    EXPECT_EQ(count(), 0);
  }
  EXPECT_TRUE(eventually([&] {
    send(alice, chat, std::string(3000, 'x'));
    return checkpointer.resets() > 0;
  }));
}

TEST_F(DatabaseTest, AFailureOfOneChangeDoesNotHurtItsNeighbours) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  std::atomic<int> kept = 0, failed = 0;
  run_everywhere(3, 20, [&](int i) {
    return [](SqliteDatabase& database, chat::MessageStore& messages, UserId sender, ChatId to,
              int number, std::atomic<int>& well, std::atomic<int>& badly) -> Task<void> {
      if (number % 5 != 0) {
        const auto sent = co_await messages.append(draft(sender, to, std::to_string(number)));
        if (sent && sent->first_time) ++well;
        co_return;
      }
      try {
        co_await database.writer().run([sender](SqliteChatLog& log) {
          log.db().run(
              "INSERT INTO users (id, username, display_name, password_hash, created_at)"
              " VALUES (?1, 'x', 'x', 'x', 0)",
              sender);
          return true;
        });
      } catch (const std::runtime_error&) {
        ++badly;
      }
    }(*engine.database, engine.messages(), alice, chat, i, kept, failed);
  });
  EXPECT_EQ(failed, 12);
  EXPECT_EQ(kept, 48);
  engine.reopen();
  EXPECT_EQ(log(bob, chat).size(), 48u);
}

TEST_F(DatabaseTest, ReadsBeyondTheQueueAreRefusedAsBusy) {
  const UserId alice = user("alice"), bob = user("bob");
  const ChatId chat = direct(alice, bob);
  engine.close();
  engine.options.longest_read_queue = 0;
  engine.open();
  EXPECT_TRUE(refused(try_history(alice, newest(chat)), Errc::busy));
  EXPECT_TRUE(refused(await(engine.chats().get(alice, chat)), Errc::busy));
  EXPECT_THROW(await(engine.users().find(alice)), StorageUnavailable);
  EXPECT_EQ(send(alice, chat, "writes go on").seq, 1);
}

TEST_F(DatabaseTest, WhenSomebodyWasLastSeenIsRemembered) {
  const UserId alice = user("alice");
  EXPECT_FALSE(await(engine.last_seen().last_seen(alice)));
  EXPECT_FALSE(await(engine.last_seen().last_seen(UserId{9})));
  const Timestamp now = engine.clock().now();
  await(engine.last_seen().set_last_seen(alice, now));
  await(engine.last_seen().set_last_seen(alice, now - std::chrono::seconds{1}));
  engine.reopen();
  EXPECT_EQ(await(engine.last_seen().last_seen(alice)), now);
}

}  // namespace
}  // namespace parley::storage::contract
