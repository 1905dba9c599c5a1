#pragma once

#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "model/user.h"

namespace parley {

// Another user that somebody has saved, under their own name for them.
struct Contact {
  User user;
  std::optional<std::string> name;  // 1..64 characters
  bool favourite = false;
  Timestamp added_at;
};
BOOST_DESCRIBE_STRUCT(Contact, (), (user, name, favourite, added_at))

}  // namespace parley
