#pragma once

#include "model/message.h"
#include "model/user.h"
#include "storage/sqlite/connection.h"

namespace parley::storage {

// From a row that begins with
//   id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at
Message read_message(const Query& row, ChatId chat);

// From a row that begins with id, username, display_name, about, avatar_id, created_at.
User read_user(const Query& row);

// The same, followed by email, phone_number.
Profile read_profile(const Query& row);

}  // namespace parley::storage
