#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "base/clock.h"
#include "base/id_source.h"
#include "storage/postgres/database.h"
#include "storage/postgres/housekeeping.h"
#include "storage/postgres/message_store.h"
#include "storage/postgres/migrate.h"
#include "storage/postgres/server_for_test.h"
#include "storage/sql/admin_store.h"
#include "storage/sql/away_store.h"
#include "storage/sql/busy_times.h"
#include "storage/sql/chat_store.h"
#include "storage/sql/contact_store.h"
#include "storage/sql/device_store.h"
#include "storage/sql/digest_store.h"
#include "storage/sql/factor_store.h"
#include "storage/sql/invite_store.h"
#include "storage/sql/jobs.h"
#include "storage/sql/last_seen.h"
#include "storage/sql/leases.h"
#include "storage/sql/outbox.h"
#include "storage/sql/report_store.h"
#include "storage/sql/secret_store.h"
#include "storage/sql/session_store.h"
#include "storage/sql/status_log.h"
#include "storage/sql/user_store.h"

namespace parley::storage {

// A database that was brought to the schema of this program once, for others to be copies of.
inline const std::string& migrated_database() {
  struct Migrated : TestDatabase {
    Migrated() {
      PostgresConnection db{{.url = url()}};
      migrate(db, postgres_migrations(), Timestamp{});
    }
  };
  static const Migrated once;
  return once.name();
}

// A PostgresDatabase, with the stores on it.
class PostgresFixture {
  static constexpr std::size_t kMaxGroup = 1024;

 public:
  PostgresFixture() { open(); }
  // In a database of somebody else's.
  struct Existing {
    std::string url;
  };
  explicit PostgresFixture(Existing existing) : elsewhere_(std::move(existing.url)) { open(); }

  void open() {
    ids.emplace(clock_, 1);
    options.url = elsewhere_.value_or(where.url());
    database.emplace(options, *ids, clock_);
    messages_.emplace(*database);
    chats_.emplace(*database, kMaxGroup);
    users_.emplace(*database);
    sessions_.emplace(*database);
    secrets_.emplace(*database);
    factors_.emplace(*database);
    contacts_.emplace(*database);
    jobs_.emplace(*database);
    leases_.emplace(*database);
    outbox_.emplace(*database);
    status_.emplace(*database, true);
    devices_.emplace(*database);
    digests_.emplace(*database);
    away_.emplace(*database);
    housekeeping_.emplace(*database);
    admin_.emplace(*database);
    reports_.emplace(*database);
    invites_.emplace(*database);
    seen_.emplace(*database);
    busy_.emplace(*database);
  }
  void close() { database.reset(); }
  void reopen() {
    close();
    open();
  }

  // Events of these kinds are left from now on.
  void publish(delivery::PublishedKinds kinds) {
    options.publishes = kinds;
    reopen();
  }

  ManualClock& clock() { return clock_; }
  chat::MessageStore& messages() { return *messages_; }
  chat::ChatStore& chats() { return *chats_; }
  user::UserStore& users() { return *users_; }
  user::SessionStore& sessions() { return *sessions_; }
  user::SecretStore& secrets() { return *secrets_; }
  user::FactorStore& factors() { return *factors_; }
  user::ContactStore& contacts() { return *contacts_; }
  delivery::Jobs& jobs() { return *jobs_; }
  delivery::Outbox& outbox() { return *outbox_; }
  delivery::StatusLog& status() { return *status_; }
  delivery::Leases& leases() { return *leases_; }
  notification::DeviceStore& devices() { return *devices_; }
  notification::DigestStore& digests() { return *digests_; }
  chat::AwayStore& away() { return *away_; }
  delivery::Housekeeping& housekeeping() { return *housekeeping_; }
  user::AdminStore& admin() { return *admin_; }
  user::ReportStore& reports() { return *reports_; }
  user::InviteStore& invites() { return *invites_; }
  delivery::LastSeen& last_seen() { return *seen_; }
  delivery::BusyTimes& busy_times() { return *busy_; }
  std::size_t max_group() { return kMaxGroup; }
  std::uint64_t statements_read() { return database->statements_read(); }
  std::uint64_t statements_written() { return database->statements_written(); }

  TestDatabase where{migrated_database()};
  PostgresOptions options{.url = {}, .max_group = kMaxGroup, .node = 1};  // from the next open() on
  std::optional<IdSource> ids;
  std::optional<PostgresDatabase> database;

 private:
  std::optional<std::string> elsewhere_;
  ManualClock clock_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  std::optional<PostgresMessageStore> messages_;
  std::optional<SqlChatStore> chats_;
  std::optional<SqlUserStore> users_;
  std::optional<SqlSessionStore> sessions_;
  std::optional<SqlSecretStore> secrets_;
  std::optional<SqlFactorStore> factors_;
  std::optional<SqlContactStore> contacts_;
  std::optional<SqlJobs> jobs_;
  std::optional<SqlLeases> leases_;
  std::optional<SqlOutbox> outbox_;
  std::optional<SqlStatusLog> status_;
  std::optional<SqlDeviceStore> devices_;
  std::optional<SqlDigestStore> digests_;
  std::optional<SqlAwayStore> away_;
  std::optional<PostgresHousekeeping> housekeeping_;
  std::optional<SqlAdminStore> admin_;
  std::optional<SqlReportStore> reports_;
  std::optional<SqlInviteStore> invites_;
  std::optional<SqlLastSeen> seen_;
  std::optional<SqlBusyTimes> busy_;
};

}  // namespace parley::storage
