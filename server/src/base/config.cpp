#include "base/config.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "base/config_file.h"
#include "base/config_value.h"

namespace parley {
namespace {

const char* environment_of_process(const char* name) { return std::getenv(name); }

std::optional<std::string> text_in(const Config::Environment& environment,
                                   const std::string& name) {
  const char* const text = environment(name.c_str());
  if (!text || *text == '\0') return {};
  return text;
}

// Everything somebody gave for one option, the strongest first.
std::optional<GivenValue> given_for(const Option& option, const Flags& flags,
                                    const Config::Environment& environment,
                                    const ConfigFile& file) {
  if (const auto flag = flags.find(option.name); flag != flags.end())
    return GivenValue{.text = flag->second, .source = fmt::format("--{}", option.name)};
  const std::string variable = environment_name(option.name);
  if (auto text = text_in(environment, variable)) return GivenValue{std::move(*text), variable};
  if (const auto found = file.values.find(key_name(option.name)); found != file.values.end())
    return found->second;
  return {};
}

std::string quoted(const Option& option, std::string_view text) {
  return option.secret ? "not what it must be" : fmt::format("\"{}\"", text);
}

}  // namespace

std::expected<Config, Config::Problems> Config::read(std::span<const Option> table,
                                                     const Flags& flags) {
  return read(table, flags, environment_of_process);
}

std::expected<Config, Config::Problems> Config::read(std::span<const Option> table,
                                                     const Flags& flags,
                                                     const Environment& environment) {
  ConfigFile file;
  if (const auto flag = flags.find("config"); flag != flags.end()) {
    file = read_config_file(flag->second, table);
  } else if (const auto path = text_in(environment, "PARLEY_CONFIG")) {
    file = read_config_file(*path, table);
  }
  Problems problems = std::move(file.problems);

  Config config;
  config.table_ = table;
  for (const Option& option : table) {
    auto initial = parse_value(option, option.initial);
    if (!initial)
      throw std::logic_error(fmt::format("the default of {} is not allowed", option.name));
    Setting setting{.value = std::move(*initial), .source = {}};
    if (const auto given = given_for(option, flags, environment, file)) {
      if (auto value = parse_value(option, given->text)) {
        setting = {.value = std::move(*value), .source = given->source};
      } else {
        problems.push_back(fmt::format("{} is {}, but it must be {}.", given->source,
                                       quoted(option, given->text), allowed_values(option)));
      }
    }
    config.settings_.push_back(std::move(setting));
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return config;
}

const Config::Setting& Config::setting(std::string_view name,
                                       std::initializer_list<Option::Kind> kinds) const {
  const auto option = std::ranges::find(table_, name, &Option::name);
  if (option == table_.end()) throw std::logic_error(fmt::format("there is no option {}", name));
  if (std::ranges::find(kinds, option->kind) == kinds.end())
    throw std::logic_error(fmt::format("the option {} is of another kind", name));
  return settings_[static_cast<std::size_t>(option - table_.begin())];
}

const std::string& Config::text(std::string_view name) const {
  return std::get<std::string>(setting(name, {Option::Kind::text, Option::Kind::choice}).value);
}

std::int64_t Config::integer(std::string_view name) const {
  return std::get<std::int64_t>(setting(name, {Option::Kind::integer}).value);
}

std::chrono::seconds Config::seconds(std::string_view name) const {
  return std::chrono::seconds{std::get<std::int64_t>(setting(name, {Option::Kind::seconds}).value)};
}

std::size_t Config::bytes(std::string_view name) const {
  return static_cast<std::size_t>(
      std::get<std::int64_t>(setting(name, {Option::Kind::bytes}).value));
}

bool Config::on(std::string_view name) const {
  return std::get<bool>(setting(name, {Option::Kind::toggle}).value);
}

std::filesystem::path Config::path(std::string_view name) const {
  return std::get<std::string>(setting(name, {Option::Kind::path}).value);
}

const std::vector<std::string>& Config::list(std::string_view name) const {
  return std::get<std::vector<std::string>>(setting(name, {Option::Kind::list}).value);
}

bool Config::is_set(std::string_view name) const {
  const auto option = std::ranges::find(table_, name, &Option::name);
  if (option == table_.end()) throw std::logic_error(fmt::format("there is no option {}", name));
  return !settings_[static_cast<std::size_t>(option - table_.begin())].source.empty();
}

std::string Config::print() const {
  std::string out;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    const Option& option = table_[i];
    const Setting& setting = settings_[i];
    const std::string source =
        setting.source.empty() ? "default" : fmt::format("from {}", setting.source);
    const std::string key = key_name(option.name);
    if (option.secret) {
      out += fmt::format("# {} is {} and not shown\n", key,
                         setting.source.empty() ? "not set" : fmt::format("set, {},", source));
    } else {
      const std::string value = std::visit([](const auto& v) { return toml_of(v); }, setting.value);
      out += fmt::format("{} = {}  # {}\n", key, value, source);
    }
  }
  return out;
}

std::string environment_name(std::string_view option) {
  std::string name = "PARLEY_";
  for (const char c : option)
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::string key_name(std::string_view option) {
  std::string name{option};
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string markdown_of(std::span<const Option> table) {
  std::string out =
      "| Flag | Environment | Key | Value | Default | When to change it |\n"
      "|---|---|---|---|---|---|\n";
  for (const Option& option : table) {
    const std::string initial =
        option.initial.empty() ? "(none)" : fmt::format("`{}`", option.initial);
    fmt::format_to(std::back_inserter(out), "| `--{}` | `{}` | `{}` | {} | {} | {} |\n",
                   option.name, environment_name(option.name), key_name(option.name),
                   allowed_values(option), initial, option.text);
  }
  return out;
}

}  // namespace parley
