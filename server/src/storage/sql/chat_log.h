#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "model/message.h"
#include "storage/sql/held_chat.h"
#include "storage/sql/transaction.h"

namespace parley::storage {

// What an entry of the log says, before it has a place there.
struct NewEntry {
  EntryKind kind = EntryKind::message;
  UserId sender;
  std::optional<MessageType> type;
  std::string_view content;
  std::optional<std::string_view> client_id;
};

struct Placed {
  MessageId id;
  Seq seq = 0;
  Timestamp created_at;
};

// ChatLog is what a change of a chat works with: it holds the chats it is asked for, gives entries
// their place and moves watermarks. It belongs to the transaction that is open.
class ChatLog : public Transaction {
 public:
  // A chat, held until the transaction ends, and to be changed by the functions below and by
  // nothing else; null when there is none. Who needs several asks in the order of their ids.
  virtual HeldChat* find(ChatId chat) = 0;

  // Makes a chat of this type and with these participants, whose rows are the caller's to insert.
  virtual HeldChat& insert(HeldChat chat, std::string_view name, std::string_view description) = 0;

  // Gives an entry the next seq of the chat, and moves its sender's watermarks to it.
  virtual Placed append(HeldChat& chat, const NewEntry& entry) = 0;

  // Moves a participant to `to`, which advance() yielded.
  virtual void move(HeldChat& chat, HeldParticipant& participant, Receipt to) = 0;

  // Says that somebody came, went or changed their role: participants and rows are the caller's to
  // change, in this order.
  virtual void membership_changed(HeldChat& chat) = 0;
  // Says so of `user`, whose row was given the role left.
  virtual void departed(HeldChat& chat, UserId user) = 0;

  // The receipt of somebody whose row says `row`, whether they are in the chat or not.
  virtual Receipt receipt(ChatId chat, UserId user, Receipt row) const = 0;

  chat::Change take_out_of_group(ChatId chat, UserId actor, UserId user) final;
};

}  // namespace parley::storage
