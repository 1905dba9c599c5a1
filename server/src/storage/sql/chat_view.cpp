#include "storage/sql/chat_view.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/id_source.h"
#include "storage/sql/pairs.h"
#include "storage/sql/people.h"
#include "storage/sql/rows.h"

namespace parley::storage {
namespace {

// A chat while it is put together.
struct View {
  Chat chat;
  const Unfolded* unfolded = nullptr;
  bool found = false;
  Head head;
  std::optional<UserId> peer;
  // Of everybody else who is in the chat; nobody is behind when there is nobody.
  std::optional<Receipt> others;

  bool shows_left() const { return chat.role == ParticipantRole::left; }

  Receipt latest(UserId user, Receipt row) const {
    return unfolded ? unfolded->receipt(user, row) : row;
  }
  void meet(Receipt other) {
    if (!others) others = other;
    others->delivered = std::min(others->delivered, other.delivered);
    others->read = std::min(others->read, other.read);
  }
};

class Views {
 public:
  Views(Connection& db, const Viewer& viewer, const std::vector<Wanted>& wanted)
      : db_(db), viewer_(viewer) {
    views_.reserve(wanted.size());
    for (const Wanted& one : wanted) {
      index_.try_emplace(one.id, views_.size());
      views_.emplace_back();
      views_.back().chat.id = one.id;
      if (one.unfolded) views_.back().unfolded = &*one.unfolded;
    }
  }

  std::vector<Chat> read() {
    read_chats();
    read_groups();
    for (View& view : views_)
      if (view.found && !view.shows_left()) settle(view);
    read_entries();
    read_peers();
    std::vector<Chat> chats;
    chats.reserve(views_.size());
    for (View& view : views_)
      if (view.found && (!view.shows_left() || viewer_.with_left))
        chats.push_back(std::move(view.chat));
    return chats;
  }

 private:
  View& view(ChatId chat) { return views_[index_.at(chat)]; }

  // The rows of the chats and of the user's place in them, and of the other one's where there is
  // just one.
  void read_chats() {
    Pairs chats;
    for (const View& view : views_) chats.add(view.chat.id);
    if (chats.empty()) return;
    auto row = db_.query(
        "SELECT c.id, c.type, c.name, c.description, c.created_at, c.first_seq, c.last_seq,"
        " c.message_count, c.last_message_seq, c.updated_at, c.change_id, p.role, p.delivered_seq,"
        " p.read_seq, p.muted_until, p.archived, p.pinned, p.left_seq, p.left_change_id,"
        " p.left_name, p.peer_id, o.role, o.delivered_seq, o.read_seq"
        " FROM json_each(?1) w CROSS JOIN participants p CROSS JOIN chats c"
        " LEFT JOIN participants o ON o.chat_id = p.chat_id AND o.user_id = p.peer_id"
        " WHERE p.chat_id = CAST(w.key AS BIGINT) AND p.user_id = ?2 AND c.id = p.chat_id",
        chats.text(), viewer_.user);
    while (row.next()) read_chat(row, view(row.id<ChatId>(0)));
  }

  void read_chat(const Query& row, View& view) {
    Chat& chat = view.chat;
    view.found = true;
    chat.type = row.enumerator<ChatType>(1);
    chat.name = row.string(2);
    chat.description = row.string(3);
    chat.created_at = row.time(4);
    chat.first_seq = row.integer(5);
    view.head = {.last_seq = row.integer(6),
                 .message_count = row.integer(7),
                 .last_message_seq = row.integer(8),
                 .updated_at = row.time(9),
                 .change_id = static_cast<std::uint64_t>(row.integer(10))};
    if (view.unfolded && view.unfolded->head.change_id > view.head.change_id)
      view.head = view.unfolded->head;
    chat.role = row.enumerator<ParticipantRole>(11);
    const Receipt mine =
        view.latest(viewer_.user, {.delivered = row.integer(12), .read = row.integer(13)});
    chat.delivered_seq = mine.delivered;
    chat.read_seq = mine.read;
    if (!row.null(14)) chat.muted_until = row.time(14);
    chat.archived = row.integer(15) != 0;
    chat.pinned = row.integer(16) != 0;
    if (chat.role == ParticipantRole::left) {
      // What somebody who has left may still know.
      chat.last_seq = row.integer(17);
      chat.updated_at = IdSource::time_of(static_cast<std::uint64_t>(row.integer(18)));
      chat.name = row.string(19);
      chat.description.clear();
      return;
    }
    if (row.null(20)) return;
    view.peer = row.id<UserId>(20);
    chat.participant_count = 1;
    if (*view.peer == viewer_.user || row.null(21) ||
        row.enumerator<ParticipantRole>(21) == ParticipantRole::left)
      return;
    ++chat.participant_count;
    view.meet(view.latest(*view.peer, {.delivered = row.integer(22), .read = row.integer(23)}));
  }

