#include "storage/sql/audit_log.h"

namespace parley::storage {
namespace {

std::string name_of(Connection& db, UserId actor) {
  if (actor == kOperator) return "operator";
  auto row = db.query("SELECT username FROM users WHERE id = ?1", actor);
  return row.next() ? row.string(0) : std::string{};
}

}  // namespace

Result<void> check_role(Connection& db, const Caller& actor, Role needed) {
  if (actor.user_id == kOperator) return {};
  auto row =
      db.query("SELECT role FROM users WHERE id = ?1 AND suspended_at IS NULL", actor.user_id);
  if (!row.next()) return fail(Errc::forbidden);
  const auto role = row.enumerator<Role>(0);
  if (role != needed && role != Role::admin) return fail(Errc::forbidden);
  return {};
}

void add_audit_entry(Transaction& transaction, const Caller& actor, const AuditNote& note) {
  Connection& db = transaction.db();
  db.run("INSERT INTO audit_log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
         transaction.next_id<AuditEntryKind>(), transaction.clock().now(), actor.user_id,
         name_of(db, actor.user_id), note.action, note.subject, actor.address, note.detail);
}

Task<Result<void>> note_reading(Database& database, const Caller& actor, Role needed,
                                const AuditNote& note) {
  co_return co_await database.write([&](Transaction& transaction) -> Result<void> {
    if (auto may = check_role(transaction.db(), actor, needed); !may) return may;
    add_audit_entry(transaction, actor, note);
    return {};
  });
}

}  // namespace parley::storage
