#include "storage/postgres/url.h"

#include <charconv>
#include <memory>
#include <string_view>

#include <libpq-fe.h>

namespace parley::storage {
namespace {

constexpr const char* kEncode = "; percent-encode what is special in a user or password";

bool is_port(std::string_view text) {
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return text.empty() || (error == std::errc{} && stopped == end && value > 0 && value <= 65535);
}

bool is_host(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c == '\x7f' || std::string_view{"@#%?"}.contains(c)) return false;
  return true;
}

template <class Is>
bool all(std::string_view list, Is is) {
  for (;;) {
    const auto comma = list.find(',');
    if (!is(list.substr(0, comma))) return false;
    if (comma == list.npos) return true;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::optional<std::string> wrong_postgres_url(const std::string& url) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{
      PQconninfoParse(url.c_str(), &error), &PQconninfoFree};
  PQfreemem(error);  // it quotes what it cannot read
  if (!options) return std::string{"the URL of PostgreSQL cannot be read"} + kEncode;
  for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
    if (!option->val) continue;
    const std::string_view keyword = option->keyword;
    if ((keyword == "port" && !all(option->val, is_port)) ||
        (keyword == "host" && !all(option->val, is_host)))
      return std::string{"the URL of PostgreSQL has a host or port that cannot be read"} + kEncode;
  }
  return {};
}

}  // namespace parley::storage
