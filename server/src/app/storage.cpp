#include "app/storage.h"

#include "app/signing_keys.h"

namespace parley::app {

user::SigningKeys signing_keys(const NodeSettings& settings, Timestamp now) {
  return settings.token_secret.empty() ? kept_signing_keys(settings.data, now)
                                       : user::SigningKeys::configured(settings.token_secret);
}

Storage::Storage(const NodeSettings& settings, SteeredClock& its_clock, StartWait* wait)
    : clock(its_clock),
      node(node_number(settings, wait, clock)),
      ids(clock, node),
      engine(open_engine(settings, wait, node, ids, clock)),
      users(*engine.database),
      sessions(*engine.database),
      secrets(*engine.database),
      factors(*engine.database),
      contacts(*engine.database),
      jobs(*engine.database),
      devices(*engine.database),
      digests(*engine.database),
      away(*engine.database),
      leases(*engine.database),
      outbox(*engine.database),
      personal_data(*engine.database),
      admin(*engine.database),
      reports(*engine.database),
      invites(*engine.database),
      last_seen(*engine.database),
      busy_times(*engine.database),
      status(*engine.database, published_kinds(settings.cluster).status),
      tokens(signing_keys(settings, clock.now()), clock) {}

}  // namespace parley::app
