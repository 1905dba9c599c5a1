#include <gtest/gtest.h>

#include "storage/contract/people.h"
#include "storage/sqlite/fixture_for_test.h"

// What a call costs, counted in statements, so that it cannot creep up.

namespace parley::storage::contract {
namespace {

class CostTest : public Suite<SqliteFixture> {
 public:
  void SetUp() override {
    engine.close();
    engine.options.readers = 1;                         // one connection to count on,
    engine.options.fold_after = std::chrono::hours{1};  // and nothing in between
    engine.open();
    alice = user("alice");
    bob = user("bob");
  }

  template <class Act>
  std::uint64_t written(Act act) {
    const std::uint64_t before_it = engine.database->statements_written();
    act();
    return engine.database->statements_written() - before_it;
  }
  template <class Act>
  std::uint64_t read_statements(Act act) {
    const std::uint64_t before_it = engine.database->readers().statements();
    act();
    return engine.database->readers().statements() - before_it;
  }

  UserId alice, bob;
};

TEST_F(CostTest, AppendingToAWarmChatIsTwoInserts) {
  const ChatId chat = direct(alice, bob);
  EXPECT_EQ(written([&] { send(alice, chat, "x"); }), 2u);
  EXPECT_EQ(written([&] { send(bob, chat, "x"); }), 2u);
  const ChatId many = group(alice, {bob});
  EXPECT_EQ(written([&] { send(bob, many, "x"); }), 2u);
}

TEST_F(CostTest, MarkingInAWarmChatIsOneInsertAndARepeatNone) {
  const ChatId chat = direct(alice, bob);
  send(alice, chat, "x");
  EXPECT_EQ(written([&] { deliver(bob, chat, 1); }), 1u);
  EXPECT_EQ(written([&] { deliver(bob, chat, 1); }), 0u);
  const ChatId many = group(alice, {bob});
  send(alice, many, "x");
  EXPECT_EQ(written([&] { read(bob, many, 2); }), 1u) << "authors are known without looking";
}

TEST_F(CostTest, AColdChatIsReadOnceInTwoStatements) {
  const ChatId chat = direct(alice, bob);
  engine.reopen();
  EXPECT_EQ(written([&] { send(alice, chat, "x"); }), 4u);
  EXPECT_EQ(written([&] { send(alice, chat, "x"); }), 2u);
}

TEST_F(CostTest, ARepeatIsTwoReads) {
  const ChatId chat = direct(alice, bob);
  send(alice, chat, "x", "c1");
  EXPECT_EQ(written([&] { send(alice, chat, "x", "c1"); }), 2u);
}

TEST_F(CostTest, AStrangersMessageIsOneOrTwoReads) {
  const ChatId chat = direct(alice, bob);
  const UserId eve = user("eve");
  EXPECT_EQ(written([&] { EXPECT_FALSE(try_send(eve, chat, "x")); }), 0u);
  EXPECT_EQ(written([&] { EXPECT_FALSE(try_send(eve, ChatId{5}, "x")); }), 1u);
}

TEST_F(CostTest, APageOfHistoryIsTwoStatementsHoweverLongTheLog) {
  const ChatId chat = direct(alice, bob);
  history(bob, newest(chat));  // opens the connection
  for (const int length : {1, 300}) {
    for (int i = 0; i < length; ++i) send(alice, chat, "x");
    EXPECT_EQ(read_statements([&] { history(bob, newest(chat)); }), 2u);
    EXPECT_EQ(read_statements([&] { history(bob, before(chat, 100)); }), 2u);
    EXPECT_EQ(read_statements([&] { history(bob, after(chat, 0)); }), 2u);
    EXPECT_LE(read_statements([&] { history(bob, around(chat, 1)); }), 4u);
  }
}

TEST_F(CostTest, AListIsSixStatementsHoweverManyChatsItShows) {
  for (int i = 0; i < 30; ++i) {
    const UserId peer = user("peer" + std::to_string(i));
    const ChatId chat = direct(alice, peer);
    read(alice, chat, send(peer, chat, "x").seq);
    send(peer, chat, "unread");
    send(alice, group(alice, {peer}), "x");
  }
  await(engine.chats().list(alice, {}, 1));
  EXPECT_EQ(read_statements([&] { await(engine.chats().list(alice, {}, 60)); }), 6u);
  EXPECT_EQ(read_statements([&] { await(engine.chats().list(alice, {}, 2)); }), 6u);
}

TEST_F(CostTest, ASyncThatTellsNothingIsTwoStatements) {
  for (int i = 0; i < 30; ++i) direct(alice, user("peer" + std::to_string(i)));
  const auto page = await(engine.messages().sync(alice, {}, 200)).value();
  EXPECT_EQ(page.chats.size(), 30u);
  EXPECT_EQ(read_statements([&] { await(engine.messages().sync(alice, page.cursor, 200)); }), 2u);
}

TEST_F(CostTest, SmallQuestionsAreOneStatement) {
  const ChatId chat = group(alice, {bob});
  await(engine.chats().audience(alice, chat));
  EXPECT_EQ(read_statements([&] { await(engine.chats().audience(alice, chat)); }), 1u);
  EXPECT_EQ(read_statements([&] { await(engine.users().find(alice)); }), 1u);
  EXPECT_EQ(read_statements([&] { await(engine.users().credentials("alice")); }), 1u);
}

}  // namespace
}  // namespace parley::storage::contract
