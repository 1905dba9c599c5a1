#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/task.h"
#include "base/trace.h"
#include "model/ids.h"

namespace parley::chat {

// Told what was sent, to see whether it arrives. Called from any thread; must not block.
class AwayWatch {
 public:
  virtual ~AwayWatch() = default;
  // `trace` is of the request, if it has one.
  virtual void sent(ChatId chat, Seq seq, const Trace& trace) = 0;
  // The other one of a direct chat has got everything up to `seq`.
  virtual void arrived(ChatId chat, Seq seq) = 0;
};

// The messages of a chat that were sent shortly after one another, up to the last one.
struct Burst {
  ChatId chat_id;
  Seq up_to = 0;
  // The traces of the requests that sent them, of those that have one and are known.
  std::vector<std::pair<Seq, Trace>> traces{};
};

// AwayStore knows who has not got what was sent, and who was told of it by a push. The watermark
// `notified` grows like the others (model/receipt.h). Every call is one transaction; throws
// StorageUnavailable. Safe to call from any loop.
class AwayStore {
 public:
  virtual ~AwayStore() = default;

  // Moves `notified` to `up_to` for everybody who has neither got nor been notified of it, and
  // leaves a job `push` {"user","chat","seq"}, in the same transaction, for those of them who have
  // a device and have not muted the chat: one job for each user and chat, however many bursts wait.
  // Answers how many jobs.
  virtual Task<std::int64_t> notify(Burst burst) = 0;

  // What was sent before `until` and was not yielded before, by any node: for what the node that
  // accepted it did not live to look after. At most `most` messages' chats; empty when there are
  // none.
  virtual Task<std::vector<Burst>> sweep(Timestamp until, std::int64_t most) = 0;
};

}  // namespace parley::chat
