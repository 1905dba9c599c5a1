#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "storage/copy/rows.h"
#include "storage/copy/source.h"

namespace parley::storage {

// Moves a store from SQLite to PostgreSQL, whole: every table, row by row, under the same ids and
// seqs. It may be ended at any moment and run again, and goes on where it was: a batch of rows and
// the note that they are there are one transaction. At the end both sides are read again and
// compared, table by table, by the number of rows and a checksum over all of them.
//
// PostgreSQL has an epoch of its own, so clients start over with a snapshot: what they have from
// SQLite as cursors of sync means nothing there.

struct CopyOptions {
  std::filesystem::path from;  // the file parley.db
  std::string to;              // postgres://…
  CopySource::BatchSize batch{};
  std::chrono::milliseconds patience{5'000};  // with a server or copy that has just ended
  // Called after every batch, with the rows of the table that are there. What it throws ends the
  // copy as a crash would.
  std::function<void(std::string_view table, std::int64_t rows)> progress{};
};

struct CopiedTableReport {
  std::string_view table;
  TableSum source, target;

  bool is_equal() const { return source == target; }
};

struct CopyReport {
  std::string place;             // where to: host, port and database
  bool went_on = false;          // an earlier run had begun
  bool was_finished = false;     // by an earlier run; then the rest is empty
  std::int64_t rows_copied = 0;  // by this run
  std::chrono::duration<double> copying{}, comparing{};
  std::vector<CopiedTableReport> tables;

  // Everything is there, and servers may use it. Otherwise they refuse to.
  bool is_complete() const;
};

// Throws what CopySource and CopyTarget throw.
CopyReport copy_store(const CopyOptions& options, const Clock& clock);

}  // namespace parley::storage
