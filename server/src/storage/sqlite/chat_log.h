#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id_source.h"
#include "model/message.h"
#include "storage/sql/transaction.h"
#include "storage/sqlite/chat_cache.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/overlay.h"
#include "storage/sqlite/seen_drafts.h"

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

// ChatLog is what an operation of the writer works with: it gives entries their place, moves
// watermarks, and keeps rows, memory and what readers see in step across commits and rollbacks.
// It belongs to the writer's thread and to the transaction that is open.
class ChatLog final : public Transaction {
 public:
  struct Limits {
    std::size_t cached_participants;
    std::size_t dedup_window;
  };

  ChatLog(SqliteConnection& db, const std::filesystem::path& file, Overlay& overlay, IdSource& ids,
          const Clock& clock, Limits limits);

  SqliteConnection& db() override { return db_; }
  const Clock& clock() const override { return clock_; }
  SeenDrafts& seen_drafts() { return seen_; }

  // A chat, to be changed by the functions below and by nothing else; null when there is none.
  CachedChat* find(ChatId chat) { return cache_.find(db_, chat); }

  void wishes_changed(ChatId chat) override { cache_.reload_wishes(db_, chat); }

  chat::Change take_out_of_group(ChatId chat, UserId actor, UserId user) override;

  // Gives an entry the next seq of the chat, and moves its sender's watermarks to it.
  Placed append(CachedChat& chat, const NewEntry& entry);

  // Moves a participant to `to`, which advance() yielded.
  void move(CachedChat& chat, CachedParticipant& participant, Receipt to);

  // A chat with rows of this transaction that no other has seen. Its head is shown with it.
  CachedChat& insert(CachedChat chat);

  // Says that somebody came, went or changed their role: participants of the cache and rows are
  // the caller's to change, in this order.
  void membership_changed(CachedChat& chat);

  // The receipt of somebody whose row says `row`, whether they are in the chat or not.
  Receipt receipt(ChatId chat, UserId user, Receipt row) const;

  // Writes up to `most` of the chats that changed longest ago to their rows, within the current
  // transaction. Answers how many.
  std::size_t fold(std::size_t most);
  bool folded() const { return overlay_.size() == 0; }
  std::optional<std::chrono::steady_clock::time_point> oldest_unfolded() const {
    return overlay_.oldest();
  }

  // Call after every COMMIT and every ROLLBACK.
  void committed();
  void rolled_back();

 private:
  struct Shown {
    ChatId chat;
    Head head;
    UserId user;
    Receipt receipt;
  };

  std::uint64_t draw_id() override {
    last_id_ = ids_.next<MessageKind>().value();
    return last_id_;
  }

  SqliteConnection& db_;
  Overlay& overlay_;
  IdSource& ids_;
  const Clock& clock_;
  ChatCache cache_;
  SeenDrafts seen_;

  struct MarkKind;

  std::uint64_t last_id_ = 0;
  std::vector<Shown> shown_;    // what readers see once the batch is committed
  std::size_t folded_now_ = 0;  // chats folded by the current transaction
};

}  // namespace parley::storage
