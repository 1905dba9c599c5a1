#include <algorithm>
#include <vector>

#include "storage/sql/contact_store.h"
#include "storage/sql/pairs.h"
#include "storage/sql/status_log.h"

// What a user lets others know of them, as they set it. What follows from it is in people.cpp.

namespace parley::storage {
namespace {

Privacy find_privacy(Connection& db, UserId user) {
  Privacy privacy;
  {
    auto row = db.query(
        "SELECT last_seen_for, online_for, avatar_for, about_for, groups_for, read_receipts"
        " FROM users WHERE id = ?1",
        user);
    if (!row.next()) return privacy;
    privacy.last_seen = row.enumerator<Audience>(0);
    privacy.online = row.enumerator<Audience>(1);
    privacy.avatar = row.enumerator<Audience>(2);
    privacy.about = row.enumerator<Audience>(3);
    privacy.groups = row.enumerator<Audience>(4);
    privacy.read_receipts = row.integer(5) != 0;
  }
  auto row = db.query("SELECT other_id FROM privacy_exceptions WHERE user_id = ?1", user);
  while (row.next()) privacy.except_user_ids.push_back(row.id<UserId>(0));
  return privacy;
}

void tell_direct_chats(Transaction& transaction, UserId user) {
  std::vector<ChatId> chats;
  {
    auto row = transaction.db().query(
        "SELECT chat_id FROM participants WHERE user_id = ?1 AND peer_id IS NOT NULL", user);
    while (row.next()) chats.push_back(row.id<ChatId>(0));
  }
  for (const ChatId chat : chats) transaction.wishes_changed(chat);
}

Result<void> replace_exceptions(Connection& db, UserId user, std::vector<UserId> others) {
  std::ranges::sort(others);
  const auto [first, last] = std::ranges::unique(others);
  others.erase(first, last);
  const Pairs excepted{others};
  {
    auto row = db.query(
        "SELECT count(*) FROM json_each(?1) w CROSS JOIN users u"
        " WHERE u.id = CAST(w.key AS BIGINT) AND u.deleted_at IS NULL",
        excepted.text());
    if (!row.next() || row.integer(0) != std::ssize(others)) return fail(Errc::user_not_found);
  }
  db.run("DELETE FROM privacy_exceptions WHERE user_id = ?1", user);
  db.run("INSERT INTO privacy_exceptions SELECT ?1, CAST(w.key AS BIGINT) FROM json_each(?2) w",
         user, excepted.text());
  return {};
}

}  // namespace

Task<Privacy> SqlContactStore::privacy(UserId user) {
  co_return co_await database_.read_or_throw(
      [user](Connection& db) { return find_privacy(db, user); });
}

Task<Result<Privacy>> SqlContactStore::set_privacy(UserId user, user::PrivacyChange change) {
  co_return co_await database_.write([user, &change](Transaction& transaction) -> Result<Privacy> {
    Connection& db = transaction.db();
    if (change.except_user_ids) {
      if (const auto replaced = replace_exceptions(db, user, *change.except_user_ids); !replaced)
        return std::unexpected(replaced.error());
    }
    db.run(
        "UPDATE users SET last_seen_for = coalesce(?2, last_seen_for),"
        " online_for = coalesce(?3, online_for), avatar_for = coalesce(?4, avatar_for),"
        " about_for = coalesce(?5, about_for), groups_for = coalesce(?6, groups_for),"
        " read_receipts = coalesce(?7, read_receipts) WHERE id = ?1",
        user, change.last_seen, change.online, change.avatar, change.about, change.groups,
        change.read_receipts);
    if (change.read_receipts || change.except_user_ids) tell_direct_chats(transaction, user);
    Privacy privacy = find_privacy(db, user);
    if (privacy.online == Audience::nobody || privacy.last_seen == Audience::nobody)
      status_hidden(transaction, user);
    return privacy;
  });
}

}  // namespace parley::storage
