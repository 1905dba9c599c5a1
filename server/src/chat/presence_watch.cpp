#include <algorithm>
#include <iterator>
#include <utility>

#include "chat/presence.h"

// Who looks at which group, and hears of its members as long.

namespace parley::chat {

Task<std::vector<UserId>> PresenceService::watchers_of(UserId user) {
  std::vector<std::pair<ChatId, std::vector<UserId>>> looked_at;
  {
    const std::lock_guard lock{mutex_};
    if (const auto chats = watched_with_.find(user); chats != watched_with_.end()) {
      for (const ChatId chat : chats->second) {
        auto& watchers = looked_at.emplace_back(chat, std::vector<UserId>{}).second;
        for (const auto& [connection, watcher] : watched_.at(chat).watchers)
          watchers.push_back(watcher);
      }
    }
  }
  // Since they began to look, either may have left the group.
  std::vector<UserId> told;
  for (const auto& [chat, watchers] : looked_at) {
    const auto members = co_await chats_.audience(user, chat);
    if (!members) continue;
    for (const UserId watcher : watchers) {
      if (watcher != user && std::ranges::find(*members, watcher) != members->end())
        told.push_back(watcher);
    }
  }
  co_return told;
}

Task<Result<Watched>> PresenceService::watch(Caller caller, OneChat command) {
  auto members = co_await chats_.audience(caller.user_id, command.chat_id);
  if (!members) co_return std::unexpected(members.error());

  Watched answer;
  std::vector<UserId> there;
  std::ranges::copy_if(*members, std::back_inserter(there),
                       [&](UserId member) { return router_.online(member); });
  for (const UserOnline& seen : co_await seen_online(caller.user_id, std::move(there))) {
    answer.online.push_back(seen.user_id);
    if (seen.state == PresenceState::away) answer.away.push_back(seen.user_id);
    if (seen.state == PresenceState::busy) answer.busy.push_back(seen.user_id);
  }

  const std::lock_guard lock{mutex_};
  auto& mine = watched_by_[caller.connection];
  if (std::ranges::find(mine, command.chat_id) == mine.end()) {
    if (mine.size() >= kMostWatched) drop_watch(caller.connection, ChatId{mine.front()});
    watched_by_[caller.connection].push_back(command.chat_id);
  }
  WatchedChat& chat = watched_[command.chat_id];
  if (chat.watchers.empty()) {
    chat.members = std::move(*members);
    for (const UserId member : chat.members) watched_with_[member].push_back(command.chat_id);
  }
  chat.watchers.insert_or_assign(caller.connection, caller.user_id);
  co_return answer;
}

Task<Result<Done>> PresenceService::unwatch(Caller caller, OneChat command) {
  const std::lock_guard lock{mutex_};
  drop_watch(caller.connection, command.chat_id);
  co_return Done{};
}

void PresenceService::forget(ConnectionId connection) {
  const std::lock_guard lock{mutex_};
  for (auto mine = watched_by_.find(connection); mine != watched_by_.end();
       mine = watched_by_.find(connection))
    drop_watch(connection, ChatId{mine->second.front()});
}

void PresenceService::drop_watch(ConnectionId connection, ChatId id) {
  if (const auto mine = watched_by_.find(connection); mine != watched_by_.end()) {
    std::erase(mine->second, id);
    if (mine->second.empty()) watched_by_.erase(mine);
  }
  const auto chat = watched_.find(id);
  if (chat == watched_.end()) return;
  chat->second.watchers.erase(connection);
  if (!chat->second.watchers.empty()) return;
  for (const UserId member : chat->second.members) {
    const auto chats = watched_with_.find(member);
    if (chats == watched_with_.end()) continue;
    std::erase(chats->second, id);
    if (chats->second.empty()) watched_with_.erase(chats);
  }
  watched_.erase(chat);
}

}  // namespace parley::chat
