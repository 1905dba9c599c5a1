#pragma once

#include <cstdint>
#include <ranges>
#include <string>
#include <vector>

#include "base/id.h"

namespace parley::storage {

// A list of pairs of numbers that a statement takes as one argument, so that it is asked once about
// all of them and not once about each. In the statement
//
//   FROM json_each(?1) w CROSS JOIN … WHERE … = CAST(w.key AS BIGINT) AND … = w.value
//
// goes through it; which comes after which is not said. SQLite's own function wants the cast;
// PostgreSQL has one of that name from us. CROSS JOIN keeps SQLite from beginning with the other
// table.
class Pairs {
 public:
  Pairs() = default;
  // Keys alone.
  template <std::ranges::input_range Keys>
  explicit Pairs(const Keys& keys) {
    for (const auto key : keys) add(key);
  }

  template <class Kind>
  void add(Id<Kind> key, std::int64_t value = 0) {
    text_ += text_.empty() ? "{\"" : ",\"";
    text_ += std::to_string(key.value());
    text_ += "\":";
    text_ += std::to_string(value);
  }
  template <class Kind, class Other>
  void add(Id<Kind> key, Id<Other> value) {
    add(key, static_cast<std::int64_t>(value.value()));
  }

  // There is nothing to ask about.
  bool empty() const { return text_.empty(); }

  std::string text() const { return text_.empty() ? "{}" : text_ + '}'; }

 private:
  std::string text_;
};

// A list of texts, likewise: `FROM json_tree(?1) w CROSS JOIN … WHERE … = w.atom` goes through it.
std::string text_list(const std::vector<std::string>& texts);

}  // namespace parley::storage
