#include "storage/postgres/chat_writers.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <pthread.h>

namespace parley::storage {

PostgresChatWriters::PostgresChatWriters(const Options& options, IdSource& ids,
                                         const Clock& clock) {
  for (unsigned i = 0; i < std::max(1U, options.writers); ++i) {
    ChatWriter& writer = writers_.emplace_back(loop_, options.each, ids, clock);
    boost::asio::co_spawn(loop_, writer.serve(), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  thread_ = std::thread{[this] { loop_.run(); }};
  pthread_setname_np(thread_.native_handle(), "store-chats");
}

PostgresChatWriters::~PostgresChatWriters() { stop(); }

void PostgresChatWriters::stop() {
  const std::lock_guard lock{stop_mutex_};
  for (ChatWriter& writer : writers_) writer.stop();
  if (thread_.joinable()) thread_.join();
}

// Ids have more zeros than ones at their end, so they are stirred first.
ChatWriter& PostgresChatWriters::writer_of(ChatId chat) {
  const std::uint64_t stirred = (chat.value() ^ (chat.value() >> 22)) * 0x9e3779b97f4a7c15ULL;
  return writers_[(stirred >> 33) % writers_.size()];
}

Task<Result<chat::Accepted>> PostgresChatWriters::append(chat::Draft draft) {
  AppendOp op{std::move(draft)};
  co_await op.wait([&] { writer_of(op.chat()).push(&op); });
  co_return std::move(op.result);
}

Task<Result<chat::Moved>> PostgresChatWriters::mark(chat::Mark mark) {
  MarkOp op{mark};
  co_await op.wait([&] { writer_of(op.chat()).push(&op); });
  co_return std::move(op.result);
}

std::optional<std::string> PostgresChatWriters::trouble() const {
  for (const ChatWriter& writer : writers_)
    if (auto trouble = writer.trouble()) return trouble;
  return std::nullopt;
}

std::uint64_t PostgresChatWriters::commits() const {
  std::uint64_t all = 0;
  for (const ChatWriter& writer : writers_) all += writer.commits();
  return all;
}

}  // namespace parley::storage
