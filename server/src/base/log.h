#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/id.h"

// What the server tells its operator: one line per event, on standard error.
//
//   log::info("message accepted", {{"chat", chat_id}, {"seq", 7}});
//
// An event is a few words that never vary; what varies goes into fields, so that lines can be
// counted and searched. An error is logged once, where it ends. Ids only: never a name, a
// message, a password or a token.
namespace parley::log {

enum class Level : std::uint8_t { debug, info, warning, error };

enum class Format : std::uint8_t {
  automatic,  // text when standard error is a terminal, JSON otherwise
  text,       // 2026-11-21T04:00:00.123Z info message accepted chat=42 seq=7
  json,       // {"ts":"2026-11-21T04:00:00.123Z","level":"info","event":"message accepted",…}
};

// A name and a value. It refers to the text it is given and lives no longer than the call.
class Field {
 public:
  // Ids are written as text, as everywhere in JSON.
  template <class Kind>
  Field(std::string_view name, Id<Kind> id) : name_(name), value_(IdValue{id.value()}) {}

  template <std::integral T>
  Field(std::string_view name, T value) : name_(name) {
    if constexpr (std::same_as<T, bool>) {
      value_ = value;
    } else if constexpr (std::signed_integral<T>) {
      value_ = static_cast<std::int64_t>(value);
    } else {
      value_ = static_cast<std::uint64_t>(value);
    }
  }

  Field(std::string_view name, double value) : name_(name), value_(value) {}
  Field(std::string_view name, std::string_view value) : name_(name), value_(value) {}
  Field(std::string_view name, const std::string& value) : Field(name, std::string_view{value}) {}
  Field(std::string_view name, const char* value)
      : Field(name, std::string_view{value ? value : ""}) {}

 private:
  struct IdValue {
    std::uint64_t value;
  };
  using Value = std::variant<bool, std::int64_t, std::uint64_t, double, IdValue, std::string_view>;

  friend std::string line(Format format, std::int64_t ms, Level level, std::string_view event,
                          std::initializer_list<Field> fields);

  std::string_view name_;
  Value value_;
};

using Fields = std::initializer_list<Field>;

// From now on lines below `level` are left out. Before the first call: info, automatic.
void setup(Level level, Format format);

namespace detail {
inline std::atomic<Level> least{Level::info};
void write(Level level, std::string_view event, Fields fields);
}  // namespace detail

inline bool enabled(Level level) { return level >= detail::least.load(std::memory_order_relaxed); }

// Each call is one whole line, whatever other threads log meanwhile. Whatever text a field holds,
// it can neither begin a new line nor move a terminal's cursor.
inline void debug(std::string_view event, Fields fields = {}) {
  if (enabled(Level::debug)) detail::write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
  if (enabled(Level::info)) detail::write(Level::info, event, fields);
}
inline void warning(std::string_view event, Fields fields = {}) {
  if (enabled(Level::warning)) detail::write(Level::warning, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  if (enabled(Level::error)) detail::write(Level::error, event, fields);
}

// A line as it is written, without its end. `ms` is the time since 1970 in milliseconds.
std::string line(Format format, std::int64_t ms, Level level, std::string_view event,
                 Fields fields);

}  // namespace parley::log
