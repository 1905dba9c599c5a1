#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace parley {

// An identifier that cannot be mistaken for another kind of identifier.
//
// Ids of one kind compare and hash. They do not add, do not convert to
// integers by themselves, and travel as decimal strings in JSON because a
// JavaScript number loses everything above 2^53.
template <class Kind>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::uint64_t value) : value_(value) {}

  constexpr std::uint64_t value() const { return value_; }

  // False for the id of nothing, which no IdSource gives out.
  constexpr explicit operator bool() const { return value_ != 0; }

  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  std::uint64_t value_ = 0;
};

}  // namespace parley

template <class Kind>
struct std::hash<parley::Id<Kind>> {
  // Ids carry their time in the high bits and little in the low ones: mix before use.
  std::size_t operator()(parley::Id<Kind> id) const noexcept {
    std::uint64_t x = id.value();
    x ^= x >> 32;
    x *= 0x9e3779b97f4a7c15ULL;
    x ^= x >> 29;
    return static_cast<std::size_t>(x);
  }
};
