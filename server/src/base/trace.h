#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley {

// Trace names one request on its way through servers, as W3C Trace Context has it: what a client
// sends as `traceparent` is passed on and stands in the log, so that lines of several nodes can be
// brought together. Without a value it is no trace yet: most requests never need one.
struct Trace {
  std::uint64_t high = 0;  // of the trace id
  std::uint64_t low = 0;
  std::uint64_t parent = 0;  // the step that asks
  std::uint8_t flags = 0;

  explicit operator bool() const { return (high | low) != 0; }
  friend bool operator==(const Trace&, const Trace&) = default;
};

// Nothing when the text is not a traceparent that may be used (Trace Context §3.2.2).
std::optional<Trace> read_traceparent(std::string_view text);

std::string traceparent(const Trace& trace);

// What lines of the log have in common: the 32 digits of the id, of a new trace when there is none.
std::string trace_id(const Trace& trace);

// The trace with a step of its own; a new trace when there is none.
Trace next_step(const Trace& trace);

}  // namespace parley
