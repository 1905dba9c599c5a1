#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace parley::storage {

// What PostgreSQL says of a table of ours, or of a partition of one.
struct TableState {
  std::string name;
  std::int64_t bytes = 0;  // its indexes included
  std::int64_t rows = 0;   // about
  std::int64_t dead = 0;   // rows that are gone and whose room is not used again yet, about
  std::string vacuumed;    // when it was last, by whom ever; "-" never
  std::string analyzed;
};

// The largest first. Throws StorageUnavailable.
std::vector<TableState> table_states(const std::string& url);

}  // namespace parley::storage
