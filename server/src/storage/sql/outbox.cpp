#include "storage/sql/outbox.h"

#include <optional>

namespace parley::storage {

void add_event(Transaction& transaction, const delivery::PublishedEvent& event) {
  std::optional<std::string_view> traceparent;
  if (!event.traceparent.empty()) traceparent = event.traceparent;
  transaction.db().run(
      "INSERT INTO event_outbox (id, exchange, routing_key, version, body, at, traceparent)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      event.id, event.exchange, event.routing_key, event.version, event.body, event.time,
      traceparent);
}

Task<std::vector<delivery::OutboxEvent>> SqlOutbox::take(std::int64_t most) {
  co_return co_await database_.read_or_throw([most](Connection& db) {
    std::vector<delivery::OutboxEvent> events;
    auto row = db.query(
        "SELECT id, exchange, routing_key, version, body, at, traceparent FROM event_outbox"
        " ORDER BY id LIMIT ?1",
        most);
    while (row.next())
      events.push_back({.id = row.id<delivery::PublishedEventId>(0),
                        .exchange = row.enumerator<delivery::EventExchange>(1),
                        .routing_key = row.string(2),
                        .schema = "parley." + row.string(2),
                        .version = row.integer(3),
                        .time = row.time(5),
                        .body = row.string(4),
                        .traceparent = row.null(6) ? std::string{} : row.string(6)});
    return events;
  });
}

Task<void> SqlOutbox::published(std::vector<delivery::PublishedEventId> ids) {
  if (ids.empty()) co_return;
  co_await database_.write([&ids](Transaction& transaction) {
    for (const delivery::PublishedEventId id : ids)
      transaction.db().run("DELETE FROM event_outbox WHERE id = ?1", id);
    return true;
  });
}

}  // namespace parley::storage
