#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/postgres/database.h"
#include "storage/postgres/partitions.h"
#include "storage/sql/housekeeping.h"

namespace parley::storage {

// Housekeeping on PostgreSQL. Where a whole partition of the log is past the retention, it is
// dropped: its entries are not taken out one by one. The rest goes as on every engine.
//
// First the beginnings of the chats are moved, a few hundred chats at a time, and readers see no
// more of what lies before; then what of the partition is left, because somebody has not got it or
// because it is the newest of its chat, moves to messages_other while the partition is dropped. So
// whoever reads sees the same before and after, and what was interrupted is simply done again.
//
// A partition that somebody reads from is dropped at the next run. Of one with more than
// `most_kept` entries left, the others are deleted instead, so that nobody waits while those move.
class PostgresHousekeeping final : public delivery::Housekeeping {
 public:
  static constexpr std::size_t kMostKept = 10'000;

  explicit PostgresHousekeeping(PostgresDatabase& database, std::size_t most_kept = kMostKept)
      : database_(database), rows_(database), most_kept_(most_kept) {}

  Task<std::int64_t> remove_expired() override { return rows_.remove_expired(); }
  // The partitions are looked at when `from` is 0.
  Task<Cut> cut_logs(Timestamp before, Timestamp undelivered_before, std::uint64_t from) override;

  // The first half of it, for tests of what comes of being interrupted: moves the beginnings of
  // chats that have entries in the partition, and answers how many entries lie before them now.
  struct Moved {
    std::int64_t entries = 0;
    std::size_t kept = 0;  // and how many are left
    Pairs left{};          // (chat, seq), unless they are too many
  };
  Task<Moved> move_beginnings(PartitionBounds partition, Timestamp undelivered_before);

 private:
  Task<std::int64_t> retire(PartitionBounds partition, Timestamp undelivered_before);
  Task<void> empty(PartitionBounds partition);

  PostgresDatabase& database_;
  SqlHousekeeping rows_;
  const std::size_t most_kept_;
};

}  // namespace parley::storage
