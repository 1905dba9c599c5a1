#pragma once

#include "base/trace.h"
#include "delivery/outbox.h"
#include "storage/sql/database.h"

namespace parley::storage {

// Outbox: a view of a Database.
class SqlOutbox final : public delivery::Outbox {
 public:
  explicit SqlOutbox(Database& database) : database_(database) {}

  Task<std::vector<delivery::OutboxEvent>> take(std::int64_t most) override;
  Task<void> published(std::vector<delivery::PublishedEventId> ids) override;
  Task<Bounded> keep_newest(std::int64_t most) override;

 private:
  Database& database_;
};

// Within a transaction: leaves an event together with the change that it tells of. Whether it is
// to be told at all is the caller's to ask (Transaction::publishes). `trace` is of the request that
// the change is of, if that is known.
void add_event(Transaction& transaction, const delivery::PublishedEvent& event, Trace trace = {});

}  // namespace parley::storage
