#include "storage/sql/chat_store.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "storage/sql/chat_view.h"
#include "storage/sql/entry_text.h"
#include "storage/sql/list_cursor.h"
#include "storage/sql/pairs.h"
#include "storage/sql/people.h"

// Direct chats, and the small questions about chats and users.

namespace parley::storage {
namespace {

bool is_participant(Connection& db, UserId user, ChatId chat) {
  auto row =
      db.query("SELECT 1 FROM participants WHERE chat_id = ?1 AND user_id = ?2 AND role <> ?3",
               chat, user, ParticipantRole::left);
  return row.next();
}

std::optional<ChatId> find_direct(Connection& db, UserId low, UserId high) {
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
  Connection& db = log.db();
  const auto [low, high] = std::minmax(caller, peer);
  if (const auto chat = find_direct(db, low, high)) return Direct{.chat = *chat};
  const Sight sight = find_sight(db, {.viewer = caller, .owner = peer});
  if (!sight.exists || sight.blocked) return fail(Errc::user_not_found);

  HeldChat fresh{.type = ChatType::direct, .participants = {{.user = low}}};
  if (low != high) fresh.participants.push_back({.user = high});
  const HeldChat& chat = log.insert(std::move(fresh), "", "");
  // The key decides between two who open it at once: the other one comes second, and starts over.
  db.run("INSERT INTO direct_chats VALUES (?1, ?2, ?3)", low, high, chat.id);
  for (const HeldParticipant& participant : chat.participants)
    db.run(
        "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
        " joined_seq, entered_seq, peer_id) VALUES (?1, ?2, ?3, 0, 0, ?4, 0, 0, ?5)",
        chat.id, participant.user, participant.role, chat.head.updated_at,
        participant.user == low ? high : low);
  return Direct{.chat = chat.id, .is_new = true};
}

}  // namespace

Task<Result<chat::Opened>> SqlChatStore::open_direct(UserId caller, UserId peer) {
  const Heads& heads = database_.heads();
  auto existing = co_await database_.read([caller, peer, now = database_.clock().now(),
                                           &heads](Connection& db) -> Result<std::optional<Chat>> {
    const auto [low, high] = std::minmax(caller, peer);
    const auto chat = find_direct(db, low, high);
    return chat ? view_chat(db, heads, {.user = caller, .now = now}, *chat) : std::nullopt;
  });
  if (!existing) co_return std::unexpected(existing.error());
  if (*existing) co_return chat::Opened{.chat = std::move(**existing), .first_time = false};

  const auto direct = co_await database_.change(
      [caller, peer](ChatLog& log) { return open_direct_chat(log, caller, peer); });
  if (!direct) co_return std::unexpected(direct.error());
  auto chat = co_await get(caller, direct->chat);
  if (!chat) co_return std::unexpected(chat.error());
  co_return chat::Opened{.chat = std::move(*chat), .first_time = direct->is_new};
}

Task<Result<Chat>> SqlChatStore::get(UserId reader, ChatId chat) {
  const Heads& heads = database_.heads();
  co_return co_await database_.read(
      [reader, chat, now = database_.clock().now(), &heads](Connection& db) -> Result<Chat> {
        auto view = view_chat(db, heads, {.user = reader, .now = now}, chat);
        if (!view) return fail(Errc::chat_not_found);
        return std::move(*view);
      });
}

Task<Result<std::vector<UserId>>> SqlChatStore::audience(UserId reader, ChatId chat) {
  co_return co_await database_.read([reader, chat](Connection& db) -> Result<std::vector<UserId>> {
    std::vector<UserId> users;
    auto row = db.query(
        "SELECT user_id FROM participants WHERE chat_id = ?1 AND role <> ?2"
        " ORDER BY user_id",
        chat, ParticipantRole::left);
    while (row.next()) users.push_back(row.id<UserId>(0));
    if (!std::ranges::binary_search(users, reader)) return fail(Errc::chat_not_found);
    return users;
  });
}

Task<Result<std::vector<UserId>>> SqlChatStore::addressees(UserId writer, ChatId chat) {
  co_return co_await database_.read([writer, chat](Connection& db) -> Result<std::vector<UserId>> {
    std::vector<UserId> users;
    bool blocked = false;
    auto row = db.query(
        "SELECT p.user_id, p.peer_id IS NOT NULL AND EXISTS"
        " (SELECT 1 FROM blocks WHERE user_id = p.user_id AND other_id = p.peer_id)"
        " FROM participants p WHERE p.chat_id = ?1 AND p.role <> ?2 ORDER BY p.user_id",
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

Task<std::vector<Sight>> SqlChatStore::sights(std::vector<Gaze> gazes) {
  if (gazes.empty()) co_return std::vector<Sight>{};
  co_return co_await database_.read_or_throw(
      [&gazes](Connection& db) { return find_sights(db, gazes); });
}

Task<Result<std::vector<UserId>>> SqlChatStore::find_users(std::vector<std::string> usernames) {
  co_return co_await database_.read([&usernames](Connection& db) -> Result<std::vector<UserId>> {
    std::map<std::string, UserId, std::less<>> found;
    auto row = db.query(
        "SELECT u.username, u.id FROM json_tree(?1) w CROSS JOIN users u WHERE u.username = w.atom",
        text_list(usernames));
    while (row.next()) found.emplace(row.string(0), row.id<UserId>(1));
    std::vector<UserId> users;
    users.reserve(usernames.size());
    for (const std::string& name : usernames) {
      const auto user = found.find(name);
      if (user == found.end()) return fail(Errc::user_not_found, name);
      users.push_back(user->second);
    }
    return users;
  });
}

Task<std::vector<UserId>> SqlChatStore::direct_peers(UserId user, std::int64_t limit) {
  const Heads& heads = database_.heads();
  co_return co_await database_.read_or_throw([user, limit, &heads](Connection& db) {
    const std::vector<OwnChat> own = own_chats(db, heads, user);
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

Task<bool> SqlChatStore::share_chat(UserId one, UserId other) {
  co_return co_await database_.read_or_throw([one, other](Connection& db) {
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

Task<Result<chat::ParticipantPage>> SqlChatStore::participants(UserId reader, ChatId chat,
                                                               std::optional<std::string> cursor,
                                                               std::int64_t limit) {
  const auto after = read_list_cursor(cursor, 'p');
  if (!after) co_return std::unexpected(after.error());
  const Heads& heads = database_.heads();
  co_return co_await database_.read([reader, chat, from = *after,
                                     most = std::clamp<std::int64_t>(limit, 1, 1000),
                                     &heads](Connection& db) -> Result<chat::ParticipantPage> {
    const std::optional<Unfolded> unfolded = heads.find(chat);
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
        const Receipt receipt =
            unfolded->receipt(one.user_id, {.delivered = one.delivered_seq, .read = one.read_seq});
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
