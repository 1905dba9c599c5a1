#include "app/server_url.h"

#include "base/private_file.h"

namespace parley::app {
namespace {

constexpr const char* kName = "server.url";

}  // namespace

ServerUrlFile::ServerUrlFile(const std::filesystem::path& directory, const std::string& url)
    : file_(directory / kName) {
  write_private_file(file_, url + '\n');
}

ServerUrlFile::~ServerUrlFile() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

std::optional<std::string> read_server_url(const std::filesystem::path& directory) {
  auto url = read_file(directory / kName);
  if (!url || url->size() < 2) return std::nullopt;
  url->pop_back();
  return url;
}

}  // namespace parley::app
