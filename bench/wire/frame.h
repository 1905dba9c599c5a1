#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// WebSocket framing for the bench: as little of RFC 6455 as a generator and a relay of whole text
// frames need. Fragments and extensions are refused, not supported.
namespace bench {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

// XORs `size` bytes at `data` with the four bytes of `key`, which are in wire order.
inline void apply_mask(char* data, std::size_t size, std::uint32_t key) {
  const std::uint64_t wide = key | (static_cast<std::uint64_t>(key) << 32);
  while (size >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, 8);
    word ^= wide;
    std::memcpy(data, &word, 8);
    data += 8;
    size -= 8;
  }
  char bytes[4];
  std::memcpy(bytes, &key, 4);
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>(data[i] ^ bytes[i & 3]);
}

// Appends the header of a final frame. `mask_bit` is 0x80 for clients, 0 for servers.
inline void append_header(std::string& out, Opcode opcode, std::size_t size, unsigned mask_bit) {
  out.push_back(static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
  if (size < 126) {
    out.push_back(static_cast<char>(mask_bit | size));
  } else if (size < 65536) {
    out.push_back(static_cast<char>(mask_bit | 126U));
    out.push_back(static_cast<char>(size >> 8));
    out.push_back(static_cast<char>(size));
  } else {
    out.push_back(static_cast<char>(mask_bit | 127U));
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  }
}

// Appends what a server sends.
inline void append_server_frame(std::string& out, Opcode opcode, std::string_view payload) {
  append_header(out, opcode, payload.size(), 0);
  out.append(payload);
}

// Appends what a client sends, masked with `key`.
inline void append_client_frame(std::string& out, Opcode opcode, std::string_view payload,
                                std::uint32_t key) {
  append_header(out, opcode, payload.size(), 0x80);
  char bytes[4];
  std::memcpy(bytes, &key, 4);
  out.append(bytes, 4);
  const std::size_t start = out.size();
  out.append(payload);
  apply_mask(out.data() + start, payload.size(), key);
}

struct Frame {
  Opcode opcode = Opcode::text;
  std::string_view payload;
};

enum class Parsed { frame, incomplete, refused };

// Takes the next frame from `bytes`, whose first `consumed` bytes are done with. A masked payload
// is unmasked in place. `frame` points into `bytes`.
inline Parsed take_frame(char* bytes, std::size_t size, std::size_t& consumed, Frame& frame) {
  const auto* at = reinterpret_cast<unsigned char*>(bytes) + consumed;
  const std::size_t left = size - consumed;
  if (left < 2) return Parsed::incomplete;
  if ((at[0] & 0xF0U) != 0x80U) return Parsed::refused;  // a fragment, or an extension's bit
  const bool masked = (at[1] & 0x80U) != 0;
  std::uint64_t length = at[1] & 0x7FU;
  std::size_t header = 2;
  if (length >= 126) {
    const std::size_t wide = length == 126 ? 2 : 8;
    header += wide;
    if (left < header) return Parsed::incomplete;
    length = 0;
    for (std::size_t i = 0; i < wide; ++i) length = (length << 8) | at[2 + i];
  }
  if (length > (1U << 24)) return Parsed::refused;
  const std::size_t mask_at = header;
  if (masked) header += 4;
  if (left < header + length) return Parsed::incomplete;
  char* payload = bytes + consumed + header;
  if (masked) {
    std::uint32_t key = 0;
    std::memcpy(&key, bytes + consumed + mask_at, 4);
    apply_mask(payload, length, key);
  }
  frame.opcode = static_cast<Opcode>(at[0] & 0x0FU);
  frame.payload = std::string_view{payload, static_cast<std::size_t>(length)};
  consumed += header + static_cast<std::size_t>(length);
  return Parsed::frame;
}

}  // namespace bench
