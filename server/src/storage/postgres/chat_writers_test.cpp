#include "storage/postgres/chat_writers.h"

#include <map>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "storage/contract/people.h"
#include "storage/postgres/chat_world_for_test.h"

// What is written on the hot path, against a real server.

namespace parley::storage {
namespace {

using contract::refused;
using std::literals::operator""s;
using Users = std::vector<UserId>;

class ChatWritersTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    world.emplace();
    node.emplace(world->where.url(), 1);
    alice = world->user();
    bob = world->user();
    carol = world->user();
  }

  std::optional<ChatWorld> world;
  std::optional<ChatNode> node;
  UserId alice, bob, carol;
};

TEST_F(ChatWritersTest, WhatIsAcceptedIsKeptByteForByte) {
  const ChatId chat = world->direct(alice, bob);
  const auto content = "'; DROP TABLE messages; -- \\ \"{,}\" \0 \xff\xfe \r\n"s;
  const auto client_id = "id \\x00 \0 {NULL}"s;
  const auto accepted = node->send(alice, chat, client_id, content);
  EXPECT_TRUE(accepted.first_time);
  EXPECT_EQ(accepted.message.seq, 1);
  EXPECT_EQ(accepted.message.content, content);
  EXPECT_EQ(accepted.message.created_at, node->clock.now());
  EXPECT_EQ(accepted.recipients, (Users{alice, bob}));

  const auto again = node->send(alice, chat, client_id, "other words");
  EXPECT_FALSE(again.first_time);
  EXPECT_EQ(again.message.id, accepted.message.id);
  EXPECT_EQ(again.message.content, content);
  EXPECT_EQ(again.message.client_message_id, client_id);
  EXPECT_EQ(again.message.created_at, accepted.message.created_at);
  EXPECT_EQ(again.recipients, accepted.recipients);
  EXPECT_EQ(world->faults(chat), "");
  EXPECT_EQ(world->where.ask("SELECT message_count FROM chats"), "1");
}

TEST_F(ChatWritersTest, SendingMovesTheSendersWatermarksAndTheHead) {
  const ChatId chat = world->direct(alice, bob);
  node->send(alice, chat, "1");
  node->clock.advance(std::chrono::seconds{1});
  const auto second = node->send(alice, chat, "2");
  EXPECT_EQ(world->where.ask("SELECT string_agg(user_id || ':' || delivered_seq || ':' ||"
                             " read_seq, ' ' ORDER BY user_id) FROM participants"),
            ChatWorld::text(alice) + ":2:2 " + ChatWorld::text(bob) + ":0:0");
  EXPECT_EQ(world->chat_column(chat, "activity_id"), ChatWorld::text(second.message.id));
  EXPECT_EQ(world->chat_column(chat, "last_message_seq"), "2");
  EXPECT_EQ(world->chat_column(chat, "updated_at"),
            std::to_string(node->clock.now().time_since_epoch().count()));
}

TEST_F(ChatWritersTest, ADraftIsRecognisedAWeekLater) {
  const ChatId chat = world->direct(alice, bob);
  const auto first = node->send(alice, chat, "c1");
  node->clock.advance(std::chrono::days{7});
  EXPECT_EQ(node->send(alice, chat, "c1").message.id, first.message.id);
  EXPECT_TRUE(node->send(bob, chat, "c1").first_time) << "it is another one's";
}

TEST_F(ChatWritersTest, StrangersAndThoseWhoLeftAreRefused) {
  const ChatId chat = world->group({alice, bob});
  node->send(bob, chat, "mine");
  world->change_membership(
      chat, alice, "UPDATE participants SET role = 2 WHERE user_id = " + ChatWorld::text(bob));
  for (const UserId stranger : {bob, carol}) {
    EXPECT_TRUE(refused(node->try_send(stranger, chat, "mine"), Errc::chat_not_found));
    EXPECT_TRUE(refused(node->try_mark(stranger, chat, {1, 1}), Errc::chat_not_found));
  }
  EXPECT_TRUE(refused(node->try_send(alice, ChatId{7}, "x"), Errc::chat_not_found));
  EXPECT_TRUE(refused(node->try_mark(alice, ChatId{7}, {1, 1}), Errc::chat_not_found));
  EXPECT_EQ(world->chat_column(chat, "last_seq"), "3");
}

