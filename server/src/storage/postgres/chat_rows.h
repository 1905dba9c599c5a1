#pragma once

#include <span>

#include "storage/postgres/chat_batch.h"
#include "storage/postgres/pipeline.h"

namespace parley::storage {

// What a ChatBatch says to PostgreSQL, in two exchanges within one transaction. The first one locks
// the batch's chats and reads what it has to know; the second one writes what it decided, reads
// what its answers need besides, and commits.

// Sends the first; read_locked() takes its answers. Throws std::runtime_error when they are not
// what was asked for. `now` says how far back a draft may be repeated.
void send_locking(Pipeline& db, ChatBatch& batch, Timestamp now);
void read_locked(std::span<const Rows> answers, ChatBatch& batch);

// The same for the second.
void send_writing(Pipeline& db, ChatBatch& batch);
void read_written(std::span<const Rows> answers, ChatBatch& batch);

}  // namespace parley::storage
