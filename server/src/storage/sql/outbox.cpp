#include "storage/sql/outbox.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace parley::storage {
namespace {

// A statement for each would be a way to the server and back for each.
using Some = std::array<delivery::PublishedEventId, 16>;

void remove(Connection& db, const Some& some) {
  std::apply(
      [&db](const auto&... ids) {
        db.run(
            "DELETE FROM event_outbox WHERE id IN"
            " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            ids...);
      },
      some);
}

}  // namespace

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
  co_await database_.write([&ids](Transaction& transaction) {
    for (std::size_t i = 0; i < ids.size(); i += Some{}.size()) {
      Some some;
      // The last ones are named again where others would stand.
      for (std::size_t j = 0; j < some.size(); ++j) some[j] = ids[std::min(i + j, ids.size() - 1)];
      remove(transaction.db(), some);
    }
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
