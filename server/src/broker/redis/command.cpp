#include "broker/redis/command.h"

#include <array>
#include <utility>
#include <vector>

#include <openssl/sha.h>

#include "base/hex.h"

namespace parley::broker::redis {
namespace {

// CRC-16/XMODEM, as the specification of Redis Cluster wants it.
constexpr std::array<std::uint16_t, 256> kCrc = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021u : 0u);
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}();

std::uint16_t crc16(std::string_view text) {
  unsigned crc = 0;
  for (const char c : text)
    crc = (crc << 8 & 0xffff) ^ kCrc[(crc >> 8 ^ static_cast<unsigned char>(c)) & 0xff];
  return static_cast<std::uint16_t>(crc);
}

}  // namespace

std::uint16_t slot_of(std::string_view key) {
  if (const auto open = key.find('{'); open != key.npos) {
    const auto close = key.find('}', open + 1);
    if (close != key.npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  return crc16(key) % kSlots;
}

Command make_command(std::initializer_list<std::string_view> parts) {
  Command command;
  append_command(command.bytes, parts);
  if (parts.size() > 1) command.slot = slot_of(parts.begin()[1]);
  return command;
}

Script::Script(std::string text) : text_(std::move(text)) {
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  SHA1(reinterpret_cast<const unsigned char*>(text_.data()), text_.size(),
       reinterpret_cast<unsigned char*>(digest.data()));
  digest_ = to_hex(digest);
}

Command Script::by_digest(Texts keys, Texts arguments) const {
  return command("EVALSHA", digest_, keys, arguments);
}

Command Script::by_text(Texts keys, Texts arguments) const {
  return command("EVAL", text_, keys, arguments);
}

Command Script::command(std::string_view how, std::string_view what, Texts keys, Texts arguments) {
  const std::string count = std::to_string(keys.size());
  std::vector<std::string_view> parts{how, what, count};
  parts.insert(parts.end(), keys.begin(), keys.end());
  parts.insert(parts.end(), arguments.begin(), arguments.end());
  Command made{.bytes = {}, .slot = slot_of(keys.front())};
  append_command(made.bytes, parts);
  return made;
}

}  // namespace parley::broker::redis
