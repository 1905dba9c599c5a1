#pragma once

#include "base/trace.h"
#include "model/error.h"
#include "storage/sql/transaction.h"
#include "user/account_removal.h"

namespace parley::storage {

// Within a transaction of the writer: leaves of an account what others need to read their chats
// (an id, "Deleted account"), ends its sessions and takes it out of its groups. Refuses with
// user_not_found when it is gone already, and with last_admin, before it has changed anything.
Result<user::RemovedAccount> remove_account(Transaction& transaction, UserId user, Trace trace);

// Refuses with last_admin when nobody but `user` is an admin who is not suspended.
Result<void> check_other_admin(Connection& db, UserId user);

}  // namespace parley::storage
