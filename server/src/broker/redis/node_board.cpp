#include "broker/redis/node_board.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <boost/json.hpp>

#include "model/error.h"

namespace parley::broker {
namespace {

using delivery::NodeEntry;
using delivery::NodeId;
using redis::Reply;
using redis::Script;

// What all of them begin with: `now` in milliseconds, and the entry that holds the lease of an id.
constexpr const char* kBegin = R"(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function holder(id)
  local till = redis.call('ZSCORE', KEYS[1], id)
  if not till or tonumber(till) <= now then return nil end
  return cjson.decode(redis.call('HGET', KEYS[2], id))
end
)";

// id, incarnation, entry, milliseconds. What ran out long ago is cleared away here.
const Script kRenew{std::string{kBegin} + R"(
local held = holder(ARGV[1])
if held and held.incarnation ~= ARGV[2] then return 0 end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 3600000)) do
  redis.call('HDEL', KEYS[2], id)
  redis.call('ZREM', KEYS[1], id)
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[4]), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return 1
)"};

// id, incarnation.
const Script kLeave{std::string{kBegin} + R"(
local held = holder(ARGV[1])
if held and held.incarnation == ARGV[2] then
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return 1
)"};

// Yields ids and entries by turns.
const Script kNodes{std::string{kBegin} + R"(
local all = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf')) do
  all[#all + 1] = id
  all[#all + 1] = redis.call('HGET', KEYS[2], id)
end
return all
)"};

std::string id_text(NodeId id) { return std::to_string(static_cast<unsigned>(id)); }

// The incarnation is text, because JSON numbers do not hold 64 bits.
std::string encode(const NodeEntry& entry) {
  return boost::json::serialize(
      boost::json::object{{"incarnation", std::to_string(entry.incarnation)},
                          {"address", entry.address},
                          {"roles", entry.roles}});
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size();
}

// Nothing when it is not of ours; fields that later versions add are passed over.
std::optional<NodeEntry> decode(std::string_view id, std::string_view text) {
  boost::system::error_code broken;
  const auto value = boost::json::parse(text, broken);
  const auto* const object = broken ? nullptr : value.if_object();
  if (object == nullptr) return {};
  const auto field = [object](std::string_view name) -> std::string_view {
    const auto* const found = object->if_contains(name);
    const auto* const string = found != nullptr ? found->if_string() : nullptr;
    return string != nullptr ? std::string_view{*string} : std::string_view{};
  };
  NodeEntry entry{.address = std::string{field("address")}, .roles = std::string{field("roles")}};
  std::uint16_t number = 0;
  if (!read_number(id, number) || !read_number(field("incarnation"), entry.incarnation)) return {};
  entry.id = static_cast<NodeId>(number);
  return entry;
}

}  // namespace

Task<Reply> RedisNodeBoard::run(const Script& script, std::vector<std::string> arguments) {
  std::vector<std::string> keys{"parley:{nodes}:until", "parley:{nodes}:entries"};
  auto outcome = co_await client_.run(script, std::move(keys), std::move(arguments), patience_);
  if (!outcome) throw StorageUnavailable{outcome.error()};
  if (outcome->is_error()) throw StorageUnavailable{"Redis: " + outcome->text};
  co_return std::move(*outcome);
}

Task<bool> RedisNodeBoard::renew(NodeEntry self) {
  const auto lease = std::chrono::milliseconds{kLease}.count();
  std::vector<std::string> arguments{id_text(self.id), std::to_string(self.incarnation),
                                     encode(self), std::to_string(lease)};
  const Reply reply = co_await run(kRenew, std::move(arguments));
  co_return reply.number == 1;
}

Task<void> RedisNodeBoard::leave(NodeEntry self) {
  std::vector<std::string> arguments{id_text(self.id), std::to_string(self.incarnation)};
  co_await run(kLeave, std::move(arguments));
}

Task<std::vector<NodeEntry>> RedisNodeBoard::nodes() {
  const Reply reply = co_await run(kNodes, {});
  std::vector<NodeEntry> nodes;
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2) {
    if (auto entry = decode(reply.items[i].text, reply.items[i + 1].text))
      nodes.push_back(std::move(*entry));
  }
  std::ranges::sort(nodes, {}, &NodeEntry::id);
  co_return nodes;
}

}  // namespace parley::broker
