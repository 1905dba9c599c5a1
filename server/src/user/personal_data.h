#pragma once

#include <string>
#include <vector>

#include "base/task.h"
#include "model/error.h"
#include "model/ids.h"

namespace parley::user {

struct DataFile {
  std::string name;  // "profile.json"
  std::string bytes;
};

// PersonalData collects what is kept of a user (FEATURES A25; GDPR article 15).
class PersonalData {
 public:
  virtual ~PersonalData() = default;

  // One file per kind: account, settings, sessions, contacts, chats, what they wrote themselves,
  // and their picture. No secrets: neither password hashes nor keys of factors. Refuses with busy,
  // user_not_found.
  virtual Task<Result<std::vector<DataFile>>> collect(UserId user) = 0;
};

}  // namespace parley::user
