#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chat/chat_store.h"
#include "chat/message_store.h"
#include "delivery/busy_times.h"
#include "delivery/last_seen.h"
#include "delivery/status_log.h"
#include "model/error.h"

namespace parley::chat {

// Both stores in memory, as small as can be: what they promise is settled by the suites that the
// real ones pass. Group entries are of kind membership or settings, and count in seq.
class FakeChats final : public ChatStore, public MessageStore, public delivery::BusyTimes {
 public:
  struct Kept {
    ChatType type = ChatType::direct;
    std::vector<UserId> members;
    std::vector<UserId> admins;
    std::vector<Message> log;
    std::map<UserId, Receipt> receipts;

    bool has(UserId user) const { return std::ranges::find(members, user) != members.end(); }
    bool rules(UserId user) const { return std::ranges::find(admins, user) != admins.end(); }
    Seq last() const { return std::ssize(log); }
  };

  // A user whom usernames find.
  UserId add_user(std::string name) {
    const UserId id{users.size() + 1};
    users[std::move(name)] = id;
    return id;
  }

  Task<Result<Opened>> open_direct(UserId caller, UserId peer) override {
    const bool known = std::ranges::any_of(users, [&](const auto& u) { return u.second == peer; });
    if (!known) co_return fail(Errc::user_not_found);
    for (const auto& [id, chat] : chats) {
      if (chat.type == ChatType::direct && chat.has(caller) && chat.has(peer))
        co_return Opened{seen(id), false};
    }
    co_return Opened{seen(add_chat(ChatType::direct, {caller, peer})), true};
  }

  Task<Result<Change>> create_group(NewGroup group) override {
    std::vector<UserId> members{group.creator};
    for (const UserId user : group.members)
      if (std::ranges::find(members, user) == members.end()) members.push_back(user);
    const ChatId id = add_chat(ChatType::group, members);
    chats[id].admins = {group.creator};
    co_return membership(id, group.creator, {MembershipAction::created, members, {}});
  }

  Task<Result<Change>> add(UserId caller, ChatId id, std::vector<UserId> newcomers) override {
    if (const auto refused = refusal(caller, id, true)) co_return fail(*refused);
    Kept& chat = chats[id];
    std::erase_if(newcomers, [&](UserId user) { return chat.has(user); });
    if (newcomers.empty()) {
      Change nothing;
      nothing.entry.seq = chat.last();
      co_return nothing;
    }
    chat.members.insert(chat.members.end(), newcomers.begin(), newcomers.end());
    co_return membership(id, caller, {MembershipAction::added, newcomers, {}});
  }

  Task<Result<Change>> remove(UserId caller, ChatId id, UserId user) override {
    if (const auto refused = refusal(caller, id, caller != user)) co_return fail(*refused);
    if (!chats[id].has(user)) co_return fail(Errc::user_not_found);
    std::erase(chats[id].members, user);
    const auto action = caller == user ? MembershipAction::left : MembershipAction::removed;
    Change change = membership(id, caller, {action, {user}, {}});
    change.recipients.push_back(user);
    co_return change;
  }

  Task<Result<Change>> set_role(UserId caller, ChatId id, UserId user,
                                ParticipantRole role) override {
    if (const auto refused = refusal(caller, id, true)) co_return fail(*refused);
    std::erase(chats[id].admins, user);
    if (role == ParticipantRole::admin) chats[id].admins.push_back(user);
    co_return membership(id, caller, {MembershipAction::role, {user}, role});
  }

  Task<Result<Change>> set_permissions(UserId caller, ChatId id, UserId user,
                                       PermissionChange change) override {
    if (const auto refused = refusal(caller, id, true)) co_return fail(*refused);
    Membership membership_{MembershipAction::permissions, {user}, {}, Permissions{}};
    membership_.permissions->send = change.send.value_or(true);
    co_return membership(id, caller, std::move(membership_));
  }

  Task<Result<Change>> update(UserId caller, ChatId id, Settings settings) override {
    if (const auto refused = refusal(caller, id, true)) co_return fail(*refused);
    Message entry = next_entry(id, caller);
    entry.kind = EntryKind::settings;
    entry.settings = std::move(settings);
    co_return keep(std::move(entry));
  }

  Task<Result<Chat>> get(UserId reader, ChatId id) override {
    if (const auto refused = refusal(reader, id, false)) co_return fail(*refused);
    co_return seen(id);
  }

