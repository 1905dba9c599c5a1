#include "base/config_file.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace parley {
namespace {

// How many letters must change to make one word of the other (Levenshtein).
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t change = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::optional<std::string> nearest_key(std::string_view key, std::span<const Option> table) {
  std::optional<std::string> nearest;
  std::size_t least = key.size() / 3 + 2;  // farther away it is another word
  for (const Option& option : table) {
    std::string known = key_name(option.name);
    if (const auto d = distance(key, known); d < least) {
      least = d;
      nearest = std::move(known);
    }
  }
  return nearest;
}

std::optional<std::string> scalar_text(const toml::node& node, const Option& option) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean(); flag && option.kind == Option::Kind::toggle)
    return flag->get() ? "on" : "off";
  return {};
}

std::optional<std::string> text_of(const toml::node& node, const Option& option) {
  const auto* array = node.as_array();
  if (!array) return scalar_text(node, option);
  if (option.kind != Option::Kind::list) return {};
  std::string text;
  for (const toml::node& item : *array) {
    const auto* const value = item.as_string();
    if (!value || value->get().contains(',')) return {};
    if (!text.empty()) text += ',';
    text += value->get();
  }
  return text;
}

}  // namespace

ConfigFile read_config_file(const std::string& path, std::span<const Option> table) {
  ConfigFile file;
  toml::table parsed;
  try {
    parsed = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    const auto where = error.source().begin;
    file.problems.push_back(
        where ? fmt::format("The configuration file {} cannot be read: line {}, column {}: {}.",
                            path, where.line, where.column, error.description())
              : fmt::format("The configuration file {} cannot be read: {}.", path,
                            error.description()));
    return file;
  }
  for (const auto& [key, node] : parsed) {
    const std::string name{key.str()};
    const std::string source = fmt::format("{} ({}, line {})", name, path, key.source().begin.line);
    const auto option =
        std::ranges::find_if(table, [&](const Option& o) { return key_name(o.name) == name; });
    if (option == table.end()) {
      const auto nearest = nearest_key(name, table);
      file.problems.push_back(
          nearest ? fmt::format("{} is not an option; did you mean {}?", source, *nearest)
                  : fmt::format("{} is not an option.", source));
      continue;
    }
    if (auto text = text_of(node, *option)) {
      file.values[name] = {.text = std::move(*text), .source = source};
    } else {
      file.problems.push_back(fmt::format("{} must be {}.", source, allowed_values(*option)));
    }
  }
  return file;
}

}  // namespace parley
