#include <algorithm>
#include <utility>

#include "storage/sql/people.h"
#include "storage/sql/rows.h"
#include "storage/sqlite/message_store.h"

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

// The nearest `limit` messages with a seq below `before`, newest first.
Side older(SqliteConnection& db, ChatId chat, Seq before, std::int64_t limit) {
  Side side{.messages = {}, .reached = before, .more = false};
  auto row = db.query(
      "SELECT id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at"
      " FROM messages WHERE chat_id = ?1 AND seq < ?2 ORDER BY seq DESC",
      chat, before);
  for (std::int64_t looked_at = 0; row.next(); ++looked_at) {
    const bool full = std::ssize(side.messages) == limit;
    const bool shown = row.enumerator<EntryKind>(2) == EntryKind::message;
    if ((full && shown) || looked_at == limit + kMostPassedOver) {
      side.more = true;
      return side;
    }
    if (shown) side.messages.push_back(read_message(row, chat));
    side.reached = row.integer(1);
  }
  return side;
}

// The nearest `limit` messages with a seq above `after`, oldest first.
Side newer(SqliteConnection& db, ChatId chat, Seq after, std::int64_t limit) {
  Side side{.messages = {}, .reached = after, .more = false};
  auto row = db.query(
      "SELECT id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at"
      " FROM messages WHERE chat_id = ?1 AND seq > ?2 ORDER BY seq",
      chat, after);
  for (std::int64_t looked_at = 0; row.next(); ++looked_at) {
    const bool full = std::ssize(side.messages) == limit;
    const bool shown = row.enumerator<EntryKind>(2) == EntryKind::message;
    if ((full && shown) || looked_at == limit + kMostPassedOver) {
      side.more = true;
      return side;
    }
    if (shown) side.messages.push_back(read_message(row, chat));
    side.reached = row.integer(1);
  }
  return side;
}

chat::HistoryPage read_before(SqliteConnection& db, ChatId chat, Seq first, Seq before,
                              std::int64_t limit) {
  Side side = older(db, chat, before, limit);
  std::ranges::reverse(side.messages);
  return {.messages = std::move(side.messages),
          .from_seq = side.more ? side.reached : std::min(first, before),
          .to_seq = before - 1,
          .has_more = side.more};
}

chat::HistoryPage read_around(SqliteConnection& db, ChatId chat, Seq first, Seq around,
                              std::int64_t limit) {
  // Half of the page on each side, unless one side has less.
  Side ahead = newer(db, chat, around, limit / 2);
  Side back = older(db, chat, around + 1, limit - std::ssize(ahead.messages));
  if (!back.more && ahead.more) ahead = newer(db, chat, around, limit - std::ssize(back.messages));
  chat::HistoryPage page;
  page.messages = std::move(back.messages);
  std::ranges::reverse(page.messages);
  std::ranges::move(ahead.messages, std::back_inserter(page.messages));
  page.from_seq = back.more ? back.reached : first;
  page.to_seq = ahead.reached;
  page.has_more = back.more || ahead.more;
  return page;
}

chat::HistoryPage read_after(SqliteConnection& db, ChatId chat, Seq first, Seq after,
                             std::int64_t limit) {
  chat::HistoryPage page{.messages = {},
                         .from_seq = std::max(after + 1, first),
                         .to_seq = std::max(after, first - 1),
                         .has_more = false};
  auto row = db.query(
      "SELECT id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at"
      " FROM messages WHERE chat_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
      chat, after, limit + 1);
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

Task<Result<chat::HistoryPage>> SqliteMessageStore::history(UserId reader,
                                                            chat::HistoryQuery query) {
  co_return co_await database_.readers().read(
      [reader, query](SqliteConnection& db) -> Result<chat::HistoryPage> {
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
          return read_around(db, chat, first, std::clamp<Seq>(*query.around, 0, last), limit);
        const Seq before = std::clamp<Seq>(query.before.value_or(last + 1), 1, last + 1);
        return read_before(db, chat, first, before, limit);
      });
}

Task<Result<chat::MessageInfo>> SqliteMessageStore::info(UserId reader, ChatId chat,
                                                         MessageId message) {
  const Overlay& overlay = database_.overlay();
  co_return co_await database_.readers().read(
      [reader, chat, message, &overlay](SqliteConnection& db) -> Result<chat::MessageInfo> {
        const std::optional<Unfolded> unfolded = overlay.find(chat);  // before the rows
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
            " WHERE l.id = ?1 AND l.chat_id = ?2 AND m.kind = ?3",
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
