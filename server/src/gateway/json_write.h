#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/mp11/algorithm.hpp>

#include "gateway/wire_name.h"
#include "model/ids.h"
#include "model/nullable.h"

namespace parley::json {

// The writing half of the one codec: described structs become JSON by appending to a string.
// Members are camelCase, ids decimal strings, times RFC 3339 UTC with milliseconds, enumerators
// their names; an empty std::optional is left out, an empty Nullable is null.

// Strings are written escaped, byte for byte otherwise: they must be valid UTF-8.
void write(std::string& out, std::string_view text);
void write(std::string& out, Timestamp time);

inline void write(std::string& out, const std::string& text) { write(out, std::string_view{text}); }
inline void write(std::string& out, bool value) { out += value ? "true" : "false"; }

template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>)
void write(std::string& out, T value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

template <class Kind>
void write(std::string& out, Id<Kind> id) {
  out += '"';
  write(out, id.value());
  out += '"';
}

template <DescribedEnum E>
std::string_view name_of(E value) {
  std::string_view name;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
    if (d.value == value) name = d.name;
  });
  return name;
}

template <DescribedEnum E>
void write(std::string& out, E value) {
  out += '"';
  out += name_of(value);
  out += '"';
}

template <Described T>
void write(std::string& out, const T& object);
template <class T>
void write(std::string& out, const std::vector<T>& list);
template <class T>
void write(std::string& out, const Nullable<T>& value) {
  if (value) {
    write(out, *value);
  } else {
    out += "null";
  }
}

template <class T>
void write(std::string& out, const std::vector<T>& list) {
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) out += ',';
    write(out, list[i]);
  }
  out += ']';
}

namespace detail {

template <class T>
constexpr bool is_left_out(const T&) {
  return false;
}
template <class T>
constexpr bool is_left_out(const std::optional<T>& value) {
  return !value.has_value();
}
template <class T>
constexpr bool is_left_out(const Nullable<T>&) {
  return false;
}

template <class T>
const T& present(const T& value) {
  return value;
}
template <class T>
const T& present(const std::optional<T>& value) {
  return *value;
}
template <class T>
const Nullable<T>& present(const Nullable<T>& value) {
  return value;
}

}  // namespace detail

template <Described T>
void write(std::string& out, const T& object) {
  out += '{';
  const std::size_t begin = out.size();
  boost::mp11::mp_for_each<Members<T>>([&](auto d) {
    const auto& member = object.*d.pointer;
    if (detail::is_left_out(member)) return;
    if (out.size() != begin) out += ',';
    out += WireName<decltype(d)>::key;
    write(out, detail::present(member));
  });
  out += '}';
}

template <class T>
std::string to_json(const T& value) {
  std::string out;
  write(out, value);
  return out;
}

}  // namespace parley::json
