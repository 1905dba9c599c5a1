#include "app/storage.h"

#include "app/signing_keys.h"
#include "storage/sql/chat_store.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/message_store.h"

namespace parley::app {

user::SigningKeys signing_keys(const NodeSettings& settings, Timestamp now) {
  return settings.token_secret.empty() ? kept_signing_keys(settings.data, now)
                                       : user::SigningKeys::configured(settings.token_secret);
}

Engine open_engine(const NodeSettings& settings, IdSource& ids, const Clock& clock) {
  auto database = std::make_unique<storage::SqliteDatabase>(
      storage::Options{.directory = settings.data,
                       .max_group = settings.max_group,
                       .dedup_window = settings.dedup_window},
      ids, clock);
  Engine engine;
  engine.chats = std::make_unique<storage::SqlChatStore>(*database, settings.max_group);
  engine.messages = std::make_unique<storage::SqliteMessageStore>(*database);
  engine.database = std::move(database);
  return engine;
}

Storage::Storage(const NodeSettings& settings)
    : ids(clock, settings.node_id),
      engine(open_engine(settings, ids, clock)),
      users(*engine.database),
      sessions(*engine.database),
      secrets(*engine.database),
      factors(*engine.database),
      contacts(*engine.database),
      jobs(*engine.database),
      devices(*engine.database),
      away(*engine.database),
      personal_data(*engine.database),
      admin(*engine.database),
      reports(*engine.database),
      invites(*engine.database),
      last_seen(*engine.database),
      tokens(signing_keys(settings, clock.now()), clock) {}

}  // namespace parley::app
