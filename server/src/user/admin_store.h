#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "model/error.h"
#include "model/moderation.h"
#include "model/nullable.h"
#include "model/session.h"
#include "user/account_removal.h"
#include "user/user_store.h"

namespace parley::user {

struct AccountFilter {
  std::optional<std::string> query;  // part of a username or name; a whole address, number or id
  std::optional<Role> role;
  std::optional<bool> suspended;
};

struct AuditFilter {
  std::optional<UserId> actor_id;
  std::optional<UserId> subject_id;
  std::optional<std::string> action;
};

struct AccountPage {
  std::vector<AccountInfo> users;  // by id
  Nullable<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(AccountPage, (), (users, next_cursor))

struct AuditPage {
  std::vector<AuditEntry> entries;  // newest first
  Nullable<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(AuditPage, (), (entries, next_cursor))

// AdminStore keeps what operators do with accounts, and the log of it.
//
// Every call is one transaction, which settles whether `actor` may do this, makes the change and
// adds it to the audit log, all or nothing; what only reads is in the log before it reads. What is
// refused is not logged: to whoever lost the role that is needed, everything answers forbidden.
// Nobody changes themselves (forbidden), and only the operator at the command line (kOperator)
// changes an admin, but for their role; some admin who is not suspended always remains
// (last_admin). Who is not there or deleted answers user_not_found. Throws StorageUnavailable when
// nothing can be stored. Safe to call from any loop.
class AdminStore {
 public:
  virtual ~AdminStore() = default;

  // Refuses a cursor it did not make with malformed_request.
  virtual Task<Result<AccountPage>> list(Caller actor, AccountFilter filter,
                                         std::optional<std::string> cursor, std::int64_t limit) = 0;
  virtual Task<Result<AccountInfo>> get(Caller actor, UserId user) = 0;

  // Refuses like UserStore::create.
  virtual Task<Result<AccountInfo>> create(Caller actor, NewUser user) = 0;

  // Ends all sessions, and yields them; until unsuspend() the user cannot open another. Mails them
  // a notice, if their address is verified, as set_role() does.
  virtual Task<Result<std::vector<SessionId>>> suspend(Caller actor, UserId user,
                                                       std::string reason) = 0;
  virtual Task<Result<void>> unsuspend(Caller actor, UserId user) = 0;

  // Leaves nothing personal of an account; its direct chats and messages stay, of nobody.
  virtual Task<Result<RemovedAccount>> remove(Caller actor, UserId user) = 0;

  // Both end all sessions of the user, and yield them.
  virtual Task<Result<std::vector<SessionId>>> set_password(Caller actor, UserId user,
                                                            std::string password_hash) = 0;
  virtual Task<Result<std::vector<SessionId>>> set_role(Caller actor, UserId user, Role role) = 0;

  // Refuses a cursor it did not make with malformed_request.
  virtual Task<Result<AuditPage>> audit(Caller actor, AuditFilter filter,
                                        std::optional<std::string> cursor, std::int64_t limit) = 0;
};

}  // namespace parley::user
