#pragma once

#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

// One line of the file `parley seed` writes. A chat that is `-` in the file is 0 here.
struct SeededUser {
  std::string name;
  std::uint64_t id = 0;
  std::string token;
  std::uint64_t direct_chat = 0;
  std::uint64_t group = 0;
};

// Reads `username userId accessToken directChatId groupId` lines. Throws when the file is missing
// or a line is not of that form.
inline std::vector<SeededUser> read_seed(const std::string& path) {
  std::ifstream file{path};
  if (!file) throw std::runtime_error("cannot read the seed file " + path);
  std::vector<SeededUser> users;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    std::istringstream words{line};
    std::string id;
    std::string direct;
    std::string group;
    SeededUser user;
    if (!(words >> user.name >> id >> user.token >> direct >> group)) {
      throw std::runtime_error(path + ": not a seeded user: " + line);
    }
    user.id = std::stoull(id);
    if (direct != "-") user.direct_chat = std::stoull(direct);
    if (group != "-") user.group = std::stoull(group);
    users.push_back(std::move(user));
  }
  return users;
}

}  // namespace bench
