#include "gateway/websocket_frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <simdjson.h>

namespace parley::gateway {
namespace {

constexpr std::size_t kMaskSize = 4;
constexpr std::size_t kLongestControl = 125;
constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kMasked = 0x80;

void unmask(char* data, std::size_t size, const char* mask) {
  std::uint32_t word;
  std::memcpy(&word, mask, kMaskSize);
  const std::uint64_t wide = word | static_cast<std::uint64_t>(word) << 32;
  std::size_t i = 0;
  for (; i + sizeof wide <= size; i += sizeof wide) {
    std::uint64_t block;
    std::memcpy(&block, data + i, sizeof block);
    block ^= wide;
    std::memcpy(data + i, &block, sizeof block);
  }
  for (; i < size; ++i) data[i] = static_cast<char>(data[i] ^ mask[i % kMaskSize]);
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

// How many bytes at the end of `text` begin a character that is not complete yet.
std::size_t unfinished(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;  // goes on
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

// Codes a client may send in a close frame (RFC 6455 §7.4, IANA registry).
bool may_be_sent(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  out += static_cast<char>(kFinal | static_cast<std::uint8_t>(opcode));
  const std::uint64_t size = payload.size();
  int bytes = 0;
  if (size < 126) {
    out += static_cast<char>(size);
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(126);
    bytes = 2;
  } else {
    out += static_cast<char>(127);
    bytes = 8;
  }
  while (bytes-- > 0) out += static_cast<char>(size >> (8 * bytes) & 0xFF);
  out += payload;
}

std::string_view payload_of(std::string_view frame) {
  const auto length = static_cast<unsigned char>(frame[1]);
  return frame.substr(length < 126 ? 2 : length == 126 ? 4 : 10);
}

std::optional<CloseCode> FrameReader::feed(std::span<char> bytes, FrameSink& sink) {
  if (unread_.empty()) {
    const auto rest = read_frames(bytes, sink);
    if (!rest) return rest.error();
    unread_.assign(rest->data(), rest->size());
    return {};
  }

  // A long frame grows in place; what was read before is moved away when it is most of all.
  if (read_ > unread_.size() / 2) {
    unread_.erase(0, read_);
    read_ = 0;
  }
  unread_.append(bytes.data(), bytes.size());
  const auto rest = read_frames(std::span{unread_}.subspan(read_), sink);
  if (!rest) return rest.error();
  read_ = unread_.size() - rest->size();
  if (!rest->empty()) return {};
  std::string{}.swap(unread_);  // gives the memory back
  read_ = 0;
  return {};
}

std::expected<std::span<char>, CloseCode> FrameReader::read_frames(std::span<char> bytes,
                                                                   FrameSink& sink) {
  holds_back_ = false;
  while (!bytes.empty()) {
    if (closed_) return std::span<char>{};  // nothing that follows counts
    if (!sink.takes_more()) {
      holds_back_ = true;
      break;
    }
    const Step step = read_frame(bytes, sink);
    if (step.refusal) return std::unexpected(*step.refusal);
    if (step.used == 0) break;
    bytes = bytes.subspan(step.used);
  }
  return bytes;
}

FrameReader::Step FrameReader::read_frame(std::span<char> bytes, FrameSink& sink) {
  // Each rule is checked as soon as the bytes it concerns are there.
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto opcode = static_cast<Opcode>(first & 0x0F);
  const bool control = (first & 0x08) != 0;
  const bool final = (first & kFinal) != 0;
  if ((first & kReserved) != 0) return {.refusal = CloseCode::protocol_error};
  if (control ? (opcode > Opcode::pong || !final) : opcode > Opcode::binary)
    return {.refusal = CloseCode::protocol_error};
  if (!control && (opcode == Opcode::continuation) != fragmented_)
    return {.refusal = CloseCode::protocol_error};
  if (opcode == Opcode::binary) return {.refusal = CloseCode::unsupported_data};
  if (bytes.size() < 2) return {};

  const auto second = static_cast<std::uint8_t>(bytes[1]);
  if ((second & kMasked) == 0) return {.refusal = CloseCode::protocol_error};
  std::uint64_t size = second & 0x7F;
  std::size_t header = 2;
  if (control && size > kLongestControl) return {.refusal = CloseCode::protocol_error};
  if (size >= 126) {
    const std::size_t extra = size == 126 ? 2 : 8;
    if (bytes.size() < header + extra) return {};
    size = 0;
    for (std::size_t i = 0; i < extra; ++i)
      size = size << 8 | static_cast<std::uint8_t>(bytes[header + i]);
    header += extra;
    if (size >> 63 != 0) return {.refusal = CloseCode::protocol_error};
  }
  if (!control && size + message_.size() > longest_) return {.refusal = CloseCode::too_big};
  if (bytes.size() < header + kMaskSize) return {};
  if (bytes.size() - header - kMaskSize < size) return {};

  char* const payload = bytes.data() + header + kMaskSize;
  unmask(payload, size, bytes.data() + header);
  const std::string_view text{payload, size};
  const auto refusal =
      control ? read_control(opcode, text, sink) : read_data(opcode, final, text, sink);
  return {.used = header + kMaskSize + size, .refusal = refusal};
}

std::optional<CloseCode> FrameReader::read_control(Opcode opcode, std::string_view payload,
                                                   FrameSink& sink) {
  if (opcode == Opcode::ping) {
    sink.ping(payload);
    return {};
  }
  if (opcode == Opcode::pong) {
    sink.pong();
    return {};
  }
  closed_ = true;
  if (payload.empty()) {
    sink.closed_by_peer(CloseCode::no_code);
    return {};
  }
  if (payload.size() == 1) return CloseCode::protocol_error;
  const unsigned code =
      static_cast<std::uint8_t>(payload[0]) * 256U + static_cast<std::uint8_t>(payload[1]);
  if (!may_be_sent(code)) return CloseCode::protocol_error;
  if (!is_utf8(payload.substr(2))) return CloseCode::invalid_payload;
  sink.closed_by_peer(static_cast<CloseCode>(code));
  return {};
}

std::optional<CloseCode> FrameReader::read_data(Opcode opcode, bool final, std::string_view payload,
                                                FrameSink& sink) {
  if (opcode == Opcode::text && final) {
    if (!is_utf8(payload)) return CloseCode::invalid_payload;
    sink.text(payload);
    return {};
  }

  message_.append(payload);
  fragmented_ = !final;
  const std::string_view rest = std::string_view{message_}.substr(validated_);
  const std::size_t cut = final ? 0 : unfinished(rest);
  if (!is_utf8(rest.substr(0, rest.size() - cut))) return CloseCode::invalid_payload;
  validated_ = message_.size() - cut;
  if (!final) return {};

  const std::string message = std::exchange(message_, {});
  validated_ = 0;
  sink.text(message);
  return {};
}

}  // namespace parley::gateway
