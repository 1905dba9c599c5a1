#include "user/client_description.h"

#include <array>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "user/token.h"

namespace parley::user {
namespace {

struct Mark {
  std::string_view in_header;
  std::string_view name;
};

// The first that occurs counts: browsers name those they want to be taken for after themselves.
constexpr std::array kBrowsers{
    Mark{"Edg", "Edge"},        Mark{"OPR/", "Opera"},        Mark{"SamsungBrowser", "Samsung"},
    Mark{"Firefox", "Firefox"}, Mark{"Chromium", "Chromium"}, Mark{"Chrome", "Chrome"},
    Mark{"CriOS", "Chrome"},    Mark{"FxiOS", "Firefox"},     Mark{"Safari", "Safari"},
    Mark{"curl", "curl"},       Mark{"node", "Node.js"},      Mark{"parley", "Parley"},
};
constexpr std::array kPlatforms{
    Mark{"Android", "Android"}, Mark{"iPhone", "iPhone"},   Mark{"iPad", "iPad"},
    Mark{"Windows", "Windows"}, Mark{"Macintosh", "macOS"}, Mark{"CrOS", "ChromeOS"},
    Mark{"Linux", "Linux"},
};

template <std::size_t N>
std::string_view first_of(const std::array<Mark, N>& marks, std::string_view text) {
  for (const Mark& mark : marks) {
    if (text.contains(mark.in_header)) return mark.name;
  }
  return {};
}

}  // namespace

ClientDescription describe_client(std::string_view user_agent) {
  const std::string_view browser = first_of(kBrowsers, user_agent);
  const std::string_view platform = first_of(kPlatforms, user_agent);
  ClientDescription client{.device = "Unknown device", .platform = std::string{platform}};
  if (!browser.empty() && !platform.empty()) {
    client.device = fmt::format("{} on {}", browser, platform);
  } else if (!browser.empty() || !platform.empty()) {
    client.device = browser.empty() ? platform : browser;
  }
  return client;
}

std::string fingerprint_of(const ClientDescription& client) {
  return hash_of_token(client.device + '\n' + client.platform);
}

std::string network_of(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(std::string{address}, error);
  if (error) return {};
  if (parsed.is_v4()) {
    const auto bytes = parsed.to_v4().to_bytes();
    return fmt::format("{}.{}.{}", bytes[0], bytes[1], bytes[2]);
  }
  const auto bytes = parsed.to_v6().to_bytes();
  return fmt::format("{:02x}{:02x}:{:02x}{:02x}:{:02x}{:02x}", bytes[0], bytes[1], bytes[2],
                     bytes[3], bytes[4], bytes[5]);
}

}  // namespace parley::user
