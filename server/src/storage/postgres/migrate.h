#pragma once

#include <span>

#include "base/clock.h"
#include "storage/postgres/connection.h"
#include "storage/sql/migration.h"

namespace parley::storage {

// Brings the schema up to the last of `steps`, in one transaction that only one node at a time may
// be in (an advisory lock), and does nothing when it is there already.
//
// Nodes of the previous release go on while the next one migrates: a step only adds (expand), code
// moves over (migrate), and a later release takes away what nobody uses any more (contract). So a
// schema may be newer than this program, as long as each newer step says, in its first line,
//   -- works with programs that know step N
// with an N this program knows. Throws std::runtime_error with a sentence for the operator when it
// does not, or when a step that was applied is another one than ours.
void migrate(PostgresConnection& db, std::span<const Migration> steps, Timestamp now);

// The version of the schema, 0 when there is none. Throws as migrate() does when we cannot work
// with it.
int schema_version(PostgresConnection& db, std::span<const Migration> steps);

}  // namespace parley::storage
