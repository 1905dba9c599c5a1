#include "gateway/rate_rules.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "base/config_value.h"
#include "gateway/operations.h"
#include "gateway/rate_policies.h"

namespace parley::gateway {
namespace {

constexpr std::int64_t kMostAtOnce = 1'000'000;
constexpr std::int64_t kLongestPeriod = 86'400;

std::optional<std::uint32_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return {};
  if (value < 1 || value > kMostAtOnce) return {};
  return static_cast<std::uint32_t>(value);
}

std::optional<std::chrono::seconds> period(std::string_view text) {
  constexpr Option kPeriod{
      .name = "period", .kind = Option::Kind::seconds, .least = 1, .most = kLongestPeriod};
  const auto value = parse_value(kPeriod, text);
  if (!value) return {};
  return std::chrono::seconds{std::get<std::int64_t>(*value)};
}

std::string_view next_part(std::string_view& rest, char end) {
  const auto at = std::min(rest.find(end), rest.size());
  const auto part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

bool names_something(std::string_view name) {
  return name == kBulkPolicy.name || name == kUnauthenticatedPolicy.name ||
         std::ranges::any_of(operations(), [name](const Operation& operation) {
           return operation.name == name || operation.policy.name == name;
         });
}

RateRule read_rule(const std::string& text) {
  std::string_view rest = text;
  RateRule rule{.name = std::string{next_part(rest, '=')}};
  if (!names_something(rule.name))
    throw std::invalid_argument(fmt::format(
        "rate-policies: '{}' is neither a policy (see docs/operations.md) nor an operation",
        rule.name));
  const auto parts = std::ranges::count(rest, '/') + 1;
  const auto count = number(next_part(rest, '/'));
  const auto time = period(next_part(rest, '/'));
  const auto burst = parts == 3 ? number(rest) : count;
  if (!count || !time || !burst || parts > 3)
    throw std::invalid_argument(fmt::format(
        "rate-policies: '{}' must be as in messages=60/1m or messages=60/1m/120: how many (to {}), "
        "in how long (1s to 1d), and how many at once",
        text, kMostAtOnce));
  rule.count = *count;
  rule.period = *time;
  rule.burst = *burst;
  return rule;
}

}  // namespace

std::vector<RateRule> read_rate_rules(std::span<const std::string> texts) {
  std::vector<RateRule> rules;
  for (const std::string& text : texts) {
    RateRule rule = read_rule(text);
    if (std::ranges::find(rules, rule.name, &RateRule::name) != rules.end())
      throw std::invalid_argument(
          fmt::format("rate-policies: '{}' is there more than once", rule.name));
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace parley::gateway
