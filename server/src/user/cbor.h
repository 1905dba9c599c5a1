#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace parley::user {

// What a passkey says, as CBOR (RFC 8949) in the form of CTAP2: definite lengths, integers of 64
// bits, no tags, no floating point numbers, no key twice in a map. Its strings are views of what
// was read.
struct Cbor {
  enum class Kind : std::uint8_t { integer, bytes, text, array, map, simple };

  bool is(Kind wanted) const { return kind == wanted; }
  // The member of a map; nullptr when it is none, or is no such member.
  const Cbor* find(std::int64_t key) const;
  const Cbor* find(std::string_view key) const;

  Kind kind = Kind::simple;  // false, true or null, whose value nobody asks for
  std::int64_t integer = 0;
  std::string_view string{};
  std::vector<Cbor> items{};  // of a map: a key, its value, the next key …
};

// Takes one item off the front of `input`, at most 8 levels deep and of at most 256 items in all.
// Nothing when it is cut, or not of this form.
std::optional<Cbor> read_cbor(std::string_view& input);

}  // namespace parley::user
