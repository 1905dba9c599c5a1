#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::gateway {

// A frame as a client sends it, right or wrong.
struct ClientFrame {
  std::uint8_t opcode = 1;
  bool final = true;
  std::uint8_t reserved = 0;  // RSV1 is 4, RSV2 is 2, RSV3 is 1
  std::string_view payload = {};
  std::array<std::uint8_t, 4> mask = {0x37, 0xFA, 0x21, 0x3D};
  bool masked = true;
  int length_bytes = -1;  // 0, 2 or 8 behind the first; -1: as few as will do
};

inline std::string client_frame(const ClientFrame& frame) {
  const std::uint64_t size = frame.payload.size();
  int bytes = frame.length_bytes;
  if (bytes < 0) bytes = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
  std::string out;
  out += static_cast<char>((frame.final ? 0x80 : 0) | frame.reserved << 4 | frame.opcode);
  const auto length = bytes == 0 ? size : bytes == 2 ? 126 : 127;
  out += static_cast<char>((frame.masked ? 0x80U : 0U) | length);
  while (bytes-- > 0) out += static_cast<char>(size >> (8 * bytes) & 0xFF);
  if (frame.masked) out.append(frame.mask.begin(), frame.mask.end());
  for (std::size_t i = 0; i < size; ++i)
    out += static_cast<char>(frame.payload[i] ^ (frame.masked ? frame.mask[i % 4] : 0));
  return out;
}

inline std::string close_payload(unsigned code, std::string_view reason = {}) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  payload += reason;
  return payload;
}

inline std::string close_frame(unsigned code, std::string_view reason = {}) {
  return client_frame({.opcode = 8, .payload = close_payload(code, reason)});
}

}  // namespace parley::gateway
