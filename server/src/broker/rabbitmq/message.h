#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

// What goes to RabbitMQ and what comes from it, in our words.

namespace parley::broker {

// Values of other types are not read.
using HeaderValue = std::variant<std::string, std::int64_t>;

struct Headers : std::vector<std::pair<std::string, HeaderValue>> {
  using vector::vector;

  // Empty, or nothing, when there is none of that name and type.
  std::string_view text(std::string_view name) const {
    const auto* const value = find(name);
    const auto* const text = value ? std::get_if<std::string>(value) : nullptr;
    return text ? std::string_view{*text} : std::string_view{};
  }
  std::int64_t number(std::string_view name, std::int64_t otherwise = 0) const {
    const auto* const value = find(name);
    const auto* const number = value ? std::get_if<std::int64_t>(value) : nullptr;
    return number ? *number : otherwise;
  }

 private:
  const HeaderValue* find(std::string_view name) const {
    for (const auto& [key, value] : *this)
      if (key == name) return &value;
    return nullptr;
  }
};

// Something to be published. It is durable, and says so.
struct Publication {
  std::string exchange;
  std::string routing_key;
  std::string message_id{};
  std::string type{};  // the name of the schema
  Timestamp time{};
  Headers headers{};
  std::string body{};
  bool mandatory = true;  // it must reach a queue
};

// What has become of a Publication. Only what is confirmed is on the disks of RabbitMQ. Of the
// others none is known not to be: what is tried again may arrive twice.
enum class Published : std::uint8_t {
  confirmed,
  unroutable,  // no queue was there for it
  refused,     // a queue is full, or on its way to another node
  unknown,     // the connection went, or no answer came in time
  away,        // RabbitMQ cannot be reached or takes nothing at the moment: it was not tried
};

// A message that was delivered to us. It is ours until it is settled by its receipt, or until the
// connection it came by is gone: then RabbitMQ delivers it again.
struct Delivery {
  struct Receipt {
    std::uint64_t connection = 0;  // which of those we have had
    std::uint64_t tag = 0;
    friend bool operator==(const Receipt&, const Receipt&) = default;
  };

  Receipt receipt{};
  std::string queue;
  std::string routing_key{};
  std::string message_id{};
  std::string type{};
  Headers headers{};
  std::string body{};      // empty when it is longer than we read
  std::uint64_t size = 0;  // of the body
  bool too_long = false;
  std::int64_t redeliveries = 0;  // how often it had been given to somebody before
};

}  // namespace parley::broker
