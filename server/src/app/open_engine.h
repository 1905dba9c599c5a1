#pragma once

#include <cstdint>
#include <memory>

#include "app/settings.h"
#include "base/clock.h"
#include "base/id_source.h"
#include "chat/chat_store.h"
#include "chat/message_store.h"
#include "delivery/housekeeping.h"
#include "storage/sql/database.h"

namespace parley::app {

// What keeps everything, and what of it each engine does in its own way.
struct Engine {
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<chat::ChatStore> chats;
  std::unique_ptr<chat::MessageStore> messages;
  std::unique_ptr<delivery::Housekeeping> housekeeping;
};

// A server waits for a store that is not there yet; an operator's tool says so and ends.
enum class Use : std::uint8_t { server, tool };

// As configured: PostgreSQL, whose clock `clock` then goes by, or SQLite in the data directory.
// Throws what the engine's database throws.
Engine open_engine(const NodeSettings& settings, Use use, std::uint32_t node, IdSource& ids,
                   SteeredClock& clock);

// What number goes into our ids: the configured one, or for a tool beside the nodes of a cluster
// one that none of them has.
std::uint32_t node_number(const NodeSettings& settings, Use use, const Clock& clock);

}  // namespace parley::app
