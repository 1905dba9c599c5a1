#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/worker.h"
#include "delivery/router.h"
#include "user/contact_store.h"
#include "user/sessions.h"
#include "user/user_store.h"

namespace parley::user {

struct SetAvatar {
  static constexpr std::size_t kMostBytes = 4 << 20;
  std::string bytes;  // a JPEG, PNG or WebP
};
BOOST_DESCRIBE_STRUCT(SetAvatar, (), ())

struct GetAvatar {
  UserId user_id;
  std::optional<MediaId> avatar_id{};  // as their profile says: then the answer can be kept
};
BOOST_DESCRIBE_STRUCT(GetAvatar, (), (user_id, avatar_id))

// A file, and for how many seconds its reader may keep it.
struct File {
  std::string content_type;
  std::string bytes;
  std::int64_t max_age = 0;
};
BOOST_DESCRIBE_STRUCT(File, (), ())

// Avatars keeps the pictures of people. They are drawn anew, on a thread of its own, one at a
// time: so what a picture takes is bounded.
class Avatars {
 public:
  Avatars(UserStore& users, ContactStore& contacts, delivery::Router& router)
      : users_(users), contacts_(contacts), router_(router) {}

  // Refuses with invalid_image, busy.
  Task<Result<Profile>> set(Caller caller, SetAvatar command);
  Task<Result<Profile>> remove(Caller caller, Nothing command);

  // Refuses with user_not_found also when there is a user without an avatar, or with one that the
  // caller may not see.
  Task<Result<File>> get(Caller caller, GetAvatar command);

  // Finishes what is queued; later calls are told busy.
  void stop() { pool_.stop(); }

 private:
  UserStore& users_;
  ContactStore& contacts_;
  delivery::Router& router_;
  WorkerPool pool_{"pictures", 1, 8, WorkerPool::Priority::low};
};

}  // namespace parley::user
