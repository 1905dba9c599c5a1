#include "app/server_url.h"

#include <fstream>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/stat.h>

namespace parley::app {
namespace {

constexpr const char* kName = "server.url";

}  // namespace

ServerUrlFile::ServerUrlFile(const std::filesystem::path& directory, const std::string& url)
    : file_(directory / kName) {
  const auto fresh = directory / "server.url.new";
  const mode_t previous = ::umask(0177);
  std::ofstream out{fresh, std::ios::trunc};
  ::umask(previous);
  out << url << '\n';
  out.close();
  std::error_code failure;
  if (out) std::filesystem::rename(fresh, file_, failure);
  if (!out || failure) throw std::runtime_error(fmt::format("Cannot write {}", file_.string()));
}

ServerUrlFile::~ServerUrlFile() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

std::optional<std::string> read_server_url(const std::filesystem::path& directory) {
  std::ifstream in{directory / kName};
  std::string url;
  if (!std::getline(in, url) || url.empty()) return std::nullopt;
  return url;
}

}  // namespace parley::app
