#pragma once

#include "model/session.h"
#include "storage/sql/transaction.h"
#include "user/tidings.h"

namespace parley::storage {

// Within a transaction of the writer: what is told of a change of `user`, kept together with it.
// Says in the tidings what was kept, which counts once the transaction is committed.
void keep(Transaction& transaction, UserId user, user::Tidings* tidings);

// The same for a change that turned out to be nothing to tell of.
void keep_nothing(user::Tidings* tidings);

// The parts of it. The mail goes to the address as it is now, if it is verified.
SecurityEvent keep_notice(Transaction& transaction, UserId user, const user::Notice& notice);
void mail_notice(Transaction& transaction, UserId user, const SecurityEvent& event);

// Of the request that the change is of, if that is known.
Trace trace_of(const user::Tidings* tidings);

}  // namespace parley::storage
