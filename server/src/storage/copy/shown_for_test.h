#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/id.h"
#include "model/error.h"

// What a store answered as text, member by member, so that the answers of two can be compared.

namespace parley::storage {

inline std::string shown(const std::string& text) { return fmt::format("{:?}", text); }
inline std::string shown(Timestamp time) { return std::to_string(time.time_since_epoch().count()); }
template <class Kind>
std::string shown(Id<Kind> id) {
  return std::to_string(id.value());
}
template <class T>
  requires std::integral<T> || std::is_enum_v<T>
std::string shown(T value) {
  return std::to_string(static_cast<std::int64_t>(value));
}
template <class T>
std::string shown(const std::optional<T>& value);
template <class T>
std::string shown(const std::vector<T>& values);
template <class T>
std::string shown(const Result<T>& result);

template <class T>
  requires boost::describe::has_describe_members<T>::value && (!std::is_enum_v<T>)
std::string shown(const T& value) {
  namespace describe = boost::describe;
  std::string text = "{";
  boost::mp11::mp_for_each<
      describe::describe_members<T, describe::mod_any_access | describe::mod_inherited>>(
      [&](auto member) {
        text += fmt::format("{}={} ", member.name, shown(value.*member.pointer));
      });
  return text + "}";
}

template <class T>
std::string shown(const std::optional<T>& value) {
  return value ? shown(*value) : "-";
}

template <class T>
std::string shown(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) text += shown(value) + "\n";
  return text + "]";
}

template <class T>
std::string shown(const Result<T>& result) {
  if (!result) return "refused: " + std::string{info(result.error().code).name};
  if constexpr (std::is_void_v<T>) {
    return "done";
  } else {
    return shown(*result);
  }
}

}  // namespace parley::storage
