#include <algorithm>
#include <utility>

#include "storage/sql/chat_store.h"
#include "storage/sql/entry_text.h"
#include "storage/sql/pairs.h"
#include "storage/sql/people.h"

// Groups: who is in them, in which role, and what they are called. Every change is settled
// while the chat is held, so that nothing else happens to it in between: first all that could
// refuse, then the rows.

namespace parley::storage {
namespace {

// Whether `adder` may bring all of them into a group.
Result<void> check_addable(ChatLog& log, UserId adder, const std::vector<UserId>& users) {
  Connection& db = log.db();
  std::vector<Gaze> gazes;
  for (const UserId user : users) gazes.push_back({.viewer = adder, .owner = user});
  const std::vector<Sight> sights = find_sights(db, gazes);
  if (!std::ranges::all_of(sights, &Sight::exists)) return fail(Errc::user_not_found);
  for (std::size_t i = 0; i < users.size(); ++i) {
    if (sights[i].groups) continue;
    auto row = db.query("SELECT username FROM users WHERE id = ?1", users[i]);
    return fail(Errc::not_addable, row.next() ? row.string(0) : "");
  }
  return {};
}

void keep_distinct(std::vector<UserId>& users) {
  std::ranges::sort(users);
  const auto [first, last] = std::ranges::unique(users);
  users.erase(first, last);
}

struct Standing {
  HeldChat* chat = nullptr;
  HeldParticipant* caller = nullptr;
};

constexpr bool Permissions::* kNothing = nullptr;

// The group and the caller's place in it, when they may do this. Admins may do everything.
Result<Standing> standing(ChatLog& log, UserId caller, ChatId id, bool admins_only,
                          bool Permissions::* permission = kNothing) {
  HeldChat* chat = log.find(id);
  HeldParticipant* participant = chat ? chat->find(caller) : nullptr;
  if (!participant) return fail(Errc::chat_not_found);
  if (chat->type != ChatType::group) return fail(Errc::forbidden, "a direct chat is no group");
  const bool permitted = permission && participant->may(permission);
  if (admins_only && participant->role != ParticipantRole::admin && !permitted)
    return fail(Errc::forbidden, "only an admin of the group may do this");
  return Standing{.chat = chat, .caller = participant};
}

Message append_entry(ChatLog& log, HeldChat& chat, UserId sender, EntryKind kind,
                     const std::string& content) {
  const Placed placed = log.append(
      chat, {.kind = kind, .sender = sender, .type = {}, .content = content, .client_id = {}});
  Message entry;
  entry.id = placed.id;
  entry.chat_id = chat.id;
  entry.seq = placed.seq;
  entry.kind = kind;
  entry.sender_id = sender;
  entry.created_at = placed.created_at;
  return entry;
}

Message append_membership(ChatLog& log, HeldChat& chat, UserId sender, Membership membership) {
  Message entry =
      append_entry(log, chat, sender, EntryKind::membership, write_membership(membership));
  entry.membership = std::move(membership);
  return entry;
}

chat::Change unchanged(const HeldChat& chat) {
  chat::Change change;
  change.entry.chat_id = chat.id;
  change.entry.seq = chat.head.last_seq;
  change.recipients = chat.everyone();
  return change;
}

// Rows of people whom the group has not seen before, with `receipt`.
void insert_rows(ChatLog& log, ChatId chat, const std::vector<HeldParticipant>& newcomers,
                 Receipt receipt, Seq seq, Timestamp now) {
  if (newcomers.empty()) return;
  Pairs roles;
  for (const HeldParticipant& newcomer : newcomers)
    roles.add(newcomer.user, static_cast<std::int64_t>(newcomer.role));
  log.db().run(
      "INSERT INTO participants (chat_id, user_id, role, delivered_seq, read_seq, joined_at,"
      " joined_seq, entered_seq) SELECT ?1, CAST(w.key AS BIGINT), w.value, ?3, ?4, ?5, ?6, ?6"
      " FROM json_each(?2) w",
      chat, roles.text(), receipt.delivered, receipt.read, now, seq);
}

// Those of `users` who have been in the group before come back, with the watermarks and
// permissions they had.
std::vector<HeldParticipant> bring_back(ChatLog& log, ChatId chat, const std::vector<UserId>& users,
                                        Seq seq, Timestamp now) {
  Pairs found;
  std::vector<HeldParticipant> back;
  {
    auto row = log.db().query(
        "SELECT p.user_id, p.delivered_seq, p.read_seq, p.permissions"
        " FROM json_each(?2) w CROSS JOIN participants p"
        " WHERE p.chat_id = ?1 AND p.user_id = CAST(w.key AS BIGINT)",
        chat, Pairs{users}.text());
    while (row.next()) {
      const auto user = row.id<UserId>(0);
      found.add(user);
      back.push_back({.user = user,
                      .role = ParticipantRole::member,
                      .receipt = log.receipt(chat, user,
                                             {.delivered = row.integer(1), .read = row.integer(2)}),
                      .permissions = permissions_of(row.integer(3))});
    }
  }
  if (!back.empty())
    log.db().run(
        "UPDATE participants SET role = ?3, joined_at = ?4, entered_seq = ?5, left_seq = NULL,"
        " left_change_id = NULL, left_name = NULL WHERE chat_id = ?1 AND user_id IN"
        " (SELECT CAST(w.key AS BIGINT) FROM json_each(?2) w)",
        chat, found.text(), ParticipantRole::member, now, seq);
  std::ranges::sort(back, {}, &HeldParticipant::user);
  return back;
}

void set_role_row(ChatLog& log, ChatId chat, UserId user, ParticipantRole role) {
  log.db().run("UPDATE participants SET role = ?3 WHERE chat_id = ?1 AND user_id = ?2", chat, user,
               role);
}

bool has_admin(const HeldChat& chat) {
  return std::ranges::find(chat.participants, ParticipantRole::admin, &HeldParticipant::role) !=
         chat.participants.end();
}

// Makes the participant who has been there longest an admin.
void promote_longest(ChatLog& log, HeldChat& chat, UserId leaver) {
  UserId heir;
  {
    auto row = log.db().query(
        "SELECT user_id FROM participants WHERE chat_id = ?1 AND role <> ?2"
        " ORDER BY joined_at, user_id LIMIT 1",
        chat.id, ParticipantRole::left);
    if (!row.next()) return;
    heir = row.id<UserId>(0);
  }
  append_membership(
      log, chat, leaver,
      {.action = MembershipAction::role, .user_ids = {heir}, .role = ParticipantRole::admin});
  set_role_row(log, chat.id, heir, ParticipantRole::admin);
  chat.find(heir)->role = ParticipantRole::admin;
}

chat::Change take_out(ChatLog& log, HeldChat& chat, UserId actor, UserId user) {
  chat::Change change;
  change.recipients = chat.everyone();
  change.entry = append_membership(
      log, chat, actor,
      {.action = user == actor ? MembershipAction::left : MembershipAction::removed,
       .user_ids = {user},
       .role = {}});
  const auto gone = std::ranges::lower_bound(chat.participants, user, {}, &HeldParticipant::user);
  log.db().run(
      "UPDATE participants SET role = ?3, delivered_seq = ?4, read_seq = ?5, left_seq = ?6,"
      " left_change_id = ?7, left_name = (SELECT name FROM chats WHERE id = ?1)"
      " WHERE chat_id = ?1 AND user_id = ?2",
      chat.id, user, ParticipantRole::left, gone->receipt.delivered, gone->receipt.read,
      change.entry.seq, change.entry.id);
  chat.participants.erase(gone);
  log.departed(chat, user);
  if (!has_admin(chat)) promote_longest(log, chat, user);
  return change;
}

}  // namespace

chat::Change ChatLog::take_out_of_group(ChatId chat, UserId actor, UserId user) {
  return take_out(*this, *find(chat), actor, user);
}

Task<Result<chat::Change>> SqlChatStore::create_group(chat::NewGroup group) {
  group.members.push_back(group.creator);
  const std::vector<UserId> as_named = group.members;
  keep_distinct(group.members);
  const std::size_t most = max_group_;
  co_return co_await database_.change([&, most](ChatLog& log) -> Result<chat::Change> {
    log.keep_accounts(group.members);
    if (group.members.size() > most) return fail(Errc::participant_limit);
    if (const auto addable = check_addable(log, group.creator, as_named); !addable)
      return std::unexpected(addable.error());

    HeldChat fresh{.type = ChatType::group};
    for (const UserId user : group.members)
      fresh.participants.push_back(
          {.user = user,
           .role = user == group.creator ? ParticipantRole::admin : ParticipantRole::member,
           .receipt = {}});
    HeldChat& chat = log.insert(std::move(fresh), group.name, group.description);
    insert_rows(log, chat.id, chat.participants, {}, 1, chat.head.updated_at);
    chat::Change change;
    change.entry = append_membership(
        log, chat, group.creator,
        {.action = MembershipAction::created, .user_ids = group.members, .role = {}});
    change.recipients = chat.everyone();
    return change;
  });
}

Task<Result<chat::Change>> SqlChatStore::add(UserId caller, ChatId chat_id,
                                             std::vector<UserId> users) {
  const std::vector<UserId> as_named = users;
  keep_distinct(users);
  const std::size_t most = max_group_;
  co_return co_await database_.change([&, caller, chat_id,
                                       most](ChatLog& log) -> Result<chat::Change> {
    const auto place = standing(log, caller, chat_id, true, &Permissions::add_members);
    if (!place) return std::unexpected(place.error());
    HeldChat& chat = *place->chat;
    std::vector<UserId> newcomers;
    for (const UserId user : users)
      if (!chat.find(user)) newcomers.push_back(user);
    log.keep_accounts(newcomers);
    std::vector<UserId> asked = as_named;
    std::erase_if(asked, [&](UserId user) { return chat.find(user) != nullptr; });
    if (const auto addable = check_addable(log, caller, asked); !addable)
      return std::unexpected(addable.error());
    if (newcomers.empty()) return unchanged(chat);
    if (chat.participants.size() + newcomers.size() > most) return fail(Errc::participant_limit);

    chat::Change change;
    change.entry = append_membership(
        log, chat, caller, {.action = MembershipAction::added, .user_ids = newcomers, .role = {}});
    const Seq seq = change.entry.seq;
    const Timestamp now = change.entry.created_at;
    std::vector<HeldParticipant> back = bring_back(log, chat_id, newcomers, seq, now);
    // What was said before they came is there to read, but not as news.
    const Receipt receipt{.delivered = seq - 1, .read = seq - 1};
    std::vector<HeldParticipant> fresh;
    for (const UserId user : newcomers)
      if (!std::ranges::binary_search(back, user, {}, &HeldParticipant::user))
        fresh.push_back({.user = user, .role = ParticipantRole::member, .receipt = receipt});
    insert_rows(log, chat_id, fresh, receipt, seq, now);
    chat.participants.insert(chat.participants.end(), back.begin(), back.end());
    chat.participants.insert(chat.participants.end(), fresh.begin(), fresh.end());
    std::ranges::sort(chat.participants, {}, &HeldParticipant::user);
    log.membership_changed(chat);
    change.recipients = chat.everyone();
    return change;
  });
}

Task<Result<chat::Change>> SqlChatStore::remove(UserId caller, ChatId chat_id, UserId user) {
  co_return co_await database_.change(
      [caller, chat_id, user](ChatLog& log) -> Result<chat::Change> {
        const bool leaves = user == caller;
        const auto place = standing(log, caller, chat_id, !leaves);
        if (!place) return std::unexpected(place.error());
        HeldChat& chat = *place->chat;
        if (!chat.find(user)) return fail(Errc::user_not_found);

        return take_out(log, chat, caller, user);
      });
}

Task<Result<chat::Change>> SqlChatStore::set_role(UserId caller, ChatId chat_id, UserId user,
                                                  ParticipantRole role) {
  co_return co_await database_.change([caller, chat_id, user,
                                       role](ChatLog& log) -> Result<chat::Change> {
    const auto place = standing(log, caller, chat_id, true);
    if (!place) return std::unexpected(place.error());
    HeldChat& chat = *place->chat;
    HeldParticipant* participant = chat.find(user);
    if (!participant) return fail(Errc::user_not_found);
    if (role == ParticipantRole::left) return fail(Errc::forbidden, "left is no role to give");
    if (participant->role == role) return unchanged(chat);
    if (role == ParticipantRole::member &&
        std::ranges::count(chat.participants, ParticipantRole::admin, &HeldParticipant::role) == 1)
      return fail(Errc::forbidden, "the last admin stays admin");

    participant->role = role;
    set_role_row(log, chat_id, user, role);
    chat::Change change;
    change.entry = append_membership(
        log, chat, caller, {.action = MembershipAction::role, .user_ids = {user}, .role = role});
    change.recipients = chat.everyone();
    return change;
  });
}

Task<Result<chat::Change>> SqlChatStore::set_permissions(UserId caller, ChatId chat_id, UserId user,
                                                         chat::PermissionChange change) {
  co_return co_await database_.change([=](ChatLog& log) -> Result<chat::Change> {
    const auto place = standing(log, caller, chat_id, true);
    if (!place) return std::unexpected(place.error());
    HeldChat& chat = *place->chat;
    HeldParticipant* participant = chat.find(user);
    if (!participant) return fail(Errc::user_not_found);
    const Permissions old = participant->permissions;
    const Permissions now{.send = change.send.value_or(old.send),
                          .add_members = change.add_members.value_or(old.add_members),
                          .change_info = change.change_info.value_or(old.change_info)};
    if (now == old) return unchanged(chat);

    participant->permissions = now;
    log.db().run("UPDATE participants SET permissions = ?3 WHERE chat_id = ?1 AND user_id = ?2",
                 chat_id, user, bits_of(now));
    chat::Change made;
    made.entry = append_membership(
        log, chat, caller,
        {.action = MembershipAction::permissions, .user_ids = {user}, .permissions = now});
    made.recipients = chat.everyone();
    return made;
  });
}

Task<Result<chat::Change>> SqlChatStore::update(UserId caller, ChatId chat_id, Settings settings) {
  co_return co_await database_.change([caller, chat_id,
                                       &settings](ChatLog& log) -> Result<chat::Change> {
    const auto place = standing(log, caller, chat_id, true, &Permissions::change_info);
    if (!place) return std::unexpected(place.error());
    HeldChat& chat = *place->chat;
    Settings changed = settings;
    {
      auto row = log.db().query("SELECT name, description FROM chats WHERE id = ?1", chat_id);
      row.next();
      if (changed.name == row.text(0)) changed.name.reset();
      if (changed.description == row.text(1)) changed.description.reset();
    }
    if (!changed.name && !changed.description) return unchanged(chat);

    log.db().run(
        "UPDATE chats SET name = coalesce(?2, name), description = coalesce(?3, description)"
        " WHERE id = ?1",
        chat_id, changed.name, changed.description);
    chat::Change change;
    change.entry = append_entry(log, chat, caller, EntryKind::settings, write_settings(changed));
    change.entry.settings = std::move(changed);
    change.recipients = chat.everyone();
    return change;
  });
}

}  // namespace parley::storage
