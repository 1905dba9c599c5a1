#pragma once

#include <vector>

#include "model/chat.h"
#include "storage/sql/connection.h"
#include "storage/sql/head.h"

namespace parley::storage {

struct HeldParticipant {
  UserId user;
  ParticipantRole role = ParticipantRole::member;
  Receipt receipt{};
  Permissions permissions{};
  // In a direct chat, about the other one:
  bool blocks = false;      // does not want to hear of them
  bool tells_reads = true;  // lets them know what was read

  // An admin may do everything.
  bool may(bool Permissions::* what) const {
    return role == ParticipantRole::admin || permissions.*what;
  }
};

// A chat that a transaction holds, as the transaction has made it so far: nobody else changes it
// meanwhile.
struct HeldChat {
  ChatId id{};
  ChatType type = ChatType::direct;
  Head head{};
  std::vector<HeldParticipant> participants{};  // those in the chat, by user id

  HeldParticipant* find(UserId user);
  std::vector<UserId> everyone() const;
  // Whether one of a direct chat blocks the other, and whether both let the other know what they
  // have read. In a group nobody does the one, and everybody the other.
  bool blocked() const;
  bool tells_reads() const;
};

// From a row that begins with
//   type, last_seq, message_count, last_message_seq, activity_id, updated_at, change_id
HeldChat read_held_chat(const Query& row, ChatId id);

// Those in the chat, as their rows say.
std::vector<HeldParticipant> read_held_participants(Connection& db, ChatId chat);

}  // namespace parley::storage
