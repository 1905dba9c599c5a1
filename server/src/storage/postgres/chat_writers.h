#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/id_source.h"
#include "base/task.h"
#include "chat/message_store.h"
#include "storage/postgres/chat_writer.h"

namespace parley::storage {

// PostgresChatWriters appends and marks for a MessageStore on PostgreSQL, by what
// chat/message_store.h promises: a few ChatWriters on one thread, each with a share of the chats,
// so that the transactions of one node are not in each other's way. Other nodes may write to the
// same chats at the same time.
//
// Safe to call from any loop. The loops of its callers are to outlive it. Refuses with busy when
// too much waits; throws StorageUnavailable when nothing can be kept (see ChatWriter).
class PostgresChatWriters {
 public:
  struct Options {
    ChatWriter::Options each;
    unsigned writers = 4;
  };

  // Connects in the background; what is asked before waits for that.
  PostgresChatWriters(const Options& options, IdSource& ids, const Clock& clock);
  // Stops it.
  ~PostgresChatWriters();

  Task<Result<chat::Accepted>> append(chat::Draft draft);
  Task<Result<chat::Moved>> mark(chat::Mark mark);

  // Does what waits and ends the thread; what comes later is refused with StorageUnavailable.
  void stop();

  // Why nothing can be stored at the moment; nothing when all is well. From any thread.
  std::optional<std::string> trouble() const;
  std::uint64_t commits() const;

 private:
  ChatWriter& writer_of(ChatId chat);

  Loop loop_{1};
  std::deque<ChatWriter> writers_;
  std::mutex stop_mutex_;
  std::thread thread_;
};

}  // namespace parley::storage
