#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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
class Texts {
 public:
  void add(std::string_view text) {
    text_ += text_.empty() ? "[\"" : ",\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') text_ += '\\';
      if (static_cast<unsigned char>(c) < 0x20) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        text_ += c < 0x10 ? "\\u000" : "\\u001";
        text_ += kDigits[static_cast<std::size_t>(c & 0xf)];
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text() const { return text_.empty() ? "[]" : text_ + ']'; }

 private:
  std::string text_;
};

}  // namespace parley::storage
