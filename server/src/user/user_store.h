#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "model/error.h"
#include "model/session.h"
#include "model/user.h"

namespace parley::user {

struct NewUser {
  std::string username;  // checked and in lower case
  std::string display_name;
  std::optional<std::string> email;  // in lower case
  std::optional<std::string> phone_number;
  std::string password_hash;
};

// What sign-in needs to know of a user.
struct Credentials {
  UserId user_id;
  std::string password_hash;
};

// One sign-in, as it is kept. Only a hash of the refresh token is.
struct NewSession {
  UserId user_id;
  std::string refresh_hash;  // SHA-256, 32 bytes
  std::string address;
  std::string user_agent;
  bool browser = false;  // keeps its refresh token in a cookie
  Timestamp expires_at;
};

struct KeptSession {
  SessionId id;
  UserId user_id;
  bool browser = false;
};

struct Rotation {
  KeptSession session;
  bool reused = false;  // the token was an old one, and the session is ended now
};

struct ProfileChange {
  std::optional<std::string> display_name;
  std::optional<std::string> about;
};

// UserStore keeps accounts and their sessions.
//
// Every call is one transaction, and what it reports is on disk. Throws
// StorageUnavailable when nothing can be stored. Safe to call from any loop.
class UserStore {
 public:
  virtual ~UserStore() = default;

  // Refuses with username_taken, email_taken or phone_taken.
  virtual Task<Result<Profile>> create(NewUser user) = 0;

  // By username, e-mail address or phone number, whatever `name` looks like.
  virtual Task<std::optional<Credentials>> credentials(std::string name) = 0;

  virtual Task<std::optional<Profile>> find(UserId user) = 0;
  virtual Task<std::optional<User>> find_by_name(std::string username) = 0;

  virtual Task<Result<Profile>> update(UserId user, ProfileChange change) = 0;

  virtual Task<SessionId> open_session(NewSession session) = 0;

  // Exchanges a refresh token for the next one; the old one stops working. A
  // token that was exchanged before has been stolen or copied: that ends its
  // session, and the answer says so. Refuses with invalid_refresh_token when
  // the token is unknown, expired or of an ended session.
  virtual Task<Result<Rotation>> rotate_session(std::string refresh_hash,
                                                std::string next_refresh_hash,
                                                Timestamp expires_at) = 0;

  // Ends a session: neither of its tokens works any more.
  virtual Task<void> end_session(SessionId session) = 0;

  // Sessions that were ended after `since`, to refuse their access tokens.
  virtual Task<std::vector<SessionId>> ended_sessions(Timestamp since) = 0;
};

}  // namespace parley::user
