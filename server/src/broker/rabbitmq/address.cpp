#include "broker/rabbitmq/address.h"

#include <charconv>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

namespace parley::broker {
namespace {

std::unexpected<std::string> wrong(std::string why) {
  return std::unexpected("the URL of RabbitMQ " + std::move(why));
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex(text[i + 1]), low = hex(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

// Splits at the first `at`; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char at) {
  const auto place = text.find(at);
  if (place == text.npos) return {text, {}};
  return {text.substr(0, place), text.substr(place + 1)};
}

std::optional<RabbitAddress::Host> read_host(std::string_view text, std::uint16_t default_port) {
  std::string_view name, rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return std::nullopt;
    name = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (name.find_first_not_of("0123456789abcdefABCDEF:.") != name.npos) return std::nullopt;
  } else {
    name = text.substr(0, text.find(':'));
    rest = text.substr(name.size());
    for (const char c : name)
      if (c <= ' ' || c == '/' || c == '?' || c == '#' || c == '%' || c == '\x7f')
        return std::nullopt;
  }
  if (name.empty()) return std::nullopt;
  if (rest.empty()) return RabbitAddress::Host{std::string{name}, default_port};
  unsigned port = 0;
  const char* const end = rest.data() + rest.size();
  const auto [stopped, error] = std::from_chars(rest.data() + 1, end, port);
  if (rest.front() != ':' || error != std::errc{} || stopped != end || port == 0 || port > 65535)
    return std::nullopt;
  return RabbitAddress::Host{std::string{name}, static_cast<std::uint16_t>(port)};
}

}  // namespace

std::string RabbitAddress::Host::text() const {
  const bool v6 = name.find(':') != name.npos;
  return (v6 ? "[" + name + "]" : name) + ":" + std::to_string(port);
}

std::expected<RabbitAddress, std::string> parse_rabbit_url(std::string_view url) {
  RabbitAddress address;
  if (url.starts_with("amqps://")) {
    address.tls = true;
    url.remove_prefix(8);
  } else if (url.starts_with("amqp://")) {
    url.remove_prefix(7);
  } else {
    return wrong("begins with neither amqp:// nor amqps://");
  }

  const auto slash = url.find('/');
  std::string_view where = url.substr(0, slash);
  const std::string_view vhost = slash == url.npos ? "" : url.substr(slash + 1);
  if (vhost.find_first_of("/?#") != vhost.npos)
    return wrong("has more behind the vhost; a slash in a vhost is written %2F");

  std::string_view user = "guest", password = "guest";
  if (const auto at = where.rfind('@'); at != where.npos) {
    std::tie(user, password) = cut(where.substr(0, at), ':');
    where.remove_prefix(at + 1);
  }
  auto plain_user = decode(user), plain_password = decode(password), plain_vhost = decode(vhost);
  if (!plain_user || plain_user->empty() || !plain_password)
    return wrong("has a user or password that cannot be read; percent-encode what is special");
  if (!plain_vhost) return wrong("has a vhost that cannot be read");
  address.user = std::move(*plain_user);
  address.password = std::move(*plain_password);
  address.vhost = plain_vhost->empty() ? "/" : std::move(*plain_vhost);

  for (std::string_view rest = where;;) {
    const auto [first, others] = cut(rest, ',');
    auto host = read_host(first, address.tls ? 5671 : 5672);
    if (!host) return wrong("has a host or port that cannot be read");
    address.hosts.push_back(std::move(*host));
    if (rest.size() == first.size()) break;
    rest = others;
  }
  return address;
}

}  // namespace parley::broker
