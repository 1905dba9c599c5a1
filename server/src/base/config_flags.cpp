#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/config.h"

namespace parley {
namespace {

std::string placeholder(const Option& option) {
  switch (option.kind) {
    case Option::Kind::text:
      return "TEXT";
    case Option::Kind::integer:
      return "NUMBER";
    case Option::Kind::seconds:
      return "SECONDS";
    case Option::Kind::bytes:
      return "BYTES";
    case Option::Kind::toggle:
      return "on|off";
    case Option::Kind::path:
      return "PATH";
    case Option::Kind::list:
      return "A,B,…";
    case Option::Kind::choice:
      break;
  }
  std::string names{option.choices};
  for (char& c : names)
    if (c == ',') c = '|';
  return names;
}

void add(CLI::App& app, Flags& flags, std::string_view name, const std::string& type,
         const std::string& help, CLI::MultiOptionPolicy again) {
  auto* const option = app.add_option(
      fmt::format("--{}", name),
      [&flags, key = std::string{name}](const CLI::results_t& given) {
        flags[key] = given.empty() ? std::string{} : given.front();
        return true;
      },
      help);
  // Nothing is an answer too: otherwise CLI11 would read the next flag as the value of `--web=`.
  option->type_name(type)->expected(0, 1)->multi_option_policy(again);
  if (again == CLI::MultiOptionPolicy::Join) option->delimiter(',');
}

}  // namespace

void add_options(CLI::App& app, std::span<const Option> table, Flags& flags) {
  add(app, flags, "config", "FILE", "A TOML file with options. [PARLEY_CONFIG]",
      CLI::MultiOptionPolicy::TakeLast);
  for (const Option& option : table) {
    const std::string initial = option.initial.empty() ? "none" : fmt::format("{}", option.initial);
    add(app, flags, option.name, placeholder(option),
        fmt::format("{} [default: {}; {}]", option.text, initial, environment_name(option.name)),
        option.kind == Option::Kind::list ? CLI::MultiOptionPolicy::Join
                                          : CLI::MultiOptionPolicy::TakeLast);
  }
}

}  // namespace parley
