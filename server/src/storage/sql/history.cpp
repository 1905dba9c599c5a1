#include <algorithm>
#include <stdexcept>
#include <utility>

#include "storage/sql/message_store.h"
#include "storage/sql/people.h"
#include "storage/sql/rows.h"

// Reading the log: pages of history, and who has got a message.

namespace parley::storage {
namespace {

// Entries that are no messages are passed over, but not for ever: then the page is shorter.
constexpr std::int64_t kMostPassedOver = 1000;

struct Side {
  std::vector<Message> messages;
  Seq reached = 0;  // everything up to here was looked at
  bool more = false;
};

// The nearest `limit` messages with a seq below `before`, newest first. The log begins at `first`.
Side older(Connection& db, ChatId chat, Seq first, Seq before, std::int64_t limit) {
  // Below its beginning there may be entries that nobody shall see any more.
  const Seq end = std::max(first, before - limit - kMostPassedOver);
  Side side{.messages = {}, .reached = end, .more = first < end};
  auto row = db.query(
      "SELECT id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at"
      " FROM messages WHERE chat_id = ?1 AND seq < ?2 AND seq >= ?3 AND kind = ?4"
      " ORDER BY seq DESC LIMIT ?5",
      chat, before, end, EntryKind::message, limit + 1);
  while (row.next()) {
    if (std::ssize(side.messages) == limit) {
      side.more = true;
      side.reached = row.integer(1) + 1;
      return side;
    }
    side.messages.push_back(read_message(row, chat));
  }
  return side;
}

// The nearest `limit` messages with a seq above `after`, oldest first. The log ends at `last`.
Side newer(Connection& db, ChatId chat, Seq last, Seq after, std::int64_t limit) {
  const Seq end = after + limit + kMostPassedOver;
  Side side{.messages = {}, .reached = std::min(last, end), .more = last > end};
  auto row = db.query(
      "SELECT id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at"
      " FROM messages WHERE chat_id = ?1 AND seq > ?2 AND seq <= ?3 AND kind = ?4"
      " ORDER BY seq LIMIT ?5",
      chat, after, end, EntryKind::message, limit + 1);
  while (row.next()) {
    if (std::ssize(side.messages) == limit) {
      side.more = true;
      side.reached = row.integer(1) - 1;
      return side;
    }
    side.messages.push_back(read_message(row, chat));
  }
  return side;
}

chat::HistoryPage read_before(Connection& db, ChatId chat, Seq first, Seq before,
                              std::int64_t limit) {
  Side side = older(db, chat, first, before, limit);
  std::ranges::reverse(side.messages);
  return {.messages = std::move(side.messages),
          .from_seq = side.more ? side.reached : std::min(first, before),
          .to_seq = before - 1,
          .has_more = side.more};
}

chat::HistoryPage read_around(Connection& db, ChatId chat, Seq first, Seq last, Seq around,
                              std::int64_t limit) {
  // Half of the page on each side, unless one side has less.
  around = std::max(around, first - 1);
  Side ahead = newer(db, chat, last, around, limit / 2);
  Side back = older(db, chat, first, around + 1, limit - std::ssize(ahead.messages));
  if (!back.more && ahead.more)
    ahead = newer(db, chat, last, around, limit - std::ssize(back.messages));
  chat::HistoryPage page;
  page.messages = std::move(back.messages);
  std::ranges::reverse(page.messages);
  std::ranges::move(ahead.messages, std::back_inserter(page.messages));
  page.from_seq = back.more ? back.reached : first;
  page.to_seq = ahead.reached;
  page.has_more = back.more || ahead.more;
  return page;
}

chat::HistoryPage read_after(Connection& db, ChatId chat, Seq first, Seq after,
                             std::int64_t limit) {
  chat::HistoryPage page{.messages = {},
                         .from_seq = std::max(after + 1, first),
                         .to_seq = std::max(after, first - 1),
                         .has_more = false};
  auto row = db.query(
      "SELECT id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at"
      " FROM messages WHERE chat_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
      chat, page.from_seq - 1, limit + 1);
  while (row.next()) {
    if (std::ssize(page.messages) == limit) {
      page.has_more = true;
      break;
    }
    page.messages.push_back(read_message(row, chat));
    page.to_seq = page.messages.back().seq;
  }
  return page;
}

}  // namespace

Message read_entry(Connection& db, ChatId chat, Seq seq) {
  auto row = db.query(
      "SELECT id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at"
      " FROM messages WHERE chat_id = ?1 AND seq = ?2",
      chat, seq);
  if (!row.next()) throw std::runtime_error("an entry of the log is missing");
  return read_message(row, chat);
}

Task<Result<chat::HistoryPage>> SqlMessageStore::history(UserId reader, chat::HistoryQuery query) {
  co_return co_await database_.read([reader, query](Connection& db) -> Result<chat::HistoryPage> {
    const ChatId chat = query.chat_id;
    const std::int64_t limit = std::clamp<std::int64_t>(query.limit, 1, 100);
    const Snapshot snapshot{db};
    Seq first = 1;
    Seq last = 0;
    {
      auto row = db.query(
          "SELECT c.first_seq, (SELECT max(seq) FROM messages WHERE chat_id = ?1)"
          " FROM participants p JOIN chats c ON c.id = p.chat_id"
          " WHERE p.chat_id = ?1 AND p.user_id = ?2 AND p.role <> ?3",
          chat, reader, ParticipantRole::left);
      if (!row.next()) return fail(Errc::chat_not_found);
      first = row.integer(0);
      last = row.integer(1);
    }
    // What is asked for outside of the log means its ends.
    if (query.after)
      return read_after(db, chat, first, std::clamp<Seq>(*query.after, 0, last), limit);
    if (query.around)
      return read_around(db, chat, first, last, std::clamp<Seq>(*query.around, 0, last), limit);
    const Seq before = std::clamp<Seq>(query.before.value_or(last + 1), 1, last + 1);
    return read_before(db, chat, first, before, limit);
  });
}

Task<Result<chat::MessageInfo>> SqlMessageStore::info(UserId reader, ChatId chat,
                                                      MessageId message) {
  const Heads& heads = database_.heads();
  co_return co_await database_.read(
      [reader, chat, message, &heads](Connection& db) -> Result<chat::MessageInfo> {
        const std::optional<Unfolded> unfolded = heads.find(chat);  // before the rows
        const Snapshot snapshot{db};
        struct Reached {
          UserId user;
          Receipt receipt;
          Seq joined;
        };
        std::vector<Reached> all;
        bool taking_part = false;
        bool direct = false;
        {
          auto row = db.query(
              "SELECT user_id, delivered_seq, read_seq, joined_seq, peer_id FROM participants"
              " WHERE chat_id = ?1 AND role <> ?2",
              chat, ParticipantRole::left);
          while (row.next()) {
            Reached one{.user = row.id<UserId>(0),
                        .receipt = {.delivered = row.integer(1), .read = row.integer(2)},
                        .joined = row.integer(3)};
            if (unfolded) one.receipt = unfolded->receipt(one.user, one.receipt);
            taking_part |= one.user == reader;
            direct |= !row.null(4);
            all.push_back(one);
          }
        }
        if (!taking_part) return fail(Errc::chat_not_found);

        auto row = db.query(
            "SELECT m.seq, m.sender_id FROM message_log l"
            " JOIN messages m ON m.chat_id = l.chat_id AND m.seq = l.seq"
            " WHERE l.id = ?1 AND l.chat_id = ?2 AND m.kind = ?3"
            " AND m.seq >= (SELECT first_seq FROM chats WHERE id = ?2)",
            message, chat, EntryKind::message);
        if (!row.next()) return fail(Errc::message_not_found);
        chat::MessageInfo info{
            .message_id = message, .seq = row.integer(0), .delivered_to = {}, .read_by = {}};
        const auto sender = row.id<UserId>(1);
        for (const Reached& one : all) {
          if (one.user == sender || one.joined > info.seq) continue;
          if (one.receipt.delivered >= info.seq) info.delivered_to.push_back(one.user);
          const bool told = one.user == reader || !direct ||
                            find_sight(db, {.viewer = reader, .owner = one.user}).reads;
          if (one.receipt.read >= info.seq && told) info.read_by.push_back(one.user);
        }
        return info;
      });
}

}  // namespace parley::storage
