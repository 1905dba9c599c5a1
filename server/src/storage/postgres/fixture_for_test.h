#pragma once

#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id_source.h"
#include "storage/postgres/database.h"
#include "storage/postgres/migrate.h"
#include "storage/sql/admin_store.h"
#include "storage/sql/contact_store.h"
#include "storage/sql/factor_store.h"
#include "storage/sql/invite_store.h"
#include "storage/sql/jobs.h"
#include "storage/sql/last_seen.h"
#include "storage/sql/report_store.h"
#include "storage/sql/secret_store.h"
#include "storage/sql/session_store.h"
#include "storage/sql/user_store.h"

namespace parley::storage {

// The server tests run against, as ./dev engines up says: a URL whose user may make databases.
inline std::string test_server_url(std::string_view database) {
  const char* const url = std::getenv("PARLEY_TEST_POSTGRES");
  if (!url) throw std::runtime_error("PARLEY_TEST_POSTGRES is not set: see ./dev engines up");
  std::string text{url};
  const auto slash = text.find('/', text.find("://") + 3);
  if (slash != std::string::npos) text.resize(slash);
  return fmt::format("{}/{}", text, database);
}

inline void on_test_server(const std::string& sql) {
  PostgresConnection{{.url = test_server_url("postgres")}}.execute(sql);
}

// A database of its own on the test server, gone with it. It is a copy of one that was migrated
// once.
class TemporaryDatabase {
 public:
  TemporaryDatabase() : name_(fmt::format("parley_test_{}_{}", ::getpid(), ++count())) {
    on_test_server(fmt::format("CREATE DATABASE {} TEMPLATE {}", name_, migrated()));
  }
  ~TemporaryDatabase() {
    on_test_server(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", name_));
  }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

  std::string url() const { return test_server_url(name_); }

 private:
  struct Template {
    Template() : name(fmt::format("parley_template_{}", ::getpid())) {
      on_test_server("CREATE DATABASE " + name);
      PostgresConnection db{{.url = test_server_url(name)}};
      migrate(db, postgres_migrations(), Timestamp{});
    }
    ~Template() { on_test_server("DROP DATABASE IF EXISTS " + name); }
    std::string name;
  };
  static const std::string& migrated() {
    static const Template once;
    return once.name;
  }
  static std::atomic<int>& count() {
    static std::atomic<int> made{0};
    return made;
  }

  const std::string name_;
};

// A PostgresDatabase, with the stores on it.
class PostgresFixture {
 public:
  PostgresFixture() { open(); }

  void open() {
    ids.emplace(clock_, 1);
    database.emplace(PostgresOptions{.url = where.url(), .max_group = kMaxGroup, .node = 1}, *ids,
                     clock_);
    users_.emplace(*database);
    sessions_.emplace(*database);
    secrets_.emplace(*database);
    factors_.emplace(*database);
    contacts_.emplace(*database);
    jobs_.emplace(*database);
    admin_.emplace(*database);
    reports_.emplace(*database);
    invites_.emplace(*database);
    seen_.emplace(*database);
  }
  void close() { database.reset(); }
  void reopen() {
    close();
    open();
  }

  ManualClock& clock() { return clock_; }
  chat::MessageStore& messages() { throw std::logic_error("not yet"); }
  chat::ChatStore& chats() { throw std::logic_error("not yet"); }
  user::UserStore& users() { return *users_; }
  user::SessionStore& sessions() { return *sessions_; }
  user::SecretStore& secrets() { return *secrets_; }
  user::FactorStore& factors() { return *factors_; }
  user::ContactStore& contacts() { return *contacts_; }
  delivery::Jobs& jobs() { return *jobs_; }
  user::AdminStore& admin() { return *admin_; }
  user::ReportStore& reports() { return *reports_; }
  user::InviteStore& invites() { return *invites_; }
  delivery::LastSeen& last_seen() { return *seen_; }
  std::size_t max_group() { return kMaxGroup; }

  TemporaryDatabase where;
  std::optional<IdSource> ids;
  std::optional<PostgresDatabase> database;

 private:
  static constexpr std::size_t kMaxGroup = 1024;

  ManualClock clock_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  std::optional<SqlUserStore> users_;
  std::optional<SqlSessionStore> sessions_;
  std::optional<SqlSecretStore> secrets_;
  std::optional<SqlFactorStore> factors_;
  std::optional<SqlContactStore> contacts_;
  std::optional<SqlJobs> jobs_;
  std::optional<SqlAdminStore> admin_;
  std::optional<SqlReportStore> reports_;
  std::optional<SqlInviteStore> invites_;
  std::optional<SqlLastSeen> seen_;
};

}  // namespace parley::storage
