#pragma once

#include <atomic>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>

#include "base/await_for_test.h"
#include "base/clock.h"
#include "base/id_source.h"
#include "storage/postgres/chat_writers.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/fixture_for_test.h"
#include "storage/postgres/migrate.h"
#include "storage/postgres/server_for_test.h"
#include "storage/sql/migration.h"

namespace parley::storage {

// People and chats in a database of their own, put there as rows, for tests of what is written on
// the hot path alone.
class ChatWorld {
 public:
  // On the server all tests share.
  ChatWorld() : where(migrated_database()) {}
  explicit ChatWorld(const PrivatePostgres& server) : where(server.url(), "template1") {
    PostgresConnection db{{.url = where.url()}};
    migrate(db, postgres_migrations(), Timestamp{});
  }

  UserId user() {
    const std::uint64_t id = next_++;
    where.ask("INSERT INTO users (id, username, display_name, password_hash, created_at) VALUES (" +
              std::to_string(id) + ", 'user" + std::to_string(id) + "', 'User', 'x', 0)");
    return UserId{id};
  }

  ChatId direct(UserId one, UserId other) {
    const ChatId chat = make_chat("0");
    const auto enter = [&](UserId user, UserId peer) {
      where.ask(
          "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
          " joined_seq, entered_seq, peer_id) VALUES (" +
          text(chat) + ", " + text(user) + ", 0, 0, 0, 0, 0, 0, " + text(peer) + ")");
    };
    enter(one, other);
    if (one != other) enter(other, one);
    return chat;
  }

  // The first one is its admin. Its log begins with an entry of membership.
  ChatId group(const std::vector<UserId>& users) {
    const ChatId chat = make_chat("1");
    for (const UserId user : users)
      where.ask(
          "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
          " joined_seq, entered_seq) VALUES (" +
          text(chat) + ", " + text(user) + (user == users.front() ? ", 1" : ", 0") +
          ", 0, 0, 0, 1, 1)");
    change_membership(chat, users.front(), "");
    return chat;
  }

  // As another node does it: the rows, and an entry in the log, in one transaction.
  void change_membership(ChatId chat, UserId actor, const std::string& change) {
    where.ask("BEGIN; SELECT FROM chats WHERE id = " + text(chat) + " FOR UPDATE; " + change +
              "; INSERT INTO messages (chat_id, seq, id, kind, sender_id, created_at,"
              " message_count, content) SELECT id, last_seq + 1, activity_id + 1, 1, " +
              text(actor) + ", 0, message_count, '' FROM chats WHERE id = " + text(chat) +
              "; UPDATE chats SET last_seq = last_seq + 1, activity_id = activity_id + 1,"
              " change_id = pg_current_xact_id()::text::bigint WHERE id = " +
              text(chat) + "; COMMIT");
  }

  std::string chat_column(ChatId chat, const std::string& column) {
    return where.ask("SELECT " + column + " FROM chats WHERE id = " + text(chat));
  }

  // Everything that must hold of a log, whoever wrote it: seqs without a gap, ids that go up with
  // them, counts that count, a head that is where the log is. Empty when it does.
  std::string faults(ChatId chat) {
    return where.ask(
        "WITH ordered AS (SELECT *, row_number() OVER (ORDER BY seq) AS place,"
        "  lag(id, 1, 0::bigint) OVER (ORDER BY seq) AS earlier,"
        "  count(*) FILTER (WHERE kind = 0) OVER (ORDER BY seq) AS counted"
        "  FROM messages WHERE chat_id = " +
        text(chat) +
        ") SELECT string_agg(fault, '; ') FROM ("
        " SELECT 'seq ' || seq || ' at place ' || place AS fault FROM ordered WHERE seq <> place"
        " UNION ALL SELECT 'id at ' || seq FROM ordered WHERE id <= earlier"
        " UNION ALL SELECT 'count at ' || seq FROM ordered WHERE message_count <> counted"
        " UNION ALL SELECT 'repeated ' || encode(client_id, 'escape') FROM ordered"
        "  WHERE client_id IS NOT NULL GROUP BY sender_id, client_id HAVING count(*) > 1"
        " UNION ALL SELECT 'head' FROM chats c WHERE c.id = " +
        text(chat) +
        "  AND NOT EXISTS (SELECT FROM (SELECT max(seq) AS seq, max(message_count) AS counted,"
        "   max(id) AS id FROM ordered) h"
        "   WHERE h.seq = c.last_seq AND h.counted = c.message_count AND h.id = c.activity_id)"
        ") found");
  }

  static std::string text(auto id) { return std::to_string(id.value()); }

  TestDatabase where;

 private:
  ChatId make_chat(const std::string& type) {
    const ChatId chat{next_++};
    where.ask("INSERT INTO chats VALUES (" + text(chat) + ", " + type +
              ", '', '', 0, 1, 0, 0, 0, " + text(chat) + ", 0, 1)");
    return chat;
  }

  std::uint64_t next_ = 1'000;
};

// One server of several that share a database.
class ChatNode {
 public:
  ChatNode(const std::string& url, std::uint32_t number, PostgresChatWriters::Options options = {})
      : ids(clock, number) {
    options.each.connection.url = url;
    writers.emplace(options, ids, clock);
  }

  Result<chat::Accepted> try_send(UserId sender, ChatId chat, std::string client_id,
                                  std::string content = "hello") {
    return await(writers->append({.chat_id = chat,
                                  .sender_id = sender,
                                  .type = MessageType::text,
                                  .content = std::move(content),
                                  .client_message_id = std::move(client_id)}));
  }
  chat::Accepted send(UserId sender, ChatId chat, std::string client_id,
                      std::string content = "hello") {
    return try_send(sender, chat, std::move(client_id), std::move(content)).value();
  }
  Result<chat::Moved> try_mark(UserId user, ChatId chat, Receipt receipt) {
    return await(writers->mark({.chat_id = chat, .user_id = user, .receipt = receipt}));
  }
  chat::Moved read(UserId user, ChatId chat, Seq seq) {
    return try_mark(user, chat, {.delivered = 0, .read = seq}).value();
  }
  chat::Moved deliver(UserId user, ChatId chat, Seq seq) {
    return try_mark(user, chat, {.delivered = seq, .read = 0}).value();
  }

  ManualClock clock{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  IdSource ids;
  std::optional<PostgresChatWriters> writers;
};

// Runs `make(number)` as coroutines on loops of several threads, all at once, to their ends.
template <class Make>
void run_on_threads(int threads, int coroutines_each, const Make& make) {
  std::vector<std::jthread> running;
  for (int thread = 0; thread < threads; ++thread) {
    running.emplace_back([&make, thread, coroutines_each] {
      const BorrowedLoop loop;
      for (int i = 0; i < coroutines_each; ++i)
        boost::asio::co_spawn(*loop, make(thread * coroutines_each + i),
                              [](const std::exception_ptr& failure) {
                                if (failure) std::rethrow_exception(failure);
                              });
      loop->run();
    });
  }
}

}  // namespace parley::storage
