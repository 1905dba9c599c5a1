#include "app/open_engine.h"

#include <utility>

#include "base/log.h"
#include "base/private_directory.h"
#include "storage/postgres/database.h"
#include "storage/postgres/housekeeping.h"
#include "storage/postgres/message_store.h"
#include "storage/sql/chat_store.h"
#include "storage/sql/housekeeping.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/message_store.h"

namespace parley::app {
namespace {

Engine open_sqlite(const NodeSettings& settings, IdSource& ids, const Clock& clock) {
  auto database = std::make_unique<storage::SqliteDatabase>(
      storage::Options{.directory = settings.data,
                       .max_group = settings.max_group,
                       .dedup_window = settings.dedup_window,
                       .publishes = published_kinds(settings.cluster)},
      ids, clock);
  Engine engine;
  engine.chats = std::make_unique<storage::SqlChatStore>(*database, settings.max_group);
  engine.messages = std::make_unique<storage::SqliteMessageStore>(*database);
  engine.housekeeping = std::make_unique<storage::SqlHousekeeping>(*database);
  engine.database = std::move(database);
  return engine;
}

// Clocks of one cluster may differ by so much, without anybody noticing.
constexpr std::chrono::milliseconds kMayDiffer{1'000};

// `off`: how far the server's clock is ahead of ours, as it is now.
void steer(SteeredClock& clock, std::chrono::milliseconds off) {
  if (std::chrono::abs(off) <= kMayDiffer) return;
  const auto ahead = clock.ahead() + off;
  clock.set_ahead(std::chrono::abs(ahead) <= kMayDiffer ? std::chrono::milliseconds{0} : ahead);
  log::warning("the clock of this machine is not the store's; going by the store's",
               {{"store_ahead_ms", ahead.count()}});
}

// A connection that ends sets its number free within moments; whoever waits for longer asks again.
constexpr std::chrono::milliseconds kClaim{1'000};

Engine open_postgres(const NodeSettings& settings, std::uint32_t node, IdSource& ids,
                     SteeredClock& clock) {
  auto database = std::make_unique<storage::PostgresDatabase>(
      storage::PostgresOptions{
          .url = settings.cluster.storage,
          .reads_url = settings.cluster.storage_reads,
          .max_group = settings.max_group,
          .node = node,
          .claim_within = kClaim,
          .clock_measured = [&clock](std::chrono::milliseconds off) { steer(clock, off); },
          .publishes = published_kinds(settings.cluster)},
      ids, clock);
  Engine engine;
  engine.chats = std::make_unique<storage::SqlChatStore>(*database, settings.max_group);
  engine.messages = std::make_unique<storage::PostgresMessageStore>(*database);
  engine.housekeeping = std::make_unique<storage::PostgresHousekeeping>(*database);
  engine.database = std::move(database);
  return engine;
}

}  // namespace

delivery::PublishedKinds published_kinds(const ClusterSettings& cluster) {
  if (cluster.rabbitmq.empty()) return {};
  return {.users = true,
          .status = cluster.publish_status,
          .messages = delivery::message_events(cluster.publish_messages)
                          .value_or(delivery::MessageEvents::none)};
}

std::uint32_t node_number(const NodeSettings& settings, const StartWait* wait, const Clock& clock) {
  if (wait || settings.cluster.storage.empty()) return settings.node_id;
  return storage::PostgresMonitor{
      {.connection = {.url = settings.cluster.storage}, .node = {}, .clock_measured = {}}, clock}
      .node();
}

Engine open_engine(const NodeSettings& settings, StartWait* wait, std::uint32_t node, IdSource& ids,
                   SteeredClock& clock) {
  Engine engine;
  const auto open = [&] {
    if (settings.cluster.storage.empty()) {
      engine = open_sqlite(settings, ids, clock);
    } else {
      make_private(settings.data);
      engine = open_postgres(settings, node, ids, clock);
    }
  };
  if (!wait) {
    open();
    return engine;
  }
  wait->until("store", [&] {
    try {
      open();
    } catch (const storage::NodeIdInUse& failure) {
      throw NotYet{failure.what()};
    }
  });
  return engine;
}

}  // namespace parley::app
