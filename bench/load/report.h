#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "histogram.h"

namespace bench {

// Builds the one JSON object a run prints.
class Report {
 public:
  void put(std::string_view name, std::string_view value);
  void put(std::string_view name, const char* value) { put(name, std::string_view{value}); }
  void put(std::string_view name, double value);
  void put(std::string_view name, bool value) { put_raw(name, value ? "true" : "false"); }
  template <std::integral T>
  void put(std::string_view name, T value) {
    put_raw(name, std::to_string(value));
  }
  // Percentiles in microseconds.
  void put(std::string_view name, const Histogram& histogram);
  void put(std::string_view name, const Report& object) { put_raw(name, object.json()); }
  // `json` must be valid as it stands.
  void put_raw(std::string_view name, std::string_view json);

  std::string json() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

// `text` in quotes, escaped.
std::string quoted(std::string_view text);

}  // namespace bench
