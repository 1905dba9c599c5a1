#include "storage/sql/check.h"

#include <algorithm>

#include <fmt/format.h>

namespace parley::storage {
namespace {

// Entries before the first that people see may be there still: PostgreSQL drops a month of them at
// once. And on SQLite a head lags behind its log until it is folded in.
void check_seqs(Connection& db) {
  auto row = db.query(
      "SELECT c.id, c.first_seq, c.last_seq, coalesce(m.entries, 0), coalesce(m.least, 0),"
      " coalesce(m.greatest, 0) FROM chats c LEFT JOIN"
      "  (SELECT chat_id, count(DISTINCT seq) AS entries, count(*) AS lines, min(seq) AS least,"
      "   max(seq) AS greatest FROM messages JOIN chats h ON h.id = chat_id"
      "   WHERE seq >= h.first_seq GROUP BY chat_id) m ON m.chat_id = c.id"
      " WHERE CASE WHEN m.chat_id IS NULL THEN c.last_seq >= c.first_seq"
      "  ELSE m.entries <> m.lines OR m.entries <> m.greatest - m.least + 1"
      "   OR m.least <> c.first_seq OR m.greatest < c.last_seq END"
      " ORDER BY c.id LIMIT 1");
  if (!row.next()) return;
  throw DamagedStore{fmt::format(
      "chat {} begins at seq {} and has come to {}, but {} entries from {} to {} are there",
      row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4),
      row.integer(5))};
}

void expect_none(Query row, std::string_view what) {
  if (row.next() && row.integer(0) > 0)
    throw DamagedStore{fmt::format("{} {}", row.integer(0), what)};
}

// Of the tables of the first schema, so that a store of any is read. The order is that of a story.
constexpr Sql kFirstTables =
    "SELECT 'users', count(*) FROM users"
    " UNION ALL SELECT 'sessions', count(*) FROM sessions"
    " UNION ALL SELECT 'chats', count(*) FROM chats"
    " UNION ALL SELECT 'participants', count(*) FROM participants"
    " UNION ALL SELECT 'messages', count(*) FROM messages";

// Those that came later and that both engines have; check_test.cpp sees that none is forgotten.
constexpr Sql kLaterTables =
    "SELECT 'absences', count(*) FROM absences"
    " UNION ALL SELECT 'audit_log', count(*) FROM audit_log"
    " UNION ALL SELECT 'avatars', count(*) FROM avatars"
    " UNION ALL SELECT 'blocks', count(*) FROM blocks"
    " UNION ALL SELECT 'contacts', count(*) FROM contacts"
    " UNION ALL SELECT 'devices', count(*) FROM devices"
    " UNION ALL SELECT 'direct_chats', count(*) FROM direct_chats"
    " UNION ALL SELECT 'ended_sessions', count(*) FROM ended_sessions"
    " UNION ALL SELECT 'event_outbox', count(*) FROM event_outbox"
    " UNION ALL SELECT 'identities', count(*) FROM identities"
    " UNION ALL SELECT 'invites', count(*) FROM invites"
    " UNION ALL SELECT 'jobs', count(*) FROM jobs"
    " UNION ALL SELECT 'known_devices', count(*) FROM known_devices"
    " UNION ALL SELECT 'notification_settings', count(*) FROM notification_settings"
    " UNION ALL SELECT 'one_time_codes', count(*) FROM one_time_codes"
    " UNION ALL SELECT 'one_time_secrets', count(*) FROM one_time_secrets"
    " UNION ALL SELECT 'passkeys', count(*) FROM passkeys"
    " UNION ALL SELECT 'phone_hashes', count(*) FROM phone_hashes"
    " UNION ALL SELECT 'phone_salts', count(*) FROM phone_salts"
    " UNION ALL SELECT 'privacy_exceptions', count(*) FROM privacy_exceptions"
    " UNION ALL SELECT 'push_log', count(*) FROM push_log"
    " UNION ALL SELECT 'recovery_codes', count(*) FROM recovery_codes"
    " UNION ALL SELECT 'reports', count(*) FROM reports"
    " UNION ALL SELECT 'security_events', count(*) FROM security_events"
    " UNION ALL SELECT 'store_meta', count(*) FROM store_meta"
    " UNION ALL SELECT 'superseded_tokens', count(*) FROM superseded_tokens";

void count(Connection& db, Sql sql, StoreReport& report) {
  auto row = db.query(sql);
  while (row.next()) report.counts.push_back({.table = row.string(0), .rows = row.integer(1)});
}

}  // namespace

std::int64_t StoreReport::rows(std::string_view table) const {
  const auto found = std::ranges::find(counts, table, &Count::table);
  return found == counts.end() ? 0 : found->rows;
}

void check_chats(Connection& db) {
  check_seqs(db);
  expect_none(db.query("SELECT count(*) FROM (SELECT DISTINCT chat_id FROM messages) m"
                       " WHERE NOT EXISTS (SELECT 1 FROM chats c WHERE c.id = m.chat_id)"),
              "chats are not there, but messages of theirs are");
  expect_none(db.query("SELECT count(*) FROM participants p"
                       " WHERE NOT EXISTS (SELECT 1 FROM chats c WHERE c.id = p.chat_id)"
                       "  OR NOT EXISTS (SELECT 1 FROM users u WHERE u.id = p.user_id)"),
              "participants are of a chat or a user that is not there");
}

StoreReport count_rows(Connection& db, int version, int newest) {
  StoreReport report{.version = version, .newest = newest, .until = {}, .counts = {}};
  count(db, kFirstTables, report);
  if (version == newest) count(db, kLaterTables, report);
  auto row = db.query("SELECT max(created_at) FROM messages");
  if (row.next() && !row.null(0)) report.until = row.time(0);
  return report;
}

}  // namespace parley::storage