TEST_F(ChatWritersTest, WhoMayNotSendIsRefusedAndAnAdminAlwaysMay) {
  const ChatId chat = world->group({alice, bob});
  node->send(bob, chat, "early");
  world->change_membership(chat, alice, "UPDATE participants SET permissions = 6");
  EXPECT_TRUE(refused(node->try_send(bob, chat, "late"), Errc::forbidden));
  EXPECT_FALSE(node->send(bob, chat, "early").first_time);
  EXPECT_TRUE(node->send(alice, chat, "hers").first_time);
  EXPECT_EQ(node->read(bob, chat, 99).after.read, 4);
}

TEST_F(ChatWritersTest, NobodyWritesToWhoBlocksThemNorTheOtherWayRound) {
  const ChatId chat = world->direct(alice, bob);
  node->send(alice, chat, "before");
  world->where.ask("INSERT INTO blocks VALUES (" + ChatWorld::text(bob) + ", " +
                   ChatWorld::text(alice) + ", 0)");
  EXPECT_TRUE(refused(node->try_send(alice, chat, "a"), Errc::blocked));
  EXPECT_TRUE(refused(node->try_send(bob, chat, "b"), Errc::blocked));
  EXPECT_FALSE(node->send(alice, chat, "before").first_time);
  const auto moved = node->read(bob, chat, 1);
  EXPECT_EQ(moved.after, (Receipt{1, 1}));
  EXPECT_TRUE(moved.delivered_authors.empty());
  EXPECT_TRUE(moved.read_authors.empty());
  world->where.ask("DELETE FROM blocks");
  EXPECT_TRUE(node->send(alice, chat, "a").first_time);
}

TEST_F(ChatWritersTest, AMarkMovesForwardToTheLastEntryAndNeverBack) {
  const ChatId chat = world->direct(alice, bob);
  node->send(alice, chat, "1");
  node->send(alice, chat, "2");
  const auto delivered = node->deliver(bob, chat, 2);
  EXPECT_EQ(delivered.before, Receipt{});
  EXPECT_EQ(delivered.after, (Receipt{2, 0}));
  EXPECT_EQ(delivered.type, ChatType::direct);
  EXPECT_EQ(delivered.at, node->clock.now());
  EXPECT_EQ(delivered.delivered_authors, Users{alice});
  EXPECT_TRUE(delivered.read_authors.empty());
  const auto read = node->read(bob, chat, 99);
  EXPECT_EQ(read.after, (Receipt{2, 2}));
  EXPECT_EQ(read.read_authors, Users{alice});
  const std::string change = world->chat_column(chat, "change_id");
  const auto late = node->deliver(bob, chat, -1);
  EXPECT_EQ(late.before, late.after);
  EXPECT_EQ(world->chat_column(chat, "change_id"), change) << "nothing changed";
}

TEST_F(ChatWritersTest, EveryChangeNamesItsTransaction) {
  const ChatId chat = world->direct(alice, bob);
  node->send(alice, chat, "1");
  const std::string sent = world->chat_column(chat, "change_id");
  EXPECT_EQ(world->chat_column(chat, "(change_id = xmin::text::bigint)"), "t");
  node->read(bob, chat, 1);
  EXPECT_NE(world->chat_column(chat, "change_id"), sent);
  EXPECT_EQ(world->chat_column(chat, "(change_id = xmin::text::bigint)"), "t");
}

TEST_F(ChatWritersTest, WhoTellsNobodyWhatTheyReadHearsNothingEither) {
  const ChatId chat = world->direct(alice, bob);
  int sent = 0;
  const auto mark = [&] {
    const Seq seq = node->send(alice, chat, std::to_string(++sent)).message.seq;
    return node->read(bob, chat, seq);
  };
  EXPECT_EQ(mark().read_authors, Users{alice});
  for (const UserId shy : {alice, bob}) {
    world->where.ask("UPDATE users SET read_receipts = 0 WHERE id = " + ChatWorld::text(shy));
    const auto hidden = mark();
    EXPECT_EQ(hidden.delivered_authors, Users{alice});
    EXPECT_TRUE(hidden.read_authors.empty());
    world->where.ask("UPDATE users SET read_receipts = 1");
  }
  world->where.ask("INSERT INTO privacy_exceptions VALUES (" + ChatWorld::text(bob) + ", " +
                   ChatWorld::text(alice) + ")");
  EXPECT_TRUE(mark().read_authors.empty());
}

