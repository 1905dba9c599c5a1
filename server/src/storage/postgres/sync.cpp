#include "storage/postgres/sync.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "storage/postgres/epoch.h"
#include "storage/postgres/xid.h"
#include "storage/sql/changed_chats.h"
#include "storage/sql/chat_view.h"
#include "storage/sql/sync_cursor.h"

namespace parley::storage {
namespace {

// Where a client stands.
struct Position {
  std::uint64_t floor = 0;  // it knows what transactions below have changed
  std::uint64_t next = 0;   // what it will know after this lap; 0 before the lap's first page
  std::uint64_t told = 0;   // of what came later it was told up to this change,
  ChatId chat{};            // of this chat
  std::uint64_t lap = 0;    // 1 in the second one
};

Result<Position> read_cursor(const std::string& epoch, const std::optional<std::string>& cursor) {
  if (!cursor) return Position{};
  const auto numbers = read_sync_cursor(epoch, *cursor, 5);
  if (!numbers) return std::unexpected(numbers.error());
  if (!*numbers) return Position{};
  const auto& n = **numbers;
  return Position{.floor = n[0], .next = n[1], .told = n[2], .chat = ChatId{n[3]}, .lap = n[4]};
}

std::string write_cursor(const std::string& epoch, const Position& at) {
  return write_sync_cursor(epoch, {at.floor, at.next, at.told, at.chat.value(), at.lap});
}

// The transactions a snapshot sees: all below `oldest`, none from `end` on.
struct Horizon {
  std::uint64_t oldest;
  std::uint64_t end;
};

Horizon read_horizon(Connection& db) {
  auto row = db.query(
      "SELECT CAST(CAST(pg_snapshot_xmin(s) AS TEXT) AS BIGINT),"
      " CAST(CAST(pg_snapshot_xmax(s) AS TEXT) AS BIGINT) FROM pg_current_snapshot() AS s");
  row.next();
  return {.oldest = static_cast<std::uint64_t>(row.integer(0)),
          .end = static_cast<std::uint64_t>(row.integer(1))};
}

struct Changed {
  ChatId id;
  std::uint64_t change;
};

std::vector<Changed> read_changed(Query row) {
  std::vector<Changed> changed;
  while (row.next())
    changed.push_back(
        {.id = row.id<ChatId>(0), .change = static_cast<std::uint64_t>(row.integer(1))});
  return changed;
}

// The next chats to tell, oldest change first.
std::vector<Changed> changed_chats(Connection& db, UserId user, const Position& position,
                                   std::int64_t most) {
  return read_changed(
      db.query("SELECT id, change FROM (SELECT p.chat_id AS id,"
               "   CASE WHEN p.role = 2 THEN p.left_xact_id ELSE c.change_id END AS change"
               "   FROM participants p JOIN chats c ON c.id = p.chat_id WHERE p.user_id = ?1) mine"
               " WHERE change >= ?2 AND (change, id) > (?3, ?4) ORDER BY change, id LIMIT ?5",
               user, position.floor, position.told, position.chat, most));
}

// Those that may have changed, by a transaction that ended late, after the lap had passed them.
std::vector<Changed> overtaken_chats(Connection& db, UserId user, const Position& position,
                                     std::int64_t most) {
  return read_changed(
      db.query("SELECT id, change FROM (SELECT p.chat_id AS id,"
               "   CASE WHEN p.role = 2 THEN p.left_xact_id ELSE c.change_id END AS change"
               "   FROM participants p JOIN chats c ON c.id = p.chat_id WHERE p.user_id = ?1) mine"
               " WHERE change >= ?2 AND (change, id) <= (?3, ?4) ORDER BY change, id LIMIT ?5",
               user, position.next, position.told, position.chat, most));
}

struct Step {
  std::vector<Changed> page;
  Position next;
  bool has_more = false;
};

// What to tell next, and where the client stands afterwards.
Step go_on(Connection& db, UserId user, Position at, std::int64_t most, const Horizon& horizon) {
  const bool first_page = at.next == 0;
  if (first_page) at.next = horizon.oldest;
  Step step{.page = changed_chats(db, user, at, most + 1), .next = at, .has_more = true};
  if (std::ssize(step.page) > most) {
    step.page.pop_back();
    step.next.told = step.page.back().change;
    step.next.chat = step.page.back().id;
    return step;
  }
  std::vector<Changed> overtaken;
  const std::int64_t room = most - std::ssize(step.page);
  if (!first_page) overtaken = overtaken_chats(db, user, at, room + 1);
  if (std::ssize(overtaken) <= room) {
    // So everything this snapshot sees is told.
    step.page.insert(step.page.end(), overtaken.begin(), overtaken.end());
    step.next = {.floor = horizon.oldest};
    step.has_more = false;
  } else if (at.lap == 0) {
    step.next = {.floor = at.floor,  // goes on deciding what is limited
                 .told = at.next - 1,
                 .chat = ChatId{std::numeric_limits<std::int64_t>::max()},
                 .lap = 1};
  } else {
    // As many as this are changed all the time: told with what comes next.
    step.next = {.floor = at.next};
    step.has_more = false;
  }
  return step;
}

// Marks where more entries are new to the user than one wants to fetch one by one.
void find_large_gaps(Connection& db, UserId user, std::uint64_t floor, const Horizon& horizon,
                     std::vector<chat::ChangedChat>& chats) {
  const auto marks = limit_candidates(floor == 0, chats);
  if (marks.empty()) return;
  // That many came since, or the user did, to whom all of it is new. An entry that is billions of
  // transactions old may be taken for new, which costs a client one page.
  auto row = db.query(
      "SELECT p.chat_id, CAST(CAST(m.xmin AS TEXT) AS BIGINT) FROM json_each(?1) w"
      " JOIN participants p ON p.chat_id = w.key AND p.user_id = ?2"
      " CROSS JOIN LATERAL"
      "  (SELECT xmin FROM messages WHERE chat_id = p.chat_id AND seq = w.value UNION ALL"
      "   SELECT xmin FROM messages WHERE chat_id = p.chat_id AND seq = p.entered_seq) m",
      marks.text(), user);
  while (row.next()) {
    if (whole_xid(static_cast<std::uint32_t>(row.integer(1)), horizon.end) >= floor)
      mark_limited(chats, row.id<ChatId>(0));
  }
}

}  // namespace

Task<Result<chat::SyncPage>> sync_chats(Database& database, UserId user,
                                        std::optional<std::string> cursor, std::int64_t limit) {
  const auto most = std::clamp<std::int64_t>(limit, 1, 200);
  co_return co_await database.read([&cursor, user, most, now = database.clock().now()](
                                       Connection& db) -> Result<chat::SyncPage> {
    const Snapshot snapshot{db};
    chat::SyncPage page;
    page.epoch = read_epoch(db);
    const auto read = read_cursor(page.epoch, cursor);
    if (!read) return std::unexpected(read.error());
    const Horizon horizon = read_horizon(db);
    Step step = go_on(db, user, *read, most, horizon);
    const Viewer viewer{.user = user, .now = now, .with_left = true};
    std::vector<Wanted> wanted;
    wanted.reserve(step.page.size());
    for (const Changed& one : step.page) wanted.push_back({.id = one.id, .unfolded = {}});
    page.chats = as_changed(view_chats(db, viewer, wanted));
    find_large_gaps(db, user, read->floor, horizon, page.chats);
    page.has_more = step.has_more;
    page.cursor = write_cursor(page.epoch, step.next);
    return page;
  });
}

}  // namespace parley::storage