  Task<Result<ChatPage>> list(UserId, std::optional<std::string>, std::int64_t limit) override {
    asked_limit = limit;
    co_return ChatPage{};
  }

  Task<Result<ParticipantPage>> participants(UserId reader, ChatId id, std::optional<std::string>,
                                             std::int64_t limit) override {
    if (const auto refused = refusal(reader, id, false)) co_return fail(*refused);
    asked_limit = limit;
    co_return ParticipantPage{};
  }

  Task<Result<std::vector<UserId>>> audience(UserId reader, ChatId id) override {
    if (const auto refused = refusal(reader, id, false)) co_return fail(*refused);
    co_return chats[id].members;
  }

  Task<Result<std::vector<UserId>>> addressees(UserId writer, ChatId id) override {
    if (const auto refused = refusal(writer, id, false)) co_return fail(*refused);
    auto others = chats[id].members;
    std::erase(others, writer);
    co_return others;
  }

  Task<std::vector<Sight>> sights(std::vector<Gaze> gazes) override {
    if (away) throw StorageUnavailable{"the connection was lost"};
    std::vector<Sight> seen;
    for (const Gaze& gaze : gazes) {
      const auto found = hidden.find({gaze.viewer, gaze.owner});
      seen.push_back(found != hidden.end() ? found->second
                                           : Sight{.exists = true,
                                                   .last_seen = true,
                                                   .online = true,
                                                   .avatar = true,
                                                   .about = true,
                                                   .groups = true,
                                                   .reads = true});
      if (const auto until = busy.find(gaze.owner); until != busy.end() && seen.back().online)
        seen.back().busy_until = until->second;
    }
    co_return seen;
  }

  Task<void> set_busy_until(UserId user, Timestamp until) override {
    if (is_full) throw StorageUnavailable{"the disk is full"};
    busy[user] = until;
    co_return;
  }

  Task<Result<std::vector<UserId>>> find_users(std::vector<std::string> usernames) override {
    std::vector<UserId> found;
    for (const std::string& name : usernames) {
      const auto user = users.find(name);
      if (user == users.end()) co_return fail(Errc::user_not_found, name);
      found.push_back(user->second);
    }
    co_return found;
  }

  Task<std::vector<UserId>> direct_peers(UserId user, std::int64_t) override {
    std::vector<UserId> peers;
    for (const auto& [id, chat] : chats) {
      if (chat.type != ChatType::direct || !chat.has(user)) continue;
      for (const UserId member : chat.members)
        if (member != user) peers.push_back(member);
    }
    co_return peers;
  }

  Task<bool> share_chat(UserId one, UserId other) override {
    co_return std::ranges::any_of(
        chats, [&](const auto& chat) { return chat.second.has(one) && chat.second.has(other); });
  }

  Task<Result<Accepted>> append(Draft draft) override {
    if (is_full) throw StorageUnavailable{"the disk is full"};
    if (const auto refused = refusal(draft.sender_id, draft.chat_id, false))
      co_return fail(*refused);
    Kept& chat = chats[draft.chat_id];
    for (const Message& kept : chat.log) {
      if (kept.sender_id == draft.sender_id && kept.client_message_id == draft.client_message_id)
        co_return Accepted{kept, chat.members, false};
    }
    Message message = next_entry(draft.chat_id, draft.sender_id);
    message.type = draft.type;
    message.content = std::move(draft.content);
    message.client_message_id = std::move(draft.client_message_id);
    chat.receipts[draft.sender_id] = {message.seq, message.seq};
    Change change = keep(std::move(message));
    co_return Accepted{std::move(change.entry), std::move(change.recipients), true};
  }

  Task<Result<Moved>> mark(Mark mark) override {
    if (const auto refused = refusal(mark.user_id, mark.chat_id, false)) co_return fail(*refused);
    Kept& chat = chats[mark.chat_id];
    Receipt& receipt = chat.receipts[mark.user_id];
    Moved moved{.before = receipt,
                .after = advance(receipt, mark.receipt, chat.last()),
                .type = chat.type,
                .at = {},
                .delivered_authors = {},
                .read_authors = {}};
    receipt = moved.after;
    std::set<UserId> delivered, read;
    for (const Message& entry : chat.log) {
      if (entry.kind != EntryKind::message || entry.sender_id == mark.user_id) continue;
      if (entry.seq > moved.before.delivered && entry.seq <= moved.after.delivered)
        delivered.insert(entry.sender_id);
      if (entry.seq > moved.before.read && entry.seq <= moved.after.read)
        read.insert(entry.sender_id);
    }
    moved.delivered_authors.assign(delivered.begin(), delivered.end());
    moved.read_authors.assign(read.begin(), read.end());
    co_return moved;
  }