TEST_F(ChatWritersTest, AChatWithOneselfHasOneRecipientAndNoTicks) {
  const ChatId chat = world->direct(alice, alice);
  EXPECT_EQ(node->send(alice, chat, "note").recipients, Users{alice});
  EXPECT_EQ(node->read(alice, chat, 1).after, (Receipt{1, 1}));
}

TEST_F(ChatWritersTest, InAGroupAuthorsAreFoundNearAndFarBack) {
  const ChatId chat = world->group({alice, bob, carol});
  node->send(bob, chat, "early");
  for (int i = 0; i < 150; ++i) node->send(alice, chat, std::to_string(i));
  EXPECT_EQ(node->deliver(carol, chat, 152).delivered_authors, (Users{alice, bob}));
  EXPECT_EQ(node->send(bob, chat, "late").recipients, (Users{alice, bob, carol}));
  const auto both = node->read(carol, chat, 153);
  EXPECT_EQ(both.delivered_authors, Users{bob});
  EXPECT_EQ(both.read_authors, (Users{alice, bob}));
  EXPECT_EQ(node->read(bob, chat, 153).read_authors, Users{}) << "what they sent they have read";
  for (int i = 0; i < 600; ++i) node->send(alice, chat, "more" + std::to_string(i));
  EXPECT_EQ(node->read(carol, chat, 999).read_authors, Users{alice})
      << "not for ever: bob's is more than 500 back";
}

TEST_F(ChatWritersTest, AuthorsOnOtherNodesAreFoundToo) {
  const ChatId chat = world->group({alice, bob, carol});
  ChatNode other{world->where.url(), 2};
  for (int round = 0; round < 5; ++round) {
    const std::string number = std::to_string(round);
    node->send(alice, chat, number);
    const Seq last = other.send(bob, chat, number).message.seq;
    EXPECT_EQ(node->read(carol, chat, last).read_authors, (Users{alice, bob}));
    node->send(carol, chat, number);
    world->change_membership(chat, alice, "SELECT");
    EXPECT_EQ(other.read(bob, chat, 999).read_authors, Users{carol});
  }
  EXPECT_EQ(world->faults(chat), "");
}

TEST_F(ChatWritersTest, RecipientsAreThoseOfNowWhoeverChangedThem) {
  const ChatId chat = world->group({alice, bob});
  EXPECT_EQ(node->send(alice, chat, "1").recipients, (Users{alice, bob}));
  world->change_membership(
      chat, alice,
      "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
      " joined_seq, entered_seq) VALUES (" +
          ChatWorld::text(chat) + ", " + ChatWorld::text(carol) + ", 0, 2, 2, 0, 3, 3)");
  EXPECT_EQ(node->send(alice, chat, "2").recipients, (Users{alice, bob, carol}));
  EXPECT_EQ(node->send(alice, chat, "1").recipients, (Users{alice, bob, carol})) << "of a repeat";
  world->change_membership(
      chat, alice, "UPDATE participants SET role = 2 WHERE user_id = " + ChatWorld::text(bob));
  EXPECT_EQ(node->send(alice, chat, "3").recipients, (Users{alice, carol}));
}

TEST_F(ChatWritersTest, IdsGoUpWithSeqsWhenAnotherClockIsAhead) {
  const ChatId chat = world->direct(alice, bob);
  ChatNode other{world->where.url(), 2};
  other.clock.advance(std::chrono::minutes{2});
  for (int i = 0; i < 5; ++i) {
    other.send(bob, chat, std::to_string(i));
    node->send(alice, chat, std::to_string(i));
  }
  EXPECT_EQ(world->faults(chat), "");

  // Who is hours ahead drags nobody along.
  other.clock.advance(std::chrono::hours{5});
  other.send(bob, chat, "far ahead");
  const auto mine = node->send(alice, chat, "now");
  EXPECT_LT(IdSource::time_of(mine.message.id.value()),
            node->clock.now() + std::chrono::minutes{10});
}

