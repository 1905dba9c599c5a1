#include "storage/sqlite/chat_store.h"

#include <algorithm>
#include <utility>

#include "storage/sql/entry_text.h"
#include "storage/sql/list_cursor.h"
#include "storage/sql/people.h"
#include "storage/sqlite/chat_view.h"

// Direct chats, and the small questions about chats and users.

namespace parley::storage {
namespace {

bool is_participant(SqliteConnection& db, UserId user, ChatId chat) {
  auto row =
      db.query("SELECT 1 FROM participants WHERE chat_id = ?1 AND user_id = ?2 AND role <> ?3",
               chat, user, ParticipantRole::left);
  return row.next();
}

std::optional<ChatId> find_direct(SqliteConnection& db, UserId low, UserId high) {
  auto row = db.query(
      "SELECT chat_id FROM direct_chats WHERE low_user_id = ?1 AND high_user_id = ?2", low, high);
  if (!row.next()) return std::nullopt;
  return row.id<ChatId>(0);
}

struct Direct {
  ChatId chat;
  bool is_new = false;
};

Result<Direct> open_direct_chat(ChatLog& log, UserId caller, UserId peer) {
  SqliteConnection& db = log.db();
  const auto [low, high] = std::minmax(caller, peer);
  if (const auto chat = find_direct(db, low, high)) return Direct{.chat = *chat};
  const Sight sight = find_sight(db, {.viewer = caller, .owner = peer});
  if (!sight.exists || sight.blocked) return fail(Errc::user_not_found);

  const auto id = log.next_id<ChatKind>();
  const Timestamp now = log.clock().now();
  db.run("INSERT INTO direct_chats VALUES (?1, ?2, ?3)", low, high, id);
  db.run("INSERT INTO chats VALUES (?1, ?2, '', '', ?3, 1, 0, 0, 0, ?1, ?3, ?1)", id,
         ChatType::direct, now);
  CachedChat chat{.id = id,
                  .type = ChatType::direct,
                  .head = {.activity_id = id.value(), .updated_at = now, .change_id = id.value()},
                  .participants = {},
                  .recent = {}};
  const auto enter = [&](UserId user, UserId other) {
    db.run(
        "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
        " joined_seq, entered_seq, peer_id) VALUES (?1, ?2, ?3, 0, 0, ?4, 0, 0, ?5)",
        id, user, ParticipantRole::member, now, other);
    chat.participants.push_back({.user = user, .role = ParticipantRole::member, .receipt = {}});
  };
  enter(low, high);
  if (low != high) enter(high, low);
  log.insert(std::move(chat));
  return Direct{.chat = id, .is_new = true};
}

}  // namespace

Task<Result<chat::Opened>> SqliteChatStore::open_direct(UserId caller, UserId peer) {
  const Overlay& overlay = database_.overlay();
  auto existing =
      co_await database_.readers().read([caller, peer, now = database_.clock().now(), &overlay](
                                            SqliteConnection& db) -> Result<std::optional<Chat>> {
        const auto [low, high] = std::minmax(caller, peer);
        const auto chat = find_direct(db, low, high);
        return chat ? view_chat(db, overlay, now, caller, *chat) : std::nullopt;
      });
  if (!existing) co_return std::unexpected(existing.error());
  if (*existing) co_return chat::Opened{.chat = std::move(**existing), .first_time = false};

  const auto direct = co_await database_.writer().run(
      [caller, peer](ChatLog& log) { return open_direct_chat(log, caller, peer); });
  if (!direct) co_return std::unexpected(direct.error());
  auto chat = co_await get(caller, direct->chat);
  if (!chat) co_return std::unexpected(chat.error());
  co_return chat::Opened{.chat = std::move(*chat), .first_time = direct->is_new};
}

Task<Result<Chat>> SqliteChatStore::get(UserId reader, ChatId chat) {
  const Overlay& overlay = database_.overlay();
  co_return co_await database_.readers().read([reader, chat, now = database_.clock().now(),
                                               &overlay](SqliteConnection& db) -> Result<Chat> {
    auto view = view_chat(db, overlay, now, reader, chat);
    if (!view) return fail(Errc::chat_not_found);
    return std::move(*view);
  });
}

Task<Result<std::vector<UserId>>> SqliteChatStore::audience(UserId reader, ChatId chat) {
  co_return co_await database_.readers().read(
      [reader, chat](SqliteConnection& db) -> Result<std::vector<UserId>> {
        std::vector<UserId> users;
        auto row = db.query("SELECT user_id FROM participants WHERE chat_id = ?1 AND role <> ?2",
                            chat, ParticipantRole::left);
        while (row.next()) users.push_back(row.id<UserId>(0));
        if (!std::ranges::binary_search(users, reader)) return fail(Errc::chat_not_found);
        return users;
      });
}

Task<Result<std::vector<UserId>>> SqliteChatStore::addressees(UserId writer, ChatId chat) {
  co_return co_await database_.readers().read(
      [writer, chat](SqliteConnection& db) -> Result<std::vector<UserId>> {
        std::vector<UserId> users;
        bool blocked = false;
        auto row = db.query(
            "SELECT p.user_id, p.peer_id IS NOT NULL AND EXISTS"
            " (SELECT 1 FROM blocks WHERE user_id = p.user_id AND other_id = p.peer_id)"
            " FROM participants p WHERE p.chat_id = ?1 AND p.role <> ?2",
            chat, ParticipantRole::left);
        while (row.next()) {
          users.push_back(row.id<UserId>(0));
          blocked |= row.integer(1) != 0;
        }
        if (!std::ranges::binary_search(users, writer)) return fail(Errc::chat_not_found);
        if (blocked) return fail(Errc::blocked);
        std::erase(users, writer);
        return users;
      });
}

Task<std::vector<Sight>> SqliteChatStore::sights(std::vector<Gaze> gazes) {
  if (gazes.empty()) co_return std::vector<Sight>{};
  co_return co_await database_.readers().read_or_throw([&gazes](SqliteConnection& db) {
    std::vector<Sight> sights;
    sights.reserve(gazes.size());
    for (const Gaze& gaze : gazes) sights.push_back(find_sight(db, gaze));
    return sights;
  });
}

Task<Result<std::vector<UserId>>> SqliteChatStore::find_users(std::vector<std::string> usernames) {
  co_return co_await database_.readers().read(
      [&usernames](SqliteConnection& db) -> Result<std::vector<UserId>> {
        std::vector<UserId> users;
        users.reserve(usernames.size());
        for (const std::string& name : usernames) {
          auto row = db.query("SELECT id FROM users WHERE username = ?1", name);
          if (!row.next()) return fail(Errc::user_not_found, name);
          users.push_back(row.id<UserId>(0));
        }
        return users;
      });
}

Task<std::vector<UserId>> SqliteChatStore::direct_peers(UserId user, std::int64_t limit) {
  const Overlay& overlay = database_.overlay();
  co_return co_await database_.readers().read_or_throw([user, limit,
                                                        &overlay](SqliteConnection& db) {
    const std::vector<OwnChat> own = own_chats(db, overlay, user);
    struct Peer {
      std::uint64_t activity;
      UserId user;
    };
    std::vector<Peer> peers;
    auto row = db.query(
        "SELECT p.chat_id, p.peer_id, c.activity_id FROM participants p"
        " JOIN chats c ON c.id = p.chat_id WHERE p.user_id = ?1 AND p.peer_id IS NOT NULL",
        user);
    while (row.next()) {
      Peer peer{.activity = static_cast<std::uint64_t>(row.integer(2)), .user = row.id<UserId>(1)};
      if (peer.user == user) continue;
      const auto mine = std::ranges::lower_bound(own, row.id<ChatId>(0), {}, &OwnChat::id);
      if (mine != own.end() && mine->id == row.id<ChatId>(0) && mine->unfolded)
        peer.activity = std::max(peer.activity, mine->unfolded->activity_id);
      peers.push_back(peer);
    }
    std::ranges::sort(peers, std::greater{}, &Peer::activity);
    if (limit < std::ssize(peers))
      peers.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, limit)));
    std::vector<UserId> users;
    users.reserve(peers.size());
    for (const Peer& peer : peers) users.push_back(peer.user);
    return users;
  });
}

