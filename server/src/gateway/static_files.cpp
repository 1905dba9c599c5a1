#include "gateway/static_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include <openssl/sha.h>

#include "base/base64url.h"
#include "base/url.h"
#include "gateway/error_response.h"

namespace parley::gateway {
namespace {

constexpr std::string_view kIndex = "/index.html";

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".map", "application/json"},
}};

std::string_view type_of_file(std::string_view path) {
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

// The weight that Accept-Encoding gives to a coding (RFC 9110 §12.5.3); 0 when it is not wanted.
double weight(std::string_view accept, std::string_view coding) {
  while (!accept.empty()) {
    const auto comma = std::min(accept.find(','), accept.size());
    std::string_view item = accept.substr(0, comma);
    accept.remove_prefix(std::min(comma + 1, accept.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    std::string_view name = item.substr(0, item.find(';'));
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name != coding) continue;
    const auto q = item.find("q=");
    if (q == std::string_view::npos) return 1;
    double value = 0;
    std::from_chars(item.data() + q + 2, item.data() + item.size(), value);
    return value;
  }
  return 0;
}

bool matches(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  // A weak comparison (RFC 9110 §13.1.2): W/ does not count.
  return if_none_match.find(etag) != std::string_view::npos;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

struct StaticFiles::Kept {
  struct File {
    std::string path, etag, identity, gzip, brotli;
  };
  std::deque<File> files;
  std::vector<WebAsset> assets;

  explicit Kept(const std::filesystem::path& directory) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) {
      const std::string name = entry.path().string();
      if (!entry.is_regular_file() || name.ends_with(".gz") || name.ends_with(".br")) continue;
      File& file = files.emplace_back();
      file.path = "/" + std::filesystem::relative(entry.path(), directory).generic_string();
      file.identity = read(name);
      if (std::filesystem::exists(name + ".gz")) file.gzip = read(name + ".gz");
      if (std::filesystem::exists(name + ".br")) file.brotli = read(name + ".br");
      std::array<unsigned char, SHA256_DIGEST_LENGTH> hash;
      SHA256(reinterpret_cast<const unsigned char*>(file.identity.data()), file.identity.size(),
             hash.data());
      file.etag = '"' + base64url(hash).substr(0, 22) + '"';
      assets.push_back({.path = file.path,
                        .content_type = type_of_file(file.path),
                        .identity = std::as_bytes(std::span{file.identity}),
                        .gzip = std::as_bytes(std::span{file.gzip}),
                        .brotli = std::as_bytes(std::span{file.brotli}),
                        .etag = file.etag});
    }
  }

  static std::string read(const std::string& name) {
    std::ifstream in{name, std::ios::binary};
    std::string content{std::istreambuf_iterator<char>{in}, {}};
    if (in.bad()) throw std::runtime_error("Cannot read " + name);
    return content;
  }
};

StaticFiles::StaticFiles(const std::filesystem::path& directory) : assets_(kWebAssets) {
  if (directory.empty()) return;
  kept_ = std::make_unique<Kept>(directory);
  assets_ = kept_->assets;
}

StaticFiles::~StaticFiles() = default;

const WebAsset* StaticFiles::find(std::string_view path) const {
  const auto asset = std::ranges::find(assets_, path, &WebAsset::path);
  return asset == assets_.end() ? nullptr : &*asset;
}

HttpResponse StaticFiles::answer(const HttpRequest& request) const {
  const std::string path = percent_decoded(request.path).value_or("");
  const WebAsset* asset = find(path == "/" ? kIndex : std::string_view{path});
  const bool page_of_the_client =
      path.find('.', path.rfind('/') + 1) == std::string::npos && path.starts_with('/') &&
      request.header("accept").find("text/html") != std::string_view::npos;
  if (!asset && page_of_the_client) asset = find(kIndex);
  if (!asset) return error_response({.code = Errc::route_not_found});

  const std::string_view accept = request.header("accept-encoding");
  const double brotli = asset->brotli.empty() ? 0 : weight(accept, "br");
  const double gzip = asset->gzip.empty() ? 0 : weight(accept, "gzip");
  std::string_view coding;
  auto bytes = asset->identity;
  if (brotli > 0 && brotli >= gzip) {
    coding = "br";
    bytes = asset->brotli;
  } else if (gzip > 0) {
    coding = "gzip";
    bytes = asset->gzip;
  }

  // Every form has a tag of its own (RFC 9110 §8.8.3.3).
  std::string etag{asset->etag};
  if (!coding.empty()) etag.insert(etag.size() - 1, "-" + std::string{coding});
  HttpResponse response{.content_type = std::string{asset->content_type},
                        .body = {},
                        .headers = {{"ETag", etag}, {"Vary", "Accept-Encoding"}}};
  response.headers.emplace_back("Cache-Control", asset->path.starts_with("/assets/")
                                                     ? "public, max-age=31536000, immutable"
                                                     : "no-cache");
  if (matches(request.header("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  if (!coding.empty()) response.headers.emplace_back("Content-Encoding", std::string{coding});
  response.body = text_of(bytes);
  return response;
}

}  // namespace parley::gateway
