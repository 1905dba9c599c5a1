#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "model/error.h"
#include "model/nullable.h"
#include "model/session.h"
#include "user/tidings.h"

namespace parley::user {

// One sign-in, as it is kept. Only a hash of the refresh token is.
struct NewSession {
  UserId user_id;
  std::string refresh_hash;  // SHA-256, 32 bytes
  std::string address;
  std::string user_agent;
  std::string device;       // what its owner will know it by
  std::string platform;     // or ""
  std::string fingerprint;  // of the kind of client: 32 bytes
  std::string network;      // what the address has in common with its neighbours
  bool browser = false;     // keeps its refresh token in a cookie
  Timestamp expires_at;
};

struct OpenedSession {
  SessionId id;
  bool new_device = false;   // the user never came with this kind of client, but with another;
  bool new_network = false;  // or never from this network
  std::vector<SessionId> ended{};  // the oldest, when there were too many
};

struct KeptSession {
  SessionId id;
  UserId user_id;
  Role role = Role::user;
  bool browser = false;
};

struct Rotation {
  KeptSession session;
  bool reused = false;  // the token was an old one, and the session is ended now
};

struct SecurityEventPage {
  std::vector<SecurityEvent> events;  // newest first
  Nullable<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(SecurityEventPage, (), (events, next_cursor))

// SessionStore keeps who is signed in, on what, and what happened to accounts.
//
// Every call is one transaction, which keeps the tidings of the change it makes, and what it
// reports is on disk. Throws StorageUnavailable when nothing can be stored. Safe to call from any
// loop.
class SessionStore {
 public:
  static constexpr std::int64_t kMostSessions = 100;  // of one user: the oldest end for new ones
  static constexpr std::int64_t kMostEvents = 200;    // of one user: the oldest are forgotten
  static constexpr std::int64_t kMostDevices = 100;   // remembered of one user

  virtual ~SessionStore() = default;

  // Refuses with account_suspended, and with user_not_found when there is no such account (any
  // more). The tidings are of a new device.
  virtual Task<Result<OpenedSession>> open(NewSession session, Tidings* tidings = nullptr) = 0;

  // Exchanges a refresh token for the next one; the old one stops working, and the session counts
  // as used now, from `address`. A token that was exchanged before has been stolen or copied: that
  // ends its session, and the answer says so. Refuses with invalid_refresh_token when the token is
  // unknown, expired or of an ended session. The tidings are of a stolen one.
  virtual Task<Result<Rotation>> rotate(std::string refresh_hash, std::string next_refresh_hash,
                                        Timestamp expires_at, std::string address,
                                        Tidings* tidings = nullptr) = 0;

  // Ends a session of `user`: neither of its tokens works any more. Refuses with session_not_found
  // when the user has no such session.
  virtual Task<Result<void>> end(UserId user, SessionId session) = 0;

  // Ends all sessions of `user` but `except`, and yields them.
  virtual Task<std::vector<SessionId>> end_all(UserId user, SessionId except,
                                               Tidings* tidings = nullptr) = 0;

  // The sessions of `user` that have not expired, the last used first.
  virtual Task<std::vector<SessionInfo>> list(UserId user) = 0;

  // Sessions that were ended after `since`, to refuse their access tokens.
  virtual Task<std::vector<SessionId>> ended(Timestamp since) = 0;

  // Of something that changes nothing else.
  virtual Task<void> tell(UserId user, Tidings* tidings) = 0;

  // Refuses a cursor it did not make with malformed_request.
  virtual Task<Result<SecurityEventPage>> events(UserId user, std::optional<std::string> cursor,
                                                 std::int64_t limit) = 0;
};

}  // namespace parley::user
