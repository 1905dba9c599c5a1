#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "base/trace.h"
#include "model/chat.h"
#include "model/error.h"
#include "model/message.h"
#include "model/receipt.h"

namespace parley::chat {

// A message its sender asks us to accept.
struct Draft {
  ChatId chat_id;
  UserId sender_id;
  MessageType type = MessageType::text;
  std::string content;
  std::string client_message_id;
  Trace trace{};  // of the request, for other systems (docs/events.md)
};

struct Accepted {
  Message message;
  std::vector<UserId> recipients;  // everyone in the chat, the sender included
  bool first_time = true;          // false when the draft had been accepted before
};

// A participant's wish to move their watermarks; a seq beyond the chat's last counts as the last.
struct Mark {
  ChatId chat_id;
  UserId user_id;
  Receipt receipt;
  Trace trace{};  // of the request
};

// What a mark did.
struct Moved {
  Receipt before;
  Receipt after;  // equal to `before` when nothing moved
  ChatType type = ChatType::direct;
  Timestamp at;
  // Who wrote what was newly covered, the mover left out: the people who see a tick change. In a
  // direct chat not whom the mover does not tell (model/privacy.h).
  std::vector<UserId> delivered_authors;
  std::vector<UserId> read_authors;
};

// Which entries of a chat to read. At most one of the three is given; none means the newest page.
struct HistoryQuery {
  ChatId chat_id;
  std::optional<Seq> before;  // messages with a smaller seq, the nearest
  std::optional<Seq> after;   // entries of every kind with a greater seq, the nearest
  std::optional<Seq> around;  // messages on both sides of it, itself included
  std::int64_t limit = 50;    // 1..100
};

struct HistoryPage {
  std::vector<Message> messages;  // ascending by seq
  Seq from_seq = 0;               // the page shows everything from here
  Seq to_seq = 0;                 // to here; from_seq = to_seq + 1 when it covers nothing
  bool has_more = false;          // in the direction asked for (`around`: in either)
};
BOOST_DESCRIBE_STRUCT(HistoryPage, (), (messages, from_seq, to_seq, has_more))

// Who has got a message, its sender left out.
struct MessageInfo {
  MessageId message_id;
  Seq seq = 0;
  std::vector<UserId> delivered_to;
  std::vector<UserId> read_by;
};
BOOST_DESCRIBE_STRUCT(MessageInfo, (), (message_id, seq, delivered_to, read_by))

// A chat that changed since the cursor. `limited`: more than 200 entries are new; read the newest
// page first. A chat the user is no longer in comes with role `left`.
struct ChangedChat : Chat {
  std::optional<bool> limited;
};
BOOST_DESCRIBE_STRUCT(ChangedChat, (Chat), (limited))

struct SyncPage {
  std::string cursor;  // opaque; give it back to continue here
  std::string epoch;   // changes when the store was replaced: start over without a cursor
  std::vector<ChangedChat> chats;
  bool has_more = false;
};
BOOST_DESCRIBE_STRUCT(SyncPage, (), (cursor, epoch, chats, has_more))

// MessageStore keeps the log of every chat in the order it accepted the entries, and how far each
// participant has come. It alone knows what was sent: whatever is pushed to a client later is a
// hint that the client can check, and repair, by reading from here.
//
// Every call is one transaction, and what it reports is on disk: append() and mark() too. When
// nothing can be stored, they throw StorageUnavailable and have changed nothing. Reads never lag
// behind what was reported. To a user who is not in the chat, every call answers chat_not_found,
// whether the chat exists or not. Safe to call from any loop.
class MessageStore {
 public:
  virtual ~MessageStore() = default;

  // Gives `draft` the next seq of its chat and moves the sender's own watermarks to it.
  //
  // Idempotent by (chat, sender, client message id), for at least 7 days and across restarts: a
  // draft that was accepted before yields the same message again and changes nothing, so a client
  // that saw no answer simply resends. Drafts of one caller to one chat keep their order.
  // Refuses with blocked in the direct chat of two people one of whom has blocked the other.
  virtual Task<Result<Accepted>> append(Draft draft) = 0;

  // Moves the watermarks of a participant, forward only (model/receipt.h).
  virtual Task<Result<Moved>> mark(Mark mark) = 0;

  // One page of the chat's log.
  virtual Task<Result<HistoryPage>> history(UserId reader, HistoryQuery query) = 0;

  // Who has got the message. Refuses with message_not_found.
  virtual Task<Result<MessageInfo>> info(UserId reader, ChatId chat, MessageId message) = 0;

  // The user's chats that changed after `cursor`, oldest change first, at most `limit` (1..200).
  // Without a cursor: all of them. May repeat a change, never skips one. Looks at the user's
  // chats, never at their messages. Refuses a cursor it did not make with malformed_request; a
  // cursor of another epoch is answered as if there was none.
  virtual Task<Result<SyncPage>> sync(UserId user, std::optional<std::string> cursor,
                                      std::int64_t limit) = 0;
};

}  // namespace parley::chat
