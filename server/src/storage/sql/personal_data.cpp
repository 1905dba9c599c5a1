#include "storage/sql/personal_data.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace parley::storage {
namespace {

// What a column of a row becomes in JSON: ids are texts, times milliseconds since 1970 as the store
// has them.
enum class As : std::uint8_t { text, number, id, truth };

struct Member {
  std::string_view name;
  As form = As::text;
};

boost::json::value value_of(const Query& row, int column, As form) {
  if (row.null(column)) return nullptr;
  switch (form) {
    case As::text:
      return boost::json::string{row.text(column)};
    case As::number:
      return row.integer(column);
    case As::id:
      return boost::json::string{std::to_string(row.integer(column))};
    case As::truth:
      return row.integer(column) != 0;
  }
  std::unreachable();
}

// A file that one statement makes: its rows are the lines of a JSON array, its columns the members.
user::DataFile json_file(std::string name, std::initializer_list<Member> members, Query rows) {
  user::DataFile file{.name = std::move(name), .bytes = "["};
  while (rows.next()) {
    boost::json::object object;
    int column = 0;
    for (const Member& member : members)
      object[member.name] = value_of(rows, column++, member.form);
    file.bytes += file.bytes.size() == 1 ? "\n" : ",\n";
    file.bytes += boost::json::serialize(object);
  }
  file.bytes += "\n]\n";
  return file;
}

bool is_there(Connection& db, UserId user) {
  auto row = db.query("SELECT 1 FROM users WHERE id = ?1 AND deleted_at IS NULL", user);
  return row.next();
}

}  // namespace

Task<Result<std::vector<user::DataFile>>> SqlPersonalData::collect(UserId user) {
  co_return co_await database_.read([user](Connection& db) -> Result<std::vector<user::DataFile>> {
    const Snapshot snapshot{db};
    if (!is_there(db, user)) return fail(Errc::user_not_found);
    std::vector<user::DataFile> files;
    files.push_back(json_file(
        "account.json",
        {{"id", As::id},
         {"username"},
         {"displayName"},
         {"firstName"},
         {"lastName"},
         {"about"},
         {"statusText"},
         {"statusUntil", As::number},
         {"email"},
         {"emailVerified", As::truth},
         {"phoneNumber"},
         {"phoneVerified", As::truth},
         {"language"},
         {"publicKey"},
         {"identityKey"},
         {"createdAt", As::number},
         {"lastSeenAt", As::number},
         {"busyUntil", As::number},
         {"readReceipts", As::truth},
         {"secondFactor", As::truth}},
        db.query("SELECT id, username, display_name, first_name, last_name, about, status_text,"
                 " status_until, email, email_verified, phone_number, phone_verified, language,"
                 " public_key, identity_key, created_at, last_seen_at, busy_until,"
                 " read_receipts,"
                 " totp_step IS NOT NULL FROM users WHERE id = ?1",
                 user)));
    files.push_back(
        json_file("sessions.json",
                  {{"device"},
                   {"platform"},
                   {"userAgent"},
                   {"address"},
                   {"createdAt", As::number},
                   {"lastUsedAt", As::number}},
                  db.query("SELECT device, platform, user_agent, address, created_at, last_used_at"
                           " FROM sessions WHERE user_id = ?1 ORDER BY id",
                           user)));
    files.push_back(
        json_file("security-events.json",
                  {{"kind", As::number}, {"at", As::number}, {"address"}, {"userAgent"}},
                  db.query("SELECT kind, at, address, user_agent FROM security_events"
                           " WHERE user_id = ?1 ORDER BY id",
                           user)));
    files.push_back(json_file("passkeys.json",
                              {{"name"}, {"createdAt", As::number}, {"lastUsedAt", As::number}},
                              db.query("SELECT name, created_at, last_used_at FROM passkeys"
                                       " WHERE user_id = ?1 ORDER BY id",
                                       user)));
    files.push_back(
        json_file("contacts.json",
                  {{"userId", As::id},
                   {"username"},
                   {"name"},
                   {"favourite", As::truth},
                   {"addedAt", As::number}},
                  db.query("SELECT c.contact_id, u.username, c.name, c.favourite, c.added_at"
                           " FROM contacts c JOIN users u ON u.id = c.contact_id"
                           " WHERE c.user_id = ?1 ORDER BY c.contact_id",
                           user)));
    files.push_back(json_file("blocked.json",
                              {{"userId", As::id}, {"username"}, {"blockedAt", As::number}},
                              db.query("SELECT b.other_id, u.username, b.blocked_at FROM blocks b"
                                       " JOIN users u ON u.id = b.other_id WHERE b.user_id = ?1"
                                       " ORDER BY b.other_id",
                                       user)));
    files.push_back(json_file(
        "chats.json",
        {{"id", As::id}, {"type"}, {"name"}, {"joinedAt", As::number}, {"left", As::truth}},
        db.query("SELECT p.chat_id, CASE c.type WHEN 0 THEN 'direct' ELSE 'group' END,"
                 " CASE p.role WHEN 2 THEN p.left_name ELSE c.name END, p.joined_at, p.role = 2"
                 " FROM participants p JOIN chats c ON c.id = p.chat_id"
                 " WHERE p.user_id = ?1 ORDER BY p.chat_id",
                 user)));
    files.push_back(
        json_file("messages.json",
                  {{"id", As::id}, {"chatId", As::id}, {"createdAt", As::number}, {"content"}},
                  db.query("SELECT m.id, m.chat_id, m.created_at, m.content"
                           " FROM participants p JOIN messages m ON m.chat_id = p.chat_id"
                           " JOIN chats c ON c.id = m.chat_id AND m.seq >= c.first_seq"
                           " WHERE p.user_id = ?1 AND m.sender_id = ?1 AND m.kind = 0"
                           " ORDER BY m.chat_id, m.seq",
                           user)));
    auto picture = db.query("SELECT bytes FROM avatars WHERE user_id = ?1", user);
    if (picture.next()) files.push_back({.name = "avatar.webp", .bytes = picture.string(0)});
    return files;
  });
}

}  // namespace parley::storage
