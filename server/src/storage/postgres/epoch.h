#pragma once

#include <string>

#include "storage/postgres/connection.h"

namespace parley::storage {

// The epoch names the history that the numbers of transactions belong to, and so the cursors of
// sync. It stands in a row, which is read together with what it is about, from a replica too.

// Gives the store another epoch when it is not where the last one was given: when it was restored
// from a backup, copied, or a replica took over, which may not have got the last commits. Cursors
// of the old epoch that are handed out before that is noticed do no harm: they start over too.
// `db` is a connection to the primary.
void keep_epoch(PostgresConnection& db);

std::string read_epoch(Connection& db);

}  // namespace parley::storage
