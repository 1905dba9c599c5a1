#pragma once

#include <cstdint>

#include "base/clock.h"
#include "storage/postgres/connection.h"

namespace parley::storage {

// How much time one partition of the log holds. Retention drops whole partitions, and looking for
// a repeated draft goes through those of the last eight days.
enum class PartitionSpan : std::uint8_t { week, month };

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

}  // namespace parley::storage
