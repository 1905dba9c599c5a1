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

// A chat of a user that is not muted, and what its rows say.
struct Place {
  Chat chat;
  Head head;
  std::string name;
};

std::vector<Place> places_of(Connection& db, UserId user, Timestamp now) {
  std::vector<Place> places;
  auto row = db.query(
      "SELECT c.id, p.delivered_seq, p.read_seq, c.first_seq, c.last_seq, c.message_count,"
      " c.last_message_seq, c.change_id, c.type, c.name, coalesce(k.name, o.display_name, '')"
      " FROM participants p JOIN chats c ON c.id = p.chat_id LEFT JOIN users o ON o.id = p.peer_id"
      " LEFT JOIN contacts k ON k.user_id = p.user_id AND k.contact_id = p.peer_id"
      " WHERE p.user_id = ?1 AND p.role <> ?2"
      " AND (p.muted_until IS NULL OR p.muted_until <= ?3) ORDER BY c.id",
      user, ParticipantRole::left, now);
  while (row.next()) {
    Place& place = places.emplace_back();
    place.chat.id = row.id<ChatId>(0);
    place.chat.delivered_seq = row.integer(1);
    place.chat.read_seq = row.integer(2);
    place.chat.first_seq = row.integer(3);
    place.head.last_seq = row.integer(4);
    place.head.message_count = row.integer(5);
    place.head.last_message_seq = row.integer(6);
    place.head.change_id = static_cast<std::uint64_t>(row.integer(7));
    place.name = row.string(row.enumerator<ChatType>(8) == ChatType::direct ? 10 : 9);
  }
  return places;
}

// What is later than the rows, by chat; found before they are read.
std::unordered_map<ChatId, Unfolded> unfolded_of(Connection& db, const Heads& heads, UserId user) {
  std::unordered_map<ChatId, Unfolded> unfolded;
  for (const OwnChat& chat : own_chats(db, heads, user))
    if (chat.unfolded)
      if (auto found = heads.find(chat.id)) unfolded.emplace(chat.id, std::move(*found));
  return unfolded;
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
  co_return co_await database_.read_or_throw(
      [user, now = database_.clock().now(), &heads = database_.heads()](Connection& db) {
        const auto unfolded = unfolded_of(db, heads, user);
        const Snapshot snapshot{db};
        Waiting waiting;
        for (Place& place : places_of(db, user, now)) {
          if (const auto later = unfolded.find(place.chat.id); later != unfolded.end()) {
            const Receipt receipt = later->second.receipt(
                user, {.delivered = place.chat.delivered_seq, .read = place.chat.read_seq});
            place.chat.read_seq = receipt.read;
            if (later->second.head.change_id > place.head.change_id)
              place.head = later->second.head;
          }
          const std::int64_t unread = count_unread(db, place.chat, place.head);
          if (unread <= 0) continue;
          waiting.messages += unread;
          ++waiting.chats;
          waiting.most.push_back({.name = std::move(place.name), .messages = unread});
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
