#pragma once

#include <optional>

namespace parley {

// A member that is always present on the wire, and null when there is nothing to say.
// (A std::optional member is left out instead.)
template <class T>
struct Nullable : std::optional<T> {
  using std::optional<T>::optional;
  using std::optional<T>::operator=;
};

}  // namespace parley
