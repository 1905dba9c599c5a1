#include "storage/sql/outbox.h"

#include <algorithm>
#include <optional>

#include "storage/sql/pairs.h"

namespace parley::storage {

void add_event(Transaction& transaction, const delivery::PublishedEvent& event, Trace trace) {
  std::optional<std::string> traceparent;
  if (trace) traceparent = parley::traceparent(trace);
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
  const Pairs published{ids};
  co_await database_.write([&published](Transaction& transaction) {
    transaction.db().run(
        "DELETE FROM event_outbox WHERE id IN (SELECT CAST(w.key AS BIGINT) FROM json_each(?1) w)",
        published.text());
    return true;
  });
}

Task<delivery::Outbox::Bounded> SqlOutbox::keep_newest(std::int64_t most) {
  const auto waiting = co_await database_.read_or_throw([](Connection& db) {
    auto row = db.query("SELECT count(*) FROM event_outbox");
    return row.next() ? row.integer(0) : 0;
  });
  const std::int64_t excess = std::min(waiting - most, kDroppedAtOnce);
  if (excess <= 0) co_return Bounded{.waiting = waiting, .dropped = 0};
  const auto dropped = co_await database_.write([excess](Transaction& transaction) {
    transaction.db().run(
        "DELETE FROM event_outbox WHERE id IN (SELECT id FROM event_outbox ORDER BY id LIMIT ?1)",
        excess);
    return static_cast<std::int64_t>(transaction.db().changes());
  });
  co_return Bounded{.waiting = waiting - dropped, .dropped = dropped};
}

}  // namespace parley::storage
