#include "storage/sql/rows.h"

#include "storage/sql/entry_text.h"

namespace parley::storage {

Message read_message(const Query& row, ChatId chat) {
  Message message;
  message.id = row.id<MessageId>(0);
  message.chat_id = chat;
  message.seq = row.integer(1);
  message.kind = row.enumerator<EntryKind>(2);
  message.sender_id = row.id<UserId>(3);
  message.created_at = row.time(4);
  if (!row.null(5)) message.type = row.enumerator<MessageType>(5);
  switch (message.kind) {
    case EntryKind::message:
      message.content = row.string(6);
      break;
    case EntryKind::membership:
      message.membership = read_membership(row.text(6));
      break;
    case EntryKind::settings:
      message.settings = read_settings(row.text(6));
      break;
  }
  if (!row.null(7)) message.client_message_id = row.string(7);
  if (!row.null(8)) message.edited_at = row.time(8);
  if (!row.null(9)) message.deleted_at = row.time(9);
  return message;
}

User read_user(const Query& row, Timestamp now) {
  User user;
  user.id = row.id<UserId>(0);
  user.username = row.string(1);
  user.display_name = row.string(2);
  user.about = row.string(3);
  if (!row.null(4)) user.avatar_id = row.id<MediaId>(4);
  user.created_at = row.time(5);
  if (!row.null(6)) user.first_name = row.string(6);
  if (!row.null(7)) user.last_name = row.string(7);
  const bool passed = !row.null(9) && row.time(9) <= now;
  if (!row.null(8) && !passed) {
    user.status_text = row.string(8);
    if (!row.null(9)) user.status_until = row.time(9);
  }
  return user;
}

Profile read_profile(const Query& row, Timestamp now) {
  Profile profile;
  static_cast<User&>(profile) = read_user(row, now);
  if (!row.null(10)) profile.email = row.string(10);
  profile.email_verified = row.integer(11) != 0;
  if (!row.null(12)) profile.phone_number = row.string(12);
  profile.phone_verified = row.integer(13) != 0;
  if (!row.null(14)) profile.language = row.string(14);
  profile.role = row.enumerator<Role>(15);
  profile.second_factor = row.integer(16) != 0;
  profile.has_password = row.integer(17) != 0;
  if (!row.null(18)) profile.public_key = row.string(18);
  if (!row.null(19)) profile.identity_key = row.string(19);
  return profile;
}

}  // namespace parley::storage
