#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/config.h"

namespace parley {

using ConfigValue = std::variant<std::string, std::int64_t, bool, std::vector<std::string>>;

// The value a text stands for, or nothing when the option does not allow it.
std::optional<ConfigValue> parse_value(const Option& option, std::string_view text);

// A value as it is written in a configuration file.
std::string toml_of(std::string_view text);
std::string toml_of(std::int64_t number);
std::string toml_of(bool on);
std::string toml_of(const std::vector<std::string>& list);

}  // namespace parley
