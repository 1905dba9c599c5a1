#include <algorithm>
#include <limits>
#include <utility>

#include "storage/sql/list_cursor.h"
#include "storage/sqlite/chat_store.h"
#include "storage/sqlite/chat_view.h"

// The list of a user's chats, newest activity first.

namespace parley::storage {
namespace {

struct Active {
  ChatId id;
  std::uint64_t activity;
};

// The `most` chats of the user whose newest entry lies before `before`, newest first.
std::vector<Active> active_chats(SqliteConnection& db, const Overlay& overlay, UserId user,
                                 std::uint64_t before, std::size_t most) {
  const std::vector<OwnChat> own = own_chats(db, overlay, user);
  const Snapshot snapshot{db};
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

Task<Result<chat::ChatPage>> SqliteChatStore::list(UserId reader, std::optional<std::string> cursor,
                                                   std::int64_t limit) {
  const auto before = read_list_cursor(cursor, 'c');
  if (!before) co_return std::unexpected(before.error());
  const Overlay& overlay = database_.overlay();
  const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, 100));
  co_return co_await database_.readers().read(
      [reader, most, from = before->value_or(std::numeric_limits<std::uint64_t>::max()),
       now = database_.clock().now(), &overlay](SqliteConnection& db) -> Result<chat::ChatPage> {
        std::vector<Active> chats = active_chats(db, overlay, reader, from, most + 1);
        chat::ChatPage page;
        if (chats.size() > most) {
          chats.pop_back();
          page.next_cursor = write_list_cursor('c', chats.back().activity);
        }
        for (const Active& one : chats)
          if (auto view = view_chat(db, overlay, now, reader, one.id))
            page.chats.push_back(std::move(*view));
        return page;
      });
}

}  // namespace parley::storage
