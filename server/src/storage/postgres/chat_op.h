#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/waiter.h"
#include "chat/message_store.h"

namespace parley::storage {

// A message to be kept or a mark to be made, and the coroutine that waits for it.
struct ChatOp : Waiter {
  enum class Kind : std::uint8_t { append, mark };

  Kind kind() const { return kind_; }
  ChatId chat() const { return chat_; }
  UserId user() const { return user_; }
  // What it takes to hold it, about.
  std::size_t bytes() const { return bytes_; }

  ChatOp* next = nullptr;  // in a queue

 protected:
  ChatOp(Kind kind, ChatId chat, UserId user, std::size_t bytes)
      : kind_(kind), chat_(chat), user_(user), bytes_(bytes) {}
  ~ChatOp() = default;

 private:
  const Kind kind_;
  const ChatId chat_;
  const UserId user_;
  const std::size_t bytes_;
};

struct AppendOp final : ChatOp {
  explicit AppendOp(chat::Draft d)
      : ChatOp(Kind::append, d.chat_id, d.sender_id,
               d.content.size() + d.client_message_id.size() + 256),
        draft(std::move(d)) {}

  chat::Draft draft;
  // The id it had in a transaction of which nobody knows whether it was committed.
  MessageId tried{};
  Result<chat::Accepted> result = parley::fail(Errc::internal);
};

struct MarkOp final : ChatOp {
  explicit MarkOp(const chat::Mark& m) : ChatOp(Kind::mark, m.chat_id, m.user_id, 256), mark(m) {}

  // What it moved in a transaction of which nobody knows whether it was committed.
  struct Tried {
    Receipt before, after;
    Timestamp at;
  };

  const chat::Mark mark;
  std::optional<Tried> tried{};
  Result<chat::Moved> result = parley::fail(Errc::internal);
};

}  // namespace parley::storage
