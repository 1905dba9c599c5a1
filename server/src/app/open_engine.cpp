#include "app/open_engine.h"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/private_directory.h"
#include "model/error.h"
#include "storage/postgres/database.h"
#include "storage/postgres/housekeeping.h"
#include "storage/postgres/message_store.h"
#include "storage/sql/chat_store.h"
#include "storage/sql/housekeeping.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/message_store.h"

namespace parley::app {
namespace {

// Events are for RabbitMQ: without one there would be nobody to take them out of the store.
delivery::PublishedKinds published_kinds(const ClusterSettings& cluster) {
  if (cluster.rabbitmq.empty()) return {};
  return {.users = true,
          .messages = delivery::message_events(cluster.publish_messages)
                          .value_or(delivery::MessageEvents::none)};
}

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

Engine open_postgres(const NodeSettings& settings, std::uint32_t node, IdSource& ids,
                     SteeredClock& clock) {
  auto database = std::make_unique<storage::PostgresDatabase>(
      storage::PostgresOptions{
          .url = settings.cluster.storage,
          .reads_url = settings.cluster.storage_reads,
          .max_group = settings.max_group,
          .node = node,
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

// Until there is one: a server that is not there yet is waited for, with a line in the log now and
// then, and so is a number that another node has.
template <class Open>
Engine open_patiently(Open open) {
  constexpr std::chrono::seconds kLongest{30};
  for (std::chrono::seconds wait{1};; wait = std::min(wait * 2, kLongest)) {
    try {
      return open();
    } catch (const StorageUnavailable& failure) {
      log::error("the store cannot be opened",
                 {{"why", failure.what()}, {"again_in_s", wait.count()}});
    } catch (const storage::NodeIdInUse& failure) {
      log::error("the store cannot be opened",
                 {{"why", failure.what()}, {"again_in_s", wait.count()}});
    }
    std::this_thread::sleep_for(wait);
  }
}

}  // namespace

std::uint32_t node_number(const NodeSettings& settings, Use use, const Clock& clock) {
  if (use == Use::server || settings.cluster.storage.empty()) return settings.node_id;
  return storage::PostgresMonitor{
      {.connection = {.url = settings.cluster.storage}, .node = {}, .clock_measured = {}}, clock}
      .node();
}

Engine open_engine(const NodeSettings& settings, Use use, std::uint32_t node, IdSource& ids,
                   SteeredClock& clock) {
  if (settings.cluster.storage.empty()) return open_sqlite(settings, ids, clock);
  make_private(settings.data);
  if (use == Use::tool) return open_postgres(settings, node, ids, clock);
  return open_patiently([&] { return open_postgres(settings, node, ids, clock); });
}

}  // namespace parley::app
