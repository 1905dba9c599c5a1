#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "storage/postgres/connection.h"
#include "storage/sql/pairs.h"

namespace parley::storage {

// How much time one partition of the log holds. Retention drops whole partitions, and looking for
// a repeated draft goes through those of the last eight days.
enum class PartitionSpan : std::uint8_t { week, month };

// The ids a partition holds: from the first that belongs to it to the first that does not.
struct PartitionBounds {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

// Makes the partitions of `messages` for the time it is now and for the two spans after it, where
// there is none yet, and answers how many it made. Call it at the start and daily; several nodes
// may do so at once. Spans may be changed at any time: what is there stays, and the gaps are
// filled.
//
// What has no partition goes to messages_other. A span of which something is there already gets no
// partition: it stays there, and says so in the log. Throws StorageUnavailable when the log cannot
// be locked for a moment; then the next call does it.
int make_partitions(PostgresConnection& db, Timestamp now,
                    PartitionSpan span = PartitionSpan::month);

// Makes the partition for one time of the past, unless there is one, and answers when the span
// after it begins: for a log that comes from elsewhere.
Timestamp make_partition_of(PostgresConnection& db, Timestamp time,
                            PartitionSpan span = PartitionSpan::month);

// Those all of whose ids are smaller than `before`, oldest first; messages_other is none of them.
std::vector<PartitionBounds> partitions_before(Connection& db, std::uint64_t before);

// Drops a partition, and moves what of it is kept, (chat, seq), to messages_other: both or nothing.
// Nobody reads or writes the log while that goes on, so `kept` had better be short. Answers whether
// the partition is gone; false when somebody uses the log for longer than one may keep all others
// waiting, and then nothing has happened.
bool drop_partition(PostgresConnection& db, PartitionBounds bounds, const Pairs& kept);

}  // namespace parley::storage
