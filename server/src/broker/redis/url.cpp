#include "broker/redis/url.h"

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

namespace parley::broker::redis {
namespace {

constexpr std::uint16_t kPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;

std::unexpected<std::string> wrong(std::string why) {
  return std::unexpected("the URL of Redis " + std::move(why));
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
    if (i + 2 >= text.size()) return {};
    const int high = hex(text[i + 1]), low = hex(text[i + 2]);
    if (high < 0 || low < 0) return {};
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
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
  for (const char c : name)
    if (c <= ' ' || c == '\x7f' || std::string_view{"/?#%@["}.contains(c)) return {};
  if (name.empty()) return {};
  if (rest.empty()) return Host{std::string{name}, default_port};
  const auto port = rest.front() == ':' ? number(rest.substr(1), 65535) : std::nullopt;
  if (!port || *port == 0) return {};
  return Host{std::string{name}, static_cast<std::uint16_t>(*port)};
}

}  // namespace

std::string Host::text() const {
  const bool v6 = name.contains(':');
  return (v6 ? "[" + name + "]" : name) + ":" + std::to_string(port);
}

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
    auto user = decode(user_text), password = decode(who);
    if (!user || !password)
      return wrong("has a user or password that cannot be read; percent-encode what is special");
    if (password->empty()) return wrong("has a user and no password, as in user:password@host");
    url.user = std::move(*user);
    url.password = std::move(*password);
  }

  const auto port = url.kind == Url::Kind::sentinel ? kSentinelPort : kPort;
  do {
    const std::string_view one = where.substr(0, where.find(','));
    auto host = read_host(one, port);
    if (!host) return wrong("has a host or port that cannot be read");
    url.hosts.push_back(std::move(*host));
    where.remove_prefix(one.size());
    if (where == ",") return wrong("has a host or port that cannot be read");
    if (!where.empty()) where.remove_prefix(1);
  } while (!where.empty());
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
