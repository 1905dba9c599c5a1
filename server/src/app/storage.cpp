#include "app/storage.h"

#include "app/signing_keys.h"

namespace parley::app {

user::SigningKeys signing_keys(const NodeSettings& settings, Timestamp now) {
  return settings.token_secret.empty() ? kept_signing_keys(settings.data, now)
                                       : user::SigningKeys::configured(settings.token_secret);
}

Storage::Storage(const NodeSettings& settings)
    : ids(clock, settings.node_id),
      database({.directory = settings.data,
                .max_group = settings.max_group,
                .dedup_window = settings.dedup_window},
               ids, clock),
      users(database),
      sessions(database),
      secrets(database),
      factors(database),
      contacts(database),
      jobs(database),
      personal_data(database),
      admin(database),
      reports(database),
      invites(database),
      chats(database),
      messages(database),
      last_seen(database),
      tokens(signing_keys(settings, clock.now()), clock) {}

}  // namespace parley::app
