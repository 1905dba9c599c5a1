#include "storage/sql/personal_data.h"

#include <utility>

namespace parley::storage {
namespace {

// A file that one statement makes: its rows are the lines of a JSON array. Ids are texts, times
// milliseconds since 1970 as the store has them.
user::DataFile json_file(std::string name, Query rows) {
  user::DataFile file{.name = std::move(name), .bytes = "["};
  while (rows.next()) {
    file.bytes += file.bytes.size() == 1 ? "\n" : ",\n";
    file.bytes += rows.text(0);
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
        db.query("SELECT json_object('id', CAST(id AS TEXT), 'username', username,"
                 " 'displayName', display_name, 'firstName', first_name, 'lastName',"
                 " last_name, 'about', about, 'statusText', status_text, 'statusUntil',"
                 " status_until, 'email', email, 'emailVerified', "
                 " iif(email_verified, json('true'), json('false')),"
                 " 'phoneNumber', phone_number, 'phoneVerified', iif(phone_verified, "
                 "json('true'), json('false')), 'language',"
                 " language, 'publicKey', public_key, 'identityKey', identity_key,"
                 " 'createdAt', created_at, 'lastSeenAt', last_seen_at, 'readReceipts',"
                 " iif(read_receipts, json(\'true\'), json(\'false\')), \'secondFactor\', "
                 "iif(totp_step IS NULL, json('false'), json('true')))"
                 " FROM users WHERE id = ?1",
                 user)));
    files.push_back(
        json_file("sessions.json",
                  db.query("SELECT json_object('device', device, 'platform', platform, 'userAgent',"
                           " user_agent, 'address', address, 'createdAt', created_at, 'lastUsedAt',"
                           " last_used_at) FROM sessions WHERE user_id = ?1 ORDER BY id",
                           user)));
    files.push_back(json_file(
        "security-events.json",
        db.query("SELECT json_object('kind', kind, 'at', at, 'address', address, 'userAgent',"
                 " user_agent) FROM security_events WHERE user_id = ?1 ORDER BY id",
                 user)));
    files.push_back(
        json_file("passkeys.json",
                  db.query("SELECT json_object('name', name, 'createdAt', created_at, 'lastUsedAt',"
                           " last_used_at) FROM passkeys WHERE user_id = ?1 ORDER BY id",
                           user)));
    files.push_back(json_file(
        "contacts.json",
        db.query("SELECT json_object('userId', CAST(c.contact_id AS TEXT), 'username',"
                 " u.username, 'name', c.name, 'favourite', iif(c.favourite, json('true'), "
                 "json('false')), 'addedAt', c.added_at)"
                 " FROM contacts c JOIN users u ON u.id = c.contact_id"
                 " WHERE c.user_id = ?1 ORDER BY c.contact_id",
                 user)));
    files.push_back(
        json_file("blocked.json",
                  db.query("SELECT json_object('userId', CAST(b.other_id AS TEXT), 'username',"
                           " u.username, 'blockedAt', b.blocked_at)"
                           " FROM blocks b JOIN users u ON u.id = b.other_id"
                           " WHERE b.user_id = ?1 ORDER BY b.other_id",
                           user)));
    files.push_back(json_file(
        "chats.json", db.query("SELECT json_object('id', CAST(p.chat_id AS TEXT), 'type',"
                               " CASE c.type WHEN 0 THEN 'direct' ELSE 'group' END, 'name',"
                               " CASE p.role WHEN 2 THEN p.left_name ELSE c.name END, 'joinedAt',"
                               " p.joined_at, 'left', iif(p.role = 2, json('true'), json('false')))"
                               " FROM participants p JOIN chats c ON c.id = p.chat_id"
                               " WHERE p.user_id = ?1 ORDER BY p.chat_id",
                               user)));
    files.push_back(json_file(
        "messages.json",
        db.query("SELECT json_object('id', CAST(m.id AS TEXT), 'chatId',"
                 " CAST(m.chat_id AS TEXT), 'createdAt', m.created_at, 'content', m.content)"
                 " FROM participants p JOIN messages m ON m.chat_id = p.chat_id"
                 " WHERE p.user_id = ?1 AND m.sender_id = ?1 AND m.kind = 0"
                 " ORDER BY m.chat_id, m.seq",
                 user)));
    auto picture = db.query("SELECT bytes FROM avatars WHERE user_id = ?1", user);
    if (picture.next()) files.push_back({.name = "avatar.webp", .bytes = picture.string(0)});
    return files;
  });
}

}  // namespace parley::storage
