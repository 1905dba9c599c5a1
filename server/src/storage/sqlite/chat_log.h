#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id_source.h"
#include "storage/sql/chat_log.h"
#include "storage/sqlite/chat_cache.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/overlay.h"
#include "storage/sqlite/seen_drafts.h"

namespace parley::storage {

// SqliteChatLog is what an operation of the writer works with: it keeps rows, memory and what
// readers see in step across commits and rollbacks. It belongs to the writer's thread.
class SqliteChatLog final : public ChatLog {
 public:
  struct Limits {
    std::size_t cached_participants;
    std::size_t dedup_window;
    delivery::PublishedKinds publishes{};
  };

  SqliteChatLog(SqliteConnection& db, const std::filesystem::path& file, Overlay& overlay,
                IdSource& ids, const Clock& clock, Limits limits);

  SqliteConnection& db() override { return db_; }
  const Clock& clock() const override { return clock_; }
  const delivery::PublishedKinds& publishes() const override { return publishes_; }
  SeenDrafts& seen_drafts() { return seen_; }

  CachedChat* find(ChatId chat) override { return cache_.find(db_, chat); }
  void wishes_changed(ChatId chat) override { cache_.reload_wishes(db_, chat); }

  // Its head is shown with it.
  CachedChat& insert(HeldChat chat, std::string_view name, std::string_view description) override;
  Placed append(HeldChat& chat, const NewEntry& entry) override;
  void move(HeldChat& chat, HeldParticipant& participant, Receipt to) override;
  void membership_changed(HeldChat& chat) override;
  void departed(HeldChat& chat, UserId) override { membership_changed(chat); }
  void keep_accounts(const std::vector<UserId>&) override {}  // there is one writer
  Receipt receipt(ChatId chat, UserId user, Receipt row) const override;

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
  const delivery::PublishedKinds publishes_;
  ChatCache cache_;
  SeenDrafts seen_;

  struct MarkKind;

  std::uint64_t last_id_ = 0;
  std::vector<Shown> shown_;    // what readers see once the batch is committed
  std::size_t folded_now_ = 0;  // chats folded by the current transaction
};

}  // namespace parley::storage
