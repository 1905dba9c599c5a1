#include "gateway/event_codec.h"

#include <algorithm>
#include <bitset>
#include <utility>

#include <simdjson.h>

#include "gateway/json_read.h"
#include "gateway/websocket.h"
#include "gateway/websocket_frame.h"

namespace parley::gateway {
namespace {

using json::Value;

delivery::Frame text_frame(std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 10);
  append_frame(frame, Opcode::text, payload);
  return std::make_shared<const std::string>(std::move(frame));
}

// The other side of json::write(), for what nodes tell each other: unlike read_command() it passes
// over members that it does not know.
template <class T>
bool take(Value value, T& out);

template <class T>
bool take(Value value, std::optional<T>& out) {
  return take(value, out.emplace());
}

template <class T>
bool take(Value value, Nullable<T>& out) {
  bool null = false;
  if (value.is_null().get(null) != simdjson::SUCCESS) return false;
  return null || take(value, out.emplace());
}

template <class T>
bool take(Value value, std::vector<T>& out) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto item : array) {
    Value element;
    if (item.get(element) != simdjson::SUCCESS || !take(element, out.emplace_back())) return false;
  }
  return true;
}

template <class T>
inline constexpr bool kMayBeMissing = false;
template <class T>
inline constexpr bool kMayBeMissing<std::optional<T>> = true;

template <class T>
bool take_object(Value value, T& out) {
  using Members = json::Members<T>;
  std::bitset<boost::mp11::mp_size<Members>::value> given;
  simdjson::ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto field : object) {
    std::string_view name;
    Value member;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
        field.value().get(member) != simdjson::SUCCESS)
      return false;
    bool well = true;
    std::size_t index = 0;
    boost::mp11::mp_for_each<Members>([&](auto d) {
      const std::size_t mine = index++;
      if (json::WireName<decltype(d)>::value != name) return;
      well = !given[mine] && take(member, out.*d.pointer);
      given.set(mine);
    });
    if (!well) return false;
  }
  bool whole = true;
  std::size_t index = 0;
  boost::mp11::mp_for_each<Members>([&](auto d) {
    using Member = std::remove_cvref_t<decltype(out.*d.pointer)>;
    whole &= given[index++] || kMayBeMissing<Member>;
  });
  return whole;
}

template <class T>
bool take(Value value, T& out) {
  if constexpr (json::Described<T>) {
    return take_object(value, out);
  } else {
    return json::read(value, out) == nullptr;
  }
}

std::string opening_of(std::string_view name) {
  std::string opening{R"({"event":")"};
  opening += name;
  opening += R"(","data":{)";
  return opening;
}

template <std::size_t index>
std::optional<Event> read_event(Value data) {
  Event event{std::in_place_index<index>};
  if (!take(data, std::get<index>(event))) return {};
  return event;
}

// The place in kEvents.
std::optional<std::size_t> kind_named(Value value) {
  std::string_view name;
  if (value.get_string().get(name) != simdjson::SUCCESS) return {};
  const auto kind = std::ranges::find(kEvents, name, &EventInfo::name);
  if (kind == kEvents.end()) return {};
  return static_cast<std::size_t>(kind - kEvents.begin());
}

}  // namespace

delivery::Frame JsonEventCodec::encode(const Event& event) const {
  return text_frame(WebSocket::encode(event));
}

std::string_view JsonEventCodec::json_of(const std::string& frame) const {
  return payload_of(frame);
}

delivery::Frame JsonEventCodec::frame_of(std::string_view name, std::string_view json) const {
  if (!json.starts_with(opening_of(name)) || !json.ends_with("}}") ||
      !simdjson::validate_utf8(json.data(), json.size()))
    return nullptr;
  return text_frame(json);
}

std::optional<Event> JsonEventCodec::decode(const std::string& frame) const {
  thread_local simdjson::ondemand::parser parser;
  const simdjson::padded_string text{payload_of(frame)};
  simdjson::ondemand::document document;
  simdjson::ondemand::object frame_object;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS ||
      document.get_object().get(frame_object) != simdjson::SUCCESS)
    return {};
  std::optional<std::size_t> kind;
  std::optional<Event> event;
  for (auto field : frame_object) {  // the name stands first
    std::string_view key;
    Value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS)
      return {};
    if (key == "event" && !kind) kind = kind_named(value);
    if (key != "data") continue;
    if (!kind || event) return {};
    event = boost::mp11::mp_with_index<kEvents.size()>(
        *kind, [&](auto index) { return read_event<index>(value); });
    if (!event) return {};
  }
  // A syntax error behind what was read leaves the document broken.
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return {};
  return event;
}

}  // namespace parley::gateway
