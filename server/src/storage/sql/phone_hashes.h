#pragma once

#include "storage/sql/transaction.h"

namespace parley::storage {

// Keeps the hashes that contact sync finds a user by as their phone number is. Call it in the
// transaction that has set, verified or removed a number, or deleted the account.
void phone_changed(Connection& db, UserId user);

// A piece of the rotation of salts: makes a new one when a day has passed, hashes some numbers with
// it, or removes some hashes of one that no longer counts. False when there is nothing to do.
bool rotate_phone_salt(Transaction& transaction);

}  // namespace parley::storage