Task<void> send_same(PostgresChatWriters& writers, UserId sender, ChatId chat, std::string id,
                     std::atomic<int>& first_times, std::atomic<int>& others) {
  const auto sent = co_await writers.append({.chat_id = chat,
                                             .sender_id = sender,
                                             .type = MessageType::text,
                                             .content = id,
                                             .client_message_id = id});
  ++(sent.value().first_time ? first_times : others);
  if (sent->message.content != id) others += 1000;
}

TEST_F(ChatWritersTest, OfEqualDraftsAtOnceOnTwoNodesOneIsTheFirst) {
  const ChatId chat = world->direct(alice, bob);
  ChatNode other{world->where.url(), 2};
  std::atomic<int> first_times = 0, others = 0;
  run_on_threads(4, 100, [&](int i) {
    return send_same(*(i % 2 ? *node : other).writers, alice, chat, std::to_string(i / 40),
                     first_times, others);
  });
  EXPECT_EQ(first_times, 10);
  EXPECT_EQ(others, 390);
  EXPECT_EQ(world->faults(chat), "");
  EXPECT_EQ(world->chat_column(chat, "last_seq"), "10");
}

// Sends to the chats in turn and marks what was sent, and sees its own order.
Task<void> talk(PostgresChatWriters& writers, UserId me, std::vector<ChatId> chats, int rounds,
                std::string name, std::atomic<int>& wrong) {
  std::map<ChatId, Seq> last;
  for (int i = 0; i < rounds; ++i) {
    const ChatId chat = chats[static_cast<std::size_t>(i) % chats.size()];
    const auto sent = co_await writers.append({.chat_id = chat,
                                               .sender_id = me,
                                               .type = MessageType::text,
                                               .content = name,
                                               .client_message_id = name + std::to_string(i)});
    if (!sent || !sent->first_time || sent->message.seq <= last[chat]) ++wrong;
    last[chat] = sent->message.seq;
    const auto moved = co_await writers.mark(
        {.chat_id = chat, .user_id = me, .receipt = {.delivered = 1 << 20, .read = 1 << 20}});
    if (!moved || moved->after.read < last[chat] || moved->before.read < last[chat]) ++wrong;
  }
}

TEST_F(ChatWritersTest, TwoNodesAtTheSameChatsLeaveNoGapAndLoseNothing) {
  std::vector<ChatId> chats{world->direct(alice, bob)};
  for (int i = 0; i < 5; ++i) chats.push_back(world->group({alice, bob, carol}));
  ChatNode other{world->where.url(), 2};
  std::atomic<int> wrong = 0;
  constexpr int kTalkers = 24, kRounds = 60;
  run_on_threads(4, kTalkers / 4, [&](int i) {
    return talk(*(i % 2 ? *node : other).writers, i % 3 ? alice : bob, chats, kRounds,
                "t" + std::to_string(i) + "-", wrong);
  });
  EXPECT_EQ(wrong, 0);
  for (const ChatId chat : chats) EXPECT_EQ(world->faults(chat), "");
  EXPECT_EQ(world->where.ask("SELECT count(*) FROM messages WHERE kind = 0"),
            std::to_string(kTalkers * kRounds));
  EXPECT_GT(node->writers->commits(), 0u);
  EXPECT_EQ(node->writers->trouble(), std::nullopt);
}

Task<void> send_expecting(PostgresChatWriters& writers, UserId sender, ChatId chat, std::string id,
                          std::string content, std::atomic<int>& kept, std::atomic<int>& refused) {
  try {
    const auto sent = co_await writers.append({.chat_id = chat,
                                               .sender_id = sender,
                                               .type = MessageType::text,
                                               .content = content,
                                               .client_message_id = id});
    if (sent) ++kept;
  } catch (const std::runtime_error&) {
    ++refused;
  }
}

