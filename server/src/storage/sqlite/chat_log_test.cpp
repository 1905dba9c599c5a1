#include "storage/sqlite/chat_log.h"

#include <gtest/gtest.h>

#include "storage/sqlite/fixture_for_test.h"
#include "storage/sqlite/migrate.h"
#include "storage/sqlite/recovery.h"

// Folding and replay, with the writer's thread taken away.

namespace parley::storage {
namespace {

class ChatLogTest : public testing::Test {
 public:
  ChatLogTest() {
    migrate(db, sqlite_migrations(), directory.path() / "backups", kTestStart);
    open();
  }

  // As after a crash: only what the database holds is left.
  void open() {
    overlay.emplace();
    log.emplace(db, file, *overlay, ids, clock,
                SqliteChatLog::Limits{.cached_participants = 100, .dedup_window = 100});
  }

  template <class Act>
  void transact(Act act) {
    db.begin_immediate();
    act();
    db.commit();
    log->committed();
  }

  ChatId make_chat() {
    ChatId id;
    transact([&] {
      HeldChat chat{.type = ChatType::group};
      for (const UserId user : {alice, bob}) chat.participants.push_back({.user = user});
      id = log->insert(std::move(chat), "x", "").id;
      for (const UserId user : {alice, bob})
        db.run(
            "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
            " joined_seq, entered_seq) VALUES (?1, ?2, 0, 0, 0, 0, 0, 0)",
            id, user);
    });
    return id;
  }

  void say(ChatId chat) {
    const NewEntry entry{.kind = EntryKind::message,
                         .sender = alice,
                         .type = MessageType::text,
                         .content = "x",
                         .client_id = {}};
    log->append(*log->find(chat), entry);
  }
  void mark(ChatId chat, Seq seq) {
    CachedChat& cached = *log->find(chat);
    log->move(cached, *cached.find(bob), {.delivered = seq, .read = seq});
  }

  Seq last_seq_row(ChatId chat) {
    auto row = db.query("SELECT last_seq FROM chats WHERE id = ?1", chat);
    row.next();
    return row.integer(0);
  }
  Seq read_row(ChatId chat, UserId user) {
    auto row = db.query("SELECT read_seq FROM participants WHERE chat_id = ?1 AND user_id = ?2",
                        chat, user);
    row.next();
    return row.integer(0);
  }

  const UserId alice{1}, bob{2};
  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "parley.db";
  ManualClock clock{kTestStart};
  IdSource ids{clock, 1};
  SqliteConnection db{file, SqliteConnection::Mode::write};
  std::optional<Overlay> overlay;
  std::optional<SqliteChatLog> log;
};

TEST_F(ChatLogTest, WhatIsFoldedInPartIsReplayedInFull) {
  const ChatId one = make_chat(), two = make_chat();
  for (int i = 0; i < 3; ++i) {
    transact([&] {
      say(two);
      say(one);
    });
    transact([&] { mark(two, i + 1); });
  }
  transact([&] { EXPECT_EQ(log->fold(1), 1u); });
  EXPECT_EQ(last_seq_row(one), 3);
  EXPECT_EQ(last_seq_row(two), 0);

  recover(db);
  EXPECT_EQ(last_seq_row(one), 3);
  EXPECT_EQ(last_seq_row(two), 3);
  EXPECT_EQ(read_row(two, bob), 3);
  EXPECT_EQ(read_row(two, alice), 3);
  open();
  EXPECT_EQ(log->find(two)->head.last_seq, 3);
  EXPECT_EQ(log->find(two)->head.message_count, 3);
  EXPECT_EQ(log->find(two)->head.last_message_seq, 3);
}

TEST_F(ChatLogTest, WhatTheSameTransactionChangesIsNotFoldedYet) {
  const ChatId chat = make_chat();
  transact([&] { say(chat); });
  transact([&] {
    say(chat);
    mark(chat, 2);
    log->fold(10);
  });
  EXPECT_EQ(last_seq_row(chat), 1);
  EXPECT_EQ(overlay->head(chat)->last_seq, 2);
  recover(db);
  EXPECT_EQ(last_seq_row(chat), 2);
  EXPECT_EQ(read_row(chat, bob), 2);
}

TEST_F(ChatLogTest, AfterARollbackEverythingIsAsBefore) {
  const ChatId chat = make_chat();
  transact([&] { say(chat); });
  db.begin_immediate();
  say(chat);
  mark(chat, 2);
  log->fold(10);
  db.rollback();
  log->rolled_back();
  EXPECT_EQ(log->find(chat)->head.last_seq, 1);
  EXPECT_EQ(log->find(chat)->find(bob)->receipt.read, 0);
  EXPECT_EQ(overlay->head(chat)->last_seq, 1);
  EXPECT_FALSE(log->folded());
  transact([&] { log->fold(10); });
  EXPECT_TRUE(log->folded());
  EXPECT_EQ(last_seq_row(chat), 1);
}

}  // namespace
}  // namespace parley::storage
