#include "senders/url.h"

#include <charconv>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/ascii.h"

namespace parley::senders {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return std::nullopt;
  return std::unique_ptr<char, FreeText>{text}.get();
}

}  // namespace

std::string Url::origin() const {
  const bool bracketed = host.contains(':');
  const bool usual = (scheme == "https" && port == 443) || (scheme == "http" && port == 80);
  return fmt::format("{}://{}{}{}{}", scheme, bracketed ? "[" : "", host, bracketed ? "]" : "",
                     usual ? "" : fmt::format(":{}", port));
}

std::optional<Url> read_url(const std::string& text) {
  const std::unique_ptr<CURLU, FreeUrl> url{curl_url()};
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return std::nullopt;
  auto scheme = part_of(url.get(), CURLUPART_SCHEME);
  auto host = part_of(url.get(), CURLUPART_HOST);
  const auto port = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (!scheme || !host || host->empty() || !port) return std::nullopt;
  Url read{.scheme = lower_ascii(std::move(*scheme)), .host = lower_ascii(std::move(*host))};
  if (read.host.starts_with('[') && read.host.ends_with(']'))
    read.host = read.host.substr(1, read.host.size() - 2);
  const auto number = std::from_chars(port->data(), port->data() + port->size(), read.port);
  if (number.ec != std::errc{} || number.ptr != port->data() + port->size()) return std::nullopt;
  read.has_user = part_of(url.get(), CURLUPART_USER) || part_of(url.get(), CURLUPART_PASSWORD);
  return read;
}

}  // namespace parley::senders
