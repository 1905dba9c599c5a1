#include "chat/groups.h"

#include "base/ascii.h"

namespace parley::chat {

Event event_of(const Message& entry) {
  if (entry.settings) {
    return ChatUpdated{.chat_id = entry.chat_id,
                       .seq = entry.seq,
                       .id = entry.id,
                       .actor_id = entry.sender_id,
                       .name = entry.settings->name,
                       .description = entry.settings->description,
                       .user_ids = {},
                       .role = {},
                       .at = entry.created_at};
  }
  const Membership& membership = *entry.membership;
  switch (membership.action) {
    case MembershipAction::created:
    case MembershipAction::added:
      return MemberAdded{entry.chat_id,       entry.seq,         entry.id,        entry.sender_id,
                         membership.user_ids, membership.action, entry.created_at};
    case MembershipAction::removed:
    case MembershipAction::left:
      return MemberRemoved{entry.chat_id,       entry.seq,         entry.id,        entry.sender_id,
                           membership.user_ids, membership.action, entry.created_at};
    case MembershipAction::role:
    case MembershipAction::permissions:
      break;
  }
  return ChatUpdated{.chat_id = entry.chat_id,
                     .seq = entry.seq,
                     .id = entry.id,
                     .actor_id = entry.sender_id,
                     .name = {},
                     .description = {},
                     .user_ids = membership.user_ids,
                     .role = membership.role,
                     .permissions = membership.permissions,
                     .at = entry.created_at};
}

void announce(delivery::Router& router, Change change, ConnectionId except) {
  if (change.entry.id) router.deliver(event_of(change.entry), std::move(change.recipients), except);
}

Task<Result<Created>> Groups::create(Caller caller, CreateGroup command) {
  return service_.create(std::move(caller), {.type = ChatType::group,
                                             .username = {},
                                             .user_id = {},
                                             .name = std::move(command.name),
                                             .description = std::move(command.description),
                                             .members = std::move(command.members)});
}

Task<Result<Chat>> Groups::update(Caller caller, UpdateChat command) {
  if (!command.name && !command.description)
    co_return fail_field("name", "give a name or a description");
  auto change = co_await chats_.update(
      caller.user_id, command.chat_id,
      {.name = std::move(command.name), .description = std::move(command.description)});
  if (!change) co_return std::unexpected(change.error());
  announce(router_, std::move(*change), caller.connection);
  co_return co_await chats_.get(caller.user_id, command.chat_id);
}

Task<Result<Added>> Groups::add(Caller caller, AddMembers command) {
  for (std::string& name : command.members) name = lower_ascii(std::move(name));
  auto users = co_await chats_.find_users(std::move(command.members));
  if (!users) co_return std::unexpected(users.error());
  auto change = co_await chats_.add(caller.user_id, command.chat_id, std::move(*users));
  if (!change) co_return std::unexpected(change.error());

  Added added{.added = {}, .seq = change->entry.seq};
  if (change->entry.membership) added.added = change->entry.membership->user_ids;
  announce(router_, std::move(*change), caller.connection);
  co_return added;
}

Task<Result<Done>> Groups::remove(Caller caller, OneMember command) {
  auto change = co_await chats_.remove(caller.user_id, command.chat_id, command.user_id);
  if (!change) co_return std::unexpected(change.error());
  announce(router_, std::move(*change), caller.connection);
  co_return Done{};
}

Task<Result<Done>> Groups::leave(Caller caller, OneChat command) {
  const UserId myself = caller.user_id;
  return remove(std::move(caller), {.chat_id = command.chat_id, .user_id = myself});
}

Task<Result<Done>> Groups::set_role(Caller caller, SetRole command) {
  if (command.role == ParticipantRole::left)
    co_return fail_field("role", "must be admin or member");
  auto change =
      co_await chats_.set_role(caller.user_id, command.chat_id, command.user_id, command.role);
  if (!change) co_return std::unexpected(change.error());
  announce(router_, std::move(*change), caller.connection);
  co_return Done{};
}

Task<Result<Done>> Groups::set_permissions(Caller caller, SetPermissions command) {
  if (!command.send && !command.add_members && !command.change_info)
    co_return fail_field("send", "say what is to be changed");
  auto change = co_await chats_.set_permissions(caller.user_id, command.chat_id, command.user_id,
                                                {.send = command.send,
                                                 .add_members = command.add_members,
                                                 .change_info = command.change_info});
  if (!change) co_return std::unexpected(change.error());
  announce(router_, std::move(*change), caller.connection);
  co_return Done{};
}

}  // namespace parley::chat
