#pragma once

#include <cstdint>
#include <memory>

#include "app/settings.h"
#include "app/start_wait.h"
#include "base/clock.h"
#include "base/id_source.h"
#include "chat/chat_store.h"
#include "chat/message_store.h"
#include "delivery/event_log.h"
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

// What is written for other systems. Events are for RabbitMQ: without one there would be nobody to
// take them out of the store.
delivery::PublishedKinds published_kinds(const ClusterSettings& cluster);

// As configured: PostgreSQL, whose clock `clock` then goes by, or SQLite in the data directory.
// With `wait`, PostgreSQL is waited for, and so is a number that another node has. Throws what the
// engine's database throws.
Engine open_engine(const NodeSettings& settings, StartWait* wait, std::uint32_t node, IdSource& ids,
                   SteeredClock& clock);

// What number goes into our ids: the configured one, or for a tool, which has no `wait`, beside the
// nodes of a cluster one that none of them has.
std::uint32_t node_number(const NodeSettings& settings, const StartWait* wait, const Clock& clock);

}  // namespace parley::app
