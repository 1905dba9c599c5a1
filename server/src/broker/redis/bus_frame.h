#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "delivery/bus.h"

namespace parley::broker::redis {

// What one publish of the bus carries: the sender in two bytes, then messages, each behind its
// length in four bytes. Most significant byte first.

inline std::string begin_frame(delivery::NodeId from) {
  const auto id = static_cast<std::uint16_t>(from);
  return {static_cast<char>(id >> 8), static_cast<char>(id & 0xff)};
}

inline void append_message(std::string& frame, std::string_view message) {
  const auto size = static_cast<std::uint32_t>(message.size());
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(size >> shift & 0xff);
  frame += message;
}

// The messages of a frame, one after the other.
class FrameReader {
 public:
  // Nothing when it is no frame at all.
  static std::optional<FrameReader> open(std::string_view frame) {
    if (frame.size() < 2) return {};
    return FrameReader{static_cast<delivery::NodeId>(number(frame.substr(0, 2))), frame.substr(2)};
  }

  delivery::NodeId from() const { return from_; }

  // Nothing at the end, and where the frame is broken.
  std::optional<std::string_view> next() {
    if (rest_.size() < 4) return {};
    const std::size_t size = number(rest_.substr(0, 4));
    if (rest_.size() - 4 < size) return {};
    const auto message = rest_.substr(4, size);
    rest_.remove_prefix(4 + size);
    return message;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  FrameReader(delivery::NodeId from, std::string_view rest) : from_(from), rest_(rest) {}

  static std::uint32_t number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }

  delivery::NodeId from_;
  std::string_view rest_;
};

}  // namespace parley::broker::redis
