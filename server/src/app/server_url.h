#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace parley::app {

// Tells the operator's tools where the server of a data directory listens, in
// `directory`/server.url, for as long as it is there.
class ServerUrlFile {
 public:
  // Throws std::runtime_error with a sentence when it cannot be written.
  ServerUrlFile(const std::filesystem::path& directory, const std::string& url);
  ~ServerUrlFile();
  ServerUrlFile(const ServerUrlFile&) = delete;
  ServerUrlFile& operator=(const ServerUrlFile&) = delete;

 private:
  const std::filesystem::path file_;
};

// What the file says; nothing when there is none.
std::optional<std::string> read_server_url(const std::filesystem::path& directory);

}  // namespace parley::app
