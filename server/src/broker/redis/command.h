#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "broker/redis/reply.h"

namespace parley::broker::redis {

inline constexpr std::uint16_t kSlots = 16'384;

// The slot of a key in a cluster: of what stands between its first braces, if there is something.
std::uint16_t slot_of(std::string_view key);

// A command and where it belongs in a cluster. All its keys have the slot of the first.
struct Command {
  std::string bytes;
  std::uint16_t slot = 0;
};

// {"SET", key, value, …}: the key is what comes second.
Command make_command(std::initializer_list<std::string_view> parts);

// A script that Redis runs as one step, known to it by its digest.
class Script {
 public:
  using Texts = std::span<const std::string_view>;

  explicit Script(std::string text);

  // At least one key.
  Command by_digest(Texts keys, Texts arguments) const;
  // For a server that has not seen it yet; it remembers it then.
  Command by_text(Texts keys, Texts arguments) const;

 private:
  static Command command(std::string_view how, std::string_view what, Texts keys, Texts arguments);

  const std::string text_;
  std::string digest_;
};

}  // namespace parley::broker::redis
