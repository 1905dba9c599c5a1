#pragma once

#include <map>
#include <memory>
#include <string>

#include "delivery/event_codec.h"

namespace parley::delivery {

// Writes an event as its name and a number, and knows what it wrote; for all nodes of a test.
class FakeEventCodec final : public EventCodec {
 public:
  Frame encode(const Event& event) const override {
    std::string text = std::string{info(event).name} + '#' + std::to_string(written_.size());
    written_.emplace(text, event);
    return std::make_shared<const std::string>(std::move(text));
  }
  std::string_view json_of(const std::string& frame) const override { return frame; }
  Frame frame_of(std::string_view name, std::string_view json) const override {
    if (!json.starts_with(std::string{name} + '#')) return nullptr;
    return std::make_shared<const std::string>(json);
  }
  std::optional<Event> decode(const std::string& frame) const override {
    ++decoded;
    const auto event = written_.find(frame);
    if (event == written_.end()) return {};
    return event->second;
  }

  mutable int decoded = 0;

 private:
  mutable std::map<std::string, Event> written_;
};

}  // namespace parley::delivery
