// A JSON command of any bytes is read or refused, and what was read comes back when it is written
// down and read again.

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "gateway/json_read.h"
#include "gateway/json_write.h"
#include "model/ids.h"

namespace {

BOOST_DEFINE_ENUM_CLASS(Colour, red, deep_blue)

// A command with a member of every kind.
struct Paint {
  parley::ChatId chat_id;
  std::string text;
  std::int64_t layers = 0;
  bool dry = false;
  Colour colour = Colour::red;
  std::vector<std::string> helpers;
  std::vector<parley::UserId> owners;
  std::optional<std::string> note;
  std::optional<std::int64_t> price;
  std::optional<Colour> trim;
  std::optional<parley::UserId> painter;

  static constexpr std::array kLimits{parley::Limit{"text", parley::Limit::Of::characters, 1, 40},
                                      parley::Limit{"note", parley::Limit::Of::bytes, 0, 80},
                                      parley::Limit{"layers", parley::Limit::Of::value, -100, 100},
                                      parley::Limit{"helpers", parley::Limit::Of::items, 0, 5}};
};
BOOST_DESCRIBE_STRUCT(Paint, (),
                      (chat_id, text, layers, dry, colour, helpers, owners, note, price, trim,
                       painter))

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto command = json::read_command<Paint>(json::Input{text});
  if (!command) return 0;

  std::string written;
  json::write(written, *command);
  const auto again = json::read_command<Paint>(json::Input{written});
  if (!again) std::abort();
  std::string twice;
  json::write(twice, *again);
  if (twice != written) std::abort();
  return 0;
}
