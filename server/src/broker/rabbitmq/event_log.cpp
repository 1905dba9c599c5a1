#include "broker/rabbitmq/event_log.h"

#include <utility>

#include "delivery/published_events.h"

namespace parley::broker {
namespace {

using delivery::EventExchange;
using delivery::PublishedEvent;

Publication publication_of(const PublishedEvent& event, const Topology& topology) {
  Publication publication{.exchange = event.exchange == EventExchange::user
                                          ? topology.user_events
                                          : topology.message_events,
                          .routing_key = event.routing_key,
                          .message_id = std::to_string(event.id.value()),
                          .type = event.schema,
                          .time = event.time,
                          .headers = {{"schema", event.schema}, {"version", event.version}},
                          .body = delivery::envelope_of(event),
                          .mandatory = false};
  if (!event.traceparent.empty())
    publication.headers.emplace_back("traceparent", event.traceparent);
  return publication;
}

}  // namespace

Task<std::vector<delivery::PublishedEventId>> RabbitEventLog::publish(
    std::vector<PublishedEvent> events) {
  std::vector<Publication> publications;
  publications.reserve(events.size());
  for (const PublishedEvent& event : events)
    publications.push_back(publication_of(event, publisher_.options().topology));
  const auto outcomes = co_await publisher_.publish(std::move(publications));
  std::vector<delivery::PublishedEventId> accepted;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (outcomes[i] == Published::confirmed) accepted.push_back(events[i].id);
  co_return accepted;
}

}  // namespace parley::broker
