#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/core/type_name.hpp>

#include "gateway/wire_name.h"
#include "model/ids.h"
#include "model/limit.h"
#include "model/nullable.h"

namespace parley::gateway {

struct Type;

struct Field {
  std::string_view name;
  const Type* type;
  bool optional = false;  // may be left out
  bool nullable = false;  // may be null
  const Limit* limit = nullptr;
};

// The shape of something on the wire, for documentation and generated clients.
struct Type {
  enum class Kind : std::uint8_t { boolean, integer, string, id, time, choice, list, object };

  Kind kind;
  std::string name;                       // of objects and choices: `SendMessage`
  std::vector<std::string_view> choices;  // of a choice
  const Type* element = nullptr;          // of a list
  std::vector<Field> fields;              // of an object
};

namespace detail {

template <class T>
std::string short_name() {
  const std::string full = boost::core::type_name<T>();
  const auto colon = full.rfind("::");
  return colon == std::string::npos ? full : full.substr(colon + 2);
}

template <class T>
struct Shape;

template <class T>
struct Wrapped {
  using type = T;
  static constexpr bool optional = false;
  static constexpr bool nullable = false;
};
template <class T>
struct Wrapped<std::optional<T>> {
  using type = T;
  static constexpr bool optional = true;
  static constexpr bool nullable = false;
};
template <class T>
struct Wrapped<Nullable<T>> {
  using type = T;
  static constexpr bool optional = false;
  static constexpr bool nullable = true;
};

}  // namespace detail

template <class T>
const Type& type_of() {
  static const Type type = detail::Shape<T>::make();
  return type;
}

namespace detail {

template <>
struct Shape<bool> {
  static Type make() {
    return {.kind = Type::Kind::boolean, .name = {}, .choices = {}, .fields = {}};
  }
};
template <>
struct Shape<std::int64_t> {
  static Type make() {
    return {.kind = Type::Kind::integer, .name = {}, .choices = {}, .fields = {}};
  }
};
template <>
struct Shape<std::string> {
  static Type make() {
    return {.kind = Type::Kind::string, .name = {}, .choices = {}, .fields = {}};
  }
};
template <>
struct Shape<Timestamp> {
  static Type make() { return {.kind = Type::Kind::time, .name = {}, .choices = {}, .fields = {}}; }
};
template <class Kind>
struct Shape<Id<Kind>> {
  static Type make() { return {.kind = Type::Kind::id, .name = {}, .choices = {}, .fields = {}}; }
};
template <class T>
struct Shape<std::vector<T>> {
  static Type make() {
    return {.kind = Type::Kind::list,
            .name = {},
            .choices = {},
            .element = &type_of<T>(),
            .fields = {}};
  }
};
template <json::DescribedEnum E>
struct Shape<E> {
  static Type make() {
    Type type{.kind = Type::Kind::choice, .name = short_name<E>(), .choices = {}, .fields = {}};
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
        [&](auto d) { type.choices.push_back(d.name); });
    return type;
  }
};
template <json::Described T>
struct Shape<T> {
  static Type make() {
    Type type{.kind = Type::Kind::object, .name = short_name<T>(), .choices = {}, .fields = {}};
    boost::mp11::mp_for_each<json::Members<T>>([&](auto d) {
      using Member = Wrapped<std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>>;
      Field field{.name = json::WireName<decltype(d)>::value,
                  .type = &type_of<typename Member::type>(),
                  .optional = Member::optional,
                  .nullable = Member::nullable};
      if constexpr (requires { T::kLimits; }) {
        for (const Limit& limit : T::kLimits) {
          if (limit.field == field.name) field.limit = &limit;
        }
      }
      type.fields.push_back(field);
    });
    return type;
  }
};

}  // namespace detail
}  // namespace parley::gateway
