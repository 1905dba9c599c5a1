#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "model/event.h"

namespace parley::delivery {

// The forms in which an event can cross a socket.
enum class Dialect : std::uint8_t { parley_v1 };
inline constexpr std::size_t kDialects = 1;

// Bytes on their way to many connections, shared by all of them.
using Frame = std::shared_ptr<const std::string>;

// An event on its way to many connections. It is encoded once per dialect, by whichever
// connection needs that dialect first. Safe to use from any thread.
class Announcement {
 public:
  explicit Announcement(Event what) : event(std::move(what)) {}

  template <class Encode>
  const Frame& frame(Dialect dialect, Encode encode) const {
    Encoded& slot = encoded_[static_cast<std::size_t>(dialect)];
    std::call_once(slot.once, [&] { slot.frame = encode(event); });
    return slot.frame;
  }

  const Event event;

 private:
  struct Encoded {
    std::once_flag once;
    Frame frame;
  };
  mutable std::array<Encoded, kDialects> encoded_;
};

}  // namespace parley::delivery
