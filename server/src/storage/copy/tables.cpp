#include "storage/copy/tables.h"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace parley::storage {
namespace {

using Kind = CopiedColumn::Kind;
using Owner = CopiedColumn::Owner;

constexpr CopiedColumn integer(std::string_view name) { return {name, Kind::integer}; }
constexpr CopiedColumn text(std::string_view name) { return {name, Kind::text}; }
constexpr CopiedColumn bytes(std::string_view name) { return {name, Kind::bytes}; }

// Which transaction changed it last: PostgreSQL's, where SQLite has an id.
constexpr CopiedColumn kChangeId{"change_id", Kind::integer, Owner::each_engine, "?1"};
constexpr CopiedColumn kLeftXactId{"left_xact_id", Kind::integer, Owner::postgres,
                                   "CASE WHEN role = 2 THEN ?1 END"};
// SQLite keeps numbers among the values.
constexpr CopiedColumn kMetaValue{"value", Kind::text, Owner::both, "CAST(value AS TEXT)"};

// What each engine writes down for itself. Of the epoch there must be another one: cursors of sync
// that SQLite gave out mean nothing to PostgreSQL.
constexpr std::string_view kKeptValues =
    "name NOT IN ('epoch', 'origin', 'folded_up_to', 'indexed_up_to', 'indexed_count', 'hash_seed',"
    " 'tried_again', 'last_trial', 'copied_from') AND name NOT LIKE 'copying%'";

const std::vector<CopiedTable>& all_tables() {
  static const std::vector<CopiedTable> tables{
      {"store_meta", 1, {text("name"), kMetaValue}, kKeptValues},
      {"users",
       1,
       {integer("id"),
        text("username"),
        text("display_name"),
        text("about"),
        integer("avatar_id"),
        text("email"),
        text("phone_number"),
        text("password_hash"),
        integer("created_at"),
        integer("last_seen_at"),
        text("username_skeleton"),
        text("first_name"),
        text("last_name"),
        text("status_text"),
        integer("status_until"),
        text("language"),
        text("public_key"),
        text("identity_key"),
        integer("email_verified"),
        integer("phone_verified"),
        integer("role"),
        integer("suspended_at"),
        text("suspended_reason"),
        integer("deleted_at"),
        bytes("totp_secret"),
        integer("totp_step"),
        integer("last_seen_for"),
        integer("online_for"),
        integer("avatar_for"),
        integer("about_for"),
        integer("groups_for"),
        integer("read_receipts"),
        integer("busy_until")}},
      {"privacy_exceptions", 2, {integer("user_id"), integer("other_id")}},
      {"avatars",
       1,
       {integer("user_id"), integer("avatar_id"), bytes("bytes"), integer("created_at")}},
      {"sessions",
       1,
       {integer("id"), integer("user_id"), bytes("refresh_hash"), text("address"),
        text("user_agent"), integer("browser"), integer("created_at"), integer("expires_at"),
        text("device"), text("platform"), integer("last_used_at")}},
      {"superseded_tokens",
       1,
       {bytes("refresh_hash"), integer("session_id"), integer("expires_at")}},
      {"ended_sessions", 1, {integer("session_id"), integer("ended_at")}},
      {"known_devices",
       3,
       {integer("user_id"), bytes("fingerprint"), text("network"), integer("last_used_at")}},
      {"security_events",
       1,
       {integer("id"), integer("user_id"), integer("kind"), integer("at"), text("address"),
        text("user_agent")}},
      {"one_time_codes",
       1,
       {text("phone_number"), bytes("hash"), integer("expires_at"), integer("tries_left"),
        integer("sent"), integer("resend_at")}},
      {"one_time_secrets",
       1,
       {bytes("hash"), integer("purpose"), integer("user_id"), text("data"),
        integer("expires_at")}},
      {"recovery_codes", 2, {integer("user_id"), bytes("hash")}},
      {"passkeys",
       1,
       {integer("id"), integer("user_id"), bytes("credential_id"), bytes("public_key"),
        integer("sign_count"), text("name"), integer("created_at"), integer("last_used_at")}},
      {"identities",
       2,
       {text("issuer"), text("subject"), integer("user_id"), integer("created_at")}},
      {"jobs",
       1,
       {integer("id"), text("kind"), text("payload"), text("key"), integer("due"), integer("taken"),
        integer("attempt"), integer("dead"), text("why")}},
      {"event_outbox",
       1,
       {integer("id"), integer("exchange"), text("routing_key"), integer("version"), text("body"),
        integer("at"), text("traceparent")}},
      {"told_online", 1, {integer("user_id"), integer("state")}},
      {"leases", 1, {text("name"), integer("holder"), integer("until")}},
      {"contacts",
       2,
       {integer("user_id"), integer("contact_id"), text("name"), integer("favourite"),
        integer("added_at")}},
      {"blocks", 2, {integer("user_id"), integer("other_id"), integer("blocked_at")}},
      {"phone_salts",
       1,
       {integer("id"), bytes("salt"), integer("made_at"), integer("complete"), integer("up_to")}},
      {"phone_hashes", 2, {integer("salt_id"), bytes("hash"), integer("user_id")}},
      {"reports",
       1,
       {integer("id"), integer("reporter_id"), integer("user_id"), integer("chat_id"),
        integer("message_id"), integer("reason"), text("comment"), bytes("evidence"),
        integer("state"), integer("created_at"), integer("handled_by"), integer("handled_at"),
        text("note")}},
      {"audit_log",
       1,
       {integer("id"), integer("at"), integer("actor_id"), text("actor_name"), text("action"),
        integer("subject_id"), text("address"), text("detail")}},
      {"invites",
       1,
       {integer("id"), bytes("hash"), integer("uses"), integer("used"), integer("created_at"),
        integer("expires_at")}},
      {"devices",
       1,
       {integer("id"), integer("user_id"), integer("session_id"), integer("service"), text("token"),
        bytes("p256dh"), bytes("auth"), integer("sandbox"), text("name"), text("platform"),
        integer("registered_at"), integer("last_push_at")}},
      {"push_log",
       1,
       {integer("id"), integer("user_id"), integer("device_id"), integer("service"),
        integer("reason"), integer("outcome"), integer("chat_id"), text("why"), integer("at")}},
      {"absences", 1, {integer("user_id"), integer("since")}},
      {"notification_settings",
       1,
       {integer("user_id"), integer("preview"), integer("email_digest"), integer("quiet_until"),
        integer("digest_at")}},
      {"chats",
       1,
       {integer("id"), integer("type"), text("name"), text("description"), integer("created_at"),
        integer("first_seq"), integer("last_seq"), integer("message_count"),
        integer("last_message_seq"), integer("activity_id"), integer("updated_at"), kChangeId}},
      {"direct_chats", 2, {integer("low_user_id"), integer("high_user_id"), integer("chat_id")}},
      {"participants",
       2,
       {integer("chat_id"), integer("user_id"), integer("role"), integer("delivered_seq"),
        integer("read_seq"), integer("joined_at"), integer("joined_seq"), integer("entered_seq"),
        integer("peer_id"), integer("muted_until"), integer("archived"), integer("pinned"),
        integer("left_seq"), integer("left_change_id"), text("left_name"), integer("permissions"),
        integer("notified_seq"), kLeftXactId}},
      {"messages",
       2,
       {integer("chat_id"), integer("seq"), integer("id"), integer("kind"), integer("sender_id"),
        integer("created_at"), integer("message_count"), integer("type"), bytes("content"),
        bytes("client_id"), integer("edited_at"), integer("deleted_at")}},
  };
  return tables;
}

// Its words, in each engine's own index; its log again, by id; movements that the copy folds in
// before it begins; what it has seen; the steps of its own migrations.
constexpr std::array<std::string_view, 9> kOwnOfSqlite{
    "user_words",  "user_words_data", "user_words_idx", "user_words_docsize", "user_words_config",
    "message_log", "watermark_log",   "client_ids",     "schema_version"};
constexpr std::array<std::string_view, 2> kOwnOfPostgres{"user_words", "schema_version"};

std::string key_names(const CopiedTable& table) {
  std::vector<std::string_view> names;
  for (const CopiedColumn& column : table.key()) names.push_back(column.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string asked(const CopiedColumn& column) {
  return std::string{column.expression.empty() ? column.name : column.expression};
}

}  // namespace

std::span<const CopiedTable> copied_tables() { return all_tables(); }
std::span<const std::string_view> own_tables_of_sqlite() { return kOwnOfSqlite; }
std::span<const std::string_view> own_tables_of_postgres() { return kOwnOfPostgres; }

std::string batch_sql(const CopiedTable& table, bool goes_on) {
  std::vector<std::string> columns, conditions, places;
  for (const CopiedColumn& column : table.columns) columns.push_back(asked(column));
  if (!table.rows.empty()) conditions.push_back(fmt::format("({})", table.rows));
  for (std::size_t i = 0; i < table.key_size; ++i) places.push_back(fmt::format("?{}", i + 3));
  if (goes_on)
    conditions.push_back(fmt::format("({}) > ({})", key_names(table), fmt::join(places, ", ")));
  return fmt::format("SELECT {} FROM {}{}{} ORDER BY {} LIMIT ?2", fmt::join(columns, ", "),
                     table.name, conditions.empty() ? "" : " WHERE ",
                     fmt::join(conditions, " AND "), key_names(table));
}

std::string comparison_sql(const CopiedTable& table) {
  std::vector<std::string> columns;
  for (const CopiedColumn& column : table.columns)
    if (column.owner == Owner::both) columns.push_back(asked(column));
  return fmt::format("SELECT {} FROM {}{}{} ORDER BY {}", fmt::join(columns, ", "), table.name,
                     table.rows.empty() ? "" : " WHERE ", table.rows, key_names(table));
}

std::string copy_in_sql(const CopiedTable& table) {
  std::vector<std::string_view> columns;
  for (const CopiedColumn& column : table.columns) columns.push_back(column.name);
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name,
                     fmt::join(columns, ", "));
}

std::string copy_out_sql(const CopiedTable& table) {
  std::vector<std::string> columns, order;
  for (const CopiedColumn& column : table.columns)
    if (column.owner == Owner::both) columns.emplace_back(column.name);
  // SQLite compares bytes; a server sorts text as people of its country do.
  for (const CopiedColumn& column : table.key())
    order.push_back(
        fmt::format("{}{}", column.name, column.kind == Kind::text ? " COLLATE \"C\"" : ""));
  return fmt::format("COPY (SELECT {} FROM {}{}{} ORDER BY {}) TO STDOUT (FORMAT binary)",
                     fmt::join(columns, ", "), table.name, table.rows.empty() ? "" : " WHERE ",
                     table.rows, fmt::join(order, ", "));
}

}  // namespace parley::storage
