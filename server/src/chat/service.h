#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "chat/away.h"
#include "chat/chat_store.h"
#include "chat/message_store.h"
#include "chat/receipts.h"
#include "delivery/router.h"
#include "model/limit.h"
#include "model/session.h"

namespace parley::chat {

struct Done {};
BOOST_DESCRIBE_STRUCT(Done, (), ())

struct OneChat {
  ChatId chat_id;
};
BOOST_DESCRIBE_STRUCT(OneChat, (), (chat_id))

// Opens a direct chat (`username` or `userId`) or makes a group (`name`, `members`).
struct CreateChat {
  ChatType type = ChatType::direct;
  std::optional<std::string> username;
  std::optional<UserId> user_id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> members;  // usernames

  static constexpr std::array kLimits{Limit{"name", Limit::Of::characters, 1, 100},
                                      Limit{"description", Limit::Of::characters, 0, 500},
                                      Limit{"members", Limit::Of::items, 0, 1024}};
};
BOOST_DESCRIBE_STRUCT(CreateChat, (), (type, username, user_id, name, description, members))

struct Created {
  Chat chat;
  bool first_time = true;

  const Chat& body() const { return chat; }
};

struct ListChats {
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;

  static constexpr std::array kLimits{Limit{"limit", Limit::Of::value, 1, 100}};
};
BOOST_DESCRIBE_STRUCT(ListChats, (), (limit, cursor))

struct ListParticipants {
  ChatId chat_id;
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;

  static constexpr std::array kLimits{Limit{"limit", Limit::Of::value, 1, 100}};
};
BOOST_DESCRIBE_STRUCT(ListParticipants, (), (chat_id, limit, cursor))

struct SendMessage {
  ChatId chat_id;
  std::string content;
  std::string client_message_id;  // chosen by the sender; the same again means the same message
  std::optional<MessageType> type;

  static constexpr std::array kLimits{Limit{"clientMessageId", Limit::Of::bytes, 1, 64}};
};
BOOST_DESCRIBE_STRUCT(SendMessage, (), (chat_id, content, client_message_id, type))

// What the sender's socket is told; REST gets the whole message.
struct Acknowledgement {
  MessageId id;
  Seq seq = 0;
  Timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(Acknowledgement, (), (id, seq, created_at))

struct Sent {
  Message message;
  bool first_time = true;

  const Message& body() const { return message; }
  Acknowledgement socket_body() const { return {message.id, message.seq, message.created_at}; }
};

struct MoveMark {
  ChatId chat_id;
  Seq seq = 0;

  static constexpr std::array kLimits{Limit{"seq", Limit::Of::value, 0, 1LL << 53}};
};
BOOST_DESCRIBE_STRUCT(MoveMark, (), (chat_id, seq))

struct SetTyping {
  ChatId chat_id;
  bool typing = false;
};
BOOST_DESCRIBE_STRUCT(SetTyping, (), (chat_id, typing))

struct ReadHistory {
  ChatId chat_id;
  std::optional<Seq> before;
  std::optional<Seq> after;
  std::optional<Seq> around;
  std::optional<std::int64_t> limit;

  static constexpr std::array kLimits{Limit{"before", Limit::Of::value, 0, 1LL << 53},
                                      Limit{"after", Limit::Of::value, 0, 1LL << 53},
                                      Limit{"around", Limit::Of::value, 0, 1LL << 53},
                                      Limit{"limit", Limit::Of::value, 1, 100}};
};
BOOST_DESCRIBE_STRUCT(ReadHistory, (), (chat_id, before, after, around, limit))

struct OneMessage {
  ChatId chat_id;
  MessageId message_id;
};
BOOST_DESCRIBE_STRUCT(OneMessage, (), (chat_id, message_id))

struct SyncSince {
  std::optional<std::string> cursor;
  std::optional<std::int64_t> limit;

  static constexpr std::array kLimits{Limit{"limit", Limit::Of::value, 1, 200}};
};
BOOST_DESCRIBE_STRUCT(SyncSince, (), (cursor, limit))

// What people do with chats: one method per verb a user would say. Membership of groups is in
// groups.h.
//
// A method decides and orders; it does no I/O of its own and knows no transport. The caller has
// been authenticated; whether they may do this is settled in the same transaction that does it,
// so there is no gap between. Who is not in a chat gets chat_not_found from every method.
class Service {
 public:
  Service(ChatStore& chats, MessageStore& messages, delivery::Router& router, Receipts& receipts,
          std::size_t longest_content, AwayWatch* away = nullptr);

  // Opens the direct chat with a user (the same one every time) or makes a group.
  // Refuses with user_not_found, validation_failed, participant_limit, not_addable.
  Task<Result<Created>> create(Caller caller, CreateChat command);

  Task<Result<ChatPage>> list(Caller caller, ListChats command);
  Task<Result<Chat>> get(Caller caller, OneChat command);
  Task<Result<ParticipantPage>> participants(Caller caller, ListParticipants command);

  // Sends a message to a chat. When this returns, the message is on disk; the other participants
  // hear of it if they are online. Refuses with empty_message, message_too_long, blocked.
  Task<Result<Sent>> send(Caller caller, SendMessage command);

  // Acknowledges everything up to `seq` as delivered to, or read by, the caller. When this
  // returns, that is on disk. The authors see their ticks move.
  Task<Result<Done>> mark_delivered(Caller caller, MoveMark command);
  Task<Result<Done>> mark_read(Caller caller, MoveMark command);

  // Tells the others in the chat; nothing is kept. Refuses with blocked.
  Task<Result<Done>> set_typing(Caller caller, SetTyping command);

  Task<Result<HistoryPage>> history(Caller caller, ReadHistory command);
  Task<Result<MessageInfo>> info(Caller caller, OneMessage command);
  Task<Result<SyncPage>> sync(Caller caller, SyncSince command);

 private:
  Task<Result<Created>> open_direct(Caller caller, CreateChat command);
  Task<Result<Created>> make_group(Caller caller, CreateChat command);
  Task<Result<Done>> mark(Caller caller, ChatId chat, Receipt receipt);

  ChatStore& chats_;
  MessageStore& messages_;
  delivery::Router& router_;
  Receipts& receipts_;
  const std::size_t longest_content_;
  AwayWatch* const away_;
};

}  // namespace parley::chat
