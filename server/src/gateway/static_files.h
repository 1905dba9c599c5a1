#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http_message.h"
#include "gateway/web_assets.h"

namespace parley::gateway {

// StaticFiles answers with the files of the web client: those in the binary, or those of a
// directory, which is read once.
//
// Files under /assets/ have their hash in the name and are kept for ever; the others are asked
// for again with their ETag. Compressed forms are chosen by Accept-Encoding. A path without a
// file that a browser navigates to is answered with index.html, where the client finds its way.
class StaticFiles {
 public:
  // An empty directory means the files in the binary. Throws std::runtime_error when a file
  // cannot be read.
  explicit StaticFiles(const std::filesystem::path& directory);
  ~StaticFiles();

  // For GET and HEAD; the body is the caller's to leave out.
  HttpResponse answer(const HttpRequest& request) const;

 private:
  struct Kept;  // what was read from a directory

  const WebAsset* find(std::string_view path) const;

  std::unique_ptr<Kept> kept_;
  std::span<const WebAsset> assets_;
};

}  // namespace parley::gateway
