#pragma once

#include "chat/chat_store.h"
#include "storage/sqlite/chat_log.h"

namespace parley::storage {

// Within a transaction of the writer: takes `user`, who is in the group, out of it. The entry says
// that they left, or that `actor` removed them.
chat::Change take_out_of_group(ChatLog& log, CachedChat& chat, UserId actor, UserId user);

}  // namespace parley::storage
