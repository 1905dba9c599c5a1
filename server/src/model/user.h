#pragma once

#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "model/ids.h"
#include "model/nullable.h"

namespace parley {

// A person's account, as anybody who may look sees it.
struct User {
  UserId id;
  std::string username;      // lower case, unique, 3..32 of [a-z0-9_.]
  std::string display_name;  // 1..64 characters
  std::string about;         // at most 139 characters
  Nullable<MediaId> avatar_id;
  Timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, username, display_name, about, avatar_id, created_at))

// A user as they see themselves.
struct Profile : User {
  std::optional<std::string> email;
  std::optional<std::string> phone_number;  // E.164
};
BOOST_DESCRIBE_STRUCT(Profile, (User), (email, phone_number))

// Whether a user has a live connection, and when they last had one.
struct Presence {
  UserId user_id;
  bool online = false;
  Nullable<Timestamp> last_seen_at;
};
BOOST_DESCRIBE_STRUCT(Presence, (), (user_id, online, last_seen_at))

}  // namespace parley
