#include "base/config_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace parley {
namespace {

using Kind = Option::Kind;

constexpr std::int64_t kNoBound = std::numeric_limits<std::int64_t>::max();

struct Unit {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array kTimes{Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}, Unit{"d", 86'400}};
constexpr std::array kSizes{Unit{"K", 1LL << 10}, Unit{"M", 1LL << 20}, Unit{"G", 1LL << 30}};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (const auto item = trimmed(text.substr(0, comma)); !item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::optional<std::int64_t> number(std::string_view text, std::span<const Unit> units) {
  std::int64_t size = 1;
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    size = unit.size;
    text.remove_suffix(unit.name.size());
    break;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  if (__builtin_mul_overflow(value, size, &value)) return {};
  return value;
}

bool is_within(const Option& option, std::int64_t value) {
  return value >= option.least && value <= option.most;
}

bool is_choice(const Option& option, std::string_view value) {
  const auto choices = split(option.choices);
  return std::ranges::find(choices, value) != choices.end();
}

std::string bounds(const Option& option) {
  if (option.most == kNoBound)
    return option.least > 0 ? fmt::format(" of at least {}", option.least) : "";
  return fmt::format(" from {} to {}", option.least, option.most);
}

// "json, text or auto"
std::string listed(const std::vector<std::string>& items, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out += i + 1 == items.size() ? last : ", ";
    out += items[i];
  }
  return out;
}

std::string text_allowed(const Option& option, std::string_view what) {
  const bool bounded = option.least > 0 || option.most != kNoBound;
  const bool may_be_empty = option.initial.empty() && option.least > 0;
  return fmt::format(
      "{}{}{}", may_be_empty ? "empty or " : "", what,
      bounded ? fmt::format(", its length in bytes a number{}", bounds(option)) : std::string{});
}

}  // namespace

std::optional<ConfigValue> parse_value(const Option& option, std::string_view text) {
  const auto bounded = [&](std::optional<std::int64_t> value) -> std::optional<ConfigValue> {
    if (!value || !is_within(option, *value)) return {};
    return *value;
  };
  switch (option.kind) {
    case Kind::text:
    case Kind::path: {
      const bool empty = text.empty() && option.initial.empty();
      if (!empty && !is_within(option, std::ssize(text))) return {};
      return std::string{text};
    }
    case Kind::integer:
      return bounded(number(text, {}));
    case Kind::seconds:
      return bounded(number(text, kTimes));
    case Kind::bytes:
      return bounded(number(text, kSizes));
    case Kind::toggle:
      if (text != "on" && text != "off") return {};
      return text == "on";
    case Kind::list: {
      auto items = split(text);
      if (!is_within(option, std::ssize(items))) return {};
      for (const auto& item : items)
        if (!option.choices.empty() && !is_choice(option, item)) return {};
      return items;
    }
    case Kind::choice:
      if (!is_choice(option, text)) return {};
      return std::string{text};
  }
  std::unreachable();
}

std::string allowed_values(const Option& option) {
  switch (option.kind) {
    case Kind::text:
      return text_allowed(option, "text");
    case Kind::path:
      return text_allowed(option, "a path");
    case Kind::integer:
      return "a whole number" + bounds(option);
    case Kind::seconds:
      return fmt::format("a number of seconds{} (also like 90s, 15m, 24h, 7d)", bounds(option));
    case Kind::bytes:
      return fmt::format("a number of bytes{} (also like 64K, 1M, 2G)", bounds(option));
    case Kind::toggle:
      return "on or off";
    case Kind::list: {
      std::string out = "a list separated by commas";
      if (option.least > 0 || option.most != kNoBound)
        out += fmt::format(", its length a number{}", bounds(option));
      if (!option.choices.empty()) out += ", of " + listed(split(option.choices), " and ");
      return out;
    }
    case Kind::choice:
      return listed(split(option.choices), " or ");
  }
  std::unreachable();
}

std::string toml_of(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_of(std::int64_t number) { return std::to_string(number); }

std::string toml_of(bool on) { return on ? "\"on\"" : "\"off\""; }

std::string toml_of(const std::vector<std::string>& list) {
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) out += ", ";
    out += toml_of(list[i]);
  }
  return out + ']';
}

}  // namespace parley
