#pragma once

#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "chat/chat_store.h"
#include "delivery/event_log.h"
#include "storage/sql/connection.h"

namespace parley::storage {

// What a change of the store works with, while its transaction is open.
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual Connection& db() = 0;
  virtual const Clock& clock() const = 0;
  // Of what a change is to leave an event (storage/sql/outbox.h).
  virtual const delivery::PublishedKinds& publishes() const = 0;

  template <class Kind>
  Id<Kind> next_id() {
    return Id<Kind>{draw_id()};
  }

  // Keeps accounts that are there as they are, but for what this transaction does to them: nobody
  // else changes their rows before it ends, and a removal or suspension under way starts over. Who
  // holds a chat as well finds it first.
  virtual void keep_accounts(const std::vector<UserId>& users) = 0;

  // Says that the two of a direct chat want something else of each other: rows of this transaction.
  virtual void wishes_changed(ChatId chat) = 0;

  // Takes `user`, who is in the group, out of it. The entry says that they left, or that `actor`
  // removed them.
  virtual chat::Change take_out_of_group(ChatId chat, UserId actor, UserId user) = 0;

 private:
  virtual std::uint64_t draw_id() = 0;
};

}  // namespace parley::storage
