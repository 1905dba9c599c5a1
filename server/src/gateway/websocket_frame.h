#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parley::gateway {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

// Why a socket closes: RFC 6455 §7.4.1, and our own from 4400 on (DESIGN.md §5).
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  no_code = 1005,  // never sent
  invalid_payload = 1007,
  too_big = 1009,
  restarting = 1012,
  try_later = 1013,
  malformed = 4400,
  signed_out = 4401,
  forbidden = 4403,
  too_slow = 4408,
  replaced = 4409,
  flooded = 4429,
};

// Appends a frame as a server sends it: whole and unmasked.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);

// The payload of a frame that append_frame made.
std::string_view payload_of(std::string_view frame);

// What a FrameReader finds. Views are good during the call.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void text(std::string_view message) = 0;  // whole, valid UTF-8
  virtual void ping(std::string_view payload) = 0;
  virtual void pong() = 0;
  // The peer closes, with a code it may send or no_code. Nothing follows.
  virtual void closed_by_peer(CloseCode code) = 0;
  // Whether it takes the next frame now. While not, the reader holds back what has come.
  virtual bool takes_more() const { return true; }
};

// FrameReader turns the bytes of one client into messages, as RFC 6455 wants it: masked frames,
// fragments with control frames between them, text in valid UTF-8 even when it is cut anywhere.
// It keeps no memory between whole messages.
class FrameReader {
 public:
  // Messages, and frames, of more than `longest` bytes are refused.
  explicit FrameReader(std::size_t longest) : longest_(longest) {}

  // Takes the next bytes, in whatever pieces they come; changes them in place. Yields the code to
  // close with when the client broke the rules; it must not be fed any more then, nor after close.
  std::optional<CloseCode> feed(std::span<char> bytes, FrameSink& sink);

  // Whether frames are held back that the sink did not take; feed({}, sink) goes on with them.
  bool holds_back() const { return holds_back_; }

 private:
  struct Step {
    std::size_t used = 0;  // 0: more bytes are needed
    std::optional<CloseCode> refusal;
  };

  // Yields what was not used of `bytes`.
  std::expected<std::span<char>, CloseCode> read_frames(std::span<char> bytes, FrameSink& sink);
  Step read_frame(std::span<char> bytes, FrameSink& sink);
  std::optional<CloseCode> read_control(Opcode opcode, std::string_view payload, FrameSink& sink);
  std::optional<CloseCode> read_data(Opcode opcode, bool final, std::string_view payload,
                                     FrameSink& sink);

  const std::size_t longest_;
  std::string unread_;         // a part of a frame, or what the sink did not take
  std::size_t read_ = 0;       // of unread_
  std::string message_;        // the fragments so far
  std::size_t validated_ = 0;  // of message_
  bool fragmented_ = false;
  bool closed_ = false;
  bool holds_back_ = false;
};

}  // namespace parley::gateway
