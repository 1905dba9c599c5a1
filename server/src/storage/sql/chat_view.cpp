#include "storage/sql/chat_view.h"

#include <algorithm>
#include <limits>

#include "base/id_source.h"
#include "storage/sql/people.h"
#include "storage/sql/rows.h"

namespace parley::storage {
namespace {

// What the rows of the participants say about the chat and about one of them.
struct Members {
  Receipt mine;
  Receipt others{.delivered = std::numeric_limits<Seq>::max(),
                 .read = std::numeric_limits<Seq>::max()};
  bool alone = true;
  std::int64_t count = 0;
  std::optional<UserId> peer;
  Seq left_seq = 0;
  std::uint64_t left_change = 0;
  std::string left_name;
};

// Fills in what stands in the user's own row; false when they have none.
bool read_members(Connection& db, const std::optional<Unfolded>& unfolded, UserId user, Chat& chat,
                  Members& members) {
  bool found = false;
  auto row = db.query(
      "SELECT user_id, role, delivered_seq, read_seq, peer_id, muted_until, archived, pinned,"
      " left_seq, left_change_id, left_name FROM participants WHERE chat_id = ?1",
      chat.id);
  while (row.next()) {
    const auto who = row.id<UserId>(0);
    const auto role = row.enumerator<ParticipantRole>(1);
    Receipt receipt{.delivered = row.integer(2), .read = row.integer(3)};
    if (unfolded) receipt = unfolded->receipt(who, receipt);
    if (role != ParticipantRole::left) ++members.count;
    if (who != user) {
      if (role == ParticipantRole::left) continue;
      members.alone = false;
      members.others.delivered = std::min(members.others.delivered, receipt.delivered);
      members.others.read = std::min(members.others.read, receipt.read);
      continue;
    }
    found = true;
    members.mine = receipt;
    chat.role = role;
    if (!row.null(4)) members.peer = row.id<UserId>(4);
    if (!row.null(5)) chat.muted_until = row.time(5);
    chat.archived = row.integer(6) != 0;
    chat.pinned = row.integer(7) != 0;
    if (role == ParticipantRole::left) {
      members.left_seq = row.integer(8);
      members.left_change = static_cast<std::uint64_t>(row.integer(9));
      members.left_name = row.string(10);
    }
  }
  return found;
}

void read_last_message(Connection& db, Chat& chat, Seq seq) {
  if (seq == 0) return;
  auto row = db.query(
      "SELECT id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at"
      " FROM messages WHERE chat_id = ?1 AND seq = ?2",
      chat.id, seq);
  if (row.next()) chat.last_message = read_message(row, chat.id);
}

// The other one of a direct chat, and what the user may know of them.
void read_peer(Connection& db, Chat& chat, UserId user, UserId peer, Timestamp now) {
  auto row = db.query("SELECT * FROM people WHERE id = ?1 AND viewer_id = ?2", peer, user);
  if (!row.next()) return;
  chat.peer = read_person(row, now);
  if (!read_sight(row).reads) chat.min_read_seq = 0;
}

// What somebody who has left may still know.
void show_as_left(Chat& chat, const Members& members) {
  chat.name = members.left_name;
  chat.description.clear();
  chat.participant_count = 0;
  chat.last_seq = members.left_seq;
  chat.delivered_seq = members.mine.delivered;
  chat.read_seq = members.mine.read;
  chat.updated_at = IdSource::time_of(members.left_change);
}

}  // namespace

std::int64_t count_unread(Connection& db, const Chat& chat, const Head& head) {
  if (chat.read_seq >= head.last_message_seq) return 0;
  if (chat.read_seq == 0 && chat.first_seq <= 1) return head.message_count;
  // Where retention has cut, what is left is what there is to read.
  auto row = db.query(
      "SELECT message_count, seq, kind FROM messages WHERE chat_id = ?1 AND seq >= ?2"
      " ORDER BY seq LIMIT 1",
      chat.id, chat.read_seq);
  if (!row.next()) return 0;
  const bool counts_itself =
      row.integer(1) != chat.read_seq && row.enumerator<EntryKind>(2) == EntryKind::message;
  return head.message_count - row.integer(0) + (counts_itself ? 1 : 0);
}

std::vector<OwnChat> own_chats(Connection& db, const Heads& heads, UserId user) {
  std::vector<OwnChat> chats;
  if (!heads.rows_lag()) return chats;
  {
    auto row =
        db.query("SELECT chat_id FROM participants WHERE user_id = ?1 ORDER BY chat_id", user);
    while (row.next()) chats.push_back({.id = row.id<ChatId>(0), .unfolded = {}});
  }
  for (OwnChat& chat : chats) chat.unfolded = heads.head(chat.id);
  return chats;
}

std::optional<Chat> view_chat(Connection& db, const Heads& heads, const Viewer& viewer, ChatId id) {
  const std::optional<Unfolded> unfolded = heads.find(id);
  const Snapshot snapshot{db};
  return view_chat(db, unfolded, viewer, id);
}

std::optional<Chat> view_chat(Connection& db, const std::optional<Unfolded>& unfolded,
                              const Viewer& viewer, ChatId id) {
  Chat chat;
  chat.id = id;
  Members members;
  if (!read_members(db, unfolded, viewer.user, chat, members)) return std::nullopt;
  if (chat.role == ParticipantRole::left && !viewer.with_left) return std::nullopt;

  Head head;
  {
    auto row = db.query(
        "SELECT type, name, description, created_at, first_seq, last_seq, message_count,"
        " last_message_seq, updated_at, change_id FROM chats WHERE id = ?1",
        id);
    if (!row.next()) return std::nullopt;
    chat.type = row.enumerator<ChatType>(0);
    chat.name = row.string(1);
    chat.description = row.string(2);
    chat.created_at = row.time(3);
    chat.first_seq = row.integer(4);
    head.last_seq = row.integer(5);
    head.message_count = row.integer(6);
    head.last_message_seq = row.integer(7);
    head.updated_at = row.time(8);
    head.change_id = static_cast<std::uint64_t>(row.integer(9));
  }
  if (unfolded && unfolded->head.change_id > head.change_id) head = unfolded->head;
  if (chat.role == ParticipantRole::left) {
    show_as_left(chat, members);
    return chat;
  }

  chat.participant_count = members.count;
  chat.last_seq = head.last_seq;
  chat.updated_at = head.updated_at;
  chat.delivered_seq = members.mine.delivered;
  chat.read_seq = members.mine.read;
  // Nobody else is in the chat: then nobody is behind.
  chat.min_delivered_seq = members.alone ? head.last_seq : members.others.delivered;
  chat.min_read_seq = members.alone ? head.last_seq : members.others.read;
  chat.unread_count = count_unread(db, chat, head);
  read_last_message(db, chat, head.last_message_seq);
  if (members.peer) read_peer(db, chat, viewer.user, *members.peer, viewer.now);
  return chat;
}

}  // namespace parley::storage