Task<bool> SqliteChatStore::share_chat(UserId one, UserId other) {
  co_return co_await database_.readers().read_or_throw([one, other](SqliteConnection& db) {
    // Mostly they have a direct chat; otherwise the chats of one are tried with the other.
    const auto [low, high] = std::minmax(one, other);
    if (find_direct(db, low, high)) return true;
    auto row = db.query(
        "SELECT 1 FROM participants a JOIN participants b"
        " ON b.chat_id = a.chat_id AND b.user_id = ?2 AND b.role <> ?3"
        " WHERE a.user_id = ?1 AND a.role <> ?3 LIMIT 1",
        one, other, ParticipantRole::left);
    return row.next();
  });
}

Task<Result<chat::ParticipantPage>> SqliteChatStore::participants(UserId reader, ChatId chat,
                                                                  std::optional<std::string> cursor,
                                                                  std::int64_t limit) {
  const auto after = read_list_cursor(cursor, 'p');
  if (!after) co_return std::unexpected(after.error());
  const Overlay& overlay = database_.overlay();
  co_return co_await database_.readers().read(
      [reader, chat, from = *after, most = std::clamp<std::int64_t>(limit, 1, 1000),
       &overlay](SqliteConnection& db) -> Result<chat::ParticipantPage> {
        const std::optional<Unfolded> unfolded = overlay.find(chat);
        const Snapshot snapshot{db};
        if (!is_participant(db, reader, chat)) return fail(Errc::chat_not_found);
        chat::ParticipantPage page;
        std::optional<UserId> untold;  // whose reading the reader may not know of
        auto row = db.query(
            "SELECT p.user_id, u.username, u.display_name, p.role, p.delivered_seq, p.read_seq,"
            " p.joined_at, p.permissions, p.peer_id IS NOT NULL FROM participants p"
            " JOIN users u ON u.id = p.user_id"
            " WHERE p.chat_id = ?1 AND p.user_id > ?2 AND p.role <> ?3"
            " ORDER BY p.user_id LIMIT ?4",
            chat, from.value_or(0), ParticipantRole::left, most + 1);
        while (row.next()) {
          if (std::ssize(page.participants) == most) {
            page.next_cursor = write_list_cursor('p', page.participants.back().user_id.value());
            break;
          }
          Participant one{.user_id = row.id<UserId>(0),
                          .username = row.string(1),
                          .display_name = row.string(2),
                          .role = row.enumerator<ParticipantRole>(3),
                          .permissions = permissions_of(row.integer(7)),
                          .delivered_seq = row.integer(4),
                          .read_seq = row.integer(5),
                          .joined_at = row.time(6)};
          if (unfolded) {
            const Receipt receipt = unfolded->receipt(
                one.user_id, {.delivered = one.delivered_seq, .read = one.read_seq});
            one.delivered_seq = receipt.delivered;
            one.read_seq = receipt.read;
          }
          if (row.integer(8) != 0 && one.user_id != reader) untold = one.user_id;
          page.participants.push_back(std::move(one));
        }
        if (untold && !find_sight(db, {.viewer = reader, .owner = *untold}).reads)
          std::ranges::find(page.participants, *untold, &Participant::user_id)->read_seq = 0;
        return page;
      });
}

}  // namespace parley::storage
