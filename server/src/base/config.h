#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace CLI {
class App;
}

namespace parley {

// One row of a table of everything an operator can set. `rate-limits` is the flag --rate-limits,
// the variable PARLEY_RATE_LIMITS and the key rate_limits of the configuration file.
struct Option {
  enum class Kind : std::uint8_t {
    text,
    integer,
    seconds,  // 90, 90s, 15m, 24h, 7d
    bytes,    // 65536, 64K, 1M, 2G (powers of 1024)
    toggle,   // on, off
    path,
    list,    // a,b,c; in the file an array of strings too
    choice,  // one of `choices`
  };

  std::string_view name;
  Kind kind = Kind::text;
  std::string_view initial{};  // the default, written as for a flag
  std::string_view text{};     // a sentence that says when to change it
  // Bounds of the value; of the length in bytes for text, of the number of items for a list.
  // Text and path may also be empty when their default is.
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::string_view choices{};  // of a choice or of the items of a list: "json,text"
  bool secret = false;         // never printed
};

// Flags that were given, by the name of their option. `config` names the file.
using Flags = std::map<std::string, std::string, std::less<>>;

// Makes --help list every option of `table`, and --config; what is given is put into `flags`,
// which is to outlive the parsing.
void add_options(CLI::App& app, std::span<const Option> table, Flags& flags);

// Config keeps the value of every option: of the flag, or else the environment, or else the file,
// or else the default. An environment variable that is empty counts as not set.
class Config {
 public:
  using Problems = std::vector<std::string>;
  // Yields the value of an environment variable, or null.
  using Environment = std::function<const char*(const char*)>;

  // Reads and checks everything; `table` is to outlive the result. Otherwise says all that is
  // wrong, a sentence each, for the operator.
  static std::expected<Config, Problems> read(std::span<const Option> table, const Flags& flags);
  static std::expected<Config, Problems> read(std::span<const Option> table, const Flags& flags,
                                              const Environment& environment);

  // Each throws std::logic_error for an option that is not in the table, or of another kind.
  const std::string& text(std::string_view name) const;  // of a choice as well
  std::int64_t integer(std::string_view name) const;
  std::chrono::seconds seconds(std::string_view name) const;
  std::size_t bytes(std::string_view name) const;
  bool on(std::string_view name) const;
  std::filesystem::path path(std::string_view name) const;
  const std::vector<std::string>& list(std::string_view name) const;

  // Whether somebody set it, so that it is not the default.
  bool is_set(std::string_view name) const;

  // A configuration file that says the same, and where each value comes from. Secrets are left
  // out, whether they are set or not is told.
  std::string print() const;

 private:
  using Value = std::variant<std::string, std::int64_t, bool, std::vector<std::string>>;
  struct Setting {
    Value value;
    std::string source;  // empty: the default
  };

  const Setting& setting(std::string_view name, std::initializer_list<Option::Kind> kinds) const;

  std::span<const Option> table_;
  std::vector<Setting> settings_;  // in the order of table_
};

// PARLEY_RATE_LIMITS and rate_limits, of rate-limits.
std::string environment_name(std::string_view option);
std::string key_name(std::string_view option);

// What a value of the option may be, for errors and documentation: "a whole number from 1 to 64".
std::string allowed_values(const Option& option);

// The table as docs/configuration.md shows it.
std::string markdown_of(std::span<const Option> table);

}  // namespace parley
