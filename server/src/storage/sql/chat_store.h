#pragma once

#include "chat/chat_store.h"
#include "storage/sql/database.h"

namespace parley::storage {

// ChatStore on any Database.
class SqlChatStore final : public chat::ChatStore {
 public:
  // Groups have at most `max_group` participants.
  SqlChatStore(Database& database, std::size_t max_group)
      : database_(database), max_group_(max_group) {}

  Task<Result<chat::Opened>> open_direct(UserId caller, UserId peer) override;
  Task<Result<chat::Change>> create_group(chat::NewGroup group) override;
  Task<Result<chat::Change>> add(UserId caller, ChatId chat, std::vector<UserId> users) override;
  Task<Result<chat::Change>> remove(UserId caller, ChatId chat, UserId user) override;
  Task<Result<chat::Change>> set_role(UserId caller, ChatId chat, UserId user,
                                      ParticipantRole role) override;
  Task<Result<chat::Change>> set_permissions(UserId caller, ChatId chat, UserId user,
                                             chat::PermissionChange change) override;
  Task<Result<chat::Change>> update(UserId caller, ChatId chat, Settings settings) override;

  Task<Result<Chat>> get(UserId reader, ChatId chat) override;
  Task<Result<chat::ChatPage>> list(UserId reader, std::optional<std::string> cursor,
                                    std::int64_t limit) override;
  Task<Result<chat::ParticipantPage>> participants(UserId reader, ChatId chat,
                                                   std::optional<std::string> cursor,
                                                   std::int64_t limit) override;
  Task<Result<std::vector<UserId>>> audience(UserId reader, ChatId chat) override;
  Task<Result<std::vector<UserId>>> addressees(UserId writer, ChatId chat) override;
  Task<Result<std::vector<UserId>>> find_users(std::vector<std::string> usernames) override;
  Task<std::vector<UserId>> direct_peers(UserId user, std::int64_t limit) override;
  Task<bool> share_chat(UserId one, UserId other) override;
  Task<std::vector<Sight>> sights(std::vector<Gaze> gazes) override;

 private:
  Database& database_;
  const std::size_t max_group_;
};

}  // namespace parley::storage
