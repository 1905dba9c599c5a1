#pragma once

#include <memory>

#include "app/open_engine.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/id_source.h"
#include "base/task.h"
#include "chat/chat_store.h"
#include "chat/message_store.h"
#include "storage/sql/admin_store.h"
#include "storage/sql/away_store.h"
#include "storage/sql/busy_times.h"
#include "storage/sql/contact_store.h"
#include "storage/sql/database.h"
#include "storage/sql/device_store.h"
#include "storage/sql/digest_store.h"
#include "storage/sql/factor_store.h"
#include "storage/sql/invite_store.h"
#include "storage/sql/jobs.h"
#include "storage/sql/last_seen.h"
#include "storage/sql/leases.h"
#include "storage/sql/outbox.h"
#include "storage/sql/personal_data.h"
#include "storage/sql/report_store.h"
#include "storage/sql/secret_store.h"
#include "storage/sql/session_store.h"
#include "storage/sql/status_log.h"
#include "storage/sql/user_store.h"
#include "user/token.h"

namespace parley::app {

// The store, opened: what `serve` and the operator's tools have in common.
struct Storage {
  // A server waits for a store that is not there yet; without `wait`, an operator's tool, it says
  // so and ends.
  Storage(const NodeSettings& settings, SteeredClock& clock, StartWait* wait);

  Loop loop{1};  // for what is asked before there is a server; outlives the store's threads
  SteeredClock& clock;
  const std::uint32_t node;  // its number, which goes into ids
  IdSource ids;
  Engine engine;
  storage::SqlUserStore users;
  storage::SqlSessionStore sessions;
  storage::SqlSecretStore secrets;
  storage::SqlFactorStore factors;
  storage::SqlContactStore contacts;
  storage::SqlJobs jobs;
  storage::SqlDeviceStore devices;
  storage::SqlDigestStore digests;
  storage::SqlAwayStore away;
  storage::SqlLeases leases;
  storage::SqlOutbox outbox;
  storage::SqlPersonalData personal_data;
  storage::SqlAdminStore admin;
  storage::SqlReportStore reports;
  storage::SqlInviteStore invites;
  storage::SqlLastSeen last_seen;
  storage::SqlBusyTimes busy_times;
  storage::SqlStatusLog status;
  user::AccessTokens tokens;
};

// What signs access tokens: the configured secret, or else the keys of the data directory.
user::SigningKeys signing_keys(const NodeSettings& settings, Timestamp now);

}  // namespace parley::app
