#include "storage/postgres/distribute.h"

#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "base/log.h"
#include "storage/postgres/migrate.h"

namespace parley::storage {
namespace {

using Where = Placement::Where;

// Citus keeps a key unique only if the column that decides on the machine is in it, and runs no
// triggers on what it has placed: that is why `users`, whose words a trigger keeps, stays. `chats`
// comes first: the others stand beside it.
constexpr std::array kPlacements{
    Placement{"chats", Where::by_chat, "id"},
    Placement{"participants", Where::by_chat, "chat_id"},
    Placement{"messages", Where::by_chat, "chat_id"},
    // What statements about a chat look up beside it.
    Placement{"blocks", Where::everywhere},
    Placement{"contacts", Where::everywhere},
    Placement{"privacy_exceptions", Where::everywhere},
    // Of people, not of chats; or of the installation.
    Placement{"absences", Where::coordinator},
    Placement{"audit_log", Where::coordinator},
    Placement{"avatars", Where::coordinator},
    Placement{"devices", Where::coordinator},
    Placement{"direct_chats", Where::coordinator},
    Placement{"ended_sessions", Where::coordinator},
    Placement{"event_outbox", Where::coordinator},
    Placement{"identities", Where::coordinator},
    Placement{"invites", Where::coordinator},
    Placement{"jobs", Where::coordinator},
    Placement{"known_devices", Where::coordinator},
    Placement{"leases", Where::coordinator},
    Placement{"notification_settings", Where::coordinator},
    Placement{"one_time_codes", Where::coordinator},
    Placement{"one_time_secrets", Where::coordinator},
    Placement{"passkeys", Where::coordinator},
    Placement{"phone_hashes", Where::coordinator},
    Placement{"phone_salts", Where::coordinator},
    Placement{"push_log", Where::coordinator},
    Placement{"recovery_codes", Where::coordinator},
    Placement{"reports", Where::coordinator},
    Placement{"schema_version", Where::coordinator},
    Placement{"security_events", Where::coordinator},
    Placement{"sessions", Where::coordinator},
    Placement{"store_meta", Where::coordinator},
    Placement{"superseded_tokens", Where::coordinator},
    Placement{"user_words", Where::coordinator},
    Placement{"told_online", Where::coordinator},
    Placement{"users", Where::coordinator},
};

std::string statement_for(const Placement& placement) {
  if (placement.where == Where::everywhere)
    return fmt::format("SELECT create_reference_table('{}')", placement.table);
  return fmt::format("SELECT create_distributed_table('{}', '{}', colocate_with => '{}')",
                     placement.table, placement.chat,
                     placement.table == kPlacements[0].table ? "none" : kPlacements[0].table);
}

// Tables are placed one after the other over one connection per machine, so that the whole is one
// transaction.
constexpr std::string_view kSettings = "SET LOCAL citus.multi_shard_modify_mode TO 'sequential'";

bool has_citus(PostgresConnection& db) {
  auto row = db.query("SELECT 1 FROM pg_extension WHERE extname = 'citus'");
  return row.next();
}

bool is_placed(PostgresConnection& db, std::string_view table) {
  auto row =
      db.query("SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass(?1)", table);
  return row.next();
}

}  // namespace

std::span<const Placement> placements() { return kPlacements; }

std::string distribution_sql() {
  std::string text = fmt::format("BEGIN;\n{};\n", kSettings);
  std::string stay;
  for (const Placement& placement : kPlacements) {
    if (placement.where == Where::coordinator) {
      stay += fmt::format("--   {}\n", placement.table);
    } else {
      text += statement_for(placement) + ";\n";
    }
  }
  return text + "COMMIT;\n-- These stay where they are, on the coordinator:\n" + stay;
}

int distribute(PostgresConnection& db, Timestamp now) {
  if (!has_citus(db))
    throw std::runtime_error(
        "the extension 'citus' is not in this database, and nothing was changed: install Citus on "
        "every machine and run CREATE EXTENSION citus first, or leave --distribute out: one "
        "PostgreSQL does without");
  migrate(db, postgres_migrations(), now);
  int placed = 0;
  db.begin_locking();
  try {
    db.execute(std::string{kSettings});
    for (const Placement& placement : kPlacements) {
      if (placement.where == Where::coordinator || is_placed(db, placement.table)) continue;
      db.execute(statement_for(placement));
      log::info("table placed", {{"table", placement.table}});
      ++placed;
    }
    db.commit();
  } catch (...) {
    db.rollback();
    throw;
  }
  return placed;
}

}  // namespace parley::storage
