#pragma once

#include "delivery/event_codec.h"

namespace parley::gateway {

// Events as parley.v1 sends them: a text frame around {"event":"message:receive","data":{…}}.
class JsonEventCodec final : public delivery::EventCodec {
 public:
  delivery::Frame encode(const Event& event) const override;
  std::string_view json_of(const std::string& frame) const override;
  delivery::Frame frame_of(std::string_view name, std::string_view json) const override;
  std::optional<Event> decode(const std::string& frame) const override;
};

}  // namespace parley::gateway
