#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/error.h"
#include "model/moderation.h"
#include "model/session.h"
#include "storage/sql/database.h"

namespace parley::storage {

// What operators do, as the audit log keeps it.
struct AuditNote {
  std::string_view action;  // the operation
  std::optional<UserId> subject{};
  std::optional<std::string> detail{};
};

// The following two within a transaction of the writer.

// Whether `actor` has the role at this moment (an admin is a moderator, too). Refuses with
// forbidden.
Result<void> check_role(Connection& db, const Caller& actor, Role needed);

void add_audit_entry(Transaction& transaction, const Caller& actor, const AuditNote& note);

// Both in a transaction of their own, before something is looked at.
Task<Result<void>> note_reading(Database& database, const Caller& actor, Role needed,
                                const AuditNote& note);

}  // namespace parley::storage
