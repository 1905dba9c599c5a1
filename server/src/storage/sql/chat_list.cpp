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

// The `most` chats of the user whose newest entry lies before `before`, newest first.
std::vector<Active> active_chats(Connection& db, const Heads& heads, UserId user,
                                 std::uint64_t before, std::size_t most) {
  const std::vector<OwnChat> own = own_chats(db, heads, user);
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

Task<Result<chat::ChatPage>> SqlChatStore::list(UserId reader, std::optional<std::string> cursor,
                                                std::int64_t limit) {
  const auto before = read_list_cursor(cursor, 'c');
  if (!before) co_return std::unexpected(before.error());
  const Heads& heads = database_.heads();
  const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, 100));
  co_return co_await database_.read(
      [reader, most, from = before->value_or(std::numeric_limits<std::uint64_t>::max()),
       now = database_.clock().now(), &heads](Connection& db) -> Result<chat::ChatPage> {
        std::vector<Active> chats = active_chats(db, heads, reader, from, most + 1);
        chat::ChatPage page;
        if (chats.size() > most) {
          chats.pop_back();
          page.next_cursor = write_list_cursor('c', chats.back().activity);
        }
        std::vector<std::optional<Unfolded>> unfolded;
        for (const Active& one : chats) unfolded.push_back(heads.find(one.id));
        const Snapshot snapshot{db};
        const Viewer viewer{.user = reader, .now = now};
        for (std::size_t i = 0; i < chats.size(); ++i)
          if (auto view = view_chat(db, unfolded[i], viewer, chats[i].id))
            page.chats.push_back(std::move(*view));
        return page;
      });
}

}  // namespace parley::storage
