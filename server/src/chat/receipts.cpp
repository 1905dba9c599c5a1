#include "chat/receipts.h"

#include <algorithm>
#include <memory>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>

namespace parley::chat {
namespace {

void add_new(std::vector<UserId>& users, const std::vector<UserId>& more) {
  for (const UserId user : more) {
    if (std::ranges::find(users, user) == users.end()) users.push_back(user);
  }
}

}  // namespace

void Receipts::announce(ChatId chat, UserId mover, Moved moved, ConnectionId except) {
  if (moved.type == ChatType::direct) return tell(chat, mover, std::move(moved), except);

  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    first = pending_.empty();
    const auto [place, is_new] = pending_[chat].try_emplace(mover, Pending{moved, except});
    if (!is_new) {
      Pending& earlier = place->second;
      earlier.moved.after.delivered =
          std::max(earlier.moved.after.delivered, moved.after.delivered);
      earlier.moved.after.read = std::max(earlier.moved.after.read, moved.after.read);
      earlier.moved.at = moved.at;
      add_new(earlier.moved.delivered_authors, moved.delivered_authors);
      add_new(earlier.moved.read_authors, moved.read_authors);
      if (earlier.except != except) earlier.except = 0;  // two devices moved: both are told
    }
  }
  if (first) boost::asio::dispatch(loop_, [this] { tell_later(); });
}

void Receipts::tell_later() {
  auto timer = std::make_unique<boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
      Loop::executor_type>>(loop_, group_delay_);
  auto& waiting = *timer;
  waiting.async_wait([this, timer = std::move(timer)](const boost::system::error_code& stopped) {
    if (!stopped) tell_pending();
  });
}

void Receipts::tell_pending() {
  std::unordered_map<ChatId, Movers> due;
  {
    const std::lock_guard lock{mutex_};
    due.swap(pending_);
  }
  for (auto& [chat, movers] : due) {
    for (auto& [mover, pending] : movers)
      tell(chat, mover, std::move(pending.moved), pending.except);
  }
}

void Receipts::tell(ChatId chat, UserId mover, Moved moved, ConnectionId except) {
  const bool read = moved.after.read > moved.before.read;
  const bool delivered = moved.after.delivered > moved.before.delivered;
  if (read) moved.read_authors.push_back(mover);
  if (delivered) {
    moved.delivered_authors.push_back(mover);
    // Read implies delivered: whoever hears of the one needs not hear of the other as well, unless
    // the reading stopped short of what was delivered.
    if (read && moved.after.read == moved.after.delivered) {
      std::erase_if(moved.delivered_authors, [&](UserId user) {
        return std::ranges::find(moved.read_authors, user) != moved.read_authors.end();
      });
    }
    router_.deliver(MessageDelivered{chat, mover, moved.after.delivered, moved.at},
                    std::move(moved.delivered_authors), except);
  }
  if (read) {
    router_.deliver(MessageRead{chat, mover, moved.after.read, moved.at},
                    std::move(moved.read_authors), except);
  }
}

}  // namespace parley::chat
