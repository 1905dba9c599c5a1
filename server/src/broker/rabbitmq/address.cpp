#include "broker/rabbitmq/address.h"

#include <optional>
#include <tuple>
#include <utility>

#include "base/url.h"

namespace parley::broker {
namespace {

std::unexpected<std::string> wrong(std::string why) {
  return std::unexpected("the URL of RabbitMQ " + std::move(why));
}

// A null character ends the text for those who read it in C.
std::optional<std::string> decode(std::string_view text) {
  auto plain = percent_decoded(text);
  if (plain && plain->contains('\0')) return std::nullopt;
  return plain;
}

// Splits at the first `at`; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char at) {
  const auto place = text.find(at);
  if (place == text.npos) return {text, {}};
  return {text.substr(0, place), text.substr(place + 1)};
}

}  // namespace

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

  auto hosts = read_hosts(where, address.tls ? 5671 : 5672);
  if (!hosts) return wrong("has a host or port that cannot be read");
  address.hosts = std::move(*hosts);
  return address;
}

}  // namespace parley::broker