  // How many are in the groups, and how far the slowest of the others has come.
  void read_groups() {
    Pairs settled, moving;
    for (const View& view : views_) {
      if (!view.found || view.shows_left() || view.peer) continue;
      (view.unfolded && !view.unfolded->receipts.empty() ? moving : settled).add(view.chat.id);
    }
    if (!settled.empty()) {
      auto row = db_.query(
          "SELECT p.chat_id, count(*), min(CASE WHEN p.user_id <> ?2 THEN p.delivered_seq END),"
          " min(CASE WHEN p.user_id <> ?2 THEN p.read_seq END)"
          " FROM json_each(?1) w CROSS JOIN participants p"
          " WHERE p.chat_id = CAST(w.key AS BIGINT) AND p.role <> ?3 GROUP BY p.chat_id",
          settled.text(), viewer_.user, ParticipantRole::left);
      while (row.next()) {
        View& group = view(row.id<ChatId>(0));
        group.chat.participant_count = row.integer(1);
        if (!row.null(2)) group.meet({.delivered = row.integer(2), .read = row.integer(3)});
      }
    }
    if (moving.empty()) return;
    auto row = db_.query(
        "SELECT p.chat_id, p.user_id, p.delivered_seq, p.read_seq"
        " FROM json_each(?1) w CROSS JOIN participants p"
        " WHERE p.chat_id = CAST(w.key AS BIGINT) AND p.role <> ?2",
        moving.text(), ParticipantRole::left);
    while (row.next()) {
      View& group = view(row.id<ChatId>(0));
      ++group.chat.participant_count;
      const auto who = row.id<UserId>(1);
      if (who == viewer_.user) continue;
      group.meet(group.latest(who, {.delivered = row.integer(2), .read = row.integer(3)}));
    }
  }

  static void settle(View& view) {
    Chat& chat = view.chat;
    chat.last_seq = view.head.last_seq;
    chat.updated_at = view.head.updated_at;
    const Receipt others =
        view.others.value_or(Receipt{.delivered = view.head.last_seq, .read = view.head.last_seq});
    chat.min_delivered_seq = others.delivered;
    chat.min_read_seq = others.read;
    if (chat.read_seq < view.head.last_message_seq && counts_all(view))
      chat.unread_count = view.head.message_count;
  }

  static bool counts_all(const View& view) {
    return view.chat.read_seq == 0 && view.chat.first_seq <= 1;
  }

  // The entry after which all messages are unread: the one read last. Where retention has cut, what
  // is left is what there is to read. 0: there is no need to look.
  static Seq read_up_to(const View& view) {
    if (view.chat.read_seq >= view.head.last_message_seq || counts_all(view)) return 0;
    return std::max(view.chat.read_seq, view.chat.first_seq);
  }

  // The last messages, and how many of them are unread.
  void read_entries() {
    Pairs entries;
    for (const View& view : views_) {
      if (!view.found || view.shows_left()) continue;
      const Seq last = view.head.last_message_seq, up_to = read_up_to(view);
      if (last != 0) entries.add(view.chat.id, last);
      if (up_to != 0 && up_to != last) entries.add(view.chat.id, up_to);
    }
    if (entries.empty()) return;
    auto row = db_.query(
        "SELECT m.id, m.seq, m.kind, m.sender_id, m.created_at, m.type, m.content, m.client_id,"
        " m.edited_at, m.deleted_at, m.chat_id, m.message_count"
        " FROM json_each(?1) w CROSS JOIN messages m"
        " WHERE m.chat_id = CAST(w.key AS BIGINT) AND m.seq = w.value",
        entries.text());
    while (row.next()) {
      View& one = view(row.id<ChatId>(10));
      const Seq seq = row.integer(1);
      if (seq == read_up_to(one)) {
        const bool itself =
            seq != one.chat.read_seq && row.enumerator<EntryKind>(2) == EntryKind::message;
        one.chat.unread_count = one.head.message_count - row.integer(11) + (itself ? 1 : 0);
      }
      if (seq == one.head.last_message_seq) one.chat.last_message = read_message(row, one.chat.id);
    }
  }

  // The others of direct chats, and what the user may know of them.
  void read_peers() {
    boost::unordered_flat_map<UserId, View*, std::hash<UserId>> chats;
    Pairs peers;
    for (View& view : views_) {
      if (!view.found || view.shows_left() || !view.peer) continue;
      if (chats.try_emplace(*view.peer, &view).second) peers.add(*view.peer);
    }
    if (peers.empty()) return;
    auto row = db_.query(
        "SELECT p.* FROM json_each(?1) w JOIN people p ON p.id = CAST(w.key AS BIGINT)"
        " WHERE p.viewer_id = ?2",
        peers.text(), viewer_.user);
    while (row.next()) {
      Chat& chat = chats.at(row.id<UserId>(0))->chat;
      chat.peer = read_person(row, viewer_.now);
      if (!read_sight(row).reads) chat.min_read_seq = 0;
    }
  }

  Connection& db_;
  const Viewer viewer_;
  std::vector<View> views_;
  boost::unordered_flat_map<ChatId, std::size_t, std::hash<ChatId>> index_;
};

}  // namespace

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

std::vector<Chat> view_chats(Connection& db, const Viewer& viewer,
                             const std::vector<Wanted>& wanted) {
  return Views{db, viewer, wanted}.read();
}

std::optional<Chat> view_chat(Connection& db, const Heads& heads, const Viewer& viewer,
                              ChatId chat) {
  const std::vector<Wanted> wanted{{.id = chat, .unfolded = heads.find(chat)}};
  const Snapshot snapshot{db};
  std::vector<Chat> chats = view_chats(db, viewer, wanted);
  if (chats.empty()) return std::nullopt;
  return std::move(chats.front());
}

}  // namespace parley::storage
