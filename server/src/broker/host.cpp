#include "broker/host.h"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <system_error>

namespace parley::broker {
namespace {

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stopped != end || port == 0) return {};
  return port;
}

bool may_be_in_a_name(char c) {
  return c > ' ' && c != '\x7f' && !std::string_view{"/?#%@["}.contains(c);
}

std::optional<Host> read_host(std::string_view text, std::uint16_t default_port) {
  std::string_view name = text.substr(0, text.find(':'));
  std::string_view rest = text.substr(name.size());
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return {};
    name = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (name.find_first_not_of("0123456789abcdefABCDEF:.") != name.npos) return {};
  }
  if (name.empty() || !std::ranges::all_of(name, may_be_in_a_name)) return {};
  if (rest.empty()) return Host{std::string{name}, default_port};
  const auto port = rest.front() == ':' ? read_port(rest.substr(1)) : std::nullopt;
  if (!port) return {};
  return Host{std::string{name}, *port};
}

}  // namespace

std::string Host::text() const {
  const bool v6 = name.contains(':');
  return (v6 ? "[" + name + "]" : name) + ":" + std::to_string(port);
}

std::optional<std::vector<Host>> read_hosts(std::string_view text, std::uint16_t default_port) {
  std::vector<Host> hosts;
  for (const auto part : std::views::split(text, ',')) {
    auto host = read_host(std::string_view{part}, default_port);
    if (!host) return {};
    hosts.push_back(std::move(*host));
  }
  if (hosts.empty()) return {};
  return hosts;
}

}  // namespace parley::broker
