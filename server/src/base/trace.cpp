#include "base/trace.h"

#include <random>

#include <fmt/format.h>

namespace parley {
namespace {

constexpr std::size_t kLength = 55;  // 00-<32>-<16>-<2>

// Digits in lower case only, as the standard wants it.
bool read_hex(std::string_view digits, std::uint64_t& out) {
  out = 0;
  for (const char c : digits) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else {
      return false;
    }
    out = out << 4 | digit;
  }
  return true;
}

// Names need not be secret, only different.
std::uint64_t draw() {
  thread_local std::mt19937_64 random{[] {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
  }()};
  std::uint64_t drawn = 0;
  while (drawn == 0) drawn = random();
  return drawn;
}

}  // namespace

std::optional<Trace> read_traceparent(std::string_view text) {
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  std::uint64_t version = 0, flags = 0;
  Trace trace;
  if (!read_hex(text.substr(0, 2), version) || !read_hex(text.substr(3, 16), trace.high) ||
      !read_hex(text.substr(19, 16), trace.low) || !read_hex(text.substr(36, 16), trace.parent) ||
      !read_hex(text.substr(53, 2), flags))
    return std::nullopt;
  // A later version may say more behind a dash; this one may not.
  const bool more = text.size() > kLength;
  if (version == 0xff || (more && (version == 0 || text[kLength] != '-'))) return std::nullopt;
  if (!trace || trace.parent == 0) return std::nullopt;
  trace.flags = static_cast<std::uint8_t>(flags);
  return trace;
}

std::string traceparent(const Trace& trace) {
  return fmt::format("00-{:016x}{:016x}-{:016x}-{:02x}", trace.high, trace.low, trace.parent,
                     trace.flags & 1);
}

std::string trace_id(const Trace& trace) {
  const Trace named = trace ? trace : next_step(trace);
  return fmt::format("{:016x}{:016x}", named.high, named.low);
}

Trace next_step(const Trace& trace) {
  Trace next = trace;
  if (!next) {
    next.high = draw();
    next.low = draw();
  }
  next.parent = draw();
  return next;
}

}  // namespace parley