Task<void> send_large(PostgresChatWriters& writers, UserId sender, ChatId chat, std::string id,
                      std::string content, std::atomic<int>& firsts, std::atomic<int>& wrong) {
  const auto sent = co_await writers.append({.chat_id = chat,
                                             .sender_id = sender,
                                             .type = MessageType::text,
                                             .content = content,
                                             .client_message_id = id});
  if (!sent || sent->message.content != content) ++wrong;
  if (sent && sent->first_time) ++firsts;
}

TEST_F(ChatWritersTest, AMessageTheDatabaseRefusesTakesNobodyWithIt) {
  const ChatId chat = world->direct(alice, bob);
  world->where.ask("ALTER TABLE messages ADD CHECK (content <> 'poison')");
  std::atomic<int> kept = 0, refused_ones = 0;
  run_on_threads(2, 50, [&](int i) {
    return send_expecting(*node->writers, alice, chat, std::to_string(i),
                          i % 33 == 1 ? "poison" : "fine", kept, refused_ones);
  });
  EXPECT_EQ(kept, 97);
  EXPECT_EQ(refused_ones, 3);
  EXPECT_EQ(world->faults(chat), "");
  EXPECT_EQ(world->chat_column(chat, "last_seq"), "97");
  EXPECT_EQ(node->writers->trouble(), std::nullopt);
}

Task<void> send_often(PostgresChatWriters& writers, UserId sender, ChatId chat, std::string name,
                      std::atomic<int>& kept, std::atomic<int>& busy) {
  const auto sent = co_await writers.append({.chat_id = chat,
                                             .sender_id = sender,
                                             .type = MessageType::text,
                                             .content = name,
                                             .client_message_id = name});
  if (sent) {
    ++kept;
  } else if (sent.error().code == Errc::busy) {
    ++busy;
  }
}

TEST_F(ChatWritersTest, WhatDoesNotFitInTheQueueIsToldBusyAtOnce) {
  const ChatId chat = world->direct(alice, bob);
  PostgresChatWriters::Options options;
  options.each.longest_queue = 5;
  options.writers = 1;
  ChatNode small{world->where.url(), 3, options};
  std::atomic<int> kept = 0, busy = 0;
  run_on_threads(1, 200, [&](int i) {
    return send_often(*small.writers, alice, chat, std::to_string(i), kept, busy);
  });
  EXPECT_GE(kept, 5);
  EXPECT_GT(busy, 0);
  EXPECT_EQ(kept + busy, 200);
  EXPECT_EQ(world->chat_column(chat, "last_seq"), std::to_string(kept));
}

// More than fits between the two of them at once, one way and then the other.
TEST_F(ChatWritersTest, ManyLargeMessagesGoThereAndComeBack) {
  const ChatId chat = world->direct(alice, bob);
  const std::string large(64 * 1024, '\xff');
  for (const int expected : {200, 0}) {
    std::atomic<int> firsts = 0, wrong = 0;
    run_on_threads(2, 100, [&](int i) -> Task<void> {
      return send_large(*node->writers, alice, chat, std::to_string(i), large, firsts, wrong);
    });
    EXPECT_EQ(firsts, expected);
    EXPECT_EQ(wrong, 0);
  }
  EXPECT_EQ(world->chat_column(chat, "last_seq"), "200");
}

TEST_F(ChatWritersTest, WhatWaitsIsDoneWhenItStopsAndWhatComesLaterIsRefused) {
  const ChatId chat = world->direct(alice, bob);
  std::atomic<int> kept = 0, busy = 0;
  const BorrowedLoop loop;
  for (int i = 0; i < 30; ++i)
    boost::asio::co_spawn(*loop,
                          send_often(*node->writers, alice, chat, std::to_string(i), kept, busy),
                          [](const std::exception_ptr& failure) {
                            if (failure) std::rethrow_exception(failure);
                          });
  loop->poll();
  node->writers->stop();
  loop->run();
  EXPECT_EQ(kept, 30);
  EXPECT_THROW(node->send(alice, chat, "late"), StorageUnavailable);
  EXPECT_THROW(node->read(alice, chat, 1), StorageUnavailable);
}

}  // namespace
}  // namespace parley::storage
