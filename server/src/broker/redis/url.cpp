#include "broker/redis/url.h"

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "base/url.h"

namespace parley::broker::redis {
namespace {

constexpr std::uint16_t kPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;

std::unexpected<std::string> wrong(std::string why) {
  return std::unexpected("the URL of Redis " + std::move(why));
}

std::optional<unsigned> number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end || value > most) return {};
  return value;
}

// Takes what stands before `end` off the front of `rest`, and `end` too.
std::string_view next_part(std::string_view& rest, char end) {
  const auto at = std::min(rest.find(end), rest.size());
  const auto part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

}  // namespace

std::expected<Url, std::string> parse_url(std::string_view text) {
  Url url;
  const auto scheme = text.substr(0, text.find("://"));
  if (scheme.size() == text.size()) return wrong("has no scheme, as redis://");
  if (scheme == "rediss") {
    url.tls = true;
  } else if (scheme == "redis+sentinel") {
    url.kind = Url::Kind::sentinel;
  } else if (scheme == "redis+cluster") {
    url.kind = Url::Kind::cluster;
  } else if (scheme != "redis") {
    return wrong("begins with none of redis://, rediss://, redis+sentinel://, redis+cluster://");
  }
  text.remove_prefix(scheme.size() + 3);
  if (text.find_first_of("?#") != text.npos)
    return wrong("has a '?' or '#', which mean nothing there; in a password write %3F or %23");

  std::string_view where = next_part(text, '/');
  if (const auto at = where.rfind('@'); at != where.npos) {
    std::string_view who = where.substr(0, at);
    where.remove_prefix(at + 1);
    const std::string_view user_text = next_part(who, ':');
    auto user = percent_decoded(user_text), password = percent_decoded(who);
    if (!user || !password)
      return wrong("has a user or password that cannot be read; percent-encode what is special");
    if (password->empty()) return wrong("has a user and no password, as in user:password@host");
    url.user = std::move(*user);
    url.password = std::move(*password);
  }

  auto hosts = read_hosts(where, url.kind == Url::Kind::sentinel ? kSentinelPort : kPort);
  if (!hosts) return wrong("has a host or port that cannot be read");
  url.hosts = std::move(*hosts);
  if (url.kind == Url::Kind::server && url.hosts.size() > 1)
    return wrong("names several hosts; those of a cluster begin with redis+cluster://");

  if (url.kind == Url::Kind::sentinel) {
    url.master = next_part(text, '/');
    if (url.master.empty()) return wrong("names no master, as in redis+sentinel://host/mymaster");
  }
  const std::string_view database = next_part(text, '/');
  if (!text.empty()) return wrong("has more behind the database");
  if (database.empty()) return url;
  const auto index = number(database, 65535);
  if (!index) return wrong("ends with a database that is not a number");
  if (*index != 0 && url.kind == Url::Kind::cluster)
    return wrong("names a database, and a cluster has only 0");
  url.database = static_cast<int>(*index);
  return url;
}

}  // namespace parley::broker::redis
