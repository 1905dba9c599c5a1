// The bytes of a WebSocket client mean the same in whatever pieces they come, and whether they are
// taken at once or one frame at a time.
//
// The first byte of the input seeds how the rest is cut; the rest is what the client sends.

#include "gateway/websocket_frame.h"

#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <simdjson.h>

namespace {

using namespace parley::gateway;

constexpr std::size_t kLongest = 4096;

class Story final : public FrameSink {
 public:
  void text(std::string_view message) override {
    if (message.size() > kLongest) std::abort();
    if (!simdjson::validate_utf8(message.data(), message.size())) std::abort();
    note('t', message);
  }
  void ping(std::string_view payload) override { note('p', payload); }
  void pong() override { note('o', {}); }
  void closed_by_peer(CloseCode code) override {
    note('c', std::to_string(std::to_underlying(code)));
  }
  bool takes_more() const override { return !patient || !full; }
  void refused(CloseCode code) { note('r', std::to_string(std::to_underlying(code))); }

  std::string told;
  bool patient = false;  // takes one frame, then no more until it is asked again
  bool full = false;

 private:
  void note(char what, std::string_view payload) {
    full = true;
    told += what;
    told += std::to_string(payload.size());
    told += ' ';
    told += payload;
  }
};

// What a reader tells of `bytes` in pieces of as many bytes as `next` says.
template <class Next>
std::string read(std::string_view bytes, Next next, bool patient = false) {
  FrameReader reader{kLongest};
  Story story;
  story.patient = patient;
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(next(), bytes.size());
    std::vector<char> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    bytes.remove_prefix(size);
    auto refusal = reader.feed(piece, story);
    while (!refusal && reader.holds_back()) {
      story.full = false;
      refusal = reader.feed({}, story);
    }
    story.full = false;
    if (refusal) {
      story.refused(*refusal);
      break;
    }
  }
  return story.told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::string whole = read(bytes, [&] { return bytes.size(); });
  if (read(bytes, [] { return 1; }) != whole) std::abort();

  std::minstd_rand random{data[0] + 1U};
  if (read(bytes, [&] { return 1 + random() % 20; }) != whole) std::abort();
  if (read(bytes, [&] { return 1 + random() % 60; }, true) != whole) std::abort();
  return 0;
}
