#pragma once

#include <vector>

#include <boost/describe.hpp>

#include "model/ids.h"

namespace parley {

BOOST_DEFINE_ENUM_CLASS(Audience, everybody, contacts, nobody)

// What a user lets others know of them, and do with them (FEATURES A48). `contacts` are the people
// the user has as contacts, not those who have the user. Who is blocked, in either direction, is
// never let.
struct Privacy {
  Audience last_seen = Audience::everybody;
  Audience online = Audience::everybody;
  Audience avatar = Audience::everybody;
  Audience about = Audience::everybody;   // and the status
  Audience groups = Audience::everybody;  // who may add them to groups
  // In direct chats: tell the other what was read. Who does not tell is not told either. Groups
  // always tell.
  bool read_receipts = true;
  std::vector<UserId> except_user_ids;  // never let, whatever the switches say; at most 256
};
BOOST_DESCRIBE_STRUCT(Privacy, (),
                      (last_seen, online, avatar, about, groups, read_receipts, except_user_ids))

// What one user may see of another, and do with them, by the other's privacy. Everything of
// oneself.
struct Sight {
  bool exists = false;   // and was not deleted; the rest is false without
  bool blocked = false;  // one of the two has blocked the other; the rest is false with it
  bool last_seen = false;
  bool online = false;
  bool avatar = false;
  bool about = false;
  bool groups = false;     // add them to groups
  bool reads = false;      // what they have read in the direct chat of the two
  Timestamp busy_until{};  // of whom they may see online, and who said so; else long ago
};

// Who looks at whom.
struct Gaze {
  UserId viewer;
  UserId owner;
};

}  // namespace parley
