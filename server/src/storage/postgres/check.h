#pragma once

#include <string>

#include "storage/sql/check.h"

namespace parley::storage {

// Reads all of a store on PostgreSQL, as check_backup() does a file, at one moment of it. Meant for
// a restored database: on one that serves it takes the time of the disk. What the server keeps
// below its tables is pg_amcheck's. Throws DamagedStore with a sentence, std::runtime_error when it
// is no store of ours, StorageUnavailable.
StoreReport check_postgres(const std::string& url);

}  // namespace parley::storage
