#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "delivery/event_codec.h"
#include "model/event.h"

namespace parley::delivery {

// The forms in which an event can cross a socket.
enum class Dialect : std::uint8_t { parley_v1 };
inline constexpr std::size_t kDialects = 1;

// An event on its way to many connections. It is encoded once per dialect, by whichever
// connection needs that dialect first. One that came from another node has its bytes and is
// decoded when somebody needs more than them. Safe to use from any thread.
class Announcement {
 public:
  explicit Announcement(Event what) : info(parley::info(what)), event_(std::move(what)) {}

  // From another node: the frame of parley_v1, and who can read it, which outlives this object.
  Announcement(const EventInfo& kind, Frame frame, const EventCodec& codec)
      : info(kind), codec_(&codec) {
    Encoded& slot = encoded_[static_cast<std::size_t>(Dialect::parley_v1)];
    std::call_once(slot.once, [&] { slot.frame = std::move(frame); });
  }

  // What happened; nullptr when another node wrote what we cannot read.
  const Event* event() const {
    if (codec_) {
      const Encoded& slot = encoded_[static_cast<std::size_t>(Dialect::parley_v1)];
      std::call_once(decoded_, [&] { event_ = codec_->decode(*slot.frame); });
    }
    return event_ ? &*event_ : nullptr;
  }

  // In `dialect`; nullptr when event() is and the dialect is not parley_v1.
  template <class Encode>
  const Frame& frame(Dialect dialect, Encode encode) const {
    Encoded& slot = encoded_[static_cast<std::size_t>(dialect)];
    std::call_once(slot.once, [&] {
      if (const Event* const what = event()) slot.frame = encode(*what);
    });
    return slot.frame;
  }

  const EventInfo& info;

 private:
  struct Encoded {
    std::once_flag once;
    Frame frame;
  };

  const EventCodec* const codec_ = nullptr;
  mutable std::once_flag decoded_;
  mutable std::optional<Event> event_;
  mutable std::array<Encoded, kDialects> encoded_;
};

}  // namespace parley::delivery
