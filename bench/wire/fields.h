#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

// Reads JSON by walking it once, without building anything. Enough for frames whose strings the
// bench compares as they stand on the wire; escapes are skipped over, not decoded.
namespace bench {

namespace detail {

inline const char* skip_space(const char* at, const char* end) {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  return at;
}

// `at` stands on the opening quote; gives the place after the closing one, or nullptr.
inline const char* skip_string(const char* at, const char* end) {
  ++at;
  while (at < end) {
    const auto* quote =
        static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (quote == nullptr) return nullptr;
    std::size_t slashes = 0;
    while (quote - 1 - slashes >= at && *(quote - 1 - slashes) == '\\') ++slashes;
    if (slashes % 2 == 0) return quote + 1;
    at = quote + 1;
  }
  return nullptr;
}

// The place after the value at `at`, or nullptr when it has no end.
inline const char* skip_value(const char* at, const char* end) {
  if (at >= end) return nullptr;
  if (*at == '"') return skip_string(at, end);
  if (*at != '{' && *at != '[') {
    while (at < end && *at != ',' && *at != '}' && *at != ']' && *at != ' ' && *at != '\n') ++at;
    return at;
  }
  int depth = 0;
  while (at < end) {
    const char c = *at;
    if (c == '"') {
      at = skip_string(at, end);
      if (at == nullptr) return nullptr;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
    if (depth == 0) return at;
  }
  return nullptr;
}

}  // namespace detail

// Walks the members of one object: `while (fields.next()) … fields.key, fields.value`. A string's
// value keeps its quotes; see text().
class Fields {
 public:
  explicit Fields(std::string_view object)
      : at_(object.data()), end_(object.data() + object.size()) {
    at_ = detail::skip_space(at_, end_);
    if (at_ < end_ && *at_ == '{') {
      ++at_;
    } else {
      at_ = end_;
    }
  }

  bool next() {
    at_ = detail::skip_space(at_, end_);
    if (at_ < end_ && *at_ == ',') at_ = detail::skip_space(at_ + 1, end_);
    if (at_ >= end_ || *at_ != '"') return false;
    const char* after = detail::skip_string(at_, end_);
    if (after == nullptr) return false;
    key = std::string_view{at_ + 1, static_cast<std::size_t>(after - at_ - 2)};
    at_ = detail::skip_space(after, end_);
    if (at_ >= end_ || *at_ != ':') return false;
    at_ = detail::skip_space(at_ + 1, end_);
    after = detail::skip_value(at_, end_);
    if (after == nullptr) return false;
    value = std::string_view{at_, static_cast<std::size_t>(after - at_)};
    at_ = after;
    return true;
  }

  std::string_view key;
  std::string_view value;

 private:
  const char* at_;
  const char* end_;
};

// Walks the elements of one array.
class Elements {
 public:
  explicit Elements(std::string_view array) : at_(array.data()), end_(array.data() + array.size()) {
    at_ = detail::skip_space(at_, end_);
    at_ = at_ < end_ && *at_ == '[' ? at_ + 1 : end_;
  }

  bool next() {
    at_ = detail::skip_space(at_, end_);
    if (at_ < end_ && *at_ == ',') at_ = detail::skip_space(at_ + 1, end_);
    if (at_ >= end_ || *at_ == ']') return false;
    const char* after = detail::skip_value(at_, end_);
    if (after == nullptr) return false;
    value = std::string_view{at_, static_cast<std::size_t>(after - at_)};
    at_ = after;
    return true;
  }

  std::string_view value;

 private:
  const char* at_;
  const char* end_;
};

// A string's value without its quotes; anything else as it stands.
inline std::string_view text(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"') return value.substr(1, value.size() - 2);
  return value;
}

// A number, or an id in quotes. 0 when it is neither.
inline std::uint64_t number(std::string_view value) {
  const std::string_view digits = text(value);
  std::uint64_t result = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), result);
  return result;
}

// The member `key` of `object`, or an empty view.
inline std::string_view member(std::string_view object, std::string_view key) {
  for (Fields fields{object}; fields.next();) {
    if (fields.key == key) return fields.value;
  }
  return {};
}

// The member `key` of `object` as a number; 0 when it is missing or none.
inline std::uint64_t number_of(std::string_view object, std::string_view key) {
  return number(member(object, key));
}

}  // namespace bench
