#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "model/message.h"
#include "model/user.h"

namespace parley {

BOOST_DEFINE_ENUM_CLASS(ChatType, direct, group)

// A chat as one of its participants sees it.
struct Chat {
  ChatId id;
  ChatType type = ChatType::direct;
  std::string name;  // empty for a direct chat: show the peer
  std::string description;
  std::optional<User> peer;  // the other one of a direct chat
  ParticipantRole role = ParticipantRole::member;
  std::int64_t participant_count = 0;
  Seq min_delivered_seq = 0;  // the lowest watermark of the others:
  Seq min_read_seq = 0;       // all of them have come at least this far
  Seq first_seq = 1;          // older entries were removed by retention
  Seq last_seq = 0;
  Nullable<Message> last_message;
  std::int64_t unread_count = 0;
  Seq read_seq = 0;
  Seq delivered_seq = 0;
  Nullable<Timestamp> muted_until;
  bool archived = false;
  bool pinned = false;
  Timestamp created_at;
  Timestamp updated_at;  // of the newest entry
};
BOOST_DESCRIBE_STRUCT(Chat, (),
                      (id, type, name, description, peer, role, participant_count,
                       min_delivered_seq, min_read_seq, first_seq, last_seq, last_message,
                       unread_count, read_seq, delivered_seq, muted_until, archived, pinned,
                       created_at, updated_at))

// A user in a chat, with how far they have come.
struct Participant {
  UserId user_id;
  std::string username;
  std::string display_name;
  ParticipantRole role = ParticipantRole::member;
  Permissions permissions{};  // of an admin, what is left to them as a member
  Seq delivered_seq = 0;
  Seq read_seq = 0;
  Timestamp joined_at;
};
BOOST_DESCRIBE_STRUCT(Participant, (),
                      (user_id, username, display_name, role, permissions, delivered_seq, read_seq,
                       joined_at))

}  // namespace parley
