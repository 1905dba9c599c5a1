#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "base/clock.h"
#include "base/id_source.h"
#include "storage/postgres/connection.h"
#include "storage/sql/chat_log.h"

namespace parley::storage {

// PostgresChatLog is what a change works with while its transaction is open. Rows show at once what
// it does. A chat it found is locked, and so nobody else changes it, from whichever node, before
// the transaction ends.
//
// Every change of a chat leaves the number of its transaction in the row (change_id), which is what
// sync goes by.
class PostgresChatLog final : public ChatLog {
 public:
  PostgresChatLog(PostgresConnection& db, IdSource& ids, const Clock& clock,
                  const delivery::PublishedKinds& publishes)
      : db_(db), ids_(ids), clock_(clock), publishes_(publishes) {}

  PostgresConnection& db() override { return db_; }
  const Clock& clock() const override { return clock_; }
  const delivery::PublishedKinds& publishes() const override { return publishes_; }
  void wishes_changed(ChatId) override {}  // they are read whenever a chat is

  HeldChat* find(ChatId chat) override;
  HeldChat& insert(HeldChat chat, std::string_view name, std::string_view description) override;
  Placed append(HeldChat& chat, const NewEntry& entry) override;
  void move(HeldChat& chat, HeldParticipant& participant, Receipt to) override;
  void membership_changed(HeldChat&) override {}  // the entry that says so told it
  void departed(HeldChat& chat, UserId user) override;
  void keep_accounts(const std::vector<UserId>& users) override;
  Receipt receipt(ChatId, UserId, Receipt row) const override { return row; }

 private:
  std::uint64_t draw_id() override { return ids_.next<MessageKind>().value(); }

  PostgresConnection& db_;
  IdSource& ids_;
  const Clock& clock_;
  const delivery::PublishedKinds& publishes_;
  std::map<ChatId, HeldChat> held_;
};

}  // namespace parley::storage
