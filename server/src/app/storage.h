#pragma once

#include "app/settings.h"
#include "base/clock.h"
#include "base/id_source.h"
#include "base/task.h"
#include "storage/sqlite/admin_store.h"
#include "storage/sqlite/chat_store.h"
#include "storage/sqlite/contact_store.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/factor_store.h"
#include "storage/sqlite/invite_store.h"
#include "storage/sqlite/jobs.h"
#include "storage/sqlite/last_seen.h"
#include "storage/sqlite/message_store.h"
#include "storage/sqlite/personal_data.h"
#include "storage/sqlite/report_store.h"
#include "storage/sqlite/secret_store.h"
#include "storage/sqlite/session_store.h"
#include "storage/sqlite/user_store.h"
#include "user/token.h"

namespace parley::app {

// The data directory, opened: what `serve` and the operator's tools have in common.
struct Storage {
  explicit Storage(const NodeSettings& settings);

  Loop loop{1};  // for what is asked before there is a server; outlives the store's threads
  SystemClock clock;
  IdSource ids;
  storage::Database database;
  storage::SqliteUserStore users;
  storage::SqliteSessionStore sessions;
  storage::SqliteSecretStore secrets;
  storage::SqliteFactorStore factors;
  storage::SqliteContactStore contacts;
  storage::SqliteJobs jobs;
  storage::SqlitePersonalData personal_data;
  storage::SqliteAdminStore admin;
  storage::SqliteReportStore reports;
  storage::SqliteInviteStore invites;
  storage::SqliteChatStore chats;
  storage::SqliteMessageStore messages;
  storage::SqliteLastSeen last_seen;
  user::AccessTokens tokens;
};

// What signs access tokens: the configured secret, or else the keys of the data directory.
user::SigningKeys signing_keys(const NodeSettings& settings, Timestamp now);

}  // namespace parley::app
