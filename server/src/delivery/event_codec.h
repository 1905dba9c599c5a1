#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/event.h"

namespace parley::delivery {

// Bytes on their way to many connections, shared by all of them.
using Frame = std::shared_ptr<const std::string>;

// EventCodec writes an event as connections of the dialect parley.v1 are sent it, and takes such
// bytes from another node, so that an event is encoded once in a whole cluster. The gateway
// implements it. Safe to call from any thread.
class EventCodec {
 public:
  virtual ~EventCodec() = default;

  // What goes into a socket.
  virtual Frame encode(const Event& event) const = 0;

  // The JSON within such a frame: what crosses to other nodes. Good as long as the frame.
  virtual std::string_view json_of(const std::string& frame) const = 0;

  // A frame of JSON from another node; nullptr when it does not look like an event of this name.
  virtual Frame frame_of(std::string_view name, std::string_view json) const = 0;

  // Reads the event in a frame. Members we do not know are left out: a newer node wrote them.
  // Nothing when it cannot be read.
  virtual std::optional<Event> decode(const std::string& frame) const = 0;
};

}  // namespace parley::delivery
