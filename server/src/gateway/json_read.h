#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/mp11/algorithm.hpp>
#include <simdjson.h>

#include "gateway/json_write.h"
#include "model/error.h"
#include "model/limit.h"

namespace parley::json {

// The reading half of the one codec: a described command struct is filled by member name, from
// a JSON object and from texts (path and query of a REST call). Strict: unknown, missing, doubled
// and ill-typed members are refused, each named in the error's `fields`. A member must be given
// unless it is a std::optional. Limits of the struct (`kLimits`, model/limit.h) are checked.

using Value = simdjson::ondemand::value;

// A member given as text.
struct Text {
  std::string_view name;
  std::string value;
};

// JSON text with the spare room behind it that simdjson reads into.
class Input {
 public:
  // Copies `text` into a buffer of this thread; good until the next Input is made on it.
  explicit Input(std::string_view text);
  // `text` lies inside the text of another Input.
  Input(const Input& outer, std::string_view text);

  simdjson::padded_string_view view() const {
    return simdjson::padded_string_view{data_, size_, size_ + simdjson::SIMDJSON_PADDING};
  }
  bool empty() const { return size_ == 0; }

 private:
  const char* data_;
  std::size_t size_;
};

// Readers answer nullptr, or what they expected instead, for the developer.
using Expected = const char*;

Expected read(Value value, bool& out);
Expected read(Value value, std::int64_t& out);
Expected read(Value value, std::string& out);
Expected read(Value value, Timestamp& out);  // RFC 3339
Expected read_id(Value value, std::uint64_t& out);
Expected read_text(std::string_view text, bool& out);
Expected read_text(std::string_view text, std::int64_t& out);
Expected read_text(std::string_view text, std::string& out);
Expected read_text(std::string_view text, Timestamp& out);
Expected read_id_text(std::string_view text, std::uint64_t& out);

template <class Kind>
Expected read(Value value, Id<Kind>& out) {
  std::uint64_t id = 0;
  const Expected expected = read_id(value, id);
  out = Id<Kind>{id};
  return expected;
}

template <class Kind>
Expected read_text(std::string_view text, Id<Kind>& out) {
  std::uint64_t id = 0;
  const Expected expected = read_id_text(text, id);
  out = Id<Kind>{id};
  return expected;
}

template <DescribedEnum E>
Expected read_text(std::string_view text, E& out) {
  Expected expected = "one of the documented values";
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
    if (text != d.name) return;
    out = d.value;
    expected = nullptr;
  });
  return expected;
}

template <DescribedEnum E>
Expected read(Value value, E& out) {
  std::string text;
  if (const Expected expected = read(value, text)) return expected;
  return read_text(text, out);
}

template <class T>
Expected read(Value value, std::vector<T>& out);
template <class T>
Expected read_text(std::string_view text, std::vector<T>& out);

template <class T>
Expected read(Value value, std::optional<T>& out) {
  return read(value, out.emplace());
}
template <class T>
Expected read_text(std::string_view text, std::optional<T>& out) {
  return read_text(text, out.emplace());
}

template <class T>
Expected read(Value value, std::vector<T>& out) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return "an array";
  for (auto item : array) {
    Value element;
    if (item.get(element) != simdjson::SUCCESS) return "an array";
    if (const Expected expected = read(element, out.emplace_back())) return expected;
  }
  return nullptr;
}
template <class T>
Expected read_text(std::string_view, std::vector<T>&) {
  return "an array in the body";
}

// One member of a command, without its type.
struct Member {
  std::string_view name;
  bool required;
  Expected (*read)(Value, void* command);
  Expected (*read_text)(std::string_view, void* command);
};

namespace detail {

template <class T>
inline constexpr bool kOptional = false;
template <class T>
inline constexpr bool kOptional<std::optional<T>> = true;

template <class T, class D>
using MemberType = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;

template <class T, class D>
constexpr Member member() {
  return {.name = WireName<D>::value,
          .required = !kOptional<MemberType<T, D>>,
          .read = [](Value value,
                     void* command) { return read(value, static_cast<T*>(command)->*D::pointer); },
          .read_text =
              [](std::string_view text, void* command) {
                return read_text(text, static_cast<T*>(command)->*D::pointer);
              }};
}

template <class T, template <class...> class L, class... D>
constexpr std::array<Member, sizeof...(D)> members(L<D...>) {
  return {member<T, D>()...};
}

std::optional<Error> fill(std::span<const Member> members, void* command, const Input& body,
                          std::span<const Text> texts, bool strict = true);
void check(const Limit& limit, const std::string& text, std::vector<FieldError>& problems);
void check(const Limit& limit, std::int64_t value, std::vector<FieldError>& problems);
void check(const Limit& limit, std::size_t items, std::vector<FieldError>& problems);

template <class T>
void check(const Limit&, const T&, std::vector<FieldError>&) {}
template <class T>
void check(const Limit& limit, const std::vector<T>& list, std::vector<FieldError>& problems) {
  check(limit, list.size(), problems);
}
template <class T>
void check(const Limit& limit, const std::optional<T>& value, std::vector<FieldError>& problems) {
  if (value) check(limit, *value, problems);
}

}  // namespace detail

template <class T>
inline constexpr auto kMembers = detail::members<T>(Members<T>{});

// The same for what another node says, which may be of a later release: what is not known is left
// aside.
template <class T>
Result<T> read_message(const Input& body) {
  T message;
  if (auto error = detail::fill(kMembers<T>, &message, body, {}, false))
    return std::unexpected{std::move(*error)};
  return message;
}

// Makes a command out of a JSON object (or nothing) and texts.
template <class T>
Result<T> read_command(const Input& body, std::span<const Text> texts = {}) {
  T command;
  if (auto error = detail::fill(kMembers<T>, &command, body, texts))
    return std::unexpected{std::move(*error)};

  if constexpr (requires { T::kLimits; }) {
    std::vector<FieldError> problems;
    for (const Limit& limit : T::kLimits) {
      boost::mp11::mp_for_each<Members<T>>([&](auto d) {
        if (WireName<decltype(d)>::value == limit.field)
          detail::check(limit, command.*d.pointer, problems);
      });
    }
    if (!problems.empty())
      return std::unexpected{Error{.code = Errc::validation_failed, .fields = std::move(problems)}};
  }
  return command;
}

}  // namespace parley::json
