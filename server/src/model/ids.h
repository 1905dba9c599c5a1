#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/id.h"

namespace parley {

using UserId = Id<struct UserKind>;
using ChatId = Id<struct ChatKind>;
using MessageId = Id<struct MessageKind>;
using SessionId = Id<struct SessionKind>;
using MediaId = Id<struct MediaKind>;
using PasskeyId = Id<struct PasskeyKind>;
using SecurityEventId = Id<struct SecurityEventIdKind>;
using ReportId = Id<struct ReportKind>;
using InviteId = Id<struct InviteKind>;
using SaltId = Id<struct SaltKind>;
using AuditEntryId = Id<struct AuditEntryKind>;

// Place of an entry in its chat's log: 1, 2, 3 … without gaps. 0 stands before the first.
// At most 2^53, so it travels as a JSON number.
using Seq = std::int64_t;

// Names one live connection of the cluster; 0 is none. No client ever sees it.
using ConnectionId = std::uint64_t;

}  // namespace parley
