#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/task.h"

namespace parley::delivery {

struct PublishedEventKind;
using PublishedEventId = Id<PublishedEventKind>;

// Which of the two exchanges of requirement J: user.events or message.events.
enum class EventExchange : std::uint8_t { user, message };

// Something that other systems may hear of. docs/events.md shows each; published_events.h makes
// them. It tells of people by their ids only.
struct PublishedEvent {
  PublishedEventId id;  // by which a reader knows a repetition
  EventExchange exchange = EventExchange::message;
  std::string routing_key;  // "message.sent"
  std::string schema;       // "parley.message.sent"
  std::int64_t version = 1;
  Timestamp time{};
  std::string body;           // a JSON object
  std::string traceparent{};  // W3C; empty when there is none
};

// Which events of messages are published: each costs a row in the outbox and a publish.
enum class MessageEvents : std::uint8_t {
  all,
  away,  // message.sent only, and only when a recipient was not there: what a push service needs
  none,
};

// Yields nothing for a word that is none of them.
constexpr std::optional<MessageEvents> message_events(std::string_view word) {
  if (word == "all") return MessageEvents::all;
  if (word == "away") return MessageEvents::away;
  if (word == "none") return MessageEvents::none;
  return std::nullopt;
}

// What is written into the outbox at all. The default is a node that has nobody to publish to.
struct PublishedKinds {
  bool users = false;
  bool status = false;  // who comes and goes
  MessageEvents messages = MessageEvents::none;
};

// EventLog tells other systems what has happened. Safe to call from any loop.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // Whether it makes sense to publish at the moment.
  virtual bool available() const = 0;

  // Publishes them, mostly in this order, and yields those that are on the disks of the log. The
  // others may be there too; they are to be published again. Does not throw.
  virtual Task<std::vector<PublishedEventId>> publish(std::vector<PublishedEvent> events) = 0;
};

}  // namespace parley::delivery
