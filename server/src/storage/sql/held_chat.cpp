#include "storage/sql/held_chat.h"

#include <algorithm>

#include "storage/sql/entry_text.h"

namespace parley::storage {

static_assert(static_cast<int>(ParticipantRole::left) == 2, "the number stands in statements");

Receipt Unfolded::receipt(UserId user, Receipt row) const {
  const auto it = std::ranges::lower_bound(receipts, user, {}, &std::pair<UserId, Receipt>::first);
  return it != receipts.end() && it->first == user ? later(row, it->second) : row;
}

HeldParticipant* HeldChat::find(UserId user) {
  const auto it = std::ranges::lower_bound(participants, user, {}, &HeldParticipant::user);
  return it != participants.end() && it->user == user ? &*it : nullptr;
}

std::vector<UserId> HeldChat::everyone() const {
  std::vector<UserId> users;
  users.reserve(participants.size());
  for (const HeldParticipant& participant : participants) users.push_back(participant.user);
  return users;
}

bool HeldChat::blocked() const {
  return type == ChatType::direct && std::ranges::any_of(participants, &HeldParticipant::blocks);
}

bool HeldChat::tells_reads() const {
  return type != ChatType::direct ||
         std::ranges::all_of(participants, &HeldParticipant::tells_reads);
}

HeldChat read_held_chat(const Query& row, ChatId id) {
  return {.id = id,
          .type = row.enumerator<ChatType>(0),
          .head = {.last_seq = row.integer(1),
                   .message_count = row.integer(2),
                   .last_message_seq = row.integer(3),
                   .activity_id = static_cast<std::uint64_t>(row.integer(4)),
                   .updated_at = row.time(5),
                   .change_id = static_cast<std::uint64_t>(row.integer(6))},
          .participants = {}};
}

std::vector<HeldParticipant> read_held_participants(Connection& db, ChatId chat) {
  std::vector<HeldParticipant> participants;
  auto rows = db.query(
      "SELECT p.user_id, p.role, p.delivered_seq, p.read_seq, p.permissions,"
      " p.peer_id IS NOT NULL AND EXISTS"
      " (SELECT 1 FROM blocks WHERE user_id = p.user_id AND other_id = p.peer_id),"
      " p.peer_id IS NULL OR EXISTS (SELECT 1 FROM read_tellers WHERE user_id = p.user_id"
      " AND other_id = p.peer_id)"
      " FROM participants p WHERE p.chat_id = ?1 AND p.role <> 2 ORDER BY p.user_id",
      chat);
  while (rows.next())
    participants.push_back({.user = rows.id<UserId>(0),
                            .role = rows.enumerator<ParticipantRole>(1),
                            .receipt = {.delivered = rows.integer(2), .read = rows.integer(3)},
                            .permissions = permissions_of(rows.integer(4)),
                            .blocks = rows.integer(5) != 0,
                            .tells_reads = rows.integer(6) != 0});
  return participants;
}

}  // namespace parley::storage
