#pragma once

#include "model/message.h"
#include "model/user.h"
#include "storage/sql/connection.h"

namespace parley::storage {

// From a row that begins with
//   id, seq, kind, sender_id, created_at, type, content, client_id, edited_at, deleted_at
Message read_message(const Query& row, ChatId chat);

// From a row that begins with the columns of the view `profiles`.
User read_user(const Query& row, Timestamp now);
Profile read_profile(const Query& row, Timestamp now);

}  // namespace parley::storage
