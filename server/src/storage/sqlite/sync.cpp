#include <algorithm>
#include <utility>

#include "storage/sql/changed_chats.h"
#include "storage/sql/chat_view.h"
#include "storage/sql/sync_cursor.h"
#include "storage/sqlite/message_store.h"

// Sync: which of my chats changed since I was here last.

namespace parley::storage {
namespace {

// Where a client stands: it knows every change up to `from`, and of the changes after that it is
// being told those up to `told`, page by page. The same when it has been told all.
struct Position {
  std::uint64_t from = 0;
  std::uint64_t told = 0;
};

Result<Position> read_cursor(const std::string& epoch, const std::string& cursor) {
  const auto numbers = read_sync_cursor(epoch, cursor, 2);
  if (!numbers) return std::unexpected(numbers.error());
  if (!*numbers) return Position{};
  const Position position{.from = (**numbers)[0], .told = (**numbers)[1]};
  if (position.from > position.told)
    return fail(Errc::malformed_request, "the cursor is not one of this server's");
  return position;
}

struct Changed {
  ChatId id;
  std::uint64_t change;
};

// The user's chats that changed after `told`, oldest change first.
std::vector<Changed> changed_chats(SqliteConnection& db, const Overlay& overlay, UserId user,
                                   std::uint64_t told) {
  const std::vector<OwnChat> own = own_chats(db, overlay, user);
  const Snapshot snapshot{db};
  std::vector<Changed> changed;
  auto row = db.query(
      "SELECT p.chat_id, coalesce(p.left_change_id, c.change_id), p.left_change_id IS NULL"
      " FROM participants p JOIN chats c ON c.id = p.chat_id WHERE p.user_id = ?1"
      " ORDER BY p.chat_id",
      user);
  auto mine = own.begin();
  while (row.next()) {
    Changed one{.id = row.id<ChatId>(0), .change = static_cast<std::uint64_t>(row.integer(1))};
    while (mine != own.end() && mine->id < one.id) ++mine;
    const bool taking_part = row.integer(2) != 0;
    if (taking_part && mine != own.end() && mine->id == one.id && mine->unfolded)
      one.change = std::max(one.change, mine->unfolded->change_id);
    if (one.change > told) changed.push_back(one);
  }
  std::ranges::sort(changed, {}, &Changed::change);
  return changed;
}

// Marks where more entries are new to the user than one wants to fetch one by one.
void find_large_gaps(SqliteConnection& db, UserId user, std::uint64_t from,
                     std::vector<chat::ChangedChat>& chats) {
  const auto marks = limit_candidates(from == 0, chats);
  if (marks.empty()) return;
  // That many came since, or the user did, to whom all of it is new.
  auto row = db.query(
      "SELECT p.chat_id FROM json_each(?1) w CROSS JOIN participants p CROSS JOIN messages m"
      " WHERE p.chat_id = CAST(w.key AS BIGINT) AND p.user_id = ?2 AND m.chat_id = p.chat_id"
      " AND m.seq IN (w.value, p.entered_seq) AND m.id > ?3",
      marks.text(), user, from);
  while (row.next()) mark_limited(chats, row.id<ChatId>(0));
}

}  // namespace

Task<Result<chat::SyncPage>> SqliteMessageStore::sync(UserId user,
                                                      std::optional<std::string> cursor,
                                                      std::int64_t limit) {
  Position position;
  if (cursor) {
    auto read = read_cursor(database_.epoch(), *cursor);
    if (!read) co_return std::unexpected(read.error());
    // Further than anything we have: the store was put back without another epoch, by a snapshot of
    // the machine for one. What they were told was of a history that is gone.
    if (read->told <= database_.overlay().visible()) position = *read;
  }
  const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, 200));

  co_return co_await database_.readers().read(
      [this, user, position, most,
       now = database_.clock().now()](SqliteConnection& db) -> Result<chat::SyncPage> {
        const Overlay& overlay = database_.overlay();
        const Viewer viewer{.user = user, .now = now, .with_left = true};
        // A chat may change again after it was looked at, while a later one is. So nothing after
        // this point counts as told.
        const std::uint64_t visible = overlay.visible();
        std::vector<Changed> changed = changed_chats(db, overlay, user, position.told);

        chat::SyncPage page;
        page.epoch = database_.epoch();
        page.has_more = changed.size() > most;
        if (page.has_more) changed.resize(most);
        Position next = position;
        if (!changed.empty())
          next.told = std::max(next.told, std::min(changed.back().change, visible));
        std::vector<Wanted> wanted;
        wanted.reserve(changed.size());
        for (const Changed& one : changed)
          wanted.push_back({.id = one.id, .unfolded = overlay.find(one.id)});
        if (!wanted.empty()) {
          const Snapshot snapshot{db};
          page.chats = as_changed(view_chats(db, viewer, wanted));
          find_large_gaps(db, user, position.from, page.chats);
        }
        if (!page.has_more) next.from = next.told;
        page.cursor = write_sync_cursor(page.epoch, {next.from, next.told});
        return page;
      });
}

}  // namespace parley::storage
