#include "chat/service.h"

#include <algorithm>

#include "base/ascii.h"
#include "chat/groups.h"

namespace parley::chat {

Service::Service(ChatStore& chats, MessageStore& messages, delivery::Router& router,
                 Receipts& receipts, std::size_t longest_content, AwayWatch* away)
    : chats_(chats),
      messages_(messages),
      router_(router),
      receipts_(receipts),
      longest_content_(longest_content),
      away_(away) {}

Task<Result<Created>> Service::create(Caller caller, CreateChat command) {
  if (command.type == ChatType::group) return make_group(std::move(caller), std::move(command));
  return open_direct(std::move(caller), std::move(command));
}

Task<Result<Created>> Service::open_direct(Caller caller, CreateChat command) {
  if (command.name || command.description || command.members)
    co_return fail_field("type", "a direct chat has no name, description or members");
  if (command.username.has_value() == command.user_id.has_value())
    co_return fail_field("username", "give either username or userId");

  UserId peer = command.user_id.value_or(UserId{});
  if (command.username) {
    auto found = co_await chats_.find_users({lower_ascii(*command.username)});
    if (!found) co_return std::unexpected(found.error());
    peer = found->front();
  }
  auto opened = co_await chats_.open_direct(caller.user_id, peer);
  if (!opened) {
    // Somebody who is blocked is told just what they are told of a name that nobody has.
    if (command.username && opened.error().code == Errc::user_not_found)
      co_return fail(Errc::user_not_found, lower_ascii(*command.username));
    co_return std::unexpected(opened.error());
  }
  co_return Created{std::move(opened->chat), opened->first_time};
}

Task<Result<Created>> Service::make_group(Caller caller, CreateChat command) {
  if (command.username || command.user_id)
    co_return fail_field("type", "a group has members; give their usernames in `members`");
  if (!command.name) co_return fail_field("name", "a group needs a name");

  auto usernames = std::move(command.members).value_or(std::vector<std::string>{});
  for (std::string& name : usernames) name = lower_ascii(std::move(name));
  auto members = co_await chats_.find_users(std::move(usernames));
  if (!members) co_return std::unexpected(members.error());
  auto change = co_await chats_.create_group({.creator = caller.user_id,
                                              .name = std::move(*command.name),
                                              .description = command.description.value_or(""),
                                              .members = std::move(*members)});
  if (!change) co_return std::unexpected(change.error());

  const ChatId chat = change->entry.chat_id;
  announce(router_, std::move(*change), caller.connection);
  auto made = co_await chats_.get(caller.user_id, chat);
  if (!made) co_return std::unexpected(made.error());
  co_return Created{std::move(*made), true};
}

Task<Result<ChatPage>> Service::list(Caller caller, ListChats command) {
  return chats_.list(caller.user_id, std::move(command.cursor), command.limit.value_or(20));
}

Task<Result<Chat>> Service::get(Caller caller, OneChat command) {
  return chats_.get(caller.user_id, command.chat_id);
}

Task<Result<ParticipantPage>> Service::participants(Caller caller, ListParticipants command) {
  return chats_.participants(caller.user_id, command.chat_id, std::move(command.cursor),
                             command.limit.value_or(50));
}

Task<Result<Sent>> Service::send(Caller caller, SendMessage command) {
  if (command.content.empty()) co_return fail(Errc::empty_message);
  if (command.content.size() > longest_content_) {
    co_return fail_field("content", "at most " + std::to_string(longest_content_) + " bytes",
                         Errc::message_too_long);
  }

  Draft draft{.chat_id = command.chat_id,
              .sender_id = caller.user_id,
              .type = command.type.value_or(MessageType::text),
              .content = std::move(command.content),
              .client_message_id = std::move(command.client_message_id),
              .trace = caller.trace};
  auto accepted = co_await messages_.append(std::move(draft));
  if (!accepted) co_return std::unexpected(accepted.error());

  // A resent draft was announced when it first arrived.
  if (accepted->first_time) {
    if (away_) away_->sent(accepted->message.chat_id, accepted->message.seq, caller.trace);
    router_.deliver(accepted->message, std::move(accepted->recipients), caller.connection);
  }

  co_return Sent{std::move(accepted->message), accepted->first_time};  // 201 or 200
}

Task<Result<Done>> Service::mark_delivered(Caller caller, MoveMark command) {
  return mark(std::move(caller), command.chat_id, {.delivered = command.seq, .read = 0});
}

Task<Result<Done>> Service::mark_read(Caller caller, MoveMark command) {
  return mark(std::move(caller), command.chat_id, {.delivered = command.seq, .read = command.seq});
}

Task<Result<Done>> Service::mark(Caller caller, ChatId chat, Receipt receipt) {
  auto moved = co_await messages_.mark(
      {.chat_id = chat, .user_id = caller.user_id, .receipt = receipt, .trace = caller.trace});
  if (!moved) co_return std::unexpected(moved.error());
  if (moved->after == moved->before) co_return Done{};
  // What is newly covered was sent by the other one, who had got everything before it.
  if (away_ && moved->type == ChatType::direct) away_->arrived(chat, moved->after.delivered);
  receipts_.announce(chat, caller.user_id, std::move(*moved), caller.connection);
  co_return Done{};
}

Task<Result<Done>> Service::set_typing(Caller caller, SetTyping command) {
  auto audience = co_await chats_.addressees(caller.user_id, command.chat_id);
  if (!audience) co_return std::unexpected(audience.error());
  router_.deliver(UserTyping{command.chat_id, caller.user_id, command.typing},
                  std::move(*audience));
  co_return Done{};
}

Task<Result<HistoryPage>> Service::history(Caller caller, ReadHistory command) {
  if (command.before.has_value() + command.after.has_value() + command.around.has_value() > 1)
    co_return fail_field("before", "give at most one of before, after and around");
  co_return co_await messages_.history(caller.user_id, {.chat_id = command.chat_id,
                                                        .before = command.before,
                                                        .after = command.after,
                                                        .around = command.around,
                                                        .limit = command.limit.value_or(50)});
}

Task<Result<MessageInfo>> Service::info(Caller caller, OneMessage command) {
  return messages_.info(caller.user_id, command.chat_id, command.message_id);
}

Task<Result<SyncPage>> Service::sync(Caller caller, SyncSince command) {
  return messages_.sync(caller.user_id, std::move(command.cursor), command.limit.value_or(100));
}

}  // namespace parley::chat
