#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.h"
#include "storage/sql/connection.h"

namespace parley::storage {

// A store that is not what a server left: with a sentence on the first thing that is wrong.
struct DamagedStore : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a store was found to hold.
struct StoreReport {
  int version = 0;  // of the schema
  int newest = 0;   // of the schemas this program knows
  Timestamp until;  // of the newest entry; the beginning of time when there is none
  struct Count {
    std::string table;
    std::int64_t rows = 0;
  };
  std::vector<Count> counts;  // of a schema that is not the newest, only the first tables

  std::int64_t rows(std::string_view table) const;
};

// Reads every chat of a store and what hangs on it: the seqs of each log are one after the other
// and reach its head, and nothing belongs to a chat or a user that is not there. Reads whole
// tables, so `db` is best a copy, or a snapshot. Throws DamagedStore.
void check_chats(Connection& db);

// How many rows there are of what; `version` as schema_version() has it.
StoreReport count_rows(Connection& db, int version, int newest);

}  // namespace parley::storage
