#include "storage/sql/digest_store.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "model/chat.h"
#include "storage/sql/chat_view.h"
#include "storage/sql/jobs.h"

namespace parley::storage {
namespace {

using notification::Absence;
using notification::AbsenceDecision;
using notification::Waiting;

// How the chats of a user that are not muted are called.
std::unordered_map<ChatId, std::string> names_of(Connection& db, UserId user, Timestamp now) {
  std::unordered_map<ChatId, std::string> names;
  auto row = db.query(
      "SELECT c.id, c.type, c.name, coalesce(k.name, o.display_name, '')"
      " FROM participants p JOIN chats c ON c.id = p.chat_id LEFT JOIN users o ON o.id = p.peer_id"
      " LEFT JOIN contacts k ON k.user_id = p.user_id AND k.contact_id = p.peer_id"
      " WHERE p.user_id = ?1 AND p.role <> ?2"
      " AND (p.muted_until IS NULL OR p.muted_until <= ?3)",
      user, ParticipantRole::left, now);
  while (row.next())
    names.emplace(row.id<ChatId>(0),
                  row.string(row.enumerator<ChatType>(1) == ChatType::direct ? 3 : 2));
  return names;
}

bool still_wants(Connection& db, const AbsenceDecision& decision) {
  auto row = db.query(
      "SELECT 1 FROM users WHERE id = ?1 AND email = ?2 AND email_verified = 1"
      " AND suspended_at IS NULL AND deleted_at IS NULL AND NOT EXISTS"
      " (SELECT 1 FROM notification_settings WHERE user_id = ?1 AND email_digest = 0)",
      decision.user_id, decision.email);
  return row.next();
}

// Whether a mail was left.
bool settle_one(Transaction& transaction, const AbsenceDecision& decision) {
  Connection& db = transaction.db();
  if (decision.later) {
    db.run("UPDATE absences SET since = ?3 WHERE user_id = ?1 AND since = ?2", decision.user_id,
           decision.since, *decision.later);
    return false;
  }
  db.run("DELETE FROM absences WHERE user_id = ?1 AND since = ?2", decision.user_id,
         decision.since);
  if (db.changes() == 0 || !decision.mail || !still_wants(db, decision)) return false;
  db.run(
      "INSERT INTO notification_settings (user_id, preview, email_digest, digest_at)"
      " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (user_id) DO UPDATE SET digest_at = excluded.digest_at",
      decision.user_id, NotificationSettings{}.preview, NotificationSettings{}.email_digest,
      transaction.clock().now());
  add_job(transaction, *decision.mail);
  return true;
}

}  // namespace

Task<std::vector<Absence>> SqlDigestStore::away_since(Timestamp until, std::int64_t most) {
  co_return co_await database_.read_or_throw([until, most](Connection& db) {
    std::vector<Absence> absences;
    auto row = db.query(
        "SELECT a.user_id, a.since, coalesce(u.last_seen_at, 0),"
        " (SELECT coalesce(max(last_used_at), 0) FROM sessions WHERE user_id = a.user_id),"
        " CASE WHEN u.email_verified = 1 AND u.suspended_at IS NULL AND u.deleted_at IS NULL"
        " THEN coalesce(u.email, '') ELSE '' END,"
        " coalesce(u.display_name, ''), coalesce(u.language, ''),"
        " s.preview, s.email_digest, s.quiet_until, s.digest_at"
        " FROM absences a LEFT JOIN users u ON u.id = a.user_id"
        " LEFT JOIN notification_settings s ON s.user_id = a.user_id"
        " WHERE a.since <= ?1 ORDER BY a.since, a.user_id LIMIT ?2",
        until, most);
    while (row.next()) {
      Absence absence{.user_id = row.id<UserId>(0),
                      .since = row.time(1),
                      .last_active = std::max(row.time(2), row.time(3)),
                      .email = row.string(4),
                      .display_name = row.string(5),
                      .language = row.string(6),
                      .settings = {},
                      .digest_at = {}};
      if (!row.null(7)) {
        absence.settings.preview = row.integer(7) != 0;
        absence.settings.email_digest = row.integer(8) != 0;
      }
      if (!row.null(9)) absence.settings.quiet_until = row.time(9);
      if (!row.null(10)) absence.digest_at = row.time(10);
      absences.push_back(std::move(absence));
    }
    return absences;
  });
}

Task<Waiting> SqlDigestStore::waiting(UserId user) {
  co_return co_await database_.read_or_throw([user, now = database_.clock().now(),
                                              &heads = database_.heads()](Connection& db) {
    auto names = names_of(db, user, now);
    std::vector<Wanted> wanted;
    for (const auto& [chat, name] : names)
      wanted.push_back({.id = chat, .unfolded = heads.find(chat)});
    const Snapshot snapshot{db};
    Waiting waiting;
    for (const Chat& chat : view_chats(db, {.user = user, .now = now}, wanted)) {
      if (chat.unread_count <= 0) continue;
      waiting.messages += chat.unread_count;
      ++waiting.chats;
      waiting.most.push_back({.name = std::move(names.at(chat.id)), .messages = chat.unread_count});
    }
    std::ranges::sort(waiting.most, std::greater{}, [](const Waiting::InChat& chat) {
      return std::pair{chat.messages, std::string_view{chat.name}};
    });
    if (waiting.most.size() > kMostNamed) waiting.most.resize(kMostNamed);
    return waiting;
  });
}

Task<std::int64_t> SqlDigestStore::settle(std::vector<AbsenceDecision> decisions) {
  co_return co_await database_.write([&decisions](Transaction& transaction) {
    std::int64_t left = 0;
    for (const AbsenceDecision& decision : decisions) left += settle_one(transaction, decision);
    return left;
  });
}

Task<void> SqlDigestStore::turn_off(UserId user) {
  co_await database_.write([user](Transaction& transaction) {
    transaction.db().run(
        "INSERT INTO notification_settings (user_id, preview, email_digest)"
        " SELECT id, ?2, 0 FROM users WHERE id = ?1 AND deleted_at IS NULL"
        " ON CONFLICT (user_id) DO UPDATE SET email_digest = 0",
        user, NotificationSettings{}.preview);
    transaction.db().run("DELETE FROM absences WHERE user_id = ?1", user);
    return true;
  });
}

}  // namespace parley::storage
