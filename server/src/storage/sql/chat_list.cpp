#include <algorithm>
#include <limits>
#include <utility>

#include "storage/sql/chat_store.h"
#include "storage/sql/chat_view.h"
#include "storage/sql/list_cursor.h"

// The list of a user's chats, newest activity first.

namespace parley::storage {
namespace {

struct Active {
  ChatId id;
  std::uint64_t activity;
};

// The `most` chats of the user whose newest entry lies before `before`, newest first, as the rows
// say.
std::vector<Active> active_by_rows(Connection& db, UserId user, std::uint64_t before,
                                   std::size_t most) {
  std::vector<Active> chats;
  auto row = db.query(
      "SELECT p.chat_id, c.activity_id FROM participants p JOIN chats c ON c.id = p.chat_id"
      " WHERE p.user_id = ?1 AND p.role <> ?2 AND c.activity_id < ?3"
      " ORDER BY c.activity_id DESC LIMIT ?4",
      user, ParticipantRole::left, before, most);
  while (row.next())
    chats.push_back(
        {.id = row.id<ChatId>(0), .activity = static_cast<std::uint64_t>(row.integer(1))});
  return chats;
}

// The same where some of `own` are ahead of their rows.
std::vector<Active> active_by_heads(Connection& db, const std::vector<OwnChat>& own, UserId user,
                                    std::uint64_t before, std::size_t most) {
  std::vector<Active> chats;
  chats.reserve(own.size());
  auto row = db.query(
      "SELECT p.chat_id, c.activity_id FROM participants p JOIN chats c ON c.id = p.chat_id"
      " WHERE p.user_id = ?1 AND p.role <> ?2 ORDER BY p.chat_id",
      user, ParticipantRole::left);
  auto mine = own.begin();
  while (row.next()) {
    Active one{.id = row.id<ChatId>(0), .activity = static_cast<std::uint64_t>(row.integer(1))};
    while (mine != own.end() && mine->id < one.id) ++mine;
    if (mine != own.end() && mine->id == one.id && mine->unfolded)
      one.activity = std::max(one.activity, mine->unfolded->activity_id);
    if (one.activity < before) chats.push_back(one);
  }
  const std::size_t kept = std::min(most, chats.size());
  std::ranges::partial_sort(chats, chats.begin() + static_cast<std::ptrdiff_t>(kept),
                            std::greater{}, &Active::activity);
  chats.resize(kept);
  return chats;
}

}  // namespace

Task<Result<chat::ChatPage>> SqlChatStore::list(UserId reader, std::optional<std::string> cursor,
                                                std::int64_t limit) {
  const auto before = read_list_cursor(cursor, 'c');
  if (!before) co_return std::unexpected(before.error());
  const Heads& heads = database_.heads();
  const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, 100));
  co_return co_await database_.read(
      [reader, most, from = before->value_or(std::numeric_limits<std::int64_t>::max()),
       now = database_.clock().now(), &heads](Connection& db) -> Result<chat::ChatPage> {
        const bool lag = heads.rows_lag();
        const std::vector<OwnChat> own = own_chats(db, heads, reader);
        std::optional<Snapshot> snapshot{std::in_place, db};
        std::vector<Active> chats = lag ? active_by_heads(db, own, reader, from, most + 1)
                                        : active_by_rows(db, reader, from, most + 1);
        chat::ChatPage page;
        if (chats.size() > most) {
          chats.pop_back();
          page.next_cursor = write_list_cursor('c', chats.back().activity);
        }
        std::vector<Wanted> wanted;
        wanted.reserve(chats.size());
        if (lag) snapshot.reset();  // heads are looked at before the rows
        for (const Active& one : chats)
          wanted.push_back({.id = one.id, .unfolded = heads.find(one.id)});
        if (lag) snapshot.emplace(db);
        page.chats = view_chats(db, {.user = reader, .now = now}, wanted);
        return page;
      });
}

}  // namespace parley::storage