  Task<Result<HistoryPage>> history(UserId reader, HistoryQuery query) override {
    if (const auto refused = refusal(reader, query.chat_id, false)) co_return fail(*refused);
    asked_limit = query.limit;
    co_return HistoryPage{.messages = chats[query.chat_id].log};
  }

  Task<Result<MessageInfo>> info(UserId reader, ChatId id, MessageId) override {
    if (const auto refused = refusal(reader, id, false)) co_return fail(*refused);
    co_return fail(Errc::message_not_found);
  }

  Task<Result<SyncPage>> sync(UserId, std::optional<std::string>, std::int64_t limit) override {
    asked_limit = limit;
    co_return SyncPage{};
  }

  ChatId add_chat(ChatType type, std::vector<UserId> members) {
    const ChatId id{1000 + chats.size()};
    chats[id].type = type;
    chats[id].members = std::move(members);
    return id;
  }

  std::map<std::string, UserId> users;
  std::map<ChatId, Kept> chats;
  std::int64_t asked_limit = 0;
  bool is_full = false;
  bool away = false;  // as far as it is asked who sees whom
  std::map<UserId, Timestamp> busy;
  std::map<std::pair<UserId, UserId>, Sight> hidden;  // viewer and owner, when it is not all

 private:
  std::optional<Errc> refusal(UserId caller, ChatId id, bool for_admins) const {
    const auto chat = chats.find(id);
    if (chat == chats.end() || !chat->second.has(caller)) return Errc::chat_not_found;
    if (for_admins && !chat->second.rules(caller)) return Errc::forbidden;
    return {};
  }

  Message next_entry(ChatId id, UserId sender) {
    Message entry;
    entry.id = MessageId{++last_id_};
    entry.chat_id = id;
    entry.seq = chats[id].last() + 1;
    entry.sender_id = sender;
    return entry;
  }

  Change keep(Message entry) {
    Kept& chat = chats[entry.chat_id];
    chat.log.push_back(entry);
    return {std::move(entry), chat.members};
  }

  Change membership(ChatId id, UserId actor, Membership what) {
    Message entry = next_entry(id, actor);
    entry.kind = EntryKind::membership;
    entry.membership = std::move(what);
    return keep(std::move(entry));
  }

  Chat seen(ChatId id) {
    Chat chat;
    chat.id = id;
    chat.type = chats[id].type;
    chat.last_seq = chats[id].last();
    return chat;
  }

  std::uint64_t last_id_ = 5000;
};

class FakeLastSeen final : public delivery::LastSeen {
 public:
  Task<std::optional<Timestamp>> last_seen(UserId user) override {
    const auto found = seen.find(user);
    if (found == seen.end()) co_return std::nullopt;
    co_return found->second;
  }
  Task<void> set_last_seen(UserId user, Timestamp at) override {
    if (away) throw StorageUnavailable{"the connection was lost"};
    seen[user] = at;
    co_return;
  }

  std::map<UserId, Timestamp> seen;
  bool away = false;
};

// Tells what is news, as every StatusLog does; or nothing, when the store is away.
class FakeStatusLog final : public delivery::StatusLog {
 public:
  bool tells() const override { return true; }
  Task<void> tell(std::vector<delivery::StatusChange> changes) override {
    if (away) throw StorageUnavailable{"the disk is full"};
    for (const delivery::StatusChange& change : changes) {
      const auto known = states.find(change.user);
      const auto before = known == states.end() ? PresenceState::offline : known->second;
      if (change.state == before) continue;
      states[change.user] = change.state;
      if (change.state == PresenceState::offline) {
        online.erase(change.user);
      } else {
        online.insert(change.user);
      }
      told.push_back(change);
    }
    co_return;
  }
  Task<std::vector<UserId>> told_online(UserId after) override {
    if (away) throw StorageUnavailable{"the disk is full"};
    co_return std::vector<UserId>{online.upper_bound(after), online.end()};
  }
  std::ptrdiff_t count(UserId user, bool came) const {
    return std::ranges::count_if(told, [&](const delivery::StatusChange& change) {
      return change.user == user && (change.state != PresenceState::offline) == came;
    });
  }

  std::set<UserId> online;
  std::map<UserId, PresenceState> states;
  std::vector<delivery::StatusChange> told;
  bool away = false;
};

}  // namespace parley::chat
