#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace parley::gateway {

// One file of the built web client. The bytes live in the executable.
//
// `path` is what a browser asks for, from the root of the site: "/index.html". `gzip` and `brotli`
// are empty when the file is not worth compressing. `etag` is quoted and strong; it names the
// identity bytes, so a compressed answer has to mark it as its own.
struct WebAsset {
  std::string_view path;
  std::string_view content_type;
  std::span<const std::byte> identity;
  std::span<const std::byte> gzip;
  std::span<const std::byte> brotli;
  std::string_view etag;
};

// The web client this server was built with, sorted by path; empty when it was built without one.
extern const std::span<const WebAsset> kWebAssets;

}  // namespace parley::gateway
