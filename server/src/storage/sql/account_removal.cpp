#include "storage/sql/account_removal.h"

#include <string>

#include "delivery/published_events.h"
#include "storage/sql/outbox.h"
#include "storage/sql/session_store.h"

namespace parley::storage {
namespace {

using Departure = user::RemovedAccount::Departure;

std::vector<ChatId> groups_of(Connection& db, UserId user) {
  std::vector<ChatId> groups;
  auto row = db.query(
      "SELECT p.chat_id FROM participants p JOIN chats c ON c.id = p.chat_id"
      " WHERE p.user_id = ?1 AND p.role <> ?2 AND c.type = ?3 ORDER BY p.chat_id",
      user, ParticipantRole::left, ChatType::group);
  while (row.next()) groups.push_back(row.id<ChatId>(0));
  return groups;
}

Departure leave(Transaction& transaction, ChatId chat, UserId user) {
  chat::Change change = transaction.take_out_of_group(chat, user, user);
  return {.event = {.chat_id = chat,
                    .seq = change.entry.seq,
                    .id = change.entry.id,
                    .actor_id = user,
                    .user_ids = {user},
                    .action = MembershipAction::left,
                    .at = change.entry.created_at},
          .recipients = std::move(change.recipients)};
}

// What belongs to the account alone, and what others have of it that is not what was said.
void delete_belongings(Connection& db, UserId user) {
  db.run("DELETE FROM privacy_exceptions WHERE user_id = ?1 OR other_id = ?1", user);
  db.run("DELETE FROM contacts WHERE user_id = ?1 OR contact_id = ?1", user);
  db.run("DELETE FROM blocks WHERE user_id = ?1 OR other_id = ?1", user);
  db.run("DELETE FROM phone_hashes WHERE user_id = ?1", user);
  db.run("DELETE FROM avatars WHERE user_id = ?1", user);
  db.run("DELETE FROM known_devices WHERE user_id = ?1", user);
  db.run("DELETE FROM security_events WHERE user_id = ?1", user);
  db.run(
      "DELETE FROM one_time_codes WHERE phone_number ="
      " (SELECT phone_number FROM users WHERE id = ?1)",
      user);
  db.run("DELETE FROM one_time_secrets WHERE user_id = ?1", user);
  db.run("DELETE FROM recovery_codes WHERE user_id = ?1", user);
  db.run("DELETE FROM passkeys WHERE user_id = ?1", user);
  db.run("DELETE FROM identities WHERE user_id = ?1", user);
  db.run("DELETE FROM devices WHERE user_id = ?1", user);
  db.run("DELETE FROM told_online WHERE user_id = ?1", user);
  db.run("DELETE FROM push_log WHERE user_id = ?1", user);
  db.run("DELETE FROM notification_settings WHERE user_id = ?1", user);
  db.run("DELETE FROM absences WHERE user_id = ?1", user);
}

void anonymise(Connection& db, UserId user, Timestamp now) {
  db.run(
      "UPDATE users SET username = ?2, username_skeleton = ?2, display_name = 'Deleted account',"
      " about = '', avatar_id = NULL, email = NULL, email_verified = 0, phone_number = NULL,"
      " phone_verified = 0, password_hash = '', last_seen_at = NULL, busy_until = NULL,"
      " first_name = NULL, last_name = NULL, status_text = NULL, status_until = NULL,"
      " language = NULL, public_key = NULL, identity_key = NULL, role = 0, suspended_at = NULL,"
      " suspended_reason = NULL, totp_secret = NULL, totp_step = NULL, deleted_at = ?3"
      " WHERE id = ?1",
      user, "deleted." + std::to_string(user.value()), now);
}

}  // namespace

Result<void> check_other_admin(Connection& db, UserId user) {
  auto row = db.query(
      "SELECT 1 FROM users WHERE role = ?1 AND role <> 0 AND suspended_at IS NULL"
      " AND id <> ?2 LIMIT 1",
      Role::admin, user);
  if (!row.next()) return fail(Errc::last_admin);
  return {};
}

Result<user::RemovedAccount> remove_account(Transaction& transaction, UserId user, Trace trace) {
  Connection& db = transaction.db();
  Role role = Role::user;
  {
    auto row = db.query("SELECT role FROM users WHERE id = ?1 AND deleted_at IS NULL", user);
    if (!row.next()) return fail(Errc::user_not_found);
    role = row.enumerator<Role>(0);
  }
  if (role == Role::admin)
    if (const auto other = check_other_admin(db, user); !other)
      return std::unexpected(other.error());

  const Timestamp now = transaction.clock().now();
  user::RemovedAccount removed{.sessions = end_sessions(db, user, SessionId{}, now),
                               .departures = {}};
  for (const ChatId chat : groups_of(db, user))
    removed.departures.push_back(leave(transaction, chat, user));
  delete_belongings(db, user);
  anonymise(db, user, now);
  if (transaction.publishes().users)
    add_event(
        transaction,
        delivery::user_deleted(transaction.next_id<delivery::PublishedEventKind>(), user, now),
        trace);
  return removed;
}

}  // namespace parley::storage
