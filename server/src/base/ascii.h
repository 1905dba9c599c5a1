#pragma once

#include <string>

namespace parley {

// A-Z become a-z; everything else stays, also what is not ASCII.
constexpr std::string lower_ascii(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace parley
