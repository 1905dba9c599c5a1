#include "base/hex.h"

#include <iterator>

#include <boost/algorithm/hex.hpp>

namespace parley {

std::string to_hex(std::string_view bytes) {
  std::string digits;
  digits.reserve(bytes.size() * 2);
  boost::algorithm::hex_lower(bytes, std::back_inserter(digits));
  return digits;
}

std::optional<std::string> from_hex(std::string_view digits) {
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  try {
    boost::algorithm::unhex(digits, std::back_inserter(bytes));
  } catch (const boost::algorithm::hex_decode_error&) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace parley
