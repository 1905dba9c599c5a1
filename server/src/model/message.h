#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "model/ids.h"

namespace parley {

// What an entry of a chat's log is. Only `message` is shown as a message and counts as unread.
BOOST_DEFINE_ENUM_CLASS(EntryKind, message, membership, settings)

BOOST_DEFINE_ENUM_CLASS(MessageType, text)

BOOST_DEFINE_ENUM_CLASS(MembershipAction, created, added, removed, left, role, permissions)

BOOST_DEFINE_ENUM_CLASS(ParticipantRole, member, admin, left)

// What a member of a group may do; admins may do everything (FEATURES A47).
struct Permissions {
  bool send = true;
  bool add_members = false;
  bool change_info = false;  // name and description

  friend bool operator==(const Permissions&, const Permissions&) = default;
};
BOOST_DESCRIBE_STRUCT(Permissions, (), (send, add_members, change_info))

// Who came, went, or changed in what they may do in a group. `senderId` of the entry did it.
struct Membership {
  MembershipAction action = MembershipAction::created;
  std::vector<UserId> user_ids;
  std::optional<ParticipantRole> role{};     // with action `role`
  std::optional<Permissions> permissions{};  // with action `permissions`
};
BOOST_DESCRIBE_STRUCT(Membership, (), (action, user_ids, role, permissions))

// What was changed of a group; absent members stayed as they were.
struct Settings {
  std::optional<std::string> name;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(Settings, (), (name, description))

// One entry of a chat's log: a message, or something else that happened in the chat.
struct Message {
  MessageId id;
  ChatId chat_id;
  Seq seq = 0;
  EntryKind kind = EntryKind::message;
  UserId sender_id;
  Timestamp created_at;
  std::optional<std::string> client_message_id;
  std::optional<MessageType> type;
  std::optional<std::string> content;  // byte for byte as it was sent
  std::optional<Timestamp> edited_at;
  std::optional<Timestamp> deleted_at;
  std::optional<Membership> membership;
  std::optional<Settings> settings;
};
BOOST_DESCRIBE_STRUCT(Message, (),
                      (id, chat_id, seq, kind, sender_id, created_at, client_message_id, type,
                       content, edited_at, deleted_at, membership, settings))

}  // namespace parley
